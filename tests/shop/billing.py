"""Billing: takes the customer's money, and gives it back when nothing is delivered."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from .outside import Body, Bus, Cards
from .service import Service


class Billing(Service):
    """Keeps the payments. `charging` means that the acquirer has been asked, or will be."""

    schema = """
    CREATE TABLE payments (
        order_number TEXT PRIMARY KEY, state TEXT NOT NULL, cents INTEGER, charge TEXT
    );
    """

    def __init__(self, database: sqlite3.Connection, bus: Bus, cards: Cards) -> None:
        super().__init__(database, bus)
        self.cards = cards

    def topics(self) -> Mapping[str, Callable[[Body], None]]:
        """When money moves."""
        return {
            "OrderSubmitted": self.charge,
            "GoodsUnavailable": self.refund,
            "ParcelRefused": self.refund,
        }

    def charge(self, body: Body) -> None:
        """Take the money, unless the order was called off before it could be charged."""
        order, cents = body["order"], body["cents"]
        with self.db:
            self.db.execute(
                "INSERT OR IGNORE INTO payments VALUES (?, 'charging', ?, NULL)", (order, cents)
            )
        if self._state(order)[0] != "charging":
            with self.handling(body):
                return
        charge = self.cards.take(order, cents, body["currency"], request=f"charge-{order}")
        with self.handling(body):
            if charge is None:
                self._set(order, "declined")
                self.announce("CardDeclined", order)
            else:
                self._set(order, "charged", charge)
                self.announce("CardCharged", order, lines=body["lines"])

    def refund(self, body: Body) -> None:
        """Give back what was taken; if nothing was yet, see to it that nothing will be."""
        order = body["order"]
        state, cents, charge = self._state(order)
        if state == "charging":  # we died while we asked: did the request get there?
            charge = self.cards.find(f"charge-{order}")
        if state in ("charging", "charged") and charge:
            self.cards.give_back(charge, cents, request=f"refund-{order}")
            state = "refunded"
        elif state in ("", "charging"):
            state = "called off"
        with self.handling(body):
            self._set(order, state, charge)

    def _state(self, order: str) -> tuple[str, int, str | None]:
        query = "SELECT state, cents, charge FROM payments WHERE order_number = ?"
        return self.one(query, order) or ("", 0, None)

    def _set(self, order: str, state: str, charge: str | None = None) -> None:
        self.db.execute(
            "INSERT INTO payments VALUES (?, ?, 0, ?) "
            "ON CONFLICT DO UPDATE SET state = excluded.state, charge = excluded.charge",
            (order, state, charge),
        )
