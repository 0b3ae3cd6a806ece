# ruff: noqa: D101, D103
"""The shelf sets goods aside."""

from collections import Counter

from faststream import AckPolicy
from faststream.rabbit import RabbitBroker, RabbitExchange, RabbitQueue
from pydantic import BaseModel

broker = RabbitBroker("amqp://broker", ack_policy=AckPolicy.NACK_ON_ERROR)
SHOP = RabbitExchange("shop")

#: The shelf's books, which stand for its database.
STOCK: dict[str, int] = {}
HELD: dict[str, dict[str, int]] = {}


class Line(BaseModel):
    sku: str
    quantity: int


class Paid(BaseModel):
    order: str
    lines: list[Line]


def was_set_aside(order: str) -> bool:
    return order in HELD


@broker.subscriber(RabbitQueue("shelf", routing_key="Paid"), SHOP)
async def set_aside(paid: Paid) -> None:
    order = paid.order
    if not was_set_aside(order):
        wanted: Counter[str] = Counter()
        for line in paid.lines:
            wanted[line.sku] += line.quantity
        enough = all(STOCK.get(sku, 0) >= pieces for sku, pieces in wanted.items())
        HELD[order] = dict(wanted) if enough else {}
        for sku, pieces in HELD[order].items():
            STOCK[sku] -= pieces
    said = "SetAside" if HELD[order] else "SoldOut"
    await broker.publish({"order": order}, said, SHOP, message_id=f"{said}-{order}")
