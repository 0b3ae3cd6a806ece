"""The words of the order saga: roles, event types, statuses, orders.

Everything else in the kit, reports included, uses these words and no others.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import frozen


class Role(StrEnum):
    """A participant's part in the saga. A target may call its services otherwise (`roles`)."""

    ORDER = "order"
    PAYMENT = "payment"
    INVENTORY = "inventory"
    SHIPPING = "shipping"


class Event(StrEnum):
    """Event types of the choreography: each a fact, or a request for a compensation."""

    ORDER_CREATED = "order.created"
    ORDER_CANCEL_REQUESTED = "order.cancel.requested"
    PAYMENT_PROCESSED = "payment.processed"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_REFUND_REQUESTED = "payment.refund.requested"
    PAYMENT_REFUNDED = "payment.refunded"
    INVENTORY_RESERVED = "inventory.reserved"
    INVENTORY_RESERVATION_FAILED = "inventory.reservation.failed"
    INVENTORY_RELEASE_REQUESTED = "inventory.release.requested"
    INVENTORY_RELEASED = "inventory.released"
    SHIPMENT_CREATED = "shipment.created"
    SHIPPING_FAILED = "shipping.failed"
    SAGA_COMPLETED = "order.saga.completed"
    SAGA_FAILED = "order.saga.failed"


class Status(StrEnum):
    """Status of an order as `observe()` reports it. The last two are final."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether the saga of an order with this status has ended."""
        return self is not Status.OPEN


#: The event that ends a saga, and the status it stands for, in the model's own words.
TERMINAL_EVENTS: dict[str, Status] = {
    Event.SAGA_COMPLETED: Status.CONFIRMED,
    Event.SAGA_FAILED: Status.FAILED,
}


@frozen
class Line:
    """One line of an order; `unit_price` in minor units of the order's currency."""

    sku: str
    quantity: int
    unit_price: int


@frozen
class Order:
    """What a customer orders. One SKU may stand on several lines."""

    id: str
    lines: tuple[Line, ...]
    customer: str = "c1"
    currency: str = "EUR"

    @property
    def total(self) -> int:
        """The price of the whole order in minor units of its currency."""
        return sum(line.quantity * line.unit_price for line in self.lines)

    @property
    def quantities(self) -> dict[str, int]:
        """Pieces wanted per SKU, over all lines."""
        wanted: dict[str, int] = {}
        for line in self.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        return wanted

    def as_dict(self) -> dict[str, Any]:
        """The plain dict that a target's `place_order` is given."""
        return {
            "id": self.id,
            "customer": self.customer,
            "currency": self.currency,
            "lines": [
                {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}
                for line in self.lines
            ],
            "total": self.total,
        }
