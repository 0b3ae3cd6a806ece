"""A shop of three domains on Protean: desk, till and shelf, coordinated by events."""
