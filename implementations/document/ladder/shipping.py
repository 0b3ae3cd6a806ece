"""A saga that goes well has an end, too: the missing service, and an order that hears it (B37)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.ladder import failed_end
from implementations.document.saga import Services
from implementations.document.services import Handler, Service


class Shipping(Service):
    """Books the parcel, or has the two steps before it undone."""

    def consumers(self) -> dict[str, Handler]:
        """A reservation."""
        return {"inventory.reserved": self.inventory_reserved}

    def inventory_reserved(self, event: dict[str, Any]) -> None:
        """Ship what was reserved."""
        order_id, charge_id, items = event["order_id"], event["charge_id"], event["items"]
        answer = self.book(order_id, items)
        if answer["status"] == "done":
            self.publish("shipment.created", order_id=order_id, shipment_id=answer["id"])
        else:
            self.publish("shipping.failed", order_id=order_id, reason=answer["reason"])
            self.publish("inventory.release.requested", order_id=order_id, items=items)
            self.publish("payment.refund.requested", order_id=order_id, charge_id=charge_id)

    def book(self, order_id: str, items: Any) -> Any:
        """Ask the carrier for a parcel (B41: and for another one if asked again)."""
        return self.world.carrier.create_shipment(order_id, items)


class Inventory(services.Inventory):
    """`inventory.reserved` says what was reserved: shipping needs it."""

    def reserved(self, event: dict[str, Any]) -> None:
        """Tell that the pieces are set aside."""
        order_id, charge_id, items = event["order_id"], event["charge_id"], event["items"]
        self.publish("inventory.reserved", order_id=order_id, charge_id=charge_id, items=items)


class Orders(failed_end.Orders):
    """Now every path has an end."""

    def consumers(self) -> dict[str, Handler]:
        """What the others tell."""
        more = {"shipment.created": self.completed, "shipping.failed": self.refunding}
        return {**super().consumers(), **more}

    def completed(self, event: dict[str, Any]) -> None:
        """The parcel is on its way."""
        self.end(event, "CONFIRMED", "order.saga.completed")


FIX: Services = {"inventory": Inventory, "order": Orders, "shipping": Shipping}
