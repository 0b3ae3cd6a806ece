"""The books of a service, which stand for its database."""

from typing import Any

ORDERS: dict[str, str] = {}
PAID: dict[str, tuple[int, str]] = {}
STOCK: dict[str, int] = {}
HELD: dict[str, dict[str, int]] = {}
INBOX: set[str] = set()
#: Rows with the id of a message, its topic, its key, its value, and whether it has been sent.
OUTBOX: list[list[Any]] = []
