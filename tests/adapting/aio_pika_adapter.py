"""Plugs three services on aio-pika in, with plain ports: each coroutine has a loop of its own."""
# ruff: noqa: D101, D102, D103

import asyncio
from pathlib import Path
from typing import Any

from implementations.adapting.aio_pika import AioPika
from implementations.adapting.consumers import Consumers
from implementations.adapting.importing import isolated_import
from implementations.adapting.modules import remember

SHOP = Path(__file__).parent / "aio_pika_shop"
AIO = {name: AioPika() for name in ("desk", "till", "shelf")}
SERVICES = {n: isolated_import(SHOP / n, ["app"], {"aio_pika": a})["app"] for n, a in AIO.items()}
DESK, TILL, SHELF = SERVICES.values()
for service in SERVICES.values():
    asyncio.run(service.start())
BOOKS = remember(*SERVICES.values())
TYPES = ("order.placed", "money.taken", "money.refused", "goods.set-aside", "goods.sold-out")
CONSUMERS = Consumers({name: aio.consumers(TYPES) for name, aio in AIO.items()})


class Target:
    subscriptions, consumers = CONSUMERS.subscriptions, CONSUMERS.declared
    handle = staticmethod(CONSUMERS.handle)
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        BOOKS.restore()
        SHELF.STOCK.update(world.stock)
        for aio in AIO.values():
            aio.begin(world, subject=lambda data: data["order"])
        TILL.ask_customer = lambda order: world.answer("payment", order)["status"] == "done"

    def place_order(self, order: Any) -> None:
        asyncio.run(DESK.place(order["id"], order["total"], order["lines"]))

    def observe(self) -> Any:
        held, paid = SHELF.HELD, TILL.PAID
        return {
            "orders": dict(DESK.ORDERS),
            "stock": dict(SHELF.STOCK),
            "reservations": [
                {"order": o, "sku": s, "quantity": n} for o, h in held.items() for s, n in h.items()
            ],
            "payments": [
                {"id": f"p-{o}", "order": o, "amount": a, "status": s} for o, (a, s) in paid.items()
            ],
        }


def make(world: Any) -> Target:
    return Target(world)
