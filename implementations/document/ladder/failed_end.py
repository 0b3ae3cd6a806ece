"""A saga that fails has an end: the order service hears of it, and says so (B37, B39)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Handler


class Orders(services.Orders):
    """It no longer waits for an announcement that nobody makes, but makes it."""

    def consumers(self) -> dict[str, Handler]:
        """What the others tell, in place of `order.saga.completed` and `order.saga.failed`."""
        return {
            "payment.failed": self.failed,
            "inventory.reservation.failed": self.refunding,
            "payment.refunded": self.failed,
        }

    def refunding(self, event: dict[str, Any]) -> None:
        """The customer may see what we are at."""
        self.update(event["order_id"], status="REFUNDING", reason=event["reason"])

    def failed(self, event: dict[str, Any]) -> None:
        """Nothing was taken, or it has been given back."""
        self.end(event, "FAILED", "order.saga.failed")

    def end(self, event: dict[str, Any], status: str, announcement: str) -> None:
        """Store the final status and announce it, in one transaction."""
        if self.update(event["order_id"], status=status):
            self.announce(announcement, order_id=event["order_id"])


FIX: Services = {"order": Orders}
