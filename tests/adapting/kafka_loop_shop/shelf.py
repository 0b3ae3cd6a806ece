# ruff: noqa: D101, D102
# mypy: ignore-errors
"""The shelf sets goods aside. It has no outbox: what it says is there before the offset moves."""

import json
from collections import Counter

from books import HELD, STOCK
from bus import Service


class Shelf(Service):
    name = "shelf"
    handlers = {"Paid": "set_aside"}  # noqa: RUF012

    def set_aside(self, order, data):
        if order not in HELD:
            wanted = Counter()
            for line in data["lines"]:
                wanted[line["sku"]] += line["quantity"]
            enough = all(STOCK.get(sku, 0) >= pieces for sku, pieces in wanted.items())
            HELD[order] = dict(wanted) if enough else {}
            for sku, pieces in HELD[order].items():
                STOCK[sku] -= pieces
        said = "SetAside" if HELD[order] else "SoldOut"
        self.send(said, order, json.dumps({}), {"id": f"{said}-{order}".encode()})
