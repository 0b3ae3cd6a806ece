"""What PostgreSQL checks only at COMMIT, and may have to wait for there: deferred foreign keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.implementations.durable_runs import use
from tests.implementations.test_durable_checkpoints import Killed, calls, watched
from tests.needs import needs

needs("sql", "postgresql")

from greenlet import greenlet  # noqa: E402
from sqlalchemy import (  # noqa: E402
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError  # noqa: E402

from implementations.durable.homes import home  # noqa: E402

METADATA = MetaData()
ORDERS = Table("orders", METADATA, Column("id", Integer, primary_key=True))
LINES = Table(
    "lines",
    METADATA,
    Column(
        "order_id", ForeignKey(ORDERS.c.id, deferrable=True, initially="DEFERRED"), nullable=False
    ),
)
WAITS = "wait for a lock in shop"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine with an order, to which lines can be added."""
    use("postgresql", monkeypatch)
    made = home().engine("deferred")
    METADATA.drop_all(made)
    METADATA.create_all(made)
    with made.begin() as db:
        db.execute(insert(ORDERS), [{"id": 1}, {"id": 2}])
    yield made
    made.dispose()


def look(engine: Engine, order: int) -> None:
    """Look at an order that nobody is to touch meanwhile, and make another one."""
    with engine.begin() as db:
        db.execute(select(ORDERS).where(ORDERS.c.id == order).with_for_update())
        db.execute(insert(ORDERS), {"id": order + 10})


def drop(engine: Engine, order: int) -> None:
    """Drop an order."""
    with engine.begin() as db:
        db.execute(delete(ORDERS).where(ORDERS.c.id == order))


def add(engine: Engine, order: int) -> None:
    """Add a line to an order: whether the order is there is checked at the commit."""
    with engine.begin() as db:
        db.execute(insert(LINES), {"order_id": order})


def lines(engine: Engine) -> list[int]:
    """What is committed."""
    with engine.connect() as db:
        return list(db.scalars(select(LINES.c.order_id)))


def at_its_commit(engine: Engine, holder: Any) -> tuple[greenlet, greenlet]:
    """One who holds order 1, at its commit, and another one who adds a line to it, at its own."""
    first, second = greenlet(holder), greenlet(add)
    assert first.switch(engine, 1) == "shop commit, may fail"
    assert second.switch(engine, 1) == "shop commit, may fail"
    return first, second


def test_a_commit_that_needs_a_lock_waits_and_is_not_lost(engine: Engine) -> None:
    """Pins that what a commit has to check is tried again, not the commit: a commit that fails has
    rolled all back, and the next one would have nothing to commit."""
    checkpoints = watched(engine)
    first, second = at_its_commit(engine, look)
    assert second.switch() == WAITS
    assert second.switch() == WAITS
    assert first.switch() == "after shop commit"
    assert second.switch() == "after shop commit"
    for handler in (first, second):
        handler.switch()
    checkpoints.end()
    assert lines(engine) == [1]


def test_a_check_that_fails_is_an_error_of_the_commit(engine: Engine) -> None:
    """Pins that the service hears of it as it would from its own commit, and that nothing is left:
    no row, no lock, no open transaction."""
    checkpoints = watched(engine)
    first, second = at_its_commit(engine, drop)
    assert second.switch() == WAITS
    first.switch()
    with pytest.raises(IntegrityError, match="COMMIT"):
        second.switch()
    first.switch()
    assert not checkpoints.busy
    checkpoints.end()
    assert lines(engine) == []
    add(engine, 2)
    assert lines(engine) == [2]


@pytest.mark.parametrize("says", [False, Killed()])
def test_who_waits_in_vain_has_done_nothing(engine: Engine, says: Any) -> None:
    """Pins that a wait that comes to nothing, or in which a handler dies, is no commit."""
    checkpoints = watched(engine, {WAITS: says})
    first, second = at_its_commit(engine, look)
    if says is False:
        second.switch()
    with pytest.raises((OperationalError, Killed)):
        second.switch()
    for _ in range(2):
        first.switch()
    checkpoints.end()
    assert lines(engine) == []


def test_a_commit_whose_own_lock_timeout_strikes_is_not_tried_again(engine: Engine) -> None:
    """Pins that nobody is told of a commit that was none, whoever holds the lock."""
    outside = home().engine("deferred")
    checkpoints = watched(engine)
    with outside.begin() as other:
        other.execute(delete(ORDERS).where(ORDERS.c.id == 1))
        with engine.connect() as db:
            db.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            db.execute(insert(LINES), {"order_id": 1})
            with pytest.raises(OperationalError, match="lock timeout"):
                db.commit()
        other.rollback()
    outside.dispose()
    checkpoints.end()
    assert calls(checkpoints) == ["shop commit, may fail"]
    assert lines(engine) == []


def test_a_failed_transaction_is_rolled_back_as_ever(engine: Engine) -> None:
    """Pins that who commits after an error that it has caught hears nothing, as on the server."""
    checkpoints = watched(engine)
    first = greenlet(look)
    with engine.begin() as db:
        db.execute(insert(LINES), {"order_id": 2})
        with pytest.raises(ProgrammingError):
            db.exec_driver_sql("UPDATE nowhere SET id = 1")
        first.switch(engine, 1)
    for _ in range(2):
        first.switch()
    checkpoints.end()
    assert lines(engine) == []
