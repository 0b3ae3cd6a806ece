"""The inventory service: sets pieces aside for paid orders, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from attrs import evolve, field, frozen
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    update,
)

from implementations.contract import Event
from implementations.durable.service import Service
from implementations.durable.storage import METADATA
from model.vocabulary import Event as E


class ReservationStatus(StrEnum):
    """Where the pieces of an order are."""

    IDLE = "idle"
    RESERVED = "reserved"
    REJECTED = "rejected"
    RELEASED = "released"
    REFUSED = "refused"
    """Tombstone: the release came first, so nothing will be reserved."""


S = ReservationStatus

RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("held", JSON, nullable=False, comment="pieces per SKU: the record to give back by"),
)
STOCK = Table(
    "stock",
    METADATA,
    Column("sku", String, primary_key=True),
    Column("available", Integer, CheckConstraint("available >= 0"), nullable=False),
)

_ROW = STOCK.c.sku == bindparam("own")
_TAKE = (
    update(STOCK)
    .where(_ROW, STOCK.c.available >= bindparam("pieces"))
    .values(available=STOCK.c.available - bindparam("pieces"))
)
_GIVE_BACK = update(STOCK).where(_ROW).values(available=STOCK.c.available + bindparam("pieces"))


@frozen
class Reservation:
    """What is set aside for an order."""

    order_id: str
    status: ReservationStatus = field(default=S.IDLE, converter=ReservationStatus)
    held: dict[str, int] = field(factory=dict)


class InventoryService(Service[Reservation]):
    """Reserves and releases; what has become a parcel it does not know."""

    name = "inventory"
    rows_in = RESERVATIONS
    row = Reservation
    further = (STOCK,)
    subscriptions: ClassVar[tuple[str, ...]] = (E.PAYMENT_PROCESSED, E.INVENTORY_RELEASE_REQUESTED)

    def react(self) -> Mapping[str, Callable[[Connection, Event], None]]:
        """What is decided on each event type; nothing is ever left to do outside."""
        return {E.PAYMENT_PROCESSED: self.reserve, E.INVENTORY_RELEASE_REQUESTED: self.release}

    def reserve(self, db: Connection, event: Event) -> None:
        """Set aside what was paid for, or ask for the money to be given back."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.REFUSED):
            return  # the release has overtaken us, and has been answered
        lines = event["data"]["lines"]
        pieces = pieces_of(lines)
        if self.take_all(db, pieces):
            self.rows.put(db, evolve(row, status=S.RESERVED, held=pieces))
            self.emit(db, E.INVENTORY_RESERVED, row.order_id, event, lines=lines)
        else:
            self.rows.put(db, evolve(row, status=S.REJECTED))
            reason = "out of stock"
            self.emit(db, E.INVENTORY_RESERVATION_FAILED, row.order_id, event, reason=reason)
            self.emit(db, E.PAYMENT_REFUND_REQUESTED, row.order_id, event)

    def take_all(self, db: Connection, pieces: Mapping[str, int]) -> bool:
        """Take all of `pieces`, or none: a savepoint takes back what was taken before one ran out.

        In the order of the SKUs: if two handlers took the same two in different orders, each would
        hold what the other one waits for.
        """
        with db.begin_nested() as savepoint:
            for sku, quantity in sorted(pieces.items()):
                if not self.take(db, sku, quantity):
                    savepoint.rollback()
                    return False
        return True

    def take(self, db: Connection, sku: str, quantity: int) -> bool:
        """Take pieces if there are as many. Check and decrement are one statement: whoever comes
        second waits for the row, and then decides by what is left."""
        return db.execute(_TAKE, {"own": sku, "pieces": quantity}).rowcount == 1

    def release(self, db: Connection, event: Event) -> None:
        """Give back what is set aside; once, and only that."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.RESERVED):
            for sku, quantity in sorted(row.held.items()):
                db.execute(_GIVE_BACK, {"own": sku, "pieces": quantity})
            self.rows.put(db, evolve(row, status=S.RELEASED, held={}))
            self.emit(db, E.INVENTORY_RELEASED, row.order_id, event)
        elif self.stands(row, S.IDLE):
            self.rows.put(db, evolve(row, status=S.REFUSED))
            self.emit(db, E.INVENTORY_RELEASED, row.order_id, event)


def pieces_of(lines: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Pieces per SKU over all lines: one SKU may stand on several."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["quantity"]
    return pieces
