"""Plugs three services on FastStream in, on the kit's event loop, and their faulty twins."""
# ruff: noqa: D101, D102, D103

from pathlib import Path
from typing import Any

from implementations.adapting.consumers import Consumers
from implementations.adapting.faststream import FastStreamBroker
from implementations.adapting.importing import isolated_import
from implementations.adapting.modules import remember

SHOP = Path(__file__).parent / "faststream_shop"
DESK, TILL, SHELF = (isolated_import(SHOP / n, ["app"])["app"] for n in ("desk", "till", "shelf"))
BOOKS = remember(TILL, SHELF, DESK)
SERVICES = {"desk": DESK, "till": TILL, "shelf": SHELF}
RABBIT = {name: FastStreamBroker(service.broker) for name, service in SERVICES.items()}
CONSUMERS = Consumers({name: rabbit.consumers() for name, rabbit in RABBIT.items()})


class Target:
    loop = "asyncio"
    subscriptions = CONSUMERS.subscriptions
    consumers = {n: {**each, "parallel": 2} for n, each in CONSUMERS.declared.items()}  # noqa: RUF012
    handle = staticmethod(CONSUMERS.handle_on_loop)
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        BOOKS.restore()
        SHELF.STOCK.update(world.stock)
        for rabbit in RABBIT.values():
            rabbit.begin(world, subject=lambda data: data["order"])

        async def ask_customer(order: str) -> bool:
            return bool((await world.answer("payment", order))["status"] == "done")

        TILL.ask_customer = ask_customer

    async def place_order(self, order: Any) -> None:
        await DESK.place(order["id"], order["total"], order["lines"])

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
