"""The stockroom: sets goods aside for paid orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .outside import Body, Lines
from .service import Service


class Stockroom(Service):
    """Keeps what is on the shelf and what is set aside; `closed` orders get nothing any more."""

    schema = """
    CREATE TABLE shelf (sku TEXT PRIMARY KEY, pieces INTEGER NOT NULL CHECK (pieces >= 0));
    CREATE TABLE set_aside (order_number TEXT, sku TEXT, quantity INTEGER);
    CREATE TABLE closed (order_number TEXT PRIMARY KEY);
    """

    def topics(self) -> Mapping[str, Callable[[Body], None]]:
        """When goods move."""
        return {
            "CardCharged": self.set_aside,
            "ParcelRefused": self.put_back,
            "ParcelBooked": self.hand_over,
        }

    def fill(self, stock: Mapping[str, int]) -> None:
        """Goods arrive."""
        with self.db:
            self.db.executemany("INSERT INTO shelf VALUES (?, ?)", stock.items())

    def set_aside(self, body: Body) -> None:
        """Set all that was ordered aside, or nothing."""
        order, items = body["order"], _pieces(body["lines"])
        with self.handling(body):
            if self.one("SELECT 1 FROM closed WHERE order_number = ?", order):
                return
            shelf = self.shelf()
            if any(shelf.get(sku, 0) < pieces for sku, pieces in items.items()):
                self.announce("GoodsUnavailable", order)
                return
            for sku, pieces in items.items():
                self.db.execute("UPDATE shelf SET pieces = pieces - ? WHERE sku = ?", (pieces, sku))
                self.db.execute("INSERT INTO set_aside VALUES (?, ?, ?)", (order, sku, pieces))
            self.announce("GoodsSetAside", order, lines=body["lines"])

    def put_back(self, body: Body) -> None:
        """Nothing will be sent: back on the shelf, and nothing more for this order."""
        order = body["order"]
        with self.handling(body):
            self.db.execute("INSERT OR IGNORE INTO closed VALUES (?)", (order,))
            rows = self.db.execute(
                "SELECT quantity, sku FROM set_aside WHERE order_number = ?", (order,)
            ).fetchall()
            self.db.executemany("UPDATE shelf SET pieces = pieces + ? WHERE sku = ?", rows)
            self.db.execute("DELETE FROM set_aside WHERE order_number = ?", (order,))

    def hand_over(self, body: Body) -> None:
        """The courier has the goods."""
        with self.handling(body):
            self.db.execute("DELETE FROM set_aside WHERE order_number = ?", (body["order"],))

    def shelf(self) -> dict[str, int]:
        """Pieces on the shelf."""
        return dict(self.db.execute("SELECT sku, pieces FROM shelf"))

    def reserved(self) -> list[dict[str, Any]]:
        """Everything that is set aside, and for which order."""
        rows = self.db.execute("SELECT * FROM set_aside")
        return [{"order": order, "sku": sku, "quantity": quantity} for order, sku, quantity in rows]


def _pieces(lines: Lines) -> dict[str, int]:
    """How many pieces of each SKU."""
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line["sku"]] += line["quantity"]
    return pieces


class ForgetfulStockroom(Stockroom):
    """THE BUG: handled messages are remembered in the process, and with it they are gone."""

    def was_handled(self, message_id: str) -> bool:
        """Ask a set instead of the table."""
        return message_id in self.__dict__.setdefault("handled", set())

    def mark_handled(self, message_id: str) -> None:
        """Write to a set instead of the table."""
        self.__dict__.setdefault("handled", set()).add(message_id)
