"""Sales: takes orders and tells the customer what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .outside import Body, Lines
from .service import Service


class Sales(Service):
    """Keeps the orders."""

    schema = "CREATE TABLE orders (number TEXT PRIMARY KEY, state TEXT NOT NULL);"

    def topics(self) -> Mapping[str, Callable[[Body], None]]:
        """What ends an order."""
        return {
            "CardDeclined": self.reject,
            "GoodsUnavailable": self.reject,
            "ParcelRefused": self.reject,
            "ParcelBooked": self.fulfil,
        }

    def submit(self, number: str, cents: int, currency: str, lines: Lines) -> None:
        """A customer orders; ordering again under the same number changes nothing."""
        with self.db:
            new = self.db.execute("INSERT OR IGNORE INTO orders VALUES (?, 'open')", (number,))
            if new.rowcount:
                details = {"cents": cents, "currency": currency, "lines": lines}
                self.announce("OrderSubmitted", number, **details)

    def cancel(self, number: str) -> bool:
        """A customer changes their mind; whether that is still possible."""
        with self.db:
            is_open = self.one("SELECT 1 FROM orders WHERE number = ? AND state = 'open'", number)
            if is_open:
                self.announce("CancelWanted", number)
        return bool(is_open)

    def reject(self, body: Body) -> None:
        """Something went wrong; whoever has to undo something has been told as well."""
        self._end(body, "rejected", "OrderRejected")

    def fulfil(self, body: Body) -> None:
        """The parcel is on its way."""
        self._end(body, "fulfilled", "OrderFulfilled")

    def _end(self, body: Body, state: str, topic: str) -> None:
        with self.handling(body):
            ended = self.db.execute(
                "UPDATE orders SET state = ? WHERE number = ? AND state = 'open'",
                (state, body["order"]),
            )
            if ended.rowcount:
                self.announce(topic, body["order"])

    def orders(self) -> dict[str, str]:
        """The state of every order."""
        return dict(self.db.execute("SELECT number, state FROM orders"))
