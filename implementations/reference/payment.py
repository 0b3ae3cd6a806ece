"""The payment service: charges the order, and gives the money back when the saga fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

from attrs import evolve, frozen

from implementations.contract import Answer, Event
from implementations.reference.service import Service
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


@frozen
class Payment:
    """The payment of an order: what to charge, and the charge to give back."""

    order: str
    status: PaymentStatus = S.IDLE
    amount: int = 0
    currency: str = ""
    charge: str = ""


class RefundRefused(Exception):
    """The gateway does not give money back. A compensation may not give up (B08)."""


class PaymentService(Service[Payment]):
    """Charges once, refunds once, and knows at any time which of it is done."""

    name = "payment"
    subscriptions: ClassVar[tuple[str, ...]] = (E.ORDER_CREATED, E.PAYMENT_REFUND_REQUESTED)

    def react(self) -> Mapping[str, Callable[[Event], Payment | None]]:
        """What is decided on each event type."""
        return {E.ORDER_CREATED: self.accept, E.PAYMENT_REFUND_REQUESTED: self.give_back}

    def accept(self, event: Event) -> Payment | None:
        """Intend to charge a new order; go on where we died with one that we know."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):
            data = event["data"]  # B12: what the order said, not what it would cost by now
            row = self.rows.put(Payment(row.order, S.CHARGING, data["amount"], data["currency"]))
        return unfinished(row)

    def give_back(self, event: Event) -> Payment | None:
        """Undo the payment, wherever it is: the request may come before the charge."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.PAID, S.REFUNDING):
            return self.rows.put(evolve(row, status=S.REFUNDING))
        if self.stands(row, S.CHARGING):
            self.rows.put(evolve(row, status=S.UNWANTED))  # B75: whoever charges will see it
        elif self.stands(row, S.IDLE):
            self.bury(evolve(row, status=S.REFUSED))
            self.emit(E.PAYMENT_REFUNDED, row.order, event)
        return None  # B07, B21: refunded, or nothing was taken

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Move the money."""
        unsettled: Payment | None = row
        if row.status in (S.CHARGING, S.UNWANTED):
            answer = await self.charge(row)
            unsettled = await self.commit(event, self.settle, answer)
        if unsettled is not None:
            await self.refund(unsettled)
            await self.commit(event, self.refunded)

    async def charge(self, row: Payment) -> Answer:
        """Take the money: once, however often this is called."""
        key = self.key("charge", row.order)
        gateway = self.world.payments
        return await self.ask(
            gateway, key, lambda: gateway.charge(row.order, row.amount, row.currency, key=key)
        )

    def settle(self, event: Event, answer: Answer) -> Payment | None:
        """Store what the gateway said, beside what has happened while it was asked."""
        row = self.rows[event["subject"]]
        if not self.stands(row, S.CHARGING, S.UNWANTED):
            return unfinished(row)  # B54: another copy of the message was faster
        charged = evolve(row, charge=answer.get("id") or "")
        if answer["status"] == "refused":
            self.rows.put(evolve(row, status=S.DECLINED))
            self.emit(E.PAYMENT_FAILED, row.order, event, reason=answer.get("reason") or "")
        elif self.stands(row, S.CHARGING):
            self.rows.put(evolve(charged, status=S.PAID))
            lines = event["data"]["lines"]  # B17, B73: all that the next one needs
            self.emit(E.PAYMENT_PROCESSED, row.order, event, amount=row.amount, lines=lines)
        else:
            return self.rows.put(evolve(charged, status=S.REFUNDING))
        return None

    async def refund(self, row: Payment) -> None:
        """Give the money back: once, however often this is called (B07)."""
        key = self.key("refund", row.order)
        gateway = self.world.payments
        answer = await self.ask(
            gateway, key, lambda: gateway.refund(row.charge, row.amount, key=key)
        )
        if answer["status"] == "refused":
            raise RefundRefused(f"{row.charge} of order {row.order}: {answer.get('reason')}")

    def refunded(self, event: Event) -> None:
        """Tell that the money is back."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.REFUNDING):
            self.rows.put(evolve(row, status=S.REFUNDED))
            self.emit(E.PAYMENT_REFUNDED, row.order, event, amount=row.amount)


def unfinished(row: Payment) -> Payment | None:
    """The row, if money is still to be moved for it by whoever handles `order.created`."""
    return row if row.status in (S.CHARGING, S.UNWANTED, S.REFUNDING) else None
