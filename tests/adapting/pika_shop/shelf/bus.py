"""How a service of this shop talks to RabbitMQ."""

import json
from typing import Any

import pika

CONNECTION = pika.BlockingConnection(pika.URLParameters("amqp://broker"))
CHANNEL: Any = CONNECTION.channel()


def tell(channel: Any, type: str, order: str, **body: Any) -> None:
    """Publish; the same thing is always said under the same id."""
    properties = pika.BasicProperties(message_id=f"{type}-{order}")
    text = json.dumps({"order": order, **body})
    channel.basic_publish(exchange="shop", routing_key=type, body=text, properties=properties)


def consume(queue: str, *types: str, by: Any) -> None:
    """Let a callback have the messages of these types."""
    CHANNEL.queue_declare(queue)
    for type in types:
        CHANNEL.queue_bind(queue, "shop", type)
    CHANNEL.basic_consume(queue, by)
