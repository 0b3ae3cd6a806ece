"""Dispatch: hands parcels to the courier. From there on nothing can be called off."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from .outside import Body, Bus, Courier
from .service import Service


class Dispatch(Service):
    """Keeps the parcels. `booking` means that the courier has been asked, or will be."""

    schema = """
    CREATE TABLE parcels (order_number TEXT PRIMARY KEY, state TEXT NOT NULL, tracking TEXT);
    """

    def __init__(self, database: sqlite3.Connection, bus: Bus, courier: Courier) -> None:
        super().__init__(database, bus)
        self.courier = courier

    def topics(self) -> Mapping[str, Callable[[Body], None]]:
        """When to ship, and when not to."""
        return {"GoodsSetAside": self.ship, "CancelWanted": self.call_off}

    def ship(self, body: Body) -> None:
        """Book a parcel, unless the order was called off."""
        order = body["order"]
        with self.db:
            self._insert(order, "booking")
        if self.one("SELECT state FROM parcels WHERE order_number = ?", order) != ("booking",):
            with self.handling(body):
                return
        tracking = self.courier.book(order, body["lines"], request=f"parcel-{order}")
        with self.handling(body):
            if tracking is None:
                self._set(order, "refused", None)
                self.announce("ParcelRefused", order, reason="the courier does not go there")
            else:
                self._set(order, "booked", tracking)
                self.announce("ParcelBooked", order, tracking=tracking)

    def call_off(self, body: Body) -> None:
        """The customer does not want it any more: too late once the courier was asked."""
        order = body["order"]
        with self.handling(body):
            if self._insert(order, "called off"):
                self.announce("ParcelRefused", order, reason="called off by the customer")

    def _insert(self, order: str, state: str) -> bool:
        row = (order, state)
        return bool(
            self.db.execute("INSERT OR IGNORE INTO parcels VALUES (?, ?, NULL)", row).rowcount
        )

    def _set(self, order: str, state: str, tracking: str | None) -> None:
        self.db.execute(
            "UPDATE parcels SET state = ?, tracking = ? WHERE order_number = ?",
            (state, tracking, order),
        )
