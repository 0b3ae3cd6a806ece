"""The order service of the Node example, in Python, on a database of its own.

All that it knows is in SQLite, in the folder that the kit gives it and empties between two runs. It
has no `restart`: a crash is a kill, and the next process finds what was committed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))

import saga  # type: ignore[import-not-found]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    money_back INTEGER NOT NULL DEFAULT 0, stock_back INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, type TEXT NOT NULL,
    order_id TEXT NOT NULL, cause TEXT, data TEXT NOT NULL);
"""
#: What an event tells of the undoing.
_FACTS = {
    "payment.refunded": "money_back = 1",
    "inventory.released": "stock_back = 1",
    "inventory.reservation.failed": "stock_back = 1",
    "shipping.failed": "cancelled = cancelled",
}


class OrderService:
    """Opens the saga and, alone, ends it."""

    terminal = {"order.saga.completed": "confirmed", "order.saga.failed": "failed"}  # noqa: RUF012
    subscriptions = {"order": ["shipment.created", "payment.failed", *_FACTS]}  # noqa: RUF012
    consumers = {"order": {"parallel": 2}}  # noqa: RUF012
    idempotent_place = True

    def __init__(self, world: Any) -> None:
        self._world = world
        self._database = sqlite3.connect(
            world.state / "order.db", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA synchronous = OFF")  # a kill is no power cut
        self._database.executescript(_SCHEMA)

    def place_order(self, order: dict[str, Any]) -> None:
        """Start a saga; placing it again changes nothing."""
        self._world.checkpoint("order commit", may_fail=True)
        with self._transaction():
            new = self._run(
                "INSERT OR IGNORE INTO orders (id, status) VALUES (?, 'open')", order["id"]
            )
            if new.rowcount:
                facts = {"amount": order["total"], "currency": order["currency"]}
                self._emit("order.created", order["id"], None, lines=order["lines"], **facts)

    def cancel_order(self, order_id: str) -> str | None:
        """Whether it comes in time, shipping decides."""
        self._world.checkpoint("order commit", may_fail=True)
        with self._transaction():
            open_ = "WHERE id = ? AND status = 'open'"
            if not self._run(f"SELECT 1 FROM orders {open_}", order_id).fetchone():
                return "refused"
            asked = f"UPDATE orders SET cancelled = 1 {open_} AND cancelled = 0"
            if self._run(asked, order_id).rowcount:
                self._emit("order.cancel.requested", order_id, None)
        return None

    def handle(self, participant: str, event: dict[str, Any]) -> None:
        """One transaction: inbox, order and outbox."""
        if not isinstance(event["data"], dict):
            raise ValueError(f"nobody can read {event['id']}")
        self._world.checkpoint("order commit", may_fail=True)
        with self._transaction():
            if self._run("INSERT OR IGNORE INTO inbox VALUES (?)", event["id"]).rowcount:
                self._decide(event)

    def _decide(self, event: dict[str, Any]) -> None:
        order_id, type_ = event["subject"], event["type"]
        if type_ == "shipment.created":
            if self._end(order_id, "confirmed"):
                self._emit("order.saga.completed", order_id, event)
            return
        self._run(
            f"UPDATE orders SET {_FACTS.get(type_, 'money_back = 1, stock_back = 1')}, "
            "reason = CASE reason WHEN '' THEN ? ELSE reason END WHERE id = ? AND status = 'open'",
            event["data"].get("reason", ""),
            order_id,
        )
        settled = self._run(
            "SELECT reason FROM orders WHERE id = ? AND money_back AND stock_back", order_id
        ).fetchone()
        if settled and self._end(order_id, "failed"):
            self._emit("order.saga.failed", order_id, event, reason=settled[0])

    def _end(self, order_id: str, status: str) -> bool:
        guarded = "UPDATE orders SET status = ? WHERE id = ? AND status = 'open'"
        return self._run(guarded, status, order_id).rowcount > 0

    def relay(self, participant: str) -> int:
        """Publish the message that has waited longest; it waits until it surely is out."""
        waiting: int = self._run("SELECT count(*) FROM outbox").fetchone()[0]
        if waiting:
            number, id_, type_, order_id, cause, data = self._run(
                "SELECT * FROM outbox ORDER BY number LIMIT 1"
            ).fetchone()
            self._world.publish(
                type_, json.loads(data), id=id_, subject=order_id, sagaid=order_id,
                causationid=cause,
            )  # fmt: skip
            self._run("DELETE FROM outbox WHERE number = ?", number)
        return waiting

    def observe(self) -> dict[str, Any]:
        """The orders; stock and reservations are shown by the inventory."""
        return {"orders": dict(self._run("SELECT id, status FROM orders").fetchall())}

    def close(self) -> None:
        """The run is over."""
        self._database.close()

    def _emit(self, type_: str, order_id: str, cause: dict[str, Any] | None, **data: Any) -> None:
        self._run(
            "INSERT INTO outbox (id, type, order_id, cause, data) VALUES (?, ?, ?, ?, ?)",
            f"{order_id}/order/{type_}",
            type_,
            order_id,
            cause["id"] if cause else None,
            json.dumps({"order": order_id, **data}),
        )

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)

    def _transaction(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database  # as a context manager it commits, or rolls back


if __name__ == "__main__":
    saga.serve(OrderService)
