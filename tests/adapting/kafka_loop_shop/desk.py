# ruff: noqa: D101, D102
# mypy: ignore-errors
"""The desk takes orders, and tells how they ended."""

from books import ORDERS
from bus import Service


class Desk(Service):
    name = "desk"
    handlers = {"NotPaid": "fail", "SoldOut": "fail", "SetAside": "confirm"}  # noqa: RUF012

    def place(self, order, total, lines):
        if order not in ORDERS:
            ORDERS[order] = "open"
            self.say("Ordered", order, total=total, lines=lines)

    def confirm(self, order, data):
        ORDERS[order] = "confirmed"

    def fail(self, order, data):
        ORDERS[order] = "failed"
