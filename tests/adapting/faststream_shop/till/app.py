# ruff: noqa: D101, D103
"""The till takes money."""

from typing import Any

from faststream import AckPolicy
from faststream.rabbit import RabbitBroker, RabbitExchange, RabbitQueue
from pydantic import BaseModel

broker = RabbitBroker("amqp://broker", ack_policy=AckPolicy.NACK_ON_ERROR)
SHOP = RabbitExchange("shop")

#: The till's books, which stand for its database.
PAID: dict[str, tuple[int, str]] = {}


class Ordered(BaseModel):
    order: str
    total: int
    lines: list[dict[str, Any]]


class Paid(BaseModel):
    order: str
    lines: list[dict[str, Any]]


class SoldOut(BaseModel):
    order: str


async def ask_customer(order: str) -> bool:
    raise NotImplementedError("the card reader is not connected")


@broker.subscriber(RabbitQueue("till.orders", routing_key="Ordered"), SHOP)
async def take(ordered: Ordered) -> None:
    order = ordered.order
    if order not in PAID:
        accepted = await ask_customer(order)
        # a copy of the message may have been faster, and its money given back by now
        PAID.setdefault(order, (ordered.total, "charged" if accepted else "failed"))
    said = "NotPaid" if PAID[order][1] == "failed" else "Paid"
    body = Paid(order=order, lines=ordered.lines)
    await broker.publish(body, said, SHOP, message_id=f"{said}-{order}")


@broker.subscriber(RabbitQueue("till.refunds", routing_key="SoldOut"), SHOP)
async def give_back(sold_out: SoldOut) -> None:
    PAID[sold_out.order] = (PAID[sold_out.order][0], "refunded")
