"""Where the databases of the durable saga are, and that nothing of them is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from implementations.errors import TargetError
from properties.run import Schedule, run_schedule
from properties.world.actions import Kind
from properties.world.scopes import SINGLE
from properties.world.world import World
from tests.implementations.durable_runs import PLACES, subject, use
from tests.needs import needs

needs("sql")

from sqlalchemy import create_engine, select, text  # noqa: E402

from implementations.durable.homes import POSTGRESQL, VARIABLE, home_at  # noqa: E402
from implementations.durable.order import ORDERS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
#: A process that stops in the middle of a run, says so, and then ends as it is told.
PROCESS = """
import os, sys
from implementations.durable import make
from properties.world.ports import Ports
from types import SimpleNamespace
target = make(SimpleNamespace(stock={"book": 1}, prices={}))
connection = target._databases["order"].engine.connect()
connection.exec_driver_sql("INSERT INTO inbox VALUES ('half done')")
if connection.dialect.name == "sqlite":
    print(os.path.dirname(connection.engine.url.database), flush=True)
else:
    print(connection.exec_driver_sql("SELECT current_schema()").scalar_one(), flush=True)
sys.stdin.readline()
raise RuntimeError("the run has crashed")
"""


#: A process, and the directory or the schema that it has made.
Started = tuple[subprocess.Popen[str], str]


@pytest.fixture
def started(place: str, tmp_path: Path) -> Iterator[Callable[[], Started]]:
    """Starts the process; it has begun its run when this returns, and is gone after the test."""
    with ExitStack() as stack:
        yield lambda: _start(place, tmp_path, stack)


def _start(place: str, directory: Path, stack: ExitStack) -> Started:
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS],
        cwd=ROOT,
        env={**os.environ, VARIABLE: PLACES[place], "TMPDIR": str(directory)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stack.callback(process.kill)
    assert process.stdout is not None
    made = process.stdout.readline().strip()
    assert made
    return process, made


def there(place: str, made: str) -> bool:
    """Whether a directory or a schema still exists."""
    if place == "sqlite":
        return Path(made).exists()
    engine = create_engine(POSTGRESQL)
    with engine.connect() as db:
        found = db.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :n"), {"n": made})
        exists = found.first() is not None
    engine.dispose()
    return exists


def forgotten(place: str, made: str) -> None:
    """Wait until the server has noticed that the process is gone, and let go of its lock."""
    if place == "sqlite":
        return
    number = made.removeprefix("durable_saga_").split("_")[0]
    engine = create_engine(POSTGRESQL)
    with engine.connect() as db:
        db.execute(text(f"SELECT pg_advisory_lock(72420, {number})"))
        db.execute(text(f"SELECT pg_advisory_unlock(72420, {number})"))
    engine.dispose()


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each place, which tests use in processes of their own."""
    use(request.param, monkeypatch)
    return str(request.param)


def test_nothing_is_left_of_a_process_that_fails(
    place: str, started: Callable[[], Started]
) -> None:
    """Pins that a session which ends with an error, in the middle of a transaction, leaves neither
    directory nor schema, although both were there."""
    process, made = started()
    assert there(place, made)
    _, errors = process.communicate("end\n", timeout=60)
    assert "the run has crashed" in errors
    assert not there(place, made)


def test_what_a_killed_process_leaves_is_removed_by_the_next(
    place: str, started: Callable[[], Started]
) -> None:
    """Pins that the next process clears up after one that was killed, and not after one that is
    still there."""
    (killed, orphan), (alive, owned) = started(), started()
    assert there(place, orphan)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    forgotten(place, orphan)
    started()[0].communicate("end\n", timeout=60)
    assert not there(place, orphan)
    assert there(place, owned)
    alive.communicate("end\n", timeout=60)
    assert not there(place, owned)


def test_a_run_that_is_broken_off_holds_up_nobody(place: str) -> None:
    """Pins that a handler which is paused in its transaction when its run ends keeps no lock, and
    that the next run begins with empty tables."""
    target = subject("implementations.durable:make")
    world = World(target, SINGLE)
    while not (world.benign()[0].kind is Kind.RESUME and "payment" in world.benign()[0].subject):
        world.apply(world.benign()[0])
    databases = world.target._databases
    assert databases["payment"].checkpoints.busy
    world.dissolve()
    assert not databases["payment"].checkpoints.busy
    run = run_schedule(target, Schedule(SINGLE))
    assert run.world.target._databases is databases
    assert not run.findings
    assert len(databases["order"].show(select(ORDERS))) == 1
    run.world.dissolve()


def test_two_runs_at_once_have_two_databases(place: str) -> None:
    """Pins that a run which is compared with another one does not share its tables."""
    target = subject("implementations.durable:make")
    first, second = World(target, SINGLE), World(target, SINGLE)
    first.apply(first.benign()[0])
    assert first.target._databases["order"].engine is not second.target._databases["order"].engine
    first.dissolve()
    second.dissolve()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "that is no URL"),
        ("mysql://root@127.0.0.1/test", "'mysql' is no database"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot connect"),
    ],
)
def test_a_wrong_address_is_explained(address: str, said: str) -> None:
    """Pins that what is wrong with DURABLE_URL is one message, without the password in it."""
    if "postgresql" in address:
        needs("postgresql")
    with pytest.raises(TargetError, match=said) as raised:
        home_at(address)
    assert "unset DURABLE_URL for SQLite files" in str(raised.value)
    assert "secret" not in str(raised.value)
