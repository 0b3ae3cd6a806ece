"""Money is a whole number of minor units, with its currency beside it, all the way (B13, B15)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Declined


class Orders(services.Orders):
    """The order's total goes out as it came in."""

    def facts(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the others need to know of an order."""
        money = {"amount": order["total"], "currency": order["currency"]}
        return {"user_id": order["customer"], "items": order["lines"], **money}


class Payments(services.Payments):
    """It reaches the gateway without any arithmetic on the way."""

    def charge(self, event: dict[str, Any]) -> str:
        """Take the money."""
        order_id, amount, currency = event["order_id"], event["amount"], event["currency"]
        answer = self.world.payments.charge(order_id, amount, currency)  # B02: no key
        if answer["status"] == "refused":
            raise Declined(answer["reason"])
        return str(answer["id"])


FIX: Services = {"order": Orders, "payment": Payments}
