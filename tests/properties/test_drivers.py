"""The drivers of the search, on the reference and on a saga that charges twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, ClassVar

import pytest
from attrs import evolve
from hypothesis import seed
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from implementations.errors import TargetError
from implementations.reference import Parts, build
from implementations.reference.payment import PaymentService
from model.conformance import observable_rows
from model.environment import DEFAULT_FAULTS, Delivery, Fault
from model.table import Row
from properties import search
from properties.drivers import sweep as sweep_module
from properties.drivers.campaign import campaign
from properties.drivers.directed import directed
from properties.drivers.exhaustive import Exploration, exhaust, small_scopes
from properties.drivers.paths import alternatives, paths, strikes
from properties.drivers.quota import Quota
from properties.drivers.repeats import repeats
from properties.drivers.stateful import (
    Violated,
    hand_over,
    raise_if_violated,
    replay_stored,
    run_stateful,
    saga_machine,
    schedule_test,
    stateful_settings,
)
from properties.drivers.sweep import FaultDidNotFire, sweep
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Deviation, Run, Schedule
from properties.search import parts, run_part
from properties.world import watchdog
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SCOPES, SINGLE, Scope, fitting
from properties.world.subject import Subject
from tests.properties.toys import Toy, subject_of


class FreshKeys(PaymentService):
    """Makes a new idempotency key for every attempt (B02)."""

    def key(self, request: str, order: str) -> str:
        """A key that no gateway has seen."""
        return self.world.new_id()


def charging_twice(world: object) -> object:
    """The reference without idempotency keys at the gateway."""
    return build(world, Parts(payment=FreshKeys))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reference() -> Subject:
    """The reference, probed once."""
    return probe("implementations.reference:make")


@pytest.fixture(scope="module")
def faulty() -> Subject:
    """The saga that charges twice, probed once."""
    return probe("tests.properties.test_drivers:charging_twice")


@pytest.fixture(scope="module")
def scopes(reference: Subject) -> tuple[Scope, ...]:
    """All scopes, with all default faults."""
    return fitting(SCOPES, DEFAULT_FAULTS, Delivery.AT_LEAST_ONCE_UNORDERED, reference.shape)


def test_paths_meet_every_refusal(reference: Subject, scopes: tuple[Scope, ...]) -> None:
    """Fault-free runs see the gateway decline, the carrier refuse, and stock run out."""
    fired: set[Fault] = set()
    for run in paths(reference, scopes):
        assert not run.findings
        fired |= run.fired.keys()
    assert fired == {
        Fault.DECLINE,
        Fault.CARRIER_REFUSAL,
        Fault.OUT_OF_STOCK,
        Fault.CONTENTION,
    }


def test_sweep_strikes_every_port_call_once(reference: Subject, scopes: tuple[Scope, ...]) -> None:
    """Each fault at each point is a run of its own, and has fired in it."""
    wanted = sum(len(actions) for actions in strikes(reference, Schedule(scopes[0])))
    runs = list(islice(sweep(reference, scopes[:1]), wanted))
    assert len({run.schedule.deviations for run in runs}) == wanted > 200
    assert all(not run.skipped and not run.findings for run in runs)


def test_a_fault_that_does_not_fire_is_an_error(
    reference: Subject, scopes: tuple[Scope, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep whose fault meets nothing stops, instead of calling it a success."""

    def unfit(subject: Subject, schedule: Schedule) -> Iterator[tuple[object, ...]]:
        for actions in strikes(subject, schedule):
            yield tuple(action._replace(subject="nobody") for action in actions)

    monkeypatch.setattr(sweep_module, "strikes", unfit)
    with pytest.raises(FaultDidNotFire, match="did not fire"):
        list(sweep(reference, scopes[:1]))


def test_directed_schedules_hold_and_are_explained(reference: Subject) -> None:
    """The model's own schedules break nothing, and the reference never parts from the table."""
    runs = list(directed(reference))
    assert len(runs) > 20
    assert not [run for run in runs if run.findings or run.world.divergence]
    assert any(run.fired.get(Fault.CRASH) for run in runs)


def test_no_row_that_can_be_seen_is_left_out(reference: Subject) -> None:
    """The directed schedules alone visit every observable transition of the model."""
    visited: set[Row] = set()
    for run in directed(reference):
        assert run.world.conformance
        visited |= run.world.conformance.rows_visited()
    assert visited == observable_rows()


def test_directed_schedules_run_out_only_where_that_is_asked_for(reference: Subject) -> None:
    """Without that fault there is a piece for the order in each of them."""
    some = evolve(SINGLE, faults=frozenset(Fault) - {Fault.OUT_OF_STOCK})
    runs = list(directed(reference, some))
    assert runs
    assert not any(run.fired.get(Fault.OUT_OF_STOCK) for run in runs)


