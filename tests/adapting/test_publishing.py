"""The publishing sides that adapters stand in for, where they meet a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.needs import needs

needs("sql")

import sqlalchemy as sa  # noqa: E402
from sqlalchemy.orm import Session, scoped_session, sessionmaker  # noqa: E402
from sqlalchemy.pool import StaticPool  # noqa: E402

from implementations.adapting.databases import Database, sqlite_engine  # noqa: E402
from implementations.adapting.publishing import publish_after_commit, relay_rows  # noqa: E402

METADATA = sa.MetaData()
#: Three ways to say that a row is sent: it is gone, it is ticked off, it has a time.
DELETED = sa.Table("deleted", METADATA, sa.Column("number", sa.Integer, primary_key=True))
TICKED = sa.Table(
    "ticked",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sent", sa.Boolean, nullable=False, default=False),
)
DATED = sa.Table(
    "dated",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sent", sa.DateTime),
)


class Broker:
    """Stands in for the world: keeps what is published, or is down."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.down = False

    def publish(self, type: str, data: Any, **ids: Any) -> None:
        """Take an event."""
        if self.down:
            raise ConnectionError("the broker is down")
        self.published.append((type, data, ids))

    def take(self, row: Any) -> None:
        """Take a row of an outbox."""
        self.publish("row", row.number)


@pytest.fixture
def engine() -> sa.Engine:
    """A database in memory with the three outboxes."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    METADATA.create_all(engine)
    return engine


@pytest.mark.parametrize(("table", "sent"), [(DELETED, None), (TICKED, "sent"), (DATED, "sent")])
def test_rows_go_out_one_by_one_oldest_first(
    engine: sa.Engine, table: sa.Table, sent: str | None
) -> None:
    """Pins the count of those that waited, the order, and that a row goes out once."""
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"number": 2}, {"number": 1}])
    broker = Broker()
    assert [relay_rows(engine, table, broker.take, sent) for _ in range(3)] == [2, 1, 0]
    assert [number for _, number, _ in broker.published] == [1, 2]


@pytest.mark.parametrize(("table", "sent"), [(DELETED, None), (TICKED, "sent"), (DATED, "sent")])
def test_a_row_that_was_not_published_waits(
    engine: sa.Engine, table: sa.Table, sent: str | None
) -> None:
    """Pins that the mark comes after the publishing: what failed is tried again."""
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"number": 1}])
    broker = Broker()
    broker.down = True
    with pytest.raises(ConnectionError):
        relay_rows(engine, table, broker.take, sent)
    broker.down = False
    assert relay_rows(engine, table, broker.take, sent) == 1
    assert len(broker.published) == 1


@pytest.mark.parametrize("given", [lambda engine: Session(engine), sessionmaker])
def test_published_once_committed(engine: sa.Engine, given: Callable[[sa.Engine], Any]) -> None:
    """Pins when an event goes out: with the commit, once, and not at all after a rollback."""
    broker = Broker()
    source = given(engine)
    send = publish_after_commit(source, broker)  # type: ignore[arg-type]
    session = source() if callable(source) else source
    send("Ordered", {"order": "o1"}, session=session, subject="o1")
    assert broker.published == []
    session.execute(DELETED.insert(), {"number": 1})
    session.commit()
    assert broker.published == [("Ordered", {"order": "o1"}, {"subject": "o1"})]
    session.execute(DELETED.insert(), {"number": 2})
    session.commit()
    send("Ordered", {"order": "o2"}, session=session)
    session.execute(DELETED.insert(), {"number": 3})
    session.rollback()
    session.execute(DELETED.insert(), {"number": 4})
    session.commit()
    assert len(broker.published) == 1


class Ports:
    """A world in which nothing happens."""

    def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """A place to pause."""

    def done(self, name: str) -> None:
        """A place to fail, although it was done."""


def test_a_run_begins_without_what_a_session_has_in_memory() -> None:
    """Pins that a service's scoped session lives on the engine that stands for its database, and
    that neither a row it has read nor one it was about to write is there in the next run."""
    session = scoped_session(sessionmaker())
    database = Database(sqlite_engine(), METADATA, sessions=[session])
    database.fresh(Ports(), {DELETED: [{"number": 1}]})  # type: ignore[arg-type]
    session.execute(DELETED.insert(), {"number": 2})
    before = session()
    database.fresh(Ports())  # type: ignore[arg-type]
    assert session() is not before
    assert session.execute(sa.select(DELETED)).all() == []
    session.commit()
    assert database.rows(DELETED) == []
