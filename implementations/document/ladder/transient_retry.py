"""Only a decline is a decline: what else goes wrong leaves the handler, and is tried again."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Declined


class Payments(services.Payments):
    """The charge alone stands in the try block, and one error alone is caught (B40)."""

    def order_created(self, event: dict[str, Any]) -> None:
        """Charge the order."""
        order_id = event["order_id"]
        try:
            charge_id = self.charge(event)
        except Declined as error:
            self.publish("payment.failed", order_id=order_id, reason=str(error))
        else:
            self.publish("payment.processed", order_id=order_id, **self.facts(event, charge_id))


FIX: Services = {"payment": Payments}
