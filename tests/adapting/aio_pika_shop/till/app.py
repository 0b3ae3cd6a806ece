# ruff: noqa: D103
"""The till takes money."""

import json
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

#: The till's books, which stand for its database.
PAID: dict[str, tuple[int, str]] = {}
CHANNEL: dict[str, Any] = {}


def processing(message: AbstractIncomingMessage) -> Any:
    """A message whose handling fails comes again."""
    return message.process(requeue=True)


def ask_customer(order: str) -> bool:
    raise NotImplementedError("the card reader is not connected")


async def ordered(message: AbstractIncomingMessage) -> None:
    async with processing(message):
        data = json.loads(message.body)
        order = data["order"]
        if order not in PAID:
            PAID[order] = (data["total"], "charged" if ask_customer(order) else "failed")
        said = "money.refused" if PAID[order][1] == "failed" else "money.taken"
        body = json.dumps({"order": order, "lines": data["lines"]}).encode()
        await CHANNEL["shop"].publish(
            aio_pika.Message(body, message_id=f"{said}-{order}"), routing_key=said
        )


async def give_back(message: AbstractIncomingMessage) -> None:
    async with message.process(requeue=True):
        order = json.loads(message.body)["order"]
        PAID[order] = (PAID[order][0], "refunded")


async def start() -> None:
    connection = await aio_pika.connect_robust("amqp://broker")
    channel = await connection.channel()
    shop = CHANNEL["shop"] = await channel.declare_exchange("shop", aio_pika.ExchangeType.TOPIC)
    for name, key, callback in (
        ("till.orders", "order.placed", ordered),
        ("till.refunds", "goods.sold-out", give_back),
    ):
        queue = await channel.declare_queue(name, durable=True)
        await queue.bind(shop, routing_key=key)
        await queue.consume(callback)
