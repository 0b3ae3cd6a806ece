"""Three services as a team would type them in from a document on choreographed sagas.

Nothing here is contrived: the happy path reads well, each function does what its name says, and the
failures are caught. Every line that carries a defect names its entry in the catalogue of real bugs
(B01 to B83). The `ladder` mends them, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Handler = Callable[[dict[str, Any]], None]
Items = Iterable[dict[str, Any]]


class Declined(Exception):
    """The gateway does not give us the money."""


class OutOfStock(Exception):
    """There are not enough pieces."""


class Service:
    """What the services share: the world, and how to publish into it."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def consumers(self) -> dict[str, Handler]:
        """Event types, and what to do about them."""
        raise NotImplementedError

    def publish(self, type: str, **data: Any) -> None:
        """Send an event, at once and outside of any transaction (B60), under a new id (B49)."""
        self.world.publish(type, data, id=self.world.new_id())

    def relay(self) -> int:
        """Send what waits in the outbox; this service has none (B60)."""
        return 0


class Orders(Service):
    """Takes orders, starts their sagas, and waits for somebody to say how they ended."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.rows: dict[str, dict[str, Any]] = {}
        self.outbox: list[tuple[str, str, dict[str, Any]]] = []

    def consumers(self) -> dict[str, Handler]:
        """The ends of the saga, which nobody announces (B37); a failed payment is no end (B39)."""
        return {"order.saga.completed": self.completed, "order.saga.failed": self.failed}

    def create(self, order: dict[str, Any]) -> None:
        """Store the order and what triggers its saga, in one transaction."""
        self.rows[order["id"]] = {"status": "AWAITING_PAYMENT"}
        self.announce("order.created", order_id=order["id"], **self.facts(order))

    def facts(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the others need to know of an order."""
        amount = order["total"] / 100  # B13, B15: a float, of two decimals whatever the currency
        return {"user_id": order["customer"], "amount": amount, "items": order["lines"]}

    def completed(self, event: dict[str, Any]) -> None:
        """The saga has come to its good end."""
        self.update(event["order_id"], status="CONFIRMED")

    def failed(self, event: dict[str, Any]) -> None:
        """The saga has been undone."""
        self.update(event["order_id"], status="FAILED", reason=event.get("reason"))

    def update(self, order_id: str, **columns: Any) -> bool:
        """UPDATE orders SET … WHERE id = ? (B30, B31: whatever the status was)."""
        self.rows[order_id] |= columns
        return True

    def announce(self, type: str, **data: Any) -> None:
        """Write an event to the outbox, in the transaction of the change."""
        self.outbox.append((self.world.new_id(), type, data))

    def relay(self) -> int:
        """Send the event that has waited longest."""
        waiting = len(self.outbox)
        if waiting:
            event_id, type, data = self.outbox[0]
            self.world.publish(type, data, id=event_id)
            del self.outbox[0]
        return waiting


class Payments(Service):
    """Charges orders at the gateway, and refunds them when asked to."""

    def consumers(self) -> dict[str, Handler]:
        """A new order; and a request for a refund, which nobody makes (B72)."""
        return {
            "order.created": self.order_created,
            "payment.refund.requested": self.refund_requested,
        }

    def order_created(self, event: dict[str, Any]) -> None:
        """Charge the order."""
        order_id = event["order_id"]
        try:
            charge_id = self.charge(event)
            self.publish("payment.processed", order_id=order_id, **self.facts(event, charge_id))
        except Exception as error:  # B03, B04: a timeout, and even a failed publish, is a decline
            self.publish("payment.failed", order_id=order_id, reason=str(error))

    def charge(self, event: dict[str, Any]) -> str:
        """Take the money."""
        cents = round(event["amount"] * 100)  # B13, B15
        answer = self.world.payments.charge(event["order_id"], cents, "usd")  # B02: no key
        if answer["status"] == "refused":
            raise Declined(answer["reason"])
        return str(answer["id"])

    def facts(self, event: dict[str, Any], charge_id: str) -> dict[str, Any]:
        """What the others need to know of a payment (B73: and of what was paid for)."""
        return {"charge_id": charge_id, "amount": event["amount"]}

    def refund_requested(self, event: dict[str, Any]) -> None:
        """Give the money back."""
        self.refund(event)
        self.publish("payment.refunded", order_id=event["order_id"], charge_id=event["charge_id"])

    def refund(self, event: dict[str, Any]) -> None:
        """All of it, once for each time that we are asked (B07)."""
        self.world.payments.refund(event["charge_id"])


class Inventory(Service):
    """Sets pieces aside for paid orders."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.stock: dict[str, int] = dict(world.stock)

    def consumers(self) -> dict[str, Handler]:
        """A paid order; and a request to put its pieces back."""
        return {
            "payment.processed": self.payment_processed,
            "inventory.release.requested": self.release_requested,
        }

    def payment_processed(self, event: dict[str, Any]) -> None:
        """Reserve what was paid for."""
        try:
            self.reserve(event["order_id"], event["items"])
            self.reserved(event)
        except Exception as error:
            self.not_reserved(event, str(error))

    def reserve(self, order_id: str, items: Items) -> None:
        """Take all pieces, or none."""
        wanted = pieces(items)
        for sku, quantity in wanted.items():
            if self.stock.get(sku, 0) < quantity:
                raise OutOfStock(sku)
        for sku, quantity in wanted.items():
            self.stock[sku] -= quantity

    def reserved(self, event: dict[str, Any]) -> None:
        """Tell that the pieces are set aside."""
        order_id, charge_id = event["order_id"], event["charge_id"]
        self.publish("inventory.reserved", order_id=order_id, charge_id=charge_id)

    def not_reserved(self, event: dict[str, Any], reason: str) -> None:
        """Tell that they are not. The payment service listens to this and refunds (B72: no)."""
        order_id, charge_id = event["order_id"], event["charge_id"]
        self.publish(
            "inventory.reservation.failed", order_id=order_id, charge_id=charge_id, reason=reason
        )

    def release_requested(self, event: dict[str, Any]) -> None:
        """Put the pieces of an order back."""
        self.release(event["order_id"], event["items"])
        self.publish("inventory.released", order_id=event["order_id"])

    def release(self, order_id: str, items: Items) -> None:
        """Back on the shelf, whether they were taken or not (B20, B21)."""
        for sku, quantity in pieces(items).items():
            self.stock[sku] += quantity

    def observe(self) -> dict[str, Any]:
        """What can be seen of the stock."""
        return {"stock": dict(self.stock)}


def pieces(items: Items) -> dict[str, int]:
    """Pieces per SKU over all lines."""
    total: dict[str, int] = {}
    for item in items:
        total[item["sku"]] = total.get(item["sku"], 0) + item["quantity"]
    return total
