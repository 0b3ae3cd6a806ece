"""A run by bytes, and the schedule that it leaves behind: the same run, again and again."""

from __future__ import annotations

import json
from random import Random

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from model.ledger import Entry
from properties.run import (
    FAULT_BYTES,
    Deviation,
    Run,
    Schedule,
    run_bytes,
    run_schedule,
    schedule_from_json,
)
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import CONTENTION, NEIGHBOURS, SCOPES, SINGLE, Scope
from properties.world.subject import Subject
from tests.properties.faulty import no_key, reference

SUBJECTS = {"reference": reference, "no idempotency key": no_key}
CHOICES = st.binary(max_size=100)
#: A second order, and then one message of the first one again under a new id.
TWO_IDS = bytes(11) + b"\x01\0\0\xfb"
SETTINGS = st.builds(
    lambda scope, delivery: evolve(scope, delivery=delivery),
    st.sampled_from(SCOPES),
    st.sampled_from(Delivery),
)


def told(run: Run) -> tuple[object, ...]:
    """All that a run has brought about."""
    entries: list[Entry] = run.world.history.ledger.entries
    return run.findings, run.checked, run.fired, run.steps, entries, run.world.errors


@pytest.mark.parametrize("name", SUBJECTS)
@given(data=CHOICES, scope=SETTINGS)
@settings(max_examples=60, deadline=None)
def test_a_recorded_run_is_replayed_exactly(name: str, data: bytes, scope: Scope) -> None:
    """Pins that findings, checks, faults, steps, ledger and errors are those of the first run."""
    subject = SUBJECTS[name]()
    run = run_bytes(subject, scope, data)
    replayed = run_schedule(subject, run.schedule)
    assert replayed.skipped == ()
    assert told(replayed) == told(run)


def test_what_went_on_elsewhere_is_named_as_it_was() -> None:
    """Pins that a report names the port call that was let go on, where the schedule, made when the
    handler stood at another one, has an old name: the step and the sentence would be wrong."""
    subject, stale = reference(), 0
    for seed in range(60):
        run = run_bytes(subject, CONTENTION, Random(seed).randbytes(60))
        named = run.schedule.deviations
        renamed = tuple(
            evolve(each, action=each.action._replace(port="elsewhere"))
            if each.action.kind is Kind.RESUME
            else each
            for each in named
        )
        stale += renamed != named
        assert (
            run_schedule(subject, evolve(run.schedule, deviations=renamed)).schedule == run.schedule
        )
    assert stale > 5


@given(data=CHOICES, scope=SETTINGS)
@settings(max_examples=60, deadline=None)
def test_a_schedule_survives_json(data: bytes, scope: Scope) -> None:
    """Pins that a schedule written as JSON text and read again is the same one."""
    schedule = run_bytes(no_key(), scope, data).schedule
    assert schedule_from_json(json.loads(json.dumps(schedule.as_json()))) == schedule


@given(data=CHOICES)
@settings(max_examples=60, deadline=None)
@example(data=TWO_IDS)
def test_the_reference_has_no_findings(data: bytes) -> None:
    """Pins that a correct saga is not objected to, whatever the bytes choose.

    It is asked only for what it promises to survive: its ids are stored, and so never differ.
    """
    assert run_bytes(reference(), evolve(NEIGHBOURS, faults=DEFAULT_FAULTS), data).findings == {}


def test_one_content_under_two_ids_is_asked_of_those_alone_that_publish_it() -> None:
    """Pins that it breaks an inbox of ids, the reference's too, and why it is no default fault."""
    run = run_bytes(reference(), NEIGHBOURS, TWO_IDS)
    assert run.fired == {Fault.REPUBLISH: 1, Fault.CONTENTION: 1}
    assert set(run.findings) == {"STOCK-2"}
    assert not reference().changing


@pytest.mark.parametrize("data", [b"", b"\0" * 90])
def test_bytes_that_choose_nothing_are_a_run_without_deviations(data: bytes) -> None:
    """Pins that zero is the benign choice, so that a shorter or simpler input is a simpler run."""
    run = run_bytes(reference(), SINGLE, data)
    assert run.schedule.deviations == ()
    assert run.fired == {}
    assert told(run) == told(run_schedule(reference(), Schedule(SINGLE)))


