# ruff: noqa: D103
# mypy: ignore-errors
"""The desk takes orders, and tells how they ended."""

import json

from bus import CHANNEL, consume, tell

from model import ORDERS


def place(order, total, lines):
    tell(CHANNEL, "Ordered", order, total=total, lines=lines)
    ORDERS.setdefault(order, "open")


def confirm(channel, method, properties, body):
    ORDERS[json.loads(body)["order"]] = "confirmed"
    channel.basic_ack(method.delivery_tag)


def fail(channel, method, properties, body):
    ORDERS[json.loads(body)["order"]] = "failed"
    channel.basic_ack(method.delivery_tag)


consume("desk.done", "SetAside", by=confirm)
consume("desk.failed", "NotPaid", "SoldOut", by=fail)
