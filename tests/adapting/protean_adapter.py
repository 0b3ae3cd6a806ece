"""Plugs the shop on Protean in."""
# ruff: noqa: D101, D102, D103

from typing import Any

from implementations.adapting.consumers import Consumers
from implementations.adapting.protean import Protean

from .protean_shop import till as till_module
from .protean_shop.desk import desk
from .protean_shop.shelf import shelf
from .protean_shop.till import till

SHOP = Protean(desk, till, shelf)
ALL = Consumers(SHOP.consumers())


class Target:
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012
    subscriptions, handle, relay = ALL.subscriptions, ALL.handle, SHOP.relay
    consumers = {name: {**each, "parallel": 2} for name, each in ALL.declared.items()}  # noqa: RUF012
    idempotent_place = True

    def __init__(self, world: Any) -> None:
        self.world, till_module.bank = world, self
        SHOP.begin(world)
        SHOP.do("Fill", pieces=dict(world.stock))

    def place_order(self, order: Any) -> None:
        SHOP.do("Place", order_id=order["id"], total=order["total"], lines=order["lines"])

    def take(self, order: str, cents: int) -> Any:
        return self.world.payments.charge(order, cents, "EUR", key=order)["id"]

    def give_back(self, charge: str, cents: int) -> None:
        self.world.payments.refund(charge, cents, key=f"refund {charge}")

    def observe(self) -> Any:
        return {
            "orders": {order.id: order.status for order in SHOP.all("Order")},
            "stock": SHOP.one("Goods").pieces,
            "reservations": [
                {"order": event["order_id"], "sku": sku, "quantity": n}
                for event in SHOP.events("SetAside")
                for sku, n in event["pieces"].items()
            ],
            "outbox": SHOP.outbox(),
        }


def make(world: Any) -> Target:
    return Target(world)
