"""Only what the business refuses is a failure; every other error leaves the handler (B40)."""

from __future__ import annotations

from typing import Any

from implementations.document.ladder import rung_02, rung_03
from implementations.document.saga import Saga, Services
from implementations.document.services import OutOfStock


class Inventory(rung_02.Inventory):
    """It catches the one error that it can answer for."""

    def payment_processed(self, event: dict[str, Any]) -> None:
        """Reserve what was paid for."""
        try:
            self.reserve(event["order_id"], event["items"])
        except OutOfStock as error:
            self.not_reserved(event, str(error))
        else:
            self.reserved(event)


SERVICES: Services = {**rung_03.SERVICES, "inventory": Inventory}


def make(world: Any) -> Saga:
    """The saga of this rung."""
    return Saga(world, SERVICES)

