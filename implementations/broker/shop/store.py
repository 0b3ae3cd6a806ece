"""What a service keeps: rows, inbox, outbox and stock, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
create table if not exists sagas (id text primary key, status text, data text);
create table if not exists inbox (id text primary key);
create table if not exists outbox (
    n integer primary key autoincrement, id text, type text, subject text, body text);
create table if not exists stock (sku text primary key, available integer);
"""


class Store:
    """One database."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(f"pragma journal_mode = wal; pragma synchronous = off; {_TABLES}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def reset(self, stock: Mapping[str, int]) -> None:
        """Empty, but for what is on the shelf."""
        with self.transaction():
            for table in ("sagas", "inbox", "outbox", "stock"):
                self._db.execute(f"delete from {table}")
            self._db.executemany("insert into stock values (?, ?)", stock.items())

    def status(self, order: str) -> str:
        """Where the saga of an order stands; empty where nothing is known of it."""
        row = self._db.execute("select status from sagas where id = ?", (order,)).fetchone()
        return str(row[0]) if row else ""

    def data(self, order: str) -> dict[str, Any]:
        """What is kept of the saga of an order."""
        row = self._db.execute("select data from sagas where id = ?", (order,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def put(self, order: str, status: str, **data: Any) -> None:
        """Where the saga of an order stands now; data is added to what there is."""
        kept = json.dumps({**self.data(order), **data})
        self._db.execute("insert or replace into sagas values (?, ?, ?)", (order, status, kept))

    def sagas(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """All of them."""
        rows = self._db.execute("select id, status, data from sagas order by id")
        return {order: (status, json.loads(data)) for order, status, data in rows}

    def seen(self, message: str) -> bool:
        """Whether a message was handled."""
        found = self._db.execute("select 1 from inbox where id = ?", (message,)).fetchone()
        return found is not None

    def mark(self, message: str) -> None:
        """A message is handled."""
        self._db.execute("insert or ignore into inbox values (?)", (message,))

    def emit(self, id: str, type: str, subject: str, body: str) -> None:
        """Write an event to the outbox."""
        row = (id, type, subject, body)
        self._db.execute("insert into outbox (id, type, subject, body) values (?, ?, ?, ?)", row)

    def first(self) -> tuple[int, str, str, str, str] | None:
        """The event that has waited longest."""
        row: tuple[int, str, str, str, str] | None
        row = self._db.execute("select * from outbox order by n limit 1").fetchone()
        return row

    def sent(self, number: int) -> None:
        """An event has been published."""
        self._db.execute("delete from outbox where n = ?", (number,))

    def stock(self) -> dict[str, int]:
        """Pieces on the shelf."""
        return dict(self._db.execute("select sku, available from stock order by sku"))

    def take(self, sku: str, quantity: int) -> bool:
        """Take pieces off the shelf, or give some back; whether there were enough."""
        changed = self._db.execute(
            "update stock set available = available - ? where sku = ? and available >= ?",
            (quantity, sku, quantity),
        )
        return changed.rowcount == 1

    def close(self) -> None:
        """The database is not needed any more."""
        self._db.close()
