"""The shipping service: the pivot. Once a parcel is booked the saga can only go forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

from attrs import evolve, field, frozen
from sqlalchemy import Column, Connection, String, Table

from implementations.contract import Answer, Event
from implementations.durable.service import Service
from implementations.durable.storage import METADATA
from model.vocabulary import Event as E


class ShipmentStatus(StrEnum):
    """Where the parcel of an order is."""

    IDLE = "idle"
    BOOKING = "booking"
    """The carrier is being asked, or was when we died: there may be a parcel already."""
    SHIPPED = "shipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Tombstone: the cancel came first, so nothing will be shipped."""


S = ShipmentStatus

SHIPMENTS = Table(
    "shipments",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("parcel", String, nullable=False, comment="the carrier's id"),
)


@frozen
class Shipment:
    """The parcel of an order."""

    order_id: str
    status: ShipmentStatus = field(default=S.IDLE, converter=ShipmentStatus)
    parcel: str = ""


class ShippingService(Service[Shipment]):
    """Books parcels, and decides whether a cancel comes in time."""

    name = "shipping"
    rows_in = SHIPMENTS
    row = Shipment
    subscriptions: ClassVar[tuple[str, ...]] = (E.INVENTORY_RESERVED, E.ORDER_CANCEL_REQUESTED)

    undo: ClassVar[tuple[str, ...]] = (E.INVENTORY_RELEASE_REQUESTED, E.PAYMENT_REFUND_REQUESTED)
    """What has to be undone when nothing is shipped: both steps before this one."""

    def react(self) -> Mapping[str, Callable[[Connection, Event], Shipment | None]]:
        """What is decided on each event type."""
        return {E.INVENTORY_RESERVED: self.accept, E.ORDER_CANCEL_REQUESTED: self.cancel}

    def accept(self, db: Connection, event: Event) -> Shipment | None:
        """Intend to ship: from here on a cancel comes too late."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.IDLE):  # not after a cancel
            row = self.rows.put(db, evolve(row, status=S.BOOKING))
        return row if row.status is S.BOOKING else None

    def carry_on(self, event: Event, row: Shipment) -> None:
        """Ask the carrier. No transaction is open meanwhile: a carrier can take long."""
        self.commit(event, self.settle, self.book(row, event))

    def book(self, row: Shipment, event: Event) -> Answer:
        """Book the parcel: one, however often this is called."""
        key, carrier, lines = f"ship/{row.order_id}", self.world.carrier, event["data"]["lines"]
        return self.ask(carrier, key, lambda: carrier.create_shipment(row.order_id, lines, key=key))

    def settle(self, db: Connection, event: Event, answer: Answer) -> None:
        """Store what the carrier said."""
        row = self.rows.lock(db, event["subject"])
        if not self.stands(row, S.BOOKING):
            return  # another copy of the message was faster
        if answer["status"] == "done":
            parcel = answer.get("id") or ""
            self.rows.put(db, evolve(row, status=S.SHIPPED, parcel=parcel))
            self.emit(db, E.SHIPMENT_CREATED, row.order_id, event, shipment=parcel)
        else:
            self.rows.put(db, evolve(row, status=S.FAILED))
            self.fail(db, event, answer.get("reason") or "refused by the carrier")

    def cancel(self, db: Connection, event: Event) -> None:
        """Undo the saga, unless a parcel is, or may be, on its way: then the cancel has lost."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.IDLE):  # nothing is undone behind the pivot
            self.rows.put(db, evolve(row, status=S.CANCELLED))
            self.fail(db, event, "cancelled by the customer")

    def fail(self, db: Connection, event: Event, reason: str) -> None:
        """Tell that nothing is shipped, and ask for all that to be undone, in one transaction."""
        self.emit(db, E.SHIPPING_FAILED, event["subject"], event, reason=reason)
        for request in self.undo:
            self.emit(db, request, event["subject"], event)
