"""A status changes only from one that may change: final is final (B30, B31)."""

from __future__ import annotations

from typing import Any

from implementations.document import services
from implementations.document.saga import Services


class Orders(services.Orders):
    """An update that comes too late changes no row, and announces nothing."""

    def update(self, order_id: str, **columns: Any) -> bool:
        """UPDATE orders SET … WHERE id = ? AND status NOT IN ('CONFIRMED', 'FAILED')."""
        if self.rows[order_id]["status"] in ("CONFIRMED", "FAILED"):
            return False
        return super().update(order_id, **columns)


FIX: Services = {"order": Orders}
