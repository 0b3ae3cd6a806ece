"""Plugs three services on confluent_kafka in, each a poll loop."""
# ruff: noqa: D101, D102, D103

from pathlib import Path
from typing import Any

from implementations.adapting.confluent_kafka import ConfluentKafka
from implementations.adapting.consumers import Consumers
from implementations.adapting.importing import isolated_import
from implementations.adapting.modules import remember

SHOP, NAMES = Path(__file__).parent / "kafka_loop_shop", ("desk", "till", "shelf")
KAFKA = {name: ConfluentKafka() for name in NAMES}
CODE = {n: isolated_import(SHOP, [n], {"confluent_kafka": KAFKA[n]}) for n in NAMES}
BOOKS = {name: code["books"] for name, code in CODE.items()}
DURABLE = remember(*BOOKS.values())
SERVICES = {name: getattr(CODE[name][name], name.title())() for name in NAMES}
CONSUMERS = Consumers({name: KAFKA[name].consumers(SERVICES[name].run) for name in NAMES})


class Target:
    subscriptions, consumers = CONSUMERS.subscriptions, CONSUMERS.declared
    handle = staticmethod(CONSUMERS.handle)
    delivery = "at-least-once-per-order-fifo"
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012
    idempotent_place = True

    def __init__(self, world: Any) -> None:
        DURABLE.restore()
        BOOKS["shelf"].STOCK.update(world.stock)
        for kafka in KAFKA.values():
            kafka.begin(world)
        SERVICES["till"].ask_customer = lambda o: world.answer("payment", o)["status"] == "done"

    def place_order(self, order: Any) -> None:
        SERVICES["desk"].place(order["id"], order["total"], order["lines"])

    def relay(self, name: str) -> int:
        waiting = sum(not row[-1] for row in BOOKS[name].OUTBOX)
        if waiting:
            KAFKA[name].idle(SERVICES[name].run)
        return waiting or KAFKA[name].relay()

    def restart(self, name: str) -> None:
        KAFKA[name].forget()

    def observe(self) -> Any:
        held, paid = BOOKS["shelf"].HELD, BOOKS["till"].PAID
        return {
            "orders": dict(BOOKS["desk"].ORDERS),
            "stock": dict(BOOKS["shelf"].STOCK),
            "reservations": [
                {"order": o, "sku": s, "quantity": n} for o, h in held.items() for s, n in h.items()
            ],
            "payments": [
                {"id": f"p-{o}", "order": o, "amount": a, "status": s} for o, (a, s) in paid.items()
            ],
        }


def make(world: Any) -> Target:
    return Target(world)
