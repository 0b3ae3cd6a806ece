"""An event has one id for life: it is made with the event, and stored with it (B49)."""

from __future__ import annotations

from typing import Any

from implementations.document.saga import Services
from implementations.document.services import Service


class StableId(Service):
    """An outbox that may send an event twice: it is the same event both times."""

    outbox: list[Any]

    def publish(self, type: str, **data: Any) -> None:
        """Write an event to the outbox, with its id, in the transaction of the change."""
        self.outbox.append((self.world.new_id(), type, data))

    def relay(self) -> int:
        """Send the event that has waited longest."""
        waiting = len(self.outbox)
        if waiting:
            event_id, type, data = self.outbox[0]
            self.world.publish(type, data, id=event_id)
            del self.outbox[0]
        return waiting


FIX: Services = dict.fromkeys(("payment", "inventory", "shipping"), StableId)
