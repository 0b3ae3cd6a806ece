"""A connection error is no decline: it leaves the handler, and is tried again (B04)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Declined


class Payments(services.Payments):
    """The charge alone stands in the try block, and not every error is caught."""

    def order_created(self, event: dict[str, Any]) -> None:
        """Charge the order."""
        order_id = event["order_id"]
        try:
            charge_id = self.charge(event)
        except (Declined, TimeoutError) as error:  # B03: no answer is still taken for a no
            self.publish("payment.failed", order_id=order_id, reason=str(error))
        else:
            self.publish("payment.processed", order_id=order_id, **self.facts(event, charge_id))


FIX: Services = {"payment": Payments}
