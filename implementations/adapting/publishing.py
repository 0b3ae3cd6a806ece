"""The publishing side as services have it: producers, outbox tables, hooks.

    producer = Producer(world)                        # producer.send("order.created", {...})
    relay_rows(engine, OUTBOX, publish)               # in `relay`: one row, then its mark
    send = publish_after_commit(session, world)       # send("order.created", {...}), once committed

RabbitMQ's `basic_publish` is in `implementations.adapting.pika`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from implementations.contract import World

Subject = Callable[[Mapping[str, Any]], str | None]
"""Tells the order's id from the data of an event."""


# -- a producer, as Kafka's clients have it --------------------------------------------------------


@define(eq=False)
class Producer:
    """`send(topic, value)`: what is sent waits in memory until `flush`, or until it is its turn.

    That is how Kafka's clients do it, in a thread of their own, which here is the target's `relay`:
    let it return `producer.relay()`, and call `producer.forget()` in `restart`, since what waited
    is gone with the process. With `buffered=False` everything is sent at once.
    """

    world: World
    subject: Subject | None = None
    buffered: bool = True
    serialise: Callable[[Any], Any] = lambda value: value
    """The client's `value_serializer`."""
    _waiting: list[tuple[str, dict[str, Any]]] = field(factory=list, init=False)
    _sender: object | None = field(default=None, init=False)
    """Whoever is sending something."""

    def send(self, topic: str, value: Any = None, *given: Any, **named: Any) -> Sent:
        """Send a value: a dict, or the JSON of one. `key` and `headers` are for the broker."""
        self._waiting.append((topic, _data(self.serialise(value))))
        if not self.buffered:
            self.flush()
        return Sent(self)

    def produce(self, topic: str, value: Any = None, *given: Any, **named: Any) -> None:
        """The same, as confluent-kafka calls it."""
        self.send(topic, value)

    def poll(self, timeout: float = 0) -> int:
        """Callbacks are not called."""
        return 0

    def flush(self, timeout: float | None = None) -> int:
        """Send all that waits; how much is left, which is nothing."""
        while self.relay():
            pass
        return 0

    def close(self, timeout: float | None = None) -> None:
        """Send all that waits."""
        self.flush()

    def relay(self) -> int:
        """Send the oldest of what waits; how many were waiting.

        One thing at a time: who comes while something is being sent waits until it has been.
        """
        while self._sender is not None:
            if not self.world.blocked("the producer"):
                raise TimeoutError("the producer is busy, and whoever is sending waits as well")
        waiting = len(self._waiting)
        if waiting:
            self._send(self._waiting[0])
        return waiting

    def _send(self, sent: tuple[str, dict[str, Any]]) -> None:
        topic, data = sent
        sender = self._sender = object()
        try:
            self.world.publish(topic, data, subject=self.subject(data) if self.subject else None)
        finally:
            if self._sender is sender:
                self._sender = None
        if self._waiting and self._waiting[0] is sent:
            del self._waiting[0]

    def forget(self) -> None:
        """What a crash does to what waits in memory."""
        self._waiting.clear()
        self._sender = None


@frozen
class Sent:
    """What `send` returns."""

    _producer: Producer

    def get(self, timeout: float | None = None) -> None:
        """Wait until it is with the broker."""
        self._producer.flush()


def _data(value: Any) -> dict[str, Any]:
    data = json.loads(value) if isinstance(value, str | bytes) else value
    return dict(data) if isinstance(data, Mapping) else {"value": data}


# -- rows that somebody polls ----------------------------------------------------------------------


def relay_rows(
    engine: Any, table: Any, publish: Callable[[Any], None], sent: str | None = None
) -> int:
    """Publish the oldest row of an outbox table, then mark it; how many were waiting.

    `publish(row)` hands it to the world, under an id that stays the same, or a row that comes again
    after a crash is a new message. The mark is the column `sent`, true or a time; without it, the
    row is deleted. (SQLite gives the number of a deleted row to a new one, unless the table has
    `sqlite_autoincrement`: two messages would have one id.) Use it where the real relay is no part
    of the code: a poller, Debezium.
    """
    from sqlalchemy import DateTime, func, select

    table = getattr(table, "__table__", table)
    where = []
    if sent is not None:
        column = table.c[sent]
        where = [column.is_(None) if column.nullable else column.is_(False)]
    with engine.connect() as connection:
        waiting = connection.scalar(select(func.count()).select_from(table).where(*where))
        oldest = select(table).where(*where).order_by(*table.primary_key).limit(1)
        row = connection.execute(oldest).first()
    if row is None:
        return 0
    publish(row)
    this = [column == row._mapping[column.name] for column in table.primary_key]
    with engine.begin() as connection:
        if sent is None:
            connection.execute(table.delete().where(*this))
        else:
            mark = func.now() if isinstance(table.c[sent].type, DateTime) else True
            connection.execute(table.update().where(*this).values({sent: mark}))
    return int(waiting)


# -- after the commit ------------------------------------------------------------------------------


def publish_after_commit(session: Any, world: World) -> Callable[..., None]:
    """Returns `send(type, data, **ids)`: it is published when the session commits, or never.

    `session` is a SQLAlchemy session, a sessionmaker, or a scoped_session: with the latter two give
    `send(…, session=…)` the session that it belongs to. What lies between the commit and the
    publishing is lost in a crash: this is no outbox, and the kit will say so.
    """
    from sqlalchemy import event

    def send(type: str, data: Mapping[str, Any], session: Any = session, **ids: Any) -> None:
        session.info.setdefault(_WAITING, []).append((type, dict(data), ids))

    def committed(session: Any) -> None:
        for type, data, ids in session.info.pop(_WAITING, []):
            world.publish(type, data, **ids)

    def taken_back(session: Any) -> None:
        session.info.pop(_WAITING, None)

    event.listen(session, "after_commit", committed)
    event.listen(session, "after_rollback", taken_back)
    return send


_WAITING = "implementations.adapting.publishing"
