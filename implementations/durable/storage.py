"""What every service keeps, as tables, and how one of its rows is read in order to be changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from attrs import AttrsInstance, asdict
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Engine,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

METADATA = MetaData()

#: The ids of the messages that a service is done with. The key is what makes it safe: of two copies
#: handled at once both find nothing here, and the key lets only one of them commit.
INBOX = Table("inbox", METADATA, Column("message_id", String, primary_key=True))

#: Messages written in the transaction of the change that they tell of; a relay publishes them.
OUTBOX = Table(
    "outbox",
    METADATA,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(),
        primary_key=True,
        comment="orders what waits; gaps and late comers are normal, so nothing may count on it",
    ),
    Column("message_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("cause", String),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)


class Row(AttrsInstance, Protocol):
    """One order, as one service sees it."""

    @property
    def order_id(self) -> str:
        """The order's id."""

    @property
    def status(self) -> str:
        """How far this service is with it."""


R = TypeVar("R", bound=Row)

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Rows(Generic[R]):
    """A table with a row for each order, read and written as values.

    The fields of `kind` are the columns of `table`, in their order; all but the first, the order's
    id, have a default.
    """

    def __init__(self, engine: Engine, table: Table, kind: Callable[..., R]) -> None:
        own = table.c.order_id == bindparam("own")
        self._kind = kind
        self._find = select(table).where(own).with_for_update()
        self._change = update(table).where(own)
        self._add = _INSERT[engine.dialect.name](table).on_conflict_do_nothing()

    def lock(self, db: Connection, order: str) -> R:
        """The row of an order. Nobody else gets it until the transaction has ended.

        An order that is new gets a blank row first: what is not there cannot be locked, and two
        messages about one new order would both find nothing.
        """
        found = db.execute(self._find, {"own": order}).first()
        if found is None:
            db.execute(self._add, asdict(self._kind(order)))
            found = db.execute(self._find, {"own": order}).one()
        return self._kind(*found)

    def put(self, db: Connection, row: R) -> R:
        """Write a row that is locked."""
        db.execute(self._change, {"own": row.order_id, **asdict(row)})
        return row
