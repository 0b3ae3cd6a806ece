"""What the four services have in common: how a message is handled, once and whole.

1. *Decide*, in one transaction: lock the row, change it, write the messages that tell of the change
   into the outbox. If nothing is left to do, write the message's id into the inbox as well.
2. If something is left that is not in our database (money, a parcel), do it outside of any
   transaction, with an idempotency key, and decide again with the answer.

A service may die between any two steps. The message then comes back, since it was not
acknowledged, and finds the row saying how far it got. A transaction that fails, for a deadlock or a
duplicate key, is no different: the error goes to the broker, and the message comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select

from implementations.contract import Answer, Event, World
from implementations.durable.storage import INBOX, OUTBOX, R, Rows

P = ParamSpec("P")

#: How often to ask again before the message is given back to the broker.
ATTEMPTS = 3
#: Reads that a decision does not rest on take no part in any transaction.
READING: Mapping[str, Any] = {"isolation_level": "AUTOCOMMIT"}


class Keyed(Protocol):
    """Somebody outside who remembers what was answered to an idempotency key."""

    def lookup(self, key: str) -> Answer | None:
        """The answer to the request with this key; None if there was none."""


class Service(Generic[R]):
    """One participant. All that it remembers is in its database: it may die at any moment."""

    name: ClassVar[str]
    subscriptions: ClassVar[tuple[str, ...]]
    rows_in: ClassVar[Table]
    """The table with a row for each order."""
    inbox: ClassVar[Table] = INBOX
    further: ClassVar[tuple[Table, ...]] = ()
    """Tables besides that one, the inbox and the outbox."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self.reading = engine.execution_options(**READING)
        self.rows: Rows[R] = Rows(engine, self.rows_in, self.row)
        self.reactions = self.react()
        self._seen = select(self.inbox).where(self.inbox.c.message_id == bindparam("id"))
        self._mark = insert(self.inbox)

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        """All that is in its database."""
        return cls.rows_in, cls.inbox, OUTBOX, *cls.further

    def row(self, order_id: str, *columns: Any) -> R:
        """A row of the table, as a value; without columns, that of an order that is new."""
        raise NotImplementedError

    def react(self) -> Mapping[str, Callable[[Connection, Event], R | None]]:
        """What is decided on each event type."""
        raise NotImplementedError

    def handle(self, event: Event) -> None:
        """Process one message; raising, for whatever reason, gives it back to the broker."""
        row = self.commit(event, self.reactions[event["type"]])
        if row is not None:
            self.carry_on(event, row)

    def carry_on(self, event: Event, row: R) -> None:
        """Do what the decision left to do outside of the database."""
        raise NotImplementedError

    def commit(
        self,
        event: Event,
        decide: Callable[Concatenate[Connection, Event, P], R | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """One transaction: decide, and unless something is left to do, mark the message as handled.

        Returns the row with which to carry on, or None when the message needs no more handling.
        """
        with self.engine.begin() as db:
            if db.execute(self._seen, {"id": event["id"]}).first():
                return None  # a copy
            unfinished = decide(db, event, *args, **kwargs)
            if unfinished is None:
                self.mark(db, event)
        return unfinished

    def mark(self, db: Connection, event: Event) -> None:
        """Remember, in the transaction of the effect, that a message needs no more handling.

        A copy that is handled at the same time was not to be seen; the key stops the second one.
        """
        db.execute(self._mark, {"message_id": event["id"]})

    def stands(self, row: R, *statuses: str) -> bool:
        """The status guard: a step is taken only from where it may be taken.

        The row was locked in the same transaction; nobody can have moved it on meanwhile.
        """
        return row.status in statuses

    def emit(
        self, db: Connection, type: str, order: str, cause: Event | None = None, **data: Any
    ) -> None:
        """Write an event to the outbox, in the transaction that makes it true.

        Its id says which fact it is, and is stored: however often the message is sent, and however
        often the transaction is tried, consumers know it again.
        """
        message = {
            "message_id": f"{order}/{self.name}/{type}",
            "type": type,
            "order_id": order,
            "cause": cause["id"] if cause else None,
            "data": {"order": order, **data},
        }
        db.execute(_WRITE, message)

    def relay(self) -> int:
        """Publish the message that has waited longest, then delete it; how many were waiting.

        No lock is held while the broker is talked to. Dying before the message is deleted sends it
        twice: hence the inboxes. What commits late with a lower position is simply the next one.
        """
        with self.reading.connect() as db:
            message = db.execute(_FIRST).first()
        if message is None:
            return 0
        self.world.publish(
            message.type,
            message.data,
            id=message.message_id,
            subject=message.order_id,
            sagaid=message.order_id,
            causationid=message.cause,
        )
        with self.engine.begin() as db:
            db.execute(_FORGET, {"sent": message.position})
        return int(message.waiting)

    def ask(self, outside: Keyed, key: str, request: Callable[[], Answer]) -> Answer:
        """The answer of somebody outside, who may time out: done or refused, never a guess."""
        for _ in range(ATTEMPTS):
            try:
                return request()
            except TimeoutError:
                answer = outside.lookup(key)
                if answer is not None:
                    return answer
        raise TimeoutError(f"no answer to {key} in {ATTEMPTS} attempts")


_WRITE = insert(OUTBOX).inline()  # nobody wants to know the position
_FIRST = select(OUTBOX, func.count().over().label("waiting")).order_by(OUTBOX.c.position).limit(1)
_FORGET = delete(OUTBOX).where(OUTBOX.c.position == bindparam("sent"))
