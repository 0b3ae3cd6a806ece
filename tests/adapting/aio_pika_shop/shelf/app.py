# ruff: noqa: D103
"""The shelf sets goods aside."""

import json
from collections import Counter
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

#: The shelf's books, which stand for its database.
STOCK: dict[str, int] = {}
HELD: dict[str, dict[str, int]] = {}
CHANNEL: dict[str, Any] = {}


def was_set_aside(order: str) -> bool:
    return order in HELD


async def paid(message: AbstractIncomingMessage) -> None:
    async with message.process(requeue=True):
        data = json.loads(message.body)
        order = data["order"]
        if not was_set_aside(order):
            wanted: Counter[str] = Counter()
            for line in data["lines"]:
                wanted[line["sku"]] += line["quantity"]
            enough = all(STOCK.get(sku, 0) >= pieces for sku, pieces in wanted.items())
            HELD[order] = dict(wanted) if enough else {}
            for sku, pieces in HELD[order].items():
                STOCK[sku] -= pieces
        said = "goods.set-aside" if HELD[order] else "goods.sold-out"
        body = aio_pika.Message(json.dumps({"order": order}).encode(), message_id=f"{said}-{order}")
        await CHANNEL["shop"].publish(body, routing_key=said)


async def start() -> None:
    connection = await aio_pika.connect_robust("amqp://broker")
    channel = await connection.channel()
    shop = CHANNEL["shop"] = await channel.declare_exchange("shop", aio_pika.ExchangeType.TOPIC)
    queue = await channel.declare_queue("shelf", durable=True)
    await queue.bind(shop, routing_key="money.taken")
    await queue.consume(paid)
