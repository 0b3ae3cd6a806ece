"""Services on RabbitMQ that misbehave, each in its own way, and one that behaves.

    python broker_services.py MODE        # BROKER_URL says where the broker is

Imports nothing of the kit: it is run as a program.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pika

MODE = sys.argv[1] if __name__ == "__main__" else ""


def forever() -> None:
    """Come back never."""
    threading.Event().wait()


def once_told() -> None:
    """Say something of its own accord, when somebody opens the pipe."""
    (Path(os.environ["STATE"]) / "pipe").read_text()
    with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"])) as connection:
        connection.channel().basic_publish("", "letters.answers", b"{}")


def on_message(channel: Any, method: Any, properties: Any, body: bytes) -> None:
    """Handle one message, in the way of MODE."""
    if MODE == "hangs":
        print("waiting for something", flush=True)
        forever()
    if MODE == "dies":
        raise LookupError("no such row")
    if MODE == "early":
        channel.basic_ack(method.delivery_tag)
        channel.basic_publish("", "letters.answers", body)
    elif MODE == "late":
        channel.basic_ack(method.delivery_tag)
        threading.Thread(target=once_told, daemon=True).start()
    elif MODE == "rejects" or (MODE == "orders" and properties.type != "order.placed"):
        channel.basic_reject(method.delivery_tag, requeue=False)
    elif MODE == "requeues":
        channel.basic_nack(method.delivery_tag, requeue=True)
    else:
        channel.basic_ack(method.delivery_tag)


def main() -> None:
    """Consume."""
    if MODE == "exits":
        sys.exit("no configuration")
    if MODE == "never consumes":
        forever()
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"]))
    channel = connection.channel()
    if MODE == "transactions":
        channel.tx_select()
    channel.queue_declare("letters")
    if MODE == "orders":
        channel.exchange_declare("shop", "topic")  # type: ignore[arg-type]
        channel.queue_bind("letters", "shop", "order.placed")
        channel.queue_bind("letters", "shop", "paid")
    channel.basic_consume("letters", on_message, auto_ack=MODE == "automatic")
    channel.start_consuming()


if __name__ == "__main__":
    main()
