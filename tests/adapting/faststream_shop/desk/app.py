# ruff: noqa: D101, D103
"""The desk takes orders, and tells how they ended."""

from typing import Any

from faststream import AckPolicy
from faststream.rabbit import RabbitBroker, RabbitExchange, RabbitQueue
from pydantic import BaseModel

broker = RabbitBroker("amqp://broker", ack_policy=AckPolicy.NACK_ON_ERROR)
SHOP = RabbitExchange("shop")

#: The desk's books, which stand for its database.
ORDERS: dict[str, str] = {}


class Ended(BaseModel):
    order: str


async def place(order: str, total: int, lines: list[Any]) -> None:
    body = {"order": order, "total": total, "lines": lines}
    await broker.publish(body, "Ordered", SHOP, message_id=f"Ordered-{order}")
    ORDERS.setdefault(order, "open")


@broker.subscriber(RabbitQueue("desk.done", routing_key="SetAside"), SHOP)
async def confirm(ended: Ended) -> None:
    ORDERS[ended.order] = "confirmed"


@broker.subscriber(RabbitQueue("desk.unpaid", routing_key="NotPaid"), SHOP)
@broker.subscriber(RabbitQueue("desk.sold-out", routing_key="SoldOut"), SHOP)
async def fail(ended: Ended) -> None:
    ORDERS[ended.order] = "failed"
