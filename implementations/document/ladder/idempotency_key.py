"""Whatever is asked of somebody outside has a key, and a refund its amount (B02, B07, B41)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.ladder import shipping
from implementations.document.saga import Services
from implementations.document.services import Declined


class Payments(services.Payments):
    """One charge and one refund, however often they are asked for."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.charges: dict[str, int] = {}

    def charge(self, event: dict[str, Any]) -> str:
        """Take the money, and remember how much."""
        answer = self.ask(event, key=f"charge/{event['order_id']}")
        if answer["status"] == "refused":
            raise Declined(answer["reason"])
        self.charges[answer["id"]] = event["amount"]
        return str(answer["id"])

    def ask(self, event: dict[str, Any], key: str) -> Any:
        """Ask the gateway for the money of an order."""
        order_id, amount, currency = event["order_id"], event["amount"], event["currency"]
        return self.world.payments.charge(order_id, amount, currency, key=key)

    def refund(self, event: dict[str, Any]) -> None:
        """Give it back."""
        charge_id = event["charge_id"]
        self.world.payments.refund(charge_id, self.charges[charge_id], key=f"refund/{charge_id}")


class Shipping(shipping.Shipping):
    """One parcel, however often it is asked for."""

    def book(self, order_id: str, items: Any) -> Any:
        """Ask the carrier for a parcel."""
        return self.world.carrier.create_shipment(order_id, items, key=f"ship/{order_id}")


FIX: Services = {"payment": Payments, "shipping": Shipping}
