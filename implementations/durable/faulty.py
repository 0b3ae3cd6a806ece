"""The durable saga with one safeguard gone, in four ways that only a real database shows.

    make check TARGET=implementations.durable.faulty:relay_by_last_id

The first three need two writers at once, which SQLite does not have: there they hold, and that is
why they pass the tests of many a team. On PostgreSQL (`DURABLE_URL`) they are found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Concatenate

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from implementations.contract import Event, World
from implementations.durable.inventory import STOCK, InventoryService
from implementations.durable.payment import PaymentService
from implementations.durable.saga import Parts, Saga, build
from implementations.durable.service import P
from implementations.durable.storage import METADATA, OUTBOX, R
from model.vocabulary import Event as E

# -- stock is read, and then written ---------------------------------------------------------------

_LEFT = select(STOCK.c.available).where(STOCK.c.sku == bindparam("own"))
_LEAVE = update(STOCK).where(STOCK.c.sku == bindparam("own")).values(available=bindparam("left"))


class ReadThenWrite(InventoryService):
    """At READ COMMITTED the stock that was read is out of date when it is written."""

    def take(self, db: Connection, sku: str, quantity: int) -> bool:
        """Look how many there are, and write how many there will be."""
        available = db.execute(_LEFT, {"own": sku}).scalar_one()
        if available < quantity:
            return False
        db.execute(_LEAVE, {"own": sku, "left": available - quantity})
        return True


def read_then_write(world: World) -> Saga:
    """Two handlers read the same stock, and both take the last piece."""
    return build(world, Parts(inventory=ReadThenWrite))


# -- the inbox has no key --------------------------------------------------------------------------

KEYLESS = Table("keyless_inbox", METADATA, Column("message_id", String, nullable=False, index=True))


class InboxWithoutKey(InventoryService):
    """Of two copies at once neither sees the other's mark, and nothing stops the second one."""

    inbox: ClassVar[Table] = KEYLESS


def inbox_without_key(world: World) -> Saga:
    """Two copies of a message are handled at once, and both find that they are new."""
    return build(world, Parts(inventory=InboxWithoutKey))


# -- the relay goes by the last position -----------------------------------------------------------

RELAYED = Table("relayed", METADATA, Column("up_to", BigInteger, nullable=False))

_UP_TO = select(RELAYED.c.up_to)
_NEXT = (
    select(OUTBOX, func.count().over().label("waiting"))
    .where(OUTBOX.c.position > bindparam("after"))
    .order_by(OUTBOX.c.position)
    .limit(1)
)


class RelayByLastId(PaymentService):
    """A position is given when a row is written, and not when it is committed: a transaction that
    takes longer than the next one leaves a gap, which is filled when nobody looks there any more.
    """

    further: ClassVar[tuple[Table, ...]] = (RELAYED,)

    def relay(self) -> int:
        """Publish the message behind the last one, and remember its position."""
        with self.reading.connect() as db:
            after = db.execute(_UP_TO).scalar()
            message = db.execute(_NEXT, {"after": after or 0}).first()
        if message is None:
            return 0
        order, cause = message.order_id, message.cause
        self.world.publish(message.type, message.data, message.message_id, order, order, cause)
        change = insert(RELAYED) if after is None else update(RELAYED)
        with self.engine.begin() as db:
            db.execute(change.values(up_to=message.position))
        return int(message.waiting)


def relay_by_last_id(world: World) -> Saga:
    """The relay goes on behind the last position, and a lower one is committed later."""
    return build(world, Parts(payment=RelayByLastId))


# -- the mark comes first --------------------------------------------------------------------------


class MarkedFirst(InventoryService):
    """The message is marked as handled in a transaction of its own, before it is handled: dying in
    between, the service will know it when it comes again, and nobody reserves anything."""

    def commit(
        self,
        event: Event,
        decide: Callable[Concatenate[Connection, Event, P], R | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """One transaction for the mark, and one for the effect."""
        if event["type"] != E.PAYMENT_PROCESSED:
            return super().commit(event, decide, *args, **kwargs)  # type: ignore[arg-type]
        with self.engine.begin() as db:
            if db.execute(self._seen, {"id": event["id"]}).first():
                return None
            self.mark(db, event)
        with self.engine.begin() as db:
            return decide(db, event, *args, **kwargs)


def marked_first(world: World) -> Saga:
    """A message is marked as handled, and then handled, in two transactions."""
    return build(world, Parts(inventory=MarkedFirst))
