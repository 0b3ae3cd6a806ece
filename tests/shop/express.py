"""A shop in one piece, written with coroutines: it pays and ships through the kit's world."""

from __future__ import annotations

from collections import Counter
from typing import Any


class Express:
    """Two participants: the desk takes orders, the back room does everything else."""

    subscriptions = {"desk": ["Done", "Failed"], "back": ["Ordered"]}  # noqa: RUF012
    roles = {"order": "desk", "payment": "back"}  # noqa: RUF012
    terminal = {"Done": "confirmed", "Failed": "failed"}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        self.world = world
        self.orders: dict[str, str] = {}
        self.stock = dict(world.stock)
        self.held: dict[str, Counter[str]] = {}
        self.ended: dict[str, str] = {}

    async def place_order(self, order: Any) -> None:
        """Take an order."""
        await self.world.publish("Ordered", order, id=f"{order['id']}-ordered", subject=order["id"])
        self.orders.setdefault(order["id"], "open")

    async def handle(self, participant: str, event: Any) -> None:
        """Process one message."""
        if participant == "desk":
            self.orders[event["subject"]] = self.terminal[event["type"]]
            return
        order = event["data"]
        if order["id"] not in self.ended:
            self.ended[order["id"]] = await self.carry_out(order)
        end = self.ended[order["id"]]
        await self.world.publish(end, {}, id=f"{order['id']}-{end}", subject=order["id"])

    async def carry_out(self, order: Any) -> str:
        """Reserve, charge, ship; undo what was done when the next step fails."""
        name, key = order["id"], order["id"]
        if not self.reserve(order):
            return "Failed"
        charge = await self.world.payments.charge(
            name, order["total"], order["currency"], key=f"charge-{key}"
        )
        if charge["status"] == "refused":
            return self.release(name)
        parcel = await self.world.carrier.create_shipment(name, order["lines"], key=f"ship-{key}")
        if parcel["status"] == "refused":
            await self.world.payments.refund(charge["id"], order["total"], key=f"refund-{key}")
            return self.release(name)
        return "Done"

    def reserve(self, order: Any) -> bool:
        """Set all pieces aside, or none; once, however often it is asked for."""
        if order["id"] in self.held:
            return True
        wanted: Counter[str] = Counter()
        for line in order["lines"]:
            wanted[line["sku"]] += line["quantity"]
        if any(self.stock.get(sku, 0) < pieces for sku, pieces in wanted.items()):
            return False
        for sku, pieces in wanted.items():
            self.stock[sku] -= pieces
        self.held[order["id"]] = wanted
        return True

    def release(self, name: str) -> str:
        """Put the pieces back."""
        for sku, pieces in self.held.pop(name, Counter()).items():
            self.stock[sku] += pieces
        return "Failed"

    def observe(self) -> dict[str, Any]:
        """Orders, stock and reservations; money and parcels are seen outside."""
        return {
            "orders": dict(self.orders),
            "stock": dict(self.stock),
            "reservations": [
                {"order": order, "sku": sku, "quantity": pieces}
                for order, held in self.held.items()
                for sku, pieces in held.items()
            ],
        }


def make(world: Any) -> Express:
    """A saga of coroutines."""
    return Express(world)
