"""What the shop's services share: a database each, messages handled once, and an outbox."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import uuid4

from .outside import Body, Bus

_COMMON = """
CREATE TABLE handled (message_id TEXT PRIMARY KEY);
CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, body TEXT);
"""


def open_database(schema: str) -> sqlite3.Connection:
    """A fresh database with a service's tables."""
    database = sqlite3.connect(":memory:")
    database.executescript(_COMMON + schema)
    return database


class Service:
    """A service of the shop. Between two messages all that it knows is in its database."""

    schema: ClassVar[str] = ""

    def __init__(self, database: sqlite3.Connection, bus: Bus) -> None:
        self.db = database
        self.bus = bus

    def topics(self) -> Mapping[str, Callable[[Body], None]]:
        """What is done with the messages of each topic."""
        raise NotImplementedError

    def receive(self, topic: str, body: Body) -> None:
        """Handle one message, once. An error hands it back to the bus, to be tried again."""
        if not self.was_handled(body["message_id"]):
            self.topics()[topic](body)

    @contextmanager
    def handling(self, body: Body) -> Iterator[None]:
        """One transaction: the change, its announcements, and that the message is done with."""
        with self.db:
            yield
            self.mark_handled(body["message_id"])

    def was_handled(self, message_id: str) -> bool:
        """Whether a message has been done with."""
        return self.one("SELECT 1 FROM handled WHERE message_id = ?", message_id) is not None

    def mark_handled(self, message_id: str) -> None:
        """Remember that a message is done with."""
        self.db.execute("INSERT OR IGNORE INTO handled VALUES (?)", (message_id,))

    def announce(self, topic: str, order: str, **details: Any) -> None:
        """Write a message to the outbox, in the transaction of what it tells."""
        body = {"message_id": str(uuid4()), "order": order, **details}
        self.db.execute("INSERT INTO outbox (topic, body) VALUES (?, ?)", (topic, json.dumps(body)))

    def flush(self) -> int:
        """Send the oldest message of the outbox; how many were waiting."""
        (waiting,) = self.one("SELECT count(*) FROM outbox")
        if waiting:
            number, topic, body = self.one("SELECT * FROM outbox ORDER BY number LIMIT 1")
            self.bus.send(topic, json.loads(body))
            with self.db:
                self.db.execute("DELETE FROM outbox WHERE number = ?", (number,))
        return int(waiting)

    def one(self, query: str, *values: Any) -> Any:
        """The first row of a query, or None."""
        return self.db.execute(query, values).fetchone()
