"""The payment service: charges the order, and gives the money back when the saga fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

from attrs import evolve, field, frozen
from sqlalchemy import BigInteger, Column, Connection, String, Table

from implementations.contract import Answer, Event
from implementations.durable.service import Service
from implementations.durable.storage import METADATA
from model.vocabulary import Event as E


class PaymentStatus(StrEnum):
    """Where the money of an order is."""

    IDLE = "idle"
    CHARGING = "charging"
    """The gateway is being asked, or was when we died. Committed before it is asked."""
    UNWANTED = "unwanted"
    """The gateway is being asked, but the saga has failed: what it takes goes back."""
    PAID = "paid"
    DECLINED = "declined"
    REFUNDING = "refunding"
    """The money is going back, or was when we died."""
    REFUNDED = "refunded"
    REFUSED = "refused"
    """Tombstone: the refund came first, so there will be no charge."""


S = PaymentStatus

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="in minor units, never a float"),
    Column("currency", String, nullable=False),
    Column("charge", String, nullable=False, comment="the gateway's id, to refund by"),
)


@frozen
class Payment:
    """The payment of an order: what to charge, and the charge to give back."""

    order_id: str
    status: PaymentStatus = field(default=S.IDLE, converter=PaymentStatus)
    amount: int = 0
    currency: str = ""
    charge: str = ""


class RefundRefused(Exception):
    """The gateway does not give money back. A compensation may not give up."""


class PaymentService(Service[Payment]):
    """Charges once, refunds once, and knows at any time which of it is done."""

    name = "payment"
    rows_in = PAYMENTS
    row = Payment
    subscriptions: ClassVar[tuple[str, ...]] = (E.ORDER_CREATED, E.PAYMENT_REFUND_REQUESTED)

    def react(self) -> Mapping[str, Callable[[Connection, Event], Payment | None]]:
        """What is decided on each event type."""
        return {E.ORDER_CREATED: self.accept, E.PAYMENT_REFUND_REQUESTED: self.give_back}

    def accept(self, db: Connection, event: Event) -> Payment | None:
        """Intend to charge a new order; go on where we died with one that we know."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.IDLE):
            amount, currency = event["data"]["amount"], event["data"]["currency"]
            row = self.rows.put(db, Payment(row.order_id, S.CHARGING, amount, currency))
        return unfinished(row)

    def give_back(self, db: Connection, event: Event) -> Payment | None:
        """Undo the payment, wherever it is: the request may come before the charge."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.PAID, S.REFUNDING):
            return self.rows.put(db, evolve(row, status=S.REFUNDING))
        if self.stands(row, S.CHARGING):
            self.rows.put(db, evolve(row, status=S.UNWANTED))  # whoever charges will see it
        elif self.stands(row, S.IDLE):
            self.rows.put(db, evolve(row, status=S.REFUSED))
            self.emit(db, E.PAYMENT_REFUNDED, row.order_id, event)
        return None  # refunded, or nothing was taken

    def carry_on(self, event: Event, row: Payment) -> None:
        """Move the money. No transaction is open meanwhile: a gateway can take long."""
        unsettled: Payment | None = row
        if row.status in (S.CHARGING, S.UNWANTED):
            unsettled = self.commit(event, self.settle, self.charge(row))
        if unsettled is not None:
            self.refund(unsettled)
            self.commit(event, self.refunded)

    def charge(self, row: Payment) -> Answer:
        """Take the money: once, however often this is called."""
        key, gateway = f"charge/{row.order_id}", self.world.payments
        return self.ask(
            gateway, key, lambda: gateway.charge(row.order_id, row.amount, row.currency, key=key)
        )

    def settle(self, db: Connection, event: Event, answer: Answer) -> Payment | None:
        """Store what the gateway said, beside what has happened while it was asked."""
        row = self.rows.lock(db, event["subject"])
        if not self.stands(row, S.CHARGING, S.UNWANTED):
            return unfinished(row)  # another copy of the message was faster
        charged = evolve(row, charge=answer.get("id") or "")
        if answer["status"] == "refused":
            self.rows.put(db, evolve(row, status=S.DECLINED))
            reason = answer.get("reason") or ""
            self.emit(db, E.PAYMENT_FAILED, row.order_id, event, reason=reason)
        elif self.stands(row, S.CHARGING):
            self.rows.put(db, evolve(charged, status=S.PAID))
            lines = event["data"]["lines"]  # all that the next one needs
            self.emit(db, E.PAYMENT_PROCESSED, row.order_id, event, amount=row.amount, lines=lines)
        else:
            return self.rows.put(db, evolve(charged, status=S.REFUNDING))
        return None

    def refund(self, row: Payment) -> None:
        """Give the money back: once, however often this is called."""
        key, gateway = f"refund/{row.order_id}", self.world.payments
        answer = self.ask(gateway, key, lambda: gateway.refund(row.charge, row.amount, key=key))
        if answer["status"] == "refused":
            raise RefundRefused(f"{row.charge} of order {row.order_id}: {answer.get('reason')}")

    def refunded(self, db: Connection, event: Event) -> None:
        """Tell that the money is back."""
        row = self.rows.lock(db, event["subject"])
        if self.stands(row, S.REFUNDING):
            self.rows.put(db, evolve(row, status=S.REFUNDED))
            self.emit(db, E.PAYMENT_REFUNDED, row.order_id, event, amount=row.amount)


def unfinished(row: Payment) -> Payment | None:
    """The row, if money is still to be moved for it by whoever handles `order.created`."""
    return row if row.status in (S.CHARGING, S.UNWANTED, S.REFUNDING) else None
