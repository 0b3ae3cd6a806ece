"""The inventory service: sets pieces aside for paid orders, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from typing import ClassVar

from attrs import evolve, frozen

from implementations.contract import Event
from implementations.reference.service import Service, Store
from implementations.reference.storage import Held, Stock, pieces_of
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


@frozen
class Reservation:
    """What is set aside for an order: the record by which it is given back (B20, B73)."""

    order: str
    status: ReservationStatus = S.IDLE
    held: Held = ()


@frozen
class InventoryStore(Store[Reservation]):
    """Rows, inbox and outbox, and the stock that changes with them."""

    stock: Stock

    def digest(self) -> Hashable:
        """Exact identity of what is kept."""
        return super().digest(), self.stock.digest()


class InventoryService(Service[Reservation]):
    """Reserves and releases; what has become a parcel it does not know."""

    name = "inventory"
    subscriptions: ClassVar[tuple[str, ...]] = (E.PAYMENT_PROCESSED, E.INVENTORY_RELEASE_REQUESTED)
    store: InventoryStore

    undo: ClassVar[tuple[str, ...]] = (E.PAYMENT_REFUND_REQUESTED,)
    """What has to be undone when there is not enough: the steps before this one (B72)."""

    def react(self) -> Mapping[str, Callable[[Event], None]]:
        """What is decided on each event type; nothing is ever left to do outside."""
        return {E.PAYMENT_PROCESSED: self.reserve, E.INVENTORY_RELEASE_REQUESTED: self.release}

    def reserve(self, event: Event) -> None:
        """Set aside what was paid for, or ask for the money to be given back."""
        row = self.rows[event["subject"]]
        if row.status is S.REFUSED:
            return  # B22: the release has overtaken us, and has been answered
        lines = event["data"]["lines"]
        pieces = pieces_of(lines)
        if self.store.stock.take(pieces):
            self.rows.put(Reservation(row.order, S.RESERVED, pieces))
            self.emit(E.INVENTORY_RESERVED, row.order, event, lines=lines)
        else:
            self.rows.put(Reservation(row.order, S.REJECTED))
            self.emit(E.INVENTORY_RESERVATION_FAILED, row.order, event, reason="out of stock")
            for request in self.undo:  # B44, B72: in the transaction of the failure
                self.emit(request, row.order, event)

    def release(self, event: Event) -> None:
        """Give back what is set aside; once (B20), and only that (B21)."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.RESERVED):
            self.store.stock.give_back(row.held)
            self.rows.put(evolve(row, status=S.RELEASED, held=()))
            self.emit(E.INVENTORY_RELEASED, row.order, event)
        elif self.stands(row, S.IDLE):
            self.bury(evolve(row, status=S.REFUSED))
            self.emit(E.INVENTORY_RELEASED, row.order, event)
