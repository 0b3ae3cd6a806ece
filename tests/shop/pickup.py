"""A shop where customers collect: no courier, a till of its own, everything in memory.

No outbox: each handler publishes what its store says before the message is acknowledged, so that a
message that comes again is answered again. Plugged in as it is, without an adapter.
"""

from __future__ import annotations

from collections import Counter
from typing import Any


class Pickup:
    """Desk, till and shelf. Every handler first makes up its mind, once, and then says so."""

    subscriptions = {  # noqa: RUF012
        "desk": ["NotPaid", "SoldOut", "SetAside"],
        "till": ["Ordered", "SoldOut"],
        "shelf": ["Paid"],
    }
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        self.world = world
        self.orders: dict[str, str] = {}
        self.stock = dict(world.stock)
        self.paid: dict[str, tuple[int, str]] = {}
        self.held: dict[str, dict[str, int]] = {}

    def place_order(self, order: Any) -> None:
        """Take an order: first tell the till, or a crash would leave it open for ever."""
        self.say("Ordered", order["id"], total=order["total"], lines=order["lines"])
        self.orders.setdefault(order["id"], "open")

    def handle(self, participant: str, event: Any) -> None:
        """Process one message."""
        data, order = event["data"], event["subject"]
        match participant, event["type"]:
            case "till", "Ordered":
                self.ask_for_money(order, data)
            case "till", "SoldOut":
                self.paid[order] = (self.paid[order][0], "refunded")
            case "shelf", "Paid":
                self.set_aside(order, data)
            case "desk", "SetAside":
                self.orders[order] = "confirmed"
            case "desk", _:
                self.orders[order] = "failed"

    def ask_for_money(self, order: str, data: Any) -> None:
        """The customer pays at the till, or does not."""
        if order not in self.paid:
            answer = self.world.answer("payment", order)
            paid = "charged" if answer["status"] == "done" else "failed"
            self.paid[order] = (data["total"], paid)
        said = "NotPaid" if self.paid[order][1] == "failed" else "Paid"
        self.say(said, order, lines=data["lines"])

    def set_aside(self, order: str, data: Any) -> None:
        """Set all pieces aside, or none."""
        if order not in self.held:
            wanted: Counter[str] = Counter()
            for line in data["lines"]:
                wanted[line["sku"]] += line["quantity"]
            enough = all(self.stock.get(sku, 0) >= pieces for sku, pieces in wanted.items())
            self.held[order] = dict(wanted) if enough else {}
            for sku, pieces in self.held[order].items():
                self.stock[sku] -= pieces
        self.say("SetAside" if self.held[order] else "SoldOut", order)

    def say(self, type: str, order: str, **data: Any) -> None:
        """Publish; the same thing is always said under the same id."""
        self.world.publish(type, data, id=f"{type}-{order}", subject=order)

    def observe(self) -> dict[str, Any]:
        """What the three have in their books."""
        rows = [(order, sku, n) for order, held in self.held.items() for sku, n in held.items()]
        return {
            "orders": dict(self.orders),
            "stock": dict(self.stock),
            "reservations": [{"order": o, "sku": sku, "quantity": n} for o, sku, n in rows],
            "payments": [
                {"id": f"p-{order}", "order": order, "amount": amount, "status": status}
                for order, (amount, status) in self.paid.items()
            ],
        }


class Totals(Pickup):
    """The same shop, but its books show the orders and how much stock is left, and no more."""

    def observe(self) -> dict[str, Any]:
        """Only the totals."""
        seen = super().observe()
        return {"orders": seen["orders"], "stock": seen["stock"]}


def make(world: Any) -> Pickup:
    """No courier, and payments that are listed."""
    return Pickup(world)


def make_totals(world: Any) -> Totals:
    """No courier, no payments to be seen, and only a stock total."""
    return Totals(world)
