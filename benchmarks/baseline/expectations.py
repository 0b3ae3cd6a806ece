"""What must be true of orders, money, stock and parcels: the asserts that one writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from benchmarks.baseline.broker import Broker
from benchmarks.baseline.outside import Outside, pieces_of

FINAL = ("confirmed", "failed")


@define
class Expectations:
    """The asserts of one run, and what they have to remember of it."""

    target: Any
    outside: Outside
    broker: Broker
    stock: Mapping[str, int]
    """At the start."""
    orders: dict[str, Mapping[str, Any]] = field(factory=dict)
    """All that were placed."""
    cancelled: set[str] = field(factory=set)
    ended: dict[str, str] = field(factory=dict)
    """Orders that were seen to have ended, and how."""

    def always(self) -> str:
        """What is wrong now; nothing, if nothing is."""
        return next(self._always(), "")

    def at_rest(self) -> str:
        """What is wrong once nothing moves any more."""
        return self.always() or next(self._at_rest(), "")

    def _always(self) -> Iterator[str]:
        seen, outside = self.target.observe(), self.outside
        shelf = dict(seen["stock"])
        if any(pieces < 0 for pieces in shelf.values()):
            yield f"stock is negative: {shelf}"
        for row in seen["reservations"]:
            shelf[row["sku"]] += row["quantity"]
        if shelf != self.stock:
            yield f"shelf and reservations are {shelf}, and were {dict(self.stock)}"
        for id, order in self.orders.items():
            charges = [charge for charge in outside.charges.values() if charge.order == id]
            if len(charges) > 1:
                yield f"{id} was charged {len(charges)} times"
            for charge in charges:
                if (charge.amount, charge.currency) != (order["total"], order["currency"]):
                    yield f"{id} costs {order['total']} {order['currency']}, and paid {charge}"
            if outside.paid(id) < 0:
                yield f"{id} got more back than it had paid"
            parcels = [parcel for parcel in outside.parcels.values() if parcel.order == id]
            if len(parcels) > 1:
                yield f"{id} was shipped {len(parcels)} times"
            if any(parcel.paid != order["total"] for parcel in parcels):
                yield f"{id} was shipped and had not been paid"
            status = seen["orders"].get(id, "open")
            if self.ended.get(id, status) != status:
                yield f"{id} had {self.ended[id]}, and is {status}"
            if status in FINAL:
                self.ended[id] = status

    def _at_rest(self) -> Iterator[str]:
        seen, outside, terminal = self.target.observe(), self.outside, self.target.terminal
        wanted = pieces_of([line for order in self.orders.values() for line in order["lines"]])
        for id, order in self.orders.items():
            status, pieces = seen["orders"].get(id, "missing"), pieces_of(order["lines"])
            reserved = pieces_of([row for row in seen["reservations"] if row["order"] == id])
            shipped = [parcel.pieces for parcel in outside.parcels.values() if parcel.order == id]
            paid = outside.paid(id)
            held = any(charge.order == id for charge in outside.on_hold.values())
            if status not in FINAL:
                yield f"{id} is {status} for ever"
            if status == "confirmed" and (paid, reserved, shipped) != (
                *(order["total"], pieces, [pieces]),
            ):
                yield f"{id} is confirmed: {paid} paid, {reserved} reserved, {shipped} shipped"
            if status == "failed" and (paid or held or reserved or shipped):
                yield f"{id} has failed: {paid} paid, {reserved} reserved, {shipped} shipped"
            short = any(wanted[sku] > self.stock[sku] for sku in pieces)
            if status == "failed" and not (short or id in outside.refused | self.cancelled):
                yield f"{id} has failed, and there was no reason to"
            ends = {
                terminal[event["type"]]
                for event in self.broker.published
                if event["type"] in terminal and event["subject"] == id
            }
            if ends != {status}:
                yield f"{id} is {status}, and announced as {sorted(ends)}"
