"""A compensation undoes what was done, by the record of it, and once (B20, B21)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services
from implementations.document.services import Items, pieces


class Inventory(services.Inventory):
    """It knows what it holds, and for whom."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.held: dict[str, dict[str, int]] = {}

    def reserve(self, order_id: str, items: Items) -> None:
        """Take all pieces, or none, and remember whose they are."""
        super().reserve(order_id, items)
        self.held[order_id] = pieces(items)

    def release(self, order_id: str, items: Items) -> None:
        """Put back what is held for the order, if anything is."""
        for sku, quantity in self.held.pop(order_id, {}).items():
            self.stock[sku] += quantity

    def observe(self) -> dict[str, Any]:
        """What can be seen of the stock, now with what is set aside."""
        rows = [
            {"order": order_id, "sku": sku, "quantity": quantity}
            for order_id, held in self.held.items()
            for sku, quantity in held.items()
        ]
        return {**super().observe(), "reservations": rows}


FIX: Services = {"inventory": Inventory}
