"""The order service: opens the saga and, alone, ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from attrs import evolve, field, frozen
from sqlalchemy import Boolean, Column, Connection, String, Table

from implementations.contract import Event, OrderData
from implementations.durable.service import Service
from implementations.durable.storage import METADATA
from model.vocabulary import Event as E


class OrderStatus(StrEnum):
    """Where an order is. The last two are final."""

    NEW = "NEW"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"


S = OrderStatus

ORDERS = Table(
    "orders",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("money_back", Boolean, nullable=False),
    Column("stock_back", Boolean, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("reason", String, nullable=False),
)


@frozen
class Order:
    """An order, and what its service has heard of the undoing."""

    order_id: str
    status: OrderStatus = field(default=S.NEW, converter=OrderStatus)
    money_back: bool = False
    stock_back: bool = False
    cancelled: bool = False
    """Whether the customer asked for a cancel. Whether it comes in time, shipping decides."""
    reason: str = ""


class OrderService(Service[Order]):
    """Takes orders and cancels; learns from the others how the saga went."""

    name = "order"
    rows_in = ORDERS
    row = Order
    subscriptions: ClassVar[tuple[str, ...]] = (
        E.SHIPMENT_CREATED,
        E.PAYMENT_FAILED,
        E.PAYMENT_REFUNDED,
        E.INVENTORY_RELEASED,
        E.INVENTORY_RESERVATION_FAILED,
        E.SHIPPING_FAILED,
    )

    def react(self) -> Mapping[str, Callable[[Connection, Event], None]]:
        """What is decided on each event type; nothing is ever left to do outside."""
        return {
            E.SHIPMENT_CREATED: self.shipped,
            E.PAYMENT_FAILED: self.not_paid,
            E.PAYMENT_REFUNDED: self.money_back,
            E.INVENTORY_RELEASED: self.stock_back,
            E.INVENTORY_RESERVATION_FAILED: self.stock_back,
            E.SHIPPING_FAILED: self.not_shipped,
        }

    def place(self, order: OrderData) -> None:
        """Open the saga of an order; placing it again changes nothing."""
        with self.engine.begin() as db:
            row = self.rows.lock(db, order["id"])
            if not self.stands(row, S.NEW):
                return
            self.rows.put(db, evolve(row, status=S.AWAITING_PAYMENT))
            self.emit(
                db,
                E.ORDER_CREATED,
                row.order_id,
                customer=order["customer"],
                amount=order["total"],  # minor units throughout, no arithmetic on the way
                currency=order["currency"],
                lines=[{"sku": ln["sku"], "quantity": ln["quantity"]} for ln in order["lines"]],
            )

    def cancel(self, order_id: str) -> str | None:
        """Ask for the saga to be undone; "refused" once it has ended."""
        with self.engine.begin() as db:
            row = self.rows.lock(db, order_id)
            if not self.stands(row, S.AWAITING_PAYMENT):
                return "refused"
            if not row.cancelled:  # once, however often the customer clicks
                self.rows.put(db, evolve(row, cancelled=True))
                self.emit(db, E.ORDER_CANCEL_REQUESTED, order_id)
        return None

    def shipped(self, db: Connection, event: Event) -> None:
        """The parcel is on its way: the saga has come to its good end."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.AWAITING_PAYMENT):
            self.rows.put(db, evolve(row, status=S.CONFIRMED))
            self.emit(db, E.SAGA_COMPLETED, row.order_id, event)

    def not_paid(self, db: Connection, event: Event) -> None:
        """No money moved, so nothing was reserved, and nothing is to be undone."""
        row = self.rows.lock(db, event["subject"])
        self.fail(db, event, evolve(row, reason=reason_in(event)))

    def money_back(self, db: Connection, event: Event) -> None:
        """One of the two things to wait for, in whichever order they come."""
        self.undone(db, event, money_back=True)

    def stock_back(self, db: Connection, event: Event) -> None:
        """The other one: released, or never reserved."""
        self.undone(db, event, stock_back=True, reason=reason_in(event))

    def not_shipped(self, db: Connection, event: Event) -> None:
        """Shipping has asked for the undoing itself; here only the reason is noted."""
        self.undone(db, event, reason=reason_in(event))

    def undone(self, db: Connection, event: Event, **fact: Any) -> None:
        """Note a fact. Failed means settled: money *and* stock are back."""
        row = self.rows.lock(db, event["subject"])
        if not self.stands(row, S.AWAITING_PAYMENT):
            return
        fact["reason"] = row.reason or fact.get("reason", "")
        row = self.rows.put(db, evolve(row, **fact))
        if row.money_back and row.stock_back:
            self.fail(db, event, row)

    def fail(self, db: Connection, event: Event, row: Order) -> None:
        """End the saga, status and terminal event in one transaction."""
        if self.stands(row, S.AWAITING_PAYMENT):  # final is final
            self.rows.put(db, evolve(row, status=S.FAILED))
            self.emit(db, E.SAGA_FAILED, row.order_id, event, reason=row.reason)


def reason_in(event: Event) -> str:
    """Why something did not work, if the event says so."""
    return str(event["data"].get("reason", ""))
