"""An event carries all that its consumers need (B73)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services


class Payments(services.Payments):
    """`payment.processed` says what was paid for."""

    def facts(self, event: dict[str, Any], charge_id: str) -> dict[str, Any]:
        """What the others need to know of a payment."""
        return {**super().facts(event, charge_id), "items": event["items"]}


FIX: Services = {"payment": Payments}
