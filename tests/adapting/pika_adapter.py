"""Plugs three services on pika in, whose modules share names with each other and with the kit."""
# ruff: noqa: D101, D102, D103

from pathlib import Path
from typing import Any

from implementations.adapting.consumers import Consumers
from implementations.adapting.importing import isolated_import
from implementations.adapting.modules import remember
from implementations.adapting.pika import Pika

SHOP = Path(__file__).parent / "pika_shop"
PIKA = {name: Pika() for name in ("desk", "till", "shelf")}
DESK, TILL, SHELF = (isolated_import(SHOP / n, ["app"], {"pika": p}) for n, p in PIKA.items())
BOOKS = remember(*(service["model"] for service in (DESK, TILL, SHELF)))
CONSUMERS = Consumers({name: pika.consumers() for name, pika in PIKA.items()})


class Target:
    subscriptions, consumers = CONSUMERS.subscriptions, CONSUMERS.declared
    handle = staticmethod(CONSUMERS.handle)
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any, careful: bool = True) -> None:
        BOOKS.restore()
        SHELF["model"].STOCK.update(world.stock)
        for pika in PIKA.values():
            pika.begin(world, subject=lambda data: data["order"])
        TILL["app"].ask_customer = lambda order: world.answer("payment", order)["status"] == "done"
        SHELF["app"].was_set_aside = lambda order: careful and order in SHELF["model"].HELD

    def place_order(self, order: Any) -> None:
        DESK["app"].place(order["id"], order["total"], order["lines"])

    def observe(self) -> Any:
        held, paid = SHELF["model"].HELD, TILL["model"].PAID
        return {
            "orders": dict(DESK["model"].ORDERS),
            "stock": dict(SHELF["model"].STOCK),
            "reservations": [
                {"order": o, "sku": s, "quantity": n} for o, h in held.items() for s, n in h.items()
            ],
            "payments": [
                {"id": f"p-{o}", "order": o, "amount": a, "status": s} for o, (a, s) in paid.items()
            ],
        }


def make(world: Any) -> Target:
    return Target(world)


def make_wrong(world: Any) -> Target:
    return Target(world, careful=False)
