"""No answer is not a no: after a timeout the gateway is asked what became of it (B03)."""

from __future__ import annotations

from typing import Any

from implementations.document.ladder import idempotency_key
from implementations.document.saga import Services


class Payments(idempotency_key.Payments):
    """A charge has a key by which one can ask what became of it."""

    def ask(self, event: dict[str, Any], key: str) -> Any:
        """Ask the gateway for the money of an order, for as long as it takes to get an answer."""
        answer = None
        while answer is None:
            try:
                answer = super().ask(event, key)
            except TimeoutError:
                answer = self.world.payments.lookup(key)  # None: it was never carried out
        return answer


FIX: Services = {"payment": Payments}
