"""Pauses at the commits of SQLAlchemy: where a handler can die, and how it waits for a lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from tests.implementations.durable_runs import PLACES, use
from tests.needs import needs

needs("sql")

from greenlet import getcurrent, greenlet  # noqa: E402
from sqlalchemy import (  # noqa: E402
    Column,
    Engine,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.exc import OperationalError  # noqa: E402
from sqlalchemy.orm import sessionmaker  # noqa: E402

from implementations.adapting.sqlalchemy import (  # noqa: E402
    Checkpoints,
    checkpoint_at_commits,
    in_brief,
)
from implementations.durable.homes import home  # noqa: E402

THINGS = Table(
    "things",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("number", Integer, nullable=False),
)
ALL: Select[Any] = select(THINGS).order_by(THINGS.c.name)


class Killed(BaseException):
    """A crash."""


@define
class World:
    """Notes where it was called; answers, or raises, as it is told."""

    says: dict[str, Any] = field(factory=dict)
    calls: list[str] = field(factory=list)

    def _called(self, what: str) -> Any:
        self.calls.append(what)
        answer = self.says.get(what)
        if isinstance(answer, BaseException):
            raise answer
        if getcurrent().parent is not None:
            getcurrent().parent.switch(what)  # type: ignore[union-attr]
        return answer

    def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """Pause."""
        self._called(f"{name}, may fail" if may_fail else name)

    def done(self, name: str) -> None:
        """Pause."""
        self._called(f"after {name}")

    def blocked(self, on: str) -> bool:
        """Wait for others, who have always moved unless `says` has something else."""
        answer = self._called(f"wait for {on}")
        return True if answer is None else bool(answer)


@pytest.fixture(params=list(PLACES))
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine with a table of two things, in both places."""
    use(request.param, monkeypatch)
    made = home().engine("checkpoints")
    THINGS.metadata.drop_all(made)
    THINGS.metadata.create_all(made)
    with made.begin() as db:
        db.execute(insert(THINGS), [{"name": "a", "number": 1}, {"name": "b", "number": 1}])
    yield made
    made.dispose()


def add(engine: Engine, name: str, by: int = 1) -> None:
    """Add to the number of a thing."""
    with engine.begin() as db:
        own = update(THINGS).where(THINGS.c.name == name)
        db.execute(own.values(number=THINGS.c.number + by))


def numbers(engine: Engine) -> dict[str, int]:
    """What is committed."""
    with engine.connect() as db:
        return {row.name: row.number for row in db.execute(ALL)}


def watched(engine: Engine, says: dict[str, Any] | None = None, **more: Any) -> Checkpoints:
    """Checkpoints of a world that notes its calls."""
    world: Any = World(says or {})
    return checkpoint_at_commits(engine, world, "shop", **more)


def calls(checkpoints: Checkpoints) -> list[str]:
    """Where the world was called."""
    world: Any = checkpoints.world
    return list(world.calls)


def test_there_is_a_pause_before_and_after_each_commit(engine: Engine) -> None:
    """Pins the names and the order of the pauses, and that reading and rolling back have none."""
    checkpoints = watched(engine)
    add(engine, "a")
    assert calls(checkpoints) == ["shop commit, may fail", "after shop commit"]
    assert checkpoints.commits == 1
    assert numbers(engine) == {"a": 2, "b": 1}
    with engine.connect() as db:
        db.execute(insert(THINGS), {"name": "c", "number": 1})
        db.rollback()
    with engine.begin() as db:  # commits, and has nothing to lose
        db.execute(ALL)
    assert len(calls(checkpoints)) == 2
    assert not checkpoints.busy
    checkpoints.end()
    add(engine, "a")
    assert len(calls(checkpoints)) == 2


@pytest.mark.parametrize("error", [ConnectionError("blip"), Killed()])
def test_before_the_commit_nothing_is_done(engine: Engine, error: BaseException) -> None:
    """Pins that a failure or a death before the commit leaves nothing, and no lock."""
    checkpoints = watched(engine, {"shop commit, may fail": error})
    with pytest.raises(type(error)):
        add(engine, "a")
    checkpoints.end()
    assert numbers(engine) == {"a": 1, "b": 1}
    assert not checkpoints.busy
    add(engine, "a")
    assert numbers(engine) == {"a": 2, "b": 1}


@pytest.mark.parametrize("error", [TimeoutError("lost"), Killed()])
def test_after_the_commit_it_is_done(engine: Engine, error: BaseException) -> None:
    """Pins that what was committed stays, whatever its caller hears of it."""
    checkpoints = watched(engine, {"after shop commit": error})
    with pytest.raises(type(error)):
        add(engine, "a")
    checkpoints.end()
    assert numbers(engine) == {"a": 2, "b": 1}
    assert not checkpoints.busy


