"""The durable saga holds on real databases, and its twins, each without a safeguard, are found."""

from __future__ import annotations

from itertools import islice

import pytest

from model.environment import Fault
from properties.probing import first_difference
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import CONTENTION, NEIGHBOURS, SINGLE, Scope
from properties.world.trace import Trace
from properties.world.world import World
from tests.implementations.durable_runs import PLACES, drawn, subject, swept, use

DURABLE = "implementations.durable"
RESERVING = "inventory on payment.processed(o1)"
CHARGING = "payment on order.created(o1)"

# -- it holds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "runs"), [("sqlite", 150), ("postgresql", 40)])
def test_it_stands_single_faults(place: str, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that nothing is said against it at the beginning of the sweep, where faults have fired.

    The whole of it, and much more, is `make check TARGET=implementations.durable:make`.
    """
    use(place, monkeypatch)
    fired: set[Fault] = set()
    for run in islice(swept(f"{DURABLE}:make"), runs):
        assert not run.findings, {found.text for found in run.findings.values()}
        fired |= run.fired.keys()
    assert {Fault.CRASH, Fault.TRANSIENT, Fault.UNKNOWN} <= fired


@pytest.mark.parametrize(("place", "schedules"), [("sqlite", 80), ("postgresql", 20)])
@pytest.mark.parametrize("factory", ["make", "every_statement"])
def test_it_holds_in_schedules_drawn_by_chance(
    factory: str, place: str, schedules: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that it holds, handlers interleaving at commits or between any two statements, and that
    handlers have really waited for each other's locks."""
    use(place, monkeypatch)
    waits: list[str] = []
    stop = World.apply

    def apply(world: World, action: Action) -> None:
        if action.kind is Kind.RESUME and action.port.startswith("wait for"):
            waits.append(action.subject)
        stop(world, action)

    monkeypatch.setattr(World, "apply", apply)
    for run in drawn(f"{DURABLE}:{factory}", schedules if factory == "make" else schedules // 2):
        assert not run.findings, {found.text for found in run.findings.values()}
    assert waits


# -- its twins -------------------------------------------------------------------------------------


def stalled(name: str) -> Action:
    """A handler takes long: everything else goes first."""
    return Action(Kind.STALL, name)


#: Twin -> where it shows, at which pause of which handler (the first, the second) what happens,
#: and what it then violates.
TWINS: dict[str, tuple[Scope, str, str, int, Action, set[str]]] = {
    "read_then_write": (
        *(CONTENTION, RESERVING, "inventory commit", 1),
        *(stalled(RESERVING), {"STOCK-1"}),
    ),
    "inbox_without_key": (
        *(SINGLE, "payment.processed(o1) to inventory", "", 1),
        *(Action(Kind.TWICE, "payment.processed(o1) to inventory"), {"MONEY-3", "STOCK-3"}),
    ),
    "relay_by_last_id": (
        *(NEIGHBOURS, CHARGING, "payment commit", 2),
        *(stalled(CHARGING), {"LIVE-1"}),
    ),
    "marked_first": (
        *(SINGLE, RESERVING, "after inventory commit", 1),
        *(Action(Kind.CRASH, RESERVING, "after inventory commit", Mode.BEFORE), {"MONEY-0"}),
    ),
}


def schedule_of(spec: str, twin: str) -> Schedule:
    """The shortest schedule that shows a twin: one deviation, when its handler has come so far."""
    scope, name, port, time, action, _ = TWINS[twin]
    world = World(subject(spec), scope)
    steps = 0
    while True:
        now = world.benign()[0]
        time -= now.subject == name and now.port == port
        if not time:
            world.dissolve()
            return Schedule(scope, (Deviation(steps, action),))
        world.apply(now)
        steps += 1


def run_of(spec: str, schedule: Schedule) -> Run:
    """The run of a schedule that is possible."""
    run = run_schedule(subject(spec), schedule)
    run.world.dissolve()
    assert not run.skipped
    return run


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_is_told_from_the_right_one(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins on PostgreSQL that one deviation shows each twin, and that the right one stands it."""
    use("postgresql", monkeypatch)
    schedule = schedule_of(f"{DURABLE}.faulty:{twin}", twin)
    assert TWINS[twin][-1] & run_of(f"{DURABLE}.faulty:{twin}", schedule).findings.keys()
    assert not run_of(f"{DURABLE}:make", schedule_of(f"{DURABLE}:make", twin)).findings


@pytest.mark.parametrize("twin", TWINS)
def test_sqlite_has_one_writer_at_a_time(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that what needs two writers does not show on SQLite, and what needs a crash does."""
    use("sqlite", monkeypatch)
    run = run_of(f"{DURABLE}.faulty:{twin}", schedule_of(f"{DURABLE}.faulty:{twin}", twin))
    assert bool(TWINS[twin][-1] & run.findings.keys()) is (twin == "marked_first")


#: Twin -> the scope and the seed of a campaign that comes upon it soon, and how many schedules to
#: try: other seeds take up to fifty.
SEARCHES = {
    "read_then_write": (CONTENTION, 9, 120),
    "inbox_without_key": (SINGLE, 3, 120),
    "relay_by_last_id": (NEIGHBOURS, 1, 120),
}


@pytest.mark.parametrize("twin", SEARCHES)
def test_a_twin_is_found_by_chance(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that the search finds what only PostgreSQL shows, by the property that is named."""
    use("postgresql", monkeypatch)
    scope, seed, schedules = SEARCHES[twin]
    runs = drawn(f"{DURABLE}.faulty:{twin}", schedules, seed, scope)
    assert any(TWINS[twin][-1] & run.findings.keys() for run in runs)


def test_the_first_twin_to_be_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that the sweep alone, one fault at a time, finds what is marked before it is done."""
    use("sqlite", monkeypatch)
    assert any("MONEY-0" in run.findings for run in swept(f"{DURABLE}.faulty:marked_first"))


@pytest.mark.parametrize("place", PLACES)
def test_the_same_twice(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a schedule in which handlers wait for locks is the same run twice, step by step."""
    use(place, monkeypatch)
    spec = f"{DURABLE}:make"
    schedule = schedule_of(spec, "inbox_without_key")
    traces = [Trace(), Trace()]
    for trace in traces:
        run_schedule(subject(spec), schedule, trace).world.dissolve()
    assert any("wait for a lock" in step.action for step in traces[0].steps)
    assert first_difference(traces[0].steps, traces[1].steps) == ""
