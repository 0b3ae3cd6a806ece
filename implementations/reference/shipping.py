"""The shipping service: the pivot. Once a parcel is booked the saga can only go forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

from attrs import evolve, frozen

from implementations.contract import Answer, Event
from implementations.reference.service import Service
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


@frozen
class Shipment:
    """The parcel of an order."""

    order: str
    status: ShipmentStatus = S.IDLE
    parcel: str = ""


class ShippingService(Service[Shipment]):
    """Books parcels, and decides whether a cancel comes in time."""

    name = "shipping"
    subscriptions: ClassVar[tuple[str, ...]] = (E.INVENTORY_RESERVED, E.ORDER_CANCEL_REQUESTED)

    undo: ClassVar[tuple[str, ...]] = (E.INVENTORY_RELEASE_REQUESTED, E.PAYMENT_REFUND_REQUESTED)
    """What has to be undone when nothing is shipped: both steps before this one (B44)."""

    def react(self) -> Mapping[str, Callable[[Event], Shipment | None]]:
        """What is decided on each event type."""
        return {E.INVENTORY_RESERVED: self.accept, E.ORDER_CANCEL_REQUESTED: self.cancel}

    def accept(self, event: Event) -> Shipment | None:
        """Intend to ship: from here on a cancel comes too late."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):  # B22, B31: not after a cancel
            row = self.rows.put(evolve(row, status=S.BOOKING))
        return row if row.status is S.BOOKING else None

    async def carry_on(self, event: Event, row: Shipment) -> None:
        """Ask the carrier."""
        answer = await self.book(row, event)
        await self.commit(event, self.settle, answer)

    async def book(self, row: Shipment, event: Event) -> Answer:
        """Book the parcel: one, however often this is called (B41)."""
        key = self.key("ship", row.order)
        carrier, lines = self.world.carrier, event["data"]["lines"]
        return await self.ask(
            carrier, key, lambda: carrier.create_shipment(row.order, lines, key=key)
        )

    def settle(self, event: Event, answer: Answer) -> None:
        """Store what the carrier said."""
        row = self.rows[event["subject"]]
        if not self.stands(row, S.BOOKING):
            return  # B54: another copy of the message was faster
        if answer["status"] == "done":
            parcel = answer.get("id") or ""
            self.rows.put(evolve(row, status=S.SHIPPED, parcel=parcel))
            self.emit(E.SHIPMENT_CREATED, row.order, event, shipment=parcel)
        else:
            self.rows.put(evolve(row, status=S.FAILED))
            self.fail(event, answer.get("reason") or "refused by the carrier")

    def cancel(self, event: Event) -> None:
        """Undo the saga, unless a parcel is, or may be, on its way: then the cancel has lost."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):  # B43: nothing is undone behind the pivot
            self.bury(evolve(row, status=S.CANCELLED))
            self.fail(event, "cancelled by the customer")

    def fail(self, event: Event, reason: str) -> None:
        """Tell that nothing is shipped, and ask for all that to be undone, in one transaction."""
        self.emit(E.SHIPPING_FAILED, event["subject"], event, reason=reason)
        for request in self.undo:
            self.emit(request, event["subject"], event)
