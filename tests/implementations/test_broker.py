"""A shop on real brokers: it holds, its twins are found, and each fault has fired there."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from model.environment import Fault
from properties.probing import first_difference
from properties.run import Run, Schedule, run_schedule
from properties.shrinker import shrinker_of
from properties.telling import tell
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SCOPES
from properties.world.trace import Trace
from reports.schedule_file import write_json
from tests.command_line import verify
from tests.implementations.broker_runs import BROKERS, SHOP, after, run_of, searched, shop

ON_BROKERS = pytest.mark.parametrize("broker", BROKERS)
TO_PAYMENT = "order.created(o1) to payment"
CHARGING = "payment on order.created(o1)"
RESERVING = "inventory on payment.processed(o1)"
DUPLICATE = Action(Kind.DUPLICATE, TO_PAYMENT)
CANCELLED = Action(Kind.CANCEL, "o1")
LOST = Action(Kind.CRASH, RESERVING, "publish inventory.reserved", Mode.BEFORE)


@ON_BROKERS
def test_it_holds(broker: str) -> None:
    """Pins that nothing is said against the shop, that the faults have fired, and that messages of
    killed consumers came back from the broker itself."""
    fired: set[Fault] = set()
    came_back = 0
    for run in searched(shop(broker), 45, 6):
        assert not run.findings, {found.text for found in run.findings.values()}
        fired |= run.fired.keys()
        came_back += run.world.target.came_back
    assert {Fault.REORDER, Fault.DUPLICATE, Fault.CRASH, Fault.DECLINE, Fault.POISON} <= fired
    assert {Fault.TRANSIENT, Fault.UNKNOWN, Fault.CANCEL, Fault.CONCURRENCY} <= fired
    assert came_back > 3


def test_brokers_make_no_difference() -> None:
    """Pins that the same schedules are the same runs on both brokers: the seam is all there is."""
    tallies = []
    for broker in BROKERS:
        runs = searched(shop(broker), 0, 4)
        tallies.append([(run.schedule, run.steps, run.fired, run.world.handlings) for run in runs])
    assert tallies[0] == tallies[1]


#: Variant -> a schedule with one deviation, and what it then violates.
VARIANTS: dict[str, tuple[Schedule, str]] = {
    "_forgetful": (after(3, DUPLICATE), "MONEY-1"),
    "_hasty": (after(9, LOST), "LIVE-1"),
}


@ON_BROKERS
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_told_from_the_right_one(broker: str, variant: str) -> None:
    """Pins that one deviation shows each faulty variant on the broker, and that the right one
    stands it."""
    schedule, property_id = VARIANTS[variant]
    assert property_id in run_of(shop(broker, variant), schedule)[0].findings
    assert not run_of(shop(broker), schedule)[0].findings


@ON_BROKERS
@pytest.mark.parametrize(
    ("wait", "port", "mode", "came_back"),
    [
        (4, "payments.charge", Mode.BEFORE, 1),
        (4, "payments.charge", Mode.AFTER, 1),
        (5, "publish payment.processed", Mode.BEFORE, 1),
        (6, "acknowledge", Mode.BEFORE, 1),
    ],
)
def test_a_killed_consumer(broker: str, wait: int, port: str, mode: Mode, came_back: int) -> None:
    """Pins that the broker gives back the message of a consumer that was killed at a port call."""
    crash = Action(Kind.CRASH, CHARGING, port, mode)
    run, target = run_of(shop(broker), after(wait, crash))
    assert not run.findings
    assert run.fired[Fault.CRASH] == 1
    assert target.came_back == came_back


@ON_BROKERS
@pytest.mark.parametrize("mode", [Mode.UNKNOWN_DONE, Mode.UNKNOWN_NOT_DONE, Mode.TRANSIENT])
def test_answers_of_the_outside(broker: str, mode: Mode) -> None:
    """Pins that a timeout or a failure of the gateway reaches the service over HTTP."""
    run, _ = run_of(shop(broker), after(4, Action(Kind.ANSWER, CHARGING, "payments.charge", mode)))
    assert not run.findings
    assert sum(run.fired.values()) == 1


@ON_BROKERS
def test_the_broker_refuses_a_message(broker: str) -> None:
    """Pins that a service hears of a publication that failed, although the kit has seen it pass."""
    port = "publish payment.processed"
    run, _ = run_of(shop(broker), after(5, Action(Kind.ANSWER, CHARGING, port, Mode.TRANSIENT)))
    assert not run.findings
    published = [draft.type for draft in run.world.network.published]
    assert published.count("payment.processed") == 1
    assert run.fired == {Fault.TRANSIENT: 1}


@ON_BROKERS
def test_the_same_twice(broker: str) -> None:
    """Pins that a schedule is the same run twice, step by step."""
    copies = Action(Kind.CRASH, CHARGING, "publish payment.processed", Mode.AFTER)
    traces = [Trace(), Trace()]
    for trace in traces:
        run_schedule(shop(broker), after(5, copies, DUPLICATE), trace).world.dissolve()
    assert any("crash" in step.action for step in traces[0].steps)
    assert first_difference(traces[0].steps, traces[1].steps) == ""


def test_a_violation_is_shrunk_on_the_twin() -> None:
    """Pins that one run on the broker is enough to make a schedule minimal, and which it is."""
    subject = shop("rabbitmq", "_forgetful")
    run, _ = run_of(subject, after(3, DUPLICATE, CANCELLED))
    shrinker = shrinker_of(subject, "MONEY-1", run, SCOPES[:1])
    here, shrinker.still_fails = shrinker.still_fails, (lambda schedule: ran(schedule))
    schedules: list[Schedule] = []

    def ran(schedule: Schedule) -> Run | None:
        schedules.append(schedule)
        return here(schedule)

    shrunk = shrinker.shrink().schedule
    assert [deviation.action for deviation in shrunk.deviations] == [DUPLICATE]
    assert schedules == [shrunk]


def test_without_a_twin_it_is_shrunk_in_few_runs() -> None:
    """Pins that the broker does it alone where there is no twin, or it shows nothing."""
    subject = shop("rabbitmq", "_forgetful")
    for twin in ("", f"{SHOP}:in_process"):
        alone = evolve(subject, shape=evolve(subject.shape, twin=twin))
        run, _ = run_of(alone, after(3, DUPLICATE, CANCELLED))
        shrinker = shrinker_of(alone, "MONEY-1", run, SCOPES[:1])
        assert [d.action for d in shrinker.shrink().schedule.deviations] == [DUPLICATE]
        assert shrinker.runs < 30


@ON_BROKERS
def test_a_report_is_replayed_on_the_broker(broker: str, tmp_path: Path) -> None:
    """Pins that a counterexample is told in words, and that its file is the same run again."""
    found = tell(shop(broker, "_forgetful"), "MONEY-1", VARIANTS["_forgetful"][0], "sweep-0", 1, 0)
    assert found.finding == "charged 2 times"
    write_json(found, tmp_path / "MONEY-1.json")
    replayed = verify(tmp_path, "--saga-replay=MONEY-1.json")
    assert replayed.code == 1
    assert "MONEY-1 VIOLATED" in replayed.text
    assert "the broker delivers order.created(o1) to payment again" in replayed.joined
