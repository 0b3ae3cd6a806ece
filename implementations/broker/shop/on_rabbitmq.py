"""One service of the shop on RabbitMQ, as one writes it with pika."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pika
from pika.exceptions import NackError, UnroutableError

from implementations.broker.shop import outside
from implementations.broker.shop.services import VARIANTS, Refused
from implementations.broker.shop.store import Store

EXCHANGE = "shop"


def main() -> None:
    """Consume until the end."""
    name = os.environ["PARTICIPANT"]
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"]))
    channel = connection.channel()
    channel.confirm_delivery()

    def publish(type: str, body: str, id: str, order: str) -> None:
        properties = pika.BasicProperties(
            "application/json", type=type, message_id=id, headers={"subject": order}
        )
        try:
            channel.basic_publish(EXCHANGE, type, body.encode(), properties)
        except (NackError, UnroutableError) as error:
            raise ConnectionError(f"{type} was not taken") from error

    kind = next(kind for kind in VARIANTS[os.environ["VARIANT"]] if kind.name == name)
    store = Store(Path(os.environ["STATE"]) / f"{name}.db")
    service = kind(store, outside.ask, publish)

    def on_message(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        tag, headers = method.delivery_tag, properties.headers or {}
        try:
            data = json.loads(body)
        except ValueError:
            channel.basic_reject(tag, requeue=False)
            return
        try:
            service.handle(properties.type, properties.message_id, headers["subject"], data)
        except Refused:
            channel.basic_reject(tag, requeue=False)
        except (ConnectionError, TimeoutError):
            channel.basic_nack(tag, requeue=True)
        else:
            channel.basic_ack(tag)

    channel.exchange_declare(EXCHANGE, "topic", durable=True)  # type: ignore[arg-type]
    channel.queue_declare(name, durable=True)
    for type in service.subscriptions:
        channel.queue_bind(name, EXCHANGE, type)
    channel.basic_qos(prefetch_count=1)
    service.flush()
    channel.basic_consume(name, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
