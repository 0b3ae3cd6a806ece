"""Getting to know a target: what a first-time user is told, and what is seen of a right one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from implementations.errors import TargetError
from model.environment import DEFAULT_FAULTS, Fault
from properties.drivers.paths import strikes
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Deviation, Schedule, run_schedule
from properties.search import parts, run_part
from properties.session import Verification
from properties.world import watchdog
from properties.world.actions import Action, Kind
from properties.world.scopes import SINGLE
from properties.world.subject import Source
from tests.properties import newcomers


def of(name: str) -> str:
    """The spec of one of the newcomers."""
    return f"tests.properties.newcomers:{name}"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("broken", "the factory raised ImportError: no database driver (newcomers.py:"),
        ("is_a_world_away", "the factory raised AttributeError"),
        ("returns_nothing", "the factory returned None"),
        ("Publishes", "published"),
        ("NoStatus", "'stock'"),
        ("Raises", "raised KeyError: 'session' (newcomers.py:"),
        ("RaisesLater", "raised KeyError: 'session' (newcomers.py:"),
        ("Clock", "shows something else the second time"),
        ("OwnStock", "stock lacks 'book'"),
        ("Counts", "the same run twice was not the same"),
        ("unknown", "has no 'unknown'"),
        ("quits", "the factory raised SystemExit: 3"),
        ("RefusesAll", "no order is ever accepted: refused were all"),
        ("Stumbles", "without any fault: place o1 raised KeyError: 'o1' (newcomers.py:"),
    ],
)
def test_what_a_newcomer_is_told(name: str, says: str) -> None:
    """Pins that each beginner's mistake is one plain message with what, where and how to fix it."""
    with pytest.raises(TargetError) as caught:
        probe(of(name))
    assert says in str(caught.value)
    assert "to fix: " in str(caught.value)
    assert caught.value.where


def test_a_hanging_handler_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a handler that does not come back ends the run with the line at which it was."""
    monkeypatch.setattr(watchdog, "PATIENCE", 0.05)
    with pytest.raises(TargetError, match="did not come back within") as caught:
        probe(of("Hangs"))
    assert "in work" in caught.value.what
    assert "newcomers.py" in caught.value.what


def test_a_hanging_factory_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that the first look at a target is watched as well."""

    def hangs(world: Any) -> Any:
        while True:
            pass

    monkeypatch.setattr(newcomers, "hangs", hangs, raising=False)
    monkeypatch.setattr(watchdog, "PATIENCE", 0.05)
    with pytest.raises(TargetError, match="did not come back within"):
        probe(of("hangs"))


def test_a_factory_that_fails_later_is_explained_as_well() -> None:
    """Pins that there is no traceback of ours where only some setting makes a factory fail."""
    subject = probe(of("needs_stock"))
    with pytest.raises(TargetError, match="the factory raised AssertionError: nothing to sell"):
        run_schedule(subject, Schedule(SINGLE.sold_out()))


def test_limits_that_leave_nothing_are_explained() -> None:
    """Pins that a target with limits is tried with the orders that it accepts, if there are any."""
    assert probe(of("Limited")).shape.limits["quantity"] == 1


@pytest.mark.parametrize(
    ("name", "violated"),
    [
        ("Nothing", {"LIVE-0", "LIVE-1", "TRUE-1"}),
        ("Absent", {"LIVE-0", "LIVE-1", "TRUE-1"}),
        ("FailsAll", {"TRUE-1"}),
    ],
)
def test_a_target_that_does_nothing_is_violated(name: str, violated: set[str]) -> None:
    """Pins that idling, forgetting and failing everything are probed well, and are no success."""
    subject = probe(of(name))
    assert violated <= run_schedule(subject, Schedule(SINGLE)).findings.keys()


def test_stock_in_the_warehouse_is_seen_there() -> None:
    """Pins that a factory and observe() may ask the world's warehouse, before and after a run."""
    subject = probe(of("Outside"))
    assert subject.sources.stock is Source.DOUBLE
    assert subject.sight.reservations
    found = run_schedule(subject, Schedule(SINGLE))
    assert found.findings == {}
    assert found.checked["STOCK-2"] > 0


