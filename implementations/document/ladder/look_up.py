"""No answer is not a no: after a timeout the gateway is asked what became of it (B02, B03)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Declined


class Payments(services.Payments):
    """A charge has a name, so that one can ask for it, and ask for it again."""

    def charge(self, event: dict[str, Any]) -> str:
        """Take the money: once, however often it takes to get an answer."""
        order_id, amount, currency = event["order_id"], event["amount"], event["currency"]
        gateway, key = self.world.payments, f"charge/{order_id}"
        answer = None
        while answer is None:
            try:
                answer = gateway.charge(order_id, amount, currency, key=key)
            except TimeoutError:
                answer = gateway.lookup(key)  # None: it was never carried out
        if answer["status"] == "refused":
            raise Declined(answer["reason"])
        return str(answer["id"])


FIX: Services = {"payment": Payments}
