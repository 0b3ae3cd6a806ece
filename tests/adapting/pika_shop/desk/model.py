"""The books of the desk, which stand for its database."""

ORDERS: dict[str, str] = {}