def test_a_coroutine_may_observe() -> None:
    """Pins that observe() of an async target may await the ports that only read."""
    assert probe(of("AsyncOutside")).sources.stock is Source.TOTAL


def test_ids_of_the_targets_own_may_differ_from_run_to_run() -> None:
    """Pins that a right target with uuid4 ids in events, keys and sagas is no moving target."""
    subject = probe(of("OwnIds"))
    assert subject.sources.money is Source.DOUBLE
    assert subject.sources.parcels is Source.DOUBLE


@pytest.mark.parametrize(
    "spec",
    [
        "implementations.reference:make",
        "implementations.faulty:order_stored_then_published",
        of("Telemetry"),
    ],
)
def test_nobody_is_told_the_same_under_two_ids(spec: str) -> None:
    """Pins that nothing comes again under a new id, by default, where what somebody hears was not
    seen to: what nobody hears may have any id."""
    assert probe(spec).changing == frozenset()


def test_who_sends_one_event_under_two_ids_is_seen_to() -> None:
    """Pins that this event then comes again under a new id, and what was not seen to come again,
    but not what was seen to keep its id."""
    changing = probe("implementations.faulty:id_made_at_each_publish").changing
    assert {"payment.processed", "payment.refunded"} <= changing
    assert "order.created" not in changing


@pytest.mark.parametrize(("origin", "expected"), [("default", True), ("command line", False)])
def test_who_asks_for_it_has_all_events_come_again(origin: str, expected: bool) -> None:
    """Pins that what was seen limits `republish` only where nobody has asked for faults."""
    target = "implementations.faulty:id_made_at_each_publish"
    settings: Any = SimpleNamespace(
        target=target, origins={"faults": origin}, faults=frozenset({Fault.REORDER})
    )
    config: Any = SimpleNamespace(getoption=lambda name: "no")
    session = Verification(config=config, settings=settings, seed=1)
    assert bool(session.subject().changing) is expected
    assert (Fault.REPUBLISH in session.faults) is expected


def test_what_is_seen_of_the_reference() -> None:
    """Pins that money and parcels are seen at the doubles, stock in observe(), and the words."""
    subject = probe("implementations.reference:make")
    assert (subject.sources.money, subject.sources.parcels) == (Source.DOUBLE, Source.DOUBLE)
    assert subject.sources.stock is Source.OBSERVED
    assert subject.sight.model_events
    assert subject.sight.terminal


def test_what_is_not_seen_is_not_judged() -> None:
    """Pins that a target without money, stock and parcels has no sight of them."""
    sight = probe(of("Toy")).sight
    assert not any([sight.money, sight.stock, sight.reservations, sight.parcels])
    assert not sight.model_events
    assert sight.terminal == {}
    assert run_schedule(probe(of("Toy")), Schedule(SINGLE)).findings == {}


def test_what_a_run_opens_is_closed() -> None:
    """Pins that every target that is made on the way to a verdict is closed, once."""
    subject = probe(of("Closes"))
    assert newcomers.Closes.opened == []
    late = Deviation(5, Action(Kind.DUPLICATE, "job(o1) to worker"))
    disturbed = run_schedule(subject, Schedule(SINGLE, (late,)))
    assert disturbed.checked["TRUE-2"] == 1
    assert newcomers.Closes.opened == [disturbed.world.target]
    for _ in strikes(subject, Schedule(SINGLE)):
        pass
    assert newcomers.Closes.opened == [disturbed.world.target]
    disturbed.world.dissolve()
    assert newcomers.Closes.opened == []


@pytest.mark.parametrize("part", [part for part in parts(PROFILES["quick"]) if part != "directed"])
def test_each_part_of_the_search_closes_what_its_runs_open(part: str) -> None:
    """Pins that it does so once: a second close() is an error to many a target.

    All but the directed ones, which this target, with words of its own, knows nothing of.
    """
    profile = evolve(PROFILES["quick"], campaign=20, examples=2, exhaustive_states=50)
    subject = probe(of("Closes"))
    portion = run_part(subject, part, profile, DEFAULT_FAULTS, subject.shape.delivery, 1)
    assert portion.error == ""
    assert portion.schedules > 0
    assert newcomers.Closes.opened == []
