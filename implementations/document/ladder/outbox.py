"""A change and its event are stored together; what is stored is sent, sooner or later (B60)."""

from __future__ import annotations

from typing import Any

from implementations.document.saga import Services
from implementations.document.services import Service


class Outbox(Service):
    """What the order service had from the beginning."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.outbox: list[tuple[str, dict[str, Any]]] = []

    def publish(self, type: str, **data: Any) -> None:
        """Write an event to the outbox, in the transaction of the change."""
        self.outbox.append((type, data))

    def relay(self) -> int:
        """Send the event that has waited longest, under a new id (B49)."""
        waiting = len(self.outbox)
        if waiting:
            type, data = self.outbox[0]
            self.world.publish(type, data, id=self.world.new_id())
            del self.outbox[0]
        return waiting


FIX: Services = dict.fromkeys(("payment", "inventory", "shipping"), Outbox)