def test_a_sessionmaker_will_do(engine: Engine) -> None:
    """Pins that the commit of a session is one, and that a session bound to nothing is refused."""
    sessions = sessionmaker(engine)
    world: Any = World()
    checkpoint_at_commits(sessions, world).end()
    checkpoints = checkpoint_at_commits(sessions, world)
    with sessions.begin() as session:
        session.execute(insert(THINGS), {"name": "c", "number": 1})
    assert world.calls == ["commit, may fail", "after commit"]
    checkpoints.end()
    with pytest.raises(TypeError, match="give an Engine"):
        checkpoint_at_commits(sessionmaker(), world)


def test_a_pause_before_every_statement(engine: Engine) -> None:
    """Pins that statements are paused at on request, under a name that says which they are."""
    checkpoints = watched(engine, statements=True)
    add(engine, "a")
    wanted = ["shop UPDATE things", "shop commit, may fail", "after shop commit"]
    assert [call for call in calls(checkpoints) if "BEGIN" not in call] == wanted
    checkpoints.end()


def test_who_needs_a_lock_lets_the_holder_go_first(engine: Engine) -> None:
    """Pins that a statement which cannot have its lock waits without stopping the process, and is
    tried again when the holder has committed."""
    checkpoints = watched(engine)
    first, second = greenlet(add), greenlet(add)
    assert first.switch(engine, "a", 1) == "shop commit, may fail"
    assert second.switch(engine, "a", 10) == "wait for a lock in shop"
    assert second.switch() == "wait for a lock in shop"
    assert first.switch() == "after shop commit"
    assert second.switch() == "shop commit, may fail"
    first.switch()
    assert second.switch() == "after shop commit"
    second.switch()
    checkpoints.end()
    assert numbers(engine) == {"a": 12, "b": 1}


def test_where_nobody_moves_it_gives_up(engine: Engine) -> None:
    """Pins that waiting in vain ends in the database's own error, and not in a hang."""
    checkpoints = watched(engine, {"wait for a lock in shop": False})
    first, second = greenlet(add), greenlet(add)
    first.switch(engine, "a", 1)
    second.switch(engine, "a", 10)
    with pytest.raises(OperationalError, match=r"locked|lock timeout"):
        second.switch()
    first.switch()
    first.switch()
    checkpoints.end()
    assert numbers(engine) == {"a": 2, "b": 1}


def test_a_crash_drops_connections_and_locks(engine: Engine) -> None:
    """Pins that after a crash nothing of an open transaction is left: no row, no lock, no
    connection; and that the handler that was paused in it can do no harm any more."""
    checkpoints = watched(engine)
    dead = greenlet(add)
    dead.switch(engine, "a", 100)
    assert checkpoints.busy
    checkpoints.drop_connections()
    assert not checkpoints.busy
    fresh = greenlet(add)
    assert fresh.switch(engine, "a", 1) == "shop commit, may fail"
    fresh.switch()
    fresh.switch()
    with pytest.raises(Killed):
        dead.throw(Killed())
    checkpoints.end()
    assert numbers(engine) == {"a": 2, "b": 1}


def test_waits_of_sqlite_in_its_own_manner(tmp_path: Path) -> None:
    """Pins that SQLite without any settings of ours, where a transaction begins by reading and
    would wait five seconds, waits for nobody either."""
    engine = create_engine(f"sqlite:///{tmp_path / 'own.sqlite'}")
    THINGS.metadata.create_all(engine)
    add(engine, "a")
    checkpoints = watched(engine)
    first, second = greenlet(add), greenlet(add)
    first.switch(engine, "a", 1)
    assert second.switch(engine, "a", 1) == "wait for a lock in shop"
    assert first.switch() == "after shop commit"
    assert second.switch() == "shop commit, may fail"
    for handler in (first, second, second):
        handler.switch()
    checkpoints.end()
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "brief"),
    [
        ("SELECT a.b, c \nFROM things WHERE x", "SELECT things"),
        ("INSERT INTO things (a) VALUES (?)", "INSERT things"),
        ("UPDATE things SET a = 1", "UPDATE things"),
        ("DELETE FROM things", "DELETE things"),
        ("BEGIN IMMEDIATE", "BEGIN IMMEDIATE"),
        ("VACUUM", "VACUUM"),
    ],
)
def test_statements_in_brief(statement: str, brief: str) -> None:
    """Pins how a statement is called in a schedule."""
    assert in_brief(statement) == brief
