"""Only what the business refuses is a failure; all other errors leave the handler (B40)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import OutOfStock


class Inventory(services.Inventory):
    """It catches the one error that it can answer for."""

    def payment_processed(self, event: dict[str, Any]) -> None:
        """Reserve what was paid for."""
        try:
            self.reserve(event["order_id"], event["items"])
        except OutOfStock as error:
            self.not_reserved(event, str(error))
        else:
            self.reserved(event)


FIX: Services = {"inventory": Inventory}
