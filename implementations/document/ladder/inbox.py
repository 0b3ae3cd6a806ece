"""A message that comes again is not handled again (B01, B18)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.ladder import shipping
from implementations.document.saga import Services
from implementations.document.services import Handler, Service


class Inbox(Service):
    """The table `processed_events` of a service."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.processed: set[str] = set()

    def once(self, handler: Handler) -> Handler:
        """A handler that remembers, in the transaction of its changes, what it has handled."""

        def handle(event: dict[str, Any]) -> None:
            if event["event_id"] not in self.processed:
                handler(event)
                self.processed.add(event["event_id"])

        return handle


class Payments(Inbox, services.Payments):
    """One order, one charge; one request, one refund."""

    def consumers(self) -> dict[str, Handler]:
        """What is handled once."""
        return {type: self.once(handler) for type, handler in super().consumers().items()}


class Inventory(Inbox, services.Inventory):
    """One payment, one reservation."""

    def consumers(self) -> dict[str, Handler]:
        """What is handled once. A release moves no money: it may come twice, or so one thinks."""
        return {**super().consumers(), "payment.processed": self.once(self.payment_processed)}


class Shipping(Inbox, shipping.Shipping):
    """One reservation, one parcel."""

    def consumers(self) -> dict[str, Handler]:
        """What is handled once."""
        return {"inventory.reserved": self.once(self.inventory_reserved)}


FIX: Services = {"payment": Payments, "inventory": Inventory, "shipping": Shipping}
