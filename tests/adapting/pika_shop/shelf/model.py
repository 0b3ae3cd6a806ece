"""The books of the shelf, which stand for its database."""

STOCK: dict[str, int] = {}
HELD: dict[str, dict[str, int]] = {}
