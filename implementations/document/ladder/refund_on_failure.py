"""What cannot be reserved is refunded: the failure asks for it (B72)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services


class Inventory(services.Inventory):
    """The trigger that the payment service has been waiting for gets an emitter."""

    def not_reserved(self, event: dict[str, Any], reason: str) -> None:
        """Tell that there are not enough pieces, and ask for the money to be given back."""
        super().not_reserved(event, reason)
        order_id, charge_id = event["order_id"], event["charge_id"]
        self.publish("payment.refund.requested", order_id=order_id, charge_id=charge_id)


FIX: Services = {"inventory": Inventory}
