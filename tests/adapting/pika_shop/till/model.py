"""The books of the till, which stand for its database."""

PAID: dict[str, tuple[int, str]] = {}
