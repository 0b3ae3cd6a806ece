# ruff: noqa: D103
# mypy: ignore-errors
"""The shelf sets goods aside."""

import json
from collections import Counter

from bus import consume, tell

from model import HELD, STOCK


def was_set_aside(order):
    return order in HELD


def paid(channel, method, properties, body):
    data = json.loads(body)
    order, wanted = data["order"], Counter()
    if not was_set_aside(order):
        for line in data["lines"]:
            wanted[line["sku"]] += line["quantity"]
        enough = all(STOCK.get(sku, 0) >= pieces for sku, pieces in wanted.items())
        HELD[order] = dict(wanted) if enough else {}
        for sku, pieces in HELD[order].items():
            STOCK[sku] -= pieces
    tell(channel, "SetAside" if HELD[order] else "SoldOut", order)
    channel.basic_ack(method.delivery_tag)


consume("shelf", "Paid", by=paid)