def test_large_bytes_ask_for_faults() -> None:
    """Pins that bytes from FAULT_BYTES on bring about faults, and that these are recorded."""
    run = run_bytes(reference(), SINGLE, bytes([0, 0, FAULT_BYTES, 0]))
    assert len(run.schedule.deviations) == 1
    assert sum(run.fired.values()) >= 1


def strike(wait: int, kind: Kind, subject: str, port: str = "", mode: str = "") -> Deviation:
    """One deviation."""
    return Deviation(wait, Action(kind, subject, port, mode))


CHARGE = ("payment on order.created(o1)", "payments.charge")


def test_a_deviation_waits_until_it_is_possible() -> None:
    """Pins that a schedule needs no exact waits to be replayed."""
    crash = strike(0, Kind.CRASH, *CHARGE, Mode.AFTER)
    run = run_schedule(no_key(), Schedule(SINGLE, (crash,)))
    assert run.skipped == ()
    assert run.fired == {Fault.CRASH: 1}
    assert "MONEY-1" in run.findings


def test_what_never_becomes_possible_is_skipped_and_said() -> None:
    """Pins that a schedule of another target runs to its end, and that its misses are known."""
    bogus = strike(0, Kind.DELIVER, "nothing(o1) to nobody")
    late = strike(0, Kind.DUPLICATE, "order.created(o1) to payment")
    run = run_schedule(reference(), Schedule(SINGLE, (bogus, late)))
    assert run.skipped == (bogus.action,)
    assert run.fired == {Fault.DUPLICATE: 1}


def test_waiting_longer_than_the_run_is_waiting_to_its_end() -> None:
    """Pins that a wait ends when nothing is left to do, and the deviation still happens."""
    late = strike(10_000, Kind.DUPLICATE, "order.created(o1) to payment")
    run = run_schedule(reference(), Schedule(SINGLE, (late,)))
    assert run.skipped == ()
    assert run.fired == {Fault.DUPLICATE: 1}
    assert run.findings == {}


def test_simpler_is_fewer_orders_then_deviations_then_faults_then_length() -> None:
    """Pins what the shrinker takes for simpler, in this order."""
    deliver = strike(0, Kind.DELIVER, "x")
    crash = strike(0, Kind.CRASH, "x")
    ascending = [
        Schedule(SINGLE),
        Schedule(SINGLE, (evolve(deliver, wait=9),)),
        Schedule(SINGLE, (crash,)),
        Schedule(SINGLE, (evolve(crash, wait=1),)),
        Schedule(SINGLE, (deliver, deliver)),
        Schedule(SINGLE, (deliver, crash)),
        Schedule(CONTENTION),
    ]
    scores = [schedule.score for schedule in ascending]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"actions": []},
        {"scope": SINGLE.as_json(), "actions": [["0", "no such kind", "", "", ""]]},
        {"scope": SINGLE.as_json(), "actions": [["0", "place"]]},
        {"scope": SINGLE.as_json(), "actions": [["soon", "place", "", "", ""]]},
        {"scope": {**SINGLE.as_json(), "delivery": "by hand"}, "actions": []},
    ],
)
def test_what_is_no_schedule_is_not_read(broken: dict[str, object]) -> None:
    """Pins the errors that a reader of stored schedules has to expect."""
    with pytest.raises((KeyError, ValueError, TypeError)):
        schedule_from_json(broken)


def test_a_shape_of_another_target_does_not_break_a_replay() -> None:
    """Pins that every kind of action of a schedule may be impossible and no error of the kit."""
    everything = tuple(strike(0, kind, "o9", "p", Mode.REFUSED) for kind in Kind)
    subject: Subject = reference()
    run = run_schedule(subject, Schedule(SINGLE, everything))
    assert len(run.skipped) == len(Kind) - 1
    assert run.findings == {}
