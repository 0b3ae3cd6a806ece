# ruff: noqa: D101, D102
# mypy: ignore-errors
"""The till takes money, and gives it back."""

from books import PAID
from bus import Service


class Till(Service):
    name = "till"
    handlers = {"Ordered": "take", "SoldOut": "give_back"}  # noqa: RUF012

    def ask_customer(self, order):
        raise NotImplementedError("the card reader is not connected")

    def take(self, order, data):
        paid = self.ask_customer(order)
        PAID[order] = (data["total"], "charged" if paid else "failed")
        self.say("Paid" if paid else "NotPaid", order, lines=data["lines"])

    def give_back(self, order, data):
        PAID[order] = (PAID[order][0], "refunded")
