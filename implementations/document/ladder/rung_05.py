"""An event carries all that its consumers need (B73)."""

from __future__ import annotations

from typing import Any

from implementations.document.ladder import rung_01, rung_04
from implementations.document.saga import Saga, Services


class Payments(rung_01.Payments):
    """`payment.processed` says what was paid for."""

    def facts(self, event: dict[str, Any], charge_id: str) -> dict[str, Any]:
        """What the others need to know of a payment."""
        return {**super().facts(event, charge_id), "items": event["items"]}


SERVICES: Services = {**rung_04.SERVICES, "payment": Payments}


def make(world: Any) -> Saga:
    """The saga of this rung."""
    return Saga(world, SERVICES)

