"""The order service: opens the saga and, alone, ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from attrs import evolve, frozen

from implementations.contract import Event, OrderData
from implementations.reference.service import Service
from model.vocabulary import Event as E


class OrderStatus(StrEnum):
    """Where an order is. The last two are final."""

    NEW = "NEW"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"


S = OrderStatus


@frozen
class Order:
    """An order, and what its service has heard of the undoing."""

    order: str
    status: OrderStatus = S.NEW
    money_back: bool = False
    stock_back: bool = False
    cancelled: bool = False
    """Whether the customer asked for a cancel. Whether it comes in time, shipping decides."""
    reason: str = ""


class OrderService(Service[Order]):
    """Takes orders and cancels; learns from the others how the saga went."""

    name = "order"
    subscriptions: ClassVar[tuple[str, ...]] = (
        E.SHIPMENT_CREATED,
        E.PAYMENT_FAILED,
        E.PAYMENT_REFUNDED,
        E.INVENTORY_RELEASED,
        E.INVENTORY_RESERVATION_FAILED,
        E.SHIPPING_FAILED,
    )

    def react(self) -> Mapping[str, Callable[[Event], None]]:
        """What is decided on each event type; nothing is ever left to do outside."""
        return {
            E.SHIPMENT_CREATED: self.shipped,
            E.PAYMENT_FAILED: self.not_paid,
            E.PAYMENT_REFUNDED: self.money_back,
            E.INVENTORY_RELEASED: self.stock_back,
            E.INVENTORY_RESERVATION_FAILED: self.stock_back,
            E.SHIPPING_FAILED: self.not_shipped,
        }

    async def place(self, order: OrderData) -> None:
        """Open the saga of an order; placing it again changes nothing (B67)."""
        await self.world.checkpoint("order commit", may_fail=True)
        if order["id"] in self.rows:
            return
        self.rows.put(Order(order["id"], S.AWAITING_PAYMENT))
        self.emit(
            E.ORDER_CREATED,
            order["id"],
            customer=order["customer"],
            amount=order["total"],  # B13, B15: minor units throughout, no arithmetic on the way
            currency=order["currency"],
            lines=[{"sku": ln["sku"], "quantity": ln["quantity"]} for ln in order["lines"]],
        )

    async def cancel(self, order_id: str) -> str | None:
        """Ask for the saga to be undone; "refused" once it has ended."""
        await self.world.checkpoint("order commit", may_fail=True)
        row = self.rows[order_id]
        if not self.stands(row, S.AWAITING_PAYMENT):
            return "refused"
        if not row.cancelled:  # B78: once, however often the customer clicks
            self.rows.put(evolve(row, cancelled=True))
            self.emit(E.ORDER_CANCEL_REQUESTED, order_id)
        return None

    def shipped(self, event: Event) -> None:
        """The parcel is on its way: the saga has come to its good end."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.AWAITING_PAYMENT):
            self.rows.put(evolve(row, status=S.CONFIRMED))
            self.emit(E.SAGA_COMPLETED, row.order, event)  # B37

    def not_paid(self, event: Event) -> None:
        """No money moved, so nothing was reserved, and nothing is to be undone (B39)."""
        self.fail(event, evolve(self.rows[event["subject"]], reason=reason_in(event)))

    def money_back(self, event: Event) -> None:
        """One of the two things to wait for, in whichever order they come."""
        self.undone(event, money_back=True)

    def stock_back(self, event: Event) -> None:
        """The other one: released, or never reserved."""
        self.undone(event, stock_back=True, reason=reason_in(event))

    def not_shipped(self, event: Event) -> None:
        """Shipping has asked for the undoing itself; here only the reason is noted."""
        self.undone(event, reason=reason_in(event))

    def undone(self, event: Event, **fact: Any) -> None:
        """Note a fact. Failed means settled: money *and* stock are back (B44)."""
        row = self.rows[event["subject"]]
        if not self.stands(row, S.AWAITING_PAYMENT):
            return
        fact["reason"] = row.reason or fact.get("reason", "")
        row = self.rows.put(evolve(row, **fact))
        if row.money_back and row.stock_back:
            self.fail(event, row)

    def fail(self, event: Event, row: Order) -> None:
        """End the saga, status and terminal event in one transaction (B35)."""
        if self.stands(row, S.AWAITING_PAYMENT):  # B30: final is final
            self.rows.put(evolve(row, status=S.FAILED))
            self.emit(E.SAGA_FAILED, row.order, event, reason=row.reason)


def reason_in(event: Event) -> str:
    """Why something did not work, if the event says so."""
    return str(event["data"].get("reason", ""))