def test_directed_schedules_need_the_models_words(reference: Subject) -> None:
    """A target with event names of its own gets none, and says so elsewhere."""
    from attrs import evolve

    stranger = evolve(reference, sight=evolve(reference.sight, model_events=False))
    assert not list(directed(stranger))


@pytest.mark.parametrize("contract", list(Delivery))
@pytest.mark.parametrize("slug", ["cancel_overtakes_the_order", "undoing_in_circles"])
def test_directed_schedules_keep_the_brokers_order(slug: str, contract: Delivery) -> None:
    """Pins that a message with others in front of it is not handed over: a broken saga may well
    leave some there."""
    subject = probe(f"implementations.faulty:{slug}")
    assert len(list(directed(subject, evolve(SINGLE, delivery=contract)))) > 20


def test_exhaustive_scopes_are_complete_and_clean(
    reference: Subject, scopes: tuple[Scope, ...]
) -> None:
    """One order with one crash: every state of the reference, none of them wrong."""
    chosen = dict(small_scopes(scopes))
    exploration = Exploration("1 crash")
    runs = list(exhaust(reference, chosen["one order, 1 crash"], exploration, 5_000))
    assert exploration.complete
    assert exploration.states > 500
    assert runs
    assert not [run for run in runs if run.findings]


class Moody(Toy):
    """Takes orders on the first day, and then on every other."""

    days = 0

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Publish, or see to other things first."""
        Moody.days += 1
        if Moody.days > 1 and Moody.days % 2:
            return "refused"
        return super().place_order(order)


def test_an_exhaustive_scope_needs_the_same_target_twice() -> None:
    """Pins that a target that takes another path is told so, and not that the kit has failed."""
    subject = subject_of(Moody)
    (scope,) = (
        s for name, s in small_scopes((SINGLE,)) if name == "one order, 1 duplicate, 1 crash"
    )
    with pytest.raises(TargetError, match="behaved differently when the same schedule was run"):
        list(exhaust(subject, scope, Exploration("moody", hashed=False), 50_000))


def test_exhaustive_scope_finds_the_double_charge(
    faulty: Subject, scopes: tuple[Scope, ...]
) -> None:
    """The same scope shows what a crash after the charge does without an idempotency key."""
    chosen = dict(small_scopes(scopes))
    found: set[str] = set()
    for run in exhaust(faulty, chosen["one order, 1 crash"], Exploration("1 crash"), 5_000):
        found |= run.findings.keys()
    assert "MONEY-1" in found


def test_machine_is_the_same_for_the_same_seed(
    reference: Subject, scopes: tuple[Scope, ...]
) -> None:
    """Two stateful runs with one seed choose the same schedules; another seed others."""

    def schedules(number: int) -> list[Schedule]:
        runs: list[Run] = []
        run_stateful(reference, scopes, runs.append, number, examples=15, chunks=6)
        return [run.schedule for run in runs]

    assert schedules(1) == schedules(1)
    assert schedules(1) != schedules(2)


def test_machine_finds_the_double_charge(faulty: Subject, scopes: tuple[Scope, ...]) -> None:
    """Hypothesis's own run of the machine fails with the properties in the message."""
    with pytest.raises(Violated, match=r"MONEY-[0-3]: "):
        run_stateful(faulty, scopes, raise_if_violated, seed=1, examples=300, chunks=8)


def test_machine_takes_rules_of_ones_own(reference: Subject, scopes: tuple[Scope, ...]) -> None:
    """A subclass may add rules that look at the world and act in it."""
    seen: list[int] = []
    machine = saga_machine(reference, scopes)

    class WithRestarts(machine):  # type: ignore[valid-type, misc]
        """Restarts idle services besides."""

        @rule()
        def crash_somebody(self) -> None:
            """Crash whatever may crash first."""
            for group in self.world.faults():
                if group[0].kind is Kind.CRASH:
                    self.act(group[0])
                    seen.append(len(self.world.history.ledger.entries))
                    return

    assert issubclass(WithRestarts, RuleBasedStateMachine)
    seed(1)(WithRestarts)
    run_state_machine_as_test(WithRestarts, settings=stateful_settings(80, 8))
    assert seen


def test_campaign_is_the_same_for_the_same_seed(
    reference: Subject, scopes: tuple[Scope, ...]
) -> None:
    """Bytes and what becomes of them depend on the seed alone."""
    one = [(data, run.schedule) for data, run in campaign(reference, scopes, 5, 20)]
    assert one == [(data, run.schedule) for data, run in campaign(reference, scopes, 5, 20)]
    assert one != [(data, run.schedule) for data, run in campaign(reference, scopes, 6, 20)]


