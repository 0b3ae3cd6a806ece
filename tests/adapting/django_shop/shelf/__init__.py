"""Sets goods aside."""
