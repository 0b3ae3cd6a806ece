"""What all three have in common: an inbox, and an outbox that a command empties."""