def test_campaign_has_runs_without_any_fault(reference: Subject, scopes: tuple[Scope, ...]) -> None:
    """ORDER-1 and CORR-1 have something to check: runs in which only the order differs."""
    checked: dict[str, int] = {}
    for _, run in campaign(reference, scopes, 1, 500):
        for property_id, count in run.checked.items():
            checked[property_id] = checked.get(property_id, 0) + count
    assert checked["ORDER-1"] >= 1
    assert checked["CORR-1"] > 5


def test_failure_of_the_campaign_is_stored_and_found_again(
    faulty: Subject, scopes: tuple[Scope, ...]
) -> None:
    """Hypothesis takes a failing schedule for what it is, stores it, and runs it next time."""
    database = InMemoryExampleDatabase()
    data = next(data for data, run in campaign(faulty, scopes, 1, 200) if run.findings)

    def consider(run: Run) -> None:
        assert not run.findings

    assert hand_over(schedule_test(faulty, scopes, consider, database), data)
    again = schedule_test(faulty, scopes, consider, database)
    assert replay_stored(again) >= 1
    assert data in again.decoded


def test_fixed_failure_leaves_the_database(
    faulty: Subject, reference: Subject, scopes: tuple[Scope, ...]
) -> None:
    """Once the schedule passes it is not run again."""
    database = InMemoryExampleDatabase()
    data = next(data for data, run in campaign(faulty, scopes, 1, 200) if run.findings)

    def consider(run: Run) -> None:
        assert not run.findings

    hand_over(schedule_test(faulty, scopes, consider, database), data)
    replay_stored(schedule_test(reference, scopes, consider, database))
    assert replay_stored(schedule_test(faulty, scopes, consider, database)) == 0


def test_alternatives_are_everything_but_the_benign_choice(reference: Subject) -> None:
    """Shrinking may put any of them in the place of two deviations."""
    first = next(iter(alternatives(reference, Schedule(SINGLE))))
    assert Kind.PLACE not in {action.kind for action in first}


class OneAtATime(Toy):
    """Keeps what it knows outside of itself, as modules with a global session do."""

    latest: ClassVar[OneAtATime]

    def __init__(self, world: object) -> None:
        super().__init__(world)
        OneAtATime.latest = self

    def handle(self, participant: str, event: dict[str, Any]) -> Any:
        """Handle a message."""
        assert self is OneAtATime.latest
        return super().handle(participant, event)

    def observe(self) -> dict[str, Any]:
        """The orders of the latest run, whoever asks."""
        assert self is OneAtATime.latest
        return super().observe()


@pytest.mark.parametrize("part", parts(PROFILES["quick"]))
def test_only_one_run_at_a_time_is_alive(part: str) -> None:
    """Pins that a target may keep its state in modules: no run goes on once another has begun."""
    subject = subject_of(OneAtATime)
    small = evolve(PROFILES["quick"], examples=5, campaign=5, exhaustive_states=50)
    portion = run_part(
        subject, part, small, frozenset(Fault), Delivery.AT_LEAST_ONCE_UNORDERED, seed=1
    )
    assert portion.error == ""
    assert portion.schedules or part == "directed"


@pytest.mark.parametrize("stage", ["search", "telling"])
def test_a_mistake_of_the_kit_is_said_to_be_one(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that a part that fails by our own fault ends in a message, wherever it fails."""

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("our own")

    if stage == "search":
        monkeypatch.setitem(search._PARTS, "paths", broken)
    else:
        monkeypatch.setattr(search.Search, "conclude", broken)
    contract = Delivery.AT_LEAST_ONCE_UNORDERED
    portion = run_part(subject_of(Toy), "paths", PROFILES["quick"], frozenset(), contract, seed=1)
    assert "the kit itself failed: ZeroDivisionError: our own (test_drivers.py:" in portion.error
    assert "report it" in portion.error


ASKED = evolve(SINGLE, faults=DEFAULT_FAULTS)
REFUSED = Deviation(0, Action(Kind.ANSWER, "worker on job(o1)", "answer check", Mode.REFUSED))


class Brooding(Toy):
    """Never comes back once it has been refused."""

    def work(self, event: dict[str, Any]) -> None:
        """Ask, and brood."""
        answer = self.world.answer("check", event["subject"])
        while answer["status"] == "refused":
            pass
        super().work(event)


@pytest.mark.parametrize(
    "look",
    [
        lambda subject: list(repeats(subject, [ASKED])),
        lambda subject: list(sweep(subject, [ASKED], Quota(most=2))),
        lambda subject: alternatives(subject, Schedule(ASKED, (REFUSED,))),
    ],
    ids=["repeats", "sweep", "alternatives"],
)
def test_what_only_looks_ahead_is_watched_too(
    look: Callable[[Subject], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that a target that hangs on a way that no run has gone yet does not hang the kit."""
    monkeypatch.setattr(watchdog, "PATIENCE", 0.05)
    with pytest.raises(TargetError, match="did not come back within"):
        look(subject_of(Brooding))
