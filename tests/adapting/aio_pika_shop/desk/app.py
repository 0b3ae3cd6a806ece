# ruff: noqa: D103
"""The desk takes orders, and tells how they ended."""

import json
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

#: The desk's books, which stand for its database.
ORDERS: dict[str, str] = {}


async def place(order: str, total: int, lines: list[Any]) -> None:
    connection = await aio_pika.connect_robust("amqp://broker")
    async with connection:
        channel = await connection.channel()
        shop = await channel.get_exchange("shop")
        body = json.dumps({"order": order, "total": total, "lines": lines}).encode()
        message = aio_pika.Message(body, message_id=f"Ordered-{order}")
        await shop.publish(message, routing_key="order.placed")
    ORDERS.setdefault(order, "open")


async def ended(message: AbstractIncomingMessage) -> None:
    async with message.process(requeue=True):
        order = json.loads(message.body)["order"]
        won = message.routing_key == "goods.set-aside"
        ORDERS[order] = "confirmed" if won else "failed"


async def start() -> None:
    connection = await aio_pika.connect_robust("amqp://broker")
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=1)
    shop = await channel.declare_exchange("shop", aio_pika.ExchangeType.TOPIC)
    queue = await channel.declare_queue("desk", durable=True)
    for key in ("goods.*", "money.refused"):
        await queue.bind(shop, key)
    await queue.consume(ended)
