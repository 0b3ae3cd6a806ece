"""Failures of earlier sessions: kept, run first, and let go of once they are fixed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.drivers.known import Since, become_of, run_known
from properties.memory import forget, known, open_database, remember
from properties.probing import probe
from properties.run import Deviation, Schedule
from properties.settings.sources import OptionError
from properties.telling import tell
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SINGLE
from properties.world.subject import Subject
from reports.counterexample import Counterexample
from tests.needs import needs

ROOT = Path(__file__).resolve().parents[2]
BUG = "implementations.faulty:timeout_is_decline"
CONTRACT = Delivery.AT_LEAST_ONCE_UNORDERED
#: The gateway's answer is lost, though the card was charged.
LOST_ANSWER = Action(
    Kind.ANSWER, "payment on order.created(o1)", "payments.charge", Mode.UNKNOWN_DONE
)


@pytest.fixture(scope="module")
def faulty() -> Subject:
    """The saga that takes a timeout for a refusal."""
    return probe(BUG)


@pytest.fixture(scope="module")
def counterexample(faulty: Subject) -> Counterexample:
    """How it keeps money without stock."""
    scope = evolve(SINGLE, faults=DEFAULT_FAULTS)
    schedule = Schedule(scope, (Deviation(0, LOST_ANSWER),))
    return tell(faulty, "MONEY-0", schedule, "sweep-0", 1, 0)


def ids(database: ExampleDatabase) -> list[str]:
    """The properties of which something is known."""
    return sorted(one.property_id for one in known(database))


def again(target: str, counterexample: Counterexample, faults: frozenset[Fault]) -> list[Since]:
    """What has become of a counterexample with another target."""
    database = InMemoryExampleDatabase()
    remember(database, [counterexample])
    found = run_known(probe(target), faults, CONTRACT, database)
    return [one.since for one in found]


def test_one_counterexample_a_property(counterexample: Counterexample) -> None:
    """Pins that a new one takes the place of the old one, and that others stay."""
    database = InMemoryExampleDatabase()
    other = evolve(counterexample, property_id="MONEY-3")
    remember(database, [counterexample, other])
    remember(database, [evolve(counterexample, seed=2)])
    assert ids(database) == ["MONEY-0", "MONEY-3"]
    forget(database, ["MONEY-0"])
    assert ids(database) == ["MONEY-3"]


def test_what_cannot_be_read_is_thrown_away_once(counterexample: Counterexample) -> None:
    """Pins that a damaged entry ends no session, and what a newer kit wrote is left to it."""
    database = InMemoryExampleDatabase()
    remember(database, [counterexample])
    (key,) = database.data
    newer = b'{"format": 999, "property": "MONEY-0", "schedule": {}}'
    for stored in (b"no JSON", b"[]", b'{"format": 1}', newer):
        database.save(key, stored)
    assert ids(database) == ["MONEY-0"]
    assert newer in set(database.fetch(key))
    assert len(set(database.fetch(key))) == 2


def test_what_becomes_of_a_counterexample(counterexample: Counterexample) -> None:
    """Pins the three answers: as before, fixed, and a way that is no longer taken."""
    assert again(BUG, counterexample, DEFAULT_FAULTS) == [Since.VIOLATED]
    assert again("implementations.reference:make", counterexample, DEFAULT_FAULTS) == [Since.FIXED]
    shop = "tests.shop.adapter:make"  # its participants have other names
    assert again(shop, counterexample, DEFAULT_FAULTS) == [Since.LOST]


def test_only_what_is_asked_for_is_run(counterexample: Counterexample) -> None:
    """Pins that a fault which is switched off does not come in by way of an old schedule."""
    assert again(BUG, counterexample, DEFAULT_FAULTS - {Fault.UNKNOWN}) == []
    database = InMemoryExampleDatabase()
    remember(database, [counterexample])
    other = Delivery.EXACTLY_ONCE_FIFO
    assert list(run_known(probe(BUG), DEFAULT_FAULTS, other, database)) == []


def test_a_target_has_a_database_of_its_own(tmp_path: Path, counterexample: Counterexample) -> None:
    """Pins that schedules of one target are not run with another."""
    remember(open_database(str(tmp_path), "shop:one"), [counterexample])
    assert ids(open_database(str(tmp_path), "shop:one")) == ["MONEY-0"]
    assert ids(open_database(str(tmp_path), "shop:two")) == []


def test_a_redis_for_several_machines(counterexample: Counterexample) -> None:
    """Pins that what one machine found another one knows, target by target."""
    needs("redis")
    url, target = "redis://127.0.0.1:6379/15", f"tests:{Path(__file__).name}"
    remember(open_database(url, target), [counterexample])
    try:
        assert ids(open_database(url, target)) == ["MONEY-0"]
        assert ids(open_database(url, "another")) == []
    finally:
        forget(open_database(url, target), ["MONEY-0"])
    assert ids(open_database(url, target)) == []


def test_no_redis_there() -> None:
    """Pins the message where nothing answers."""
    pytest.importorskip("redis")
    with pytest.raises(OptionError, match=r"--saga-database: no Redis answers at redis://.*:1"):
        open_database("redis://127.0.0.1:1/0", "a")


@pytest.mark.parametrize(
    ("since", "violated", "told"),
    [
        (Since.VIOLATED, True, "LIVE-0 violated as before"),
        (Since.FIXED, False, "LIVE-0 fixed since the last session"),
        (Since.LOST, False, "LIVE-0 no longer comes about as it did, and is forgotten"),
        (Since.FIXED, True, "the schedule of LIVE-0 is fixed; LIVE-0 is violated by another"),
        (
            Since.LOST,
            True,
            "the schedule of LIVE-0 no longer comes about as it did, and is forgotten; LIVE-0 is "
            "violated by another",
        ),
    ],
)
def test_what_is_fixed_may_be_violated_by_another(since: Since, violated: bool, told: str) -> None:
    """Pins that nothing is called fixed beside a verdict that says it is violated."""
    assert become_of("LIVE-0", since, violated) == told


SAGA = """
from implementations.document.ladder import {rung} as make
"""


def verify(folder: Path, rung: str) -> str:
    """A session that runs what is known, and the paths: a shop that is mended in between."""
    (folder / "shop_saga.py").write_text(SAGA.format(rung=rung), encoding="utf-8")
    options = (
        "--saga-target=shop_saga:make",
        f"--saga-database={folder / 'database'}",
        f"--saga-report-dir={folder / 'out'}",
        "--saga-profile=quick",
    )
    command = (sys.executable, "-m", "pytest", str(ROOT / "properties"), "-q", "-n", "0")
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-k", "known or paths", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def test_a_shop_that_is_mended(tmp_path: Path) -> None:
    """Pins the whole way: violated, violated as before, fixed, and then known no more."""
    first = verify(tmp_path, "rung_00")
    assert "VIOLATED" in first
    assert "known of earlier sessions" not in first
    second = verify(tmp_path, "rung_00")
    assert "known of earlier sessions: LIVE-0 violated as before" in second
    third = verify(tmp_path, "rung_14")
    assert "known of earlier sessions: LIVE-0 fixed since the last session" in third
    assert "known of earlier sessions" not in verify(tmp_path, "rung_14")
