"""The world of a run: every kind of action, the client, timers, rest and its bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from model.environment import Delivery, Fault
from model.vocabulary import Status
from properties.world import moves
from properties.world.actions import IDLE, Action, Kind, Mode, fault_of, in_words
from properties.world.trace import Trace
from properties.world.world import DRAIN_STEPS_PER_ORDER, World
from tests.properties.toys import (
    NOT_CONCURRENT,
    ONE,
    TWO,
    AsyncToy,
    Everything,
    Toy,
    act,
    benign,
    delivering,
    rest,
    status,
    subject_of,
    until,
    world_of,
)

JOB, MESSAGE = "worker on job(o1)", "job(o1) to worker"


KINDS: dict[Kind, tuple[Callable[[World], World], Callable[[World], bool]]] = {
    Kind.PLACE: (
        lambda w: act(until(w, Kind.PLACE), Kind.PLACE, "o1"),
        lambda w: w.target.calls[-1] == "place" and "place o1" in w.tasks,
    ),
    Kind.RESUME: (
        lambda w: act(until(w, Kind.RESUME, "place"), Kind.RESUME, "place o1", "publish job"),
        lambda w: len(w.network.in_flight) == 1,
    ),
    Kind.DELIVER: (
        lambda w: act(until(w, Kind.DELIVER), Kind.DELIVER, MESSAGE),
        lambda w: JOB in w.tasks,
    ),
    Kind.RELAY: (
        lambda w: act(w, Kind.RELAY, "order"),
        lambda w: w.target.calls == ["relay order"] and not w.dirty,
    ),
    Kind.FIRE: (
        lambda w: act(until(w, Kind.FIRE), Kind.FIRE, "job(o1)"),
        lambda w: w.timers == [] and len(w.network.in_flight) == 1,
    ),
    Kind.ANSWER: (
        lambda w: act(
            until(w, Kind.RESUME, JOB, "answer"), Kind.ANSWER, JOB, "answer check", Mode.REFUSED
        ),
        lambda w: w.history.sagas["o1"].reasons == {"check refused"},
    ),
    Kind.CRASH: (
        lambda w: act(
            until(w, Kind.RESUME, JOB, "answer"), Kind.CRASH, JOB, "answer check", Mode.BEFORE
        ),
        lambda w: not w.tasks and not w.network.in_flight[0].held,
    ),
    Kind.DUPLICATE: (
        lambda w: act(rest(w), Kind.DUPLICATE, MESSAGE),
        lambda w: w.network.in_flight[0].event == w.network.originals[MESSAGE].event,
    ),
    Kind.REPUBLISH: (
        lambda w: act(rest(w), Kind.REPUBLISH, MESSAGE),
        lambda w: w.network.in_flight[0].event != w.network.originals[MESSAGE].event,
    ),
    Kind.TWICE: (
        lambda w: act(until(w, Kind.DELIVER), Kind.TWICE, MESSAGE),
        lambda w: {JOB, f"{JOB}, copy 2"} <= w.tasks.keys(),
    ),
    Kind.STALL: (
        lambda w: act(until(w, Kind.RESUME, JOB), Kind.STALL, JOB),
        lambda w: w.tasks[JOB].stalled and w.benign() == [Action(Kind.RELAY, "worker")],
    ),
    Kind.ACT: (
        lambda w: act(until(w, Kind.ACT), Kind.ACT, "o1", "approve"),
        lambda w: status(w) is Status.CONFIRMED,
    ),
    Kind.CANCEL: (
        lambda w: act(rest(w), Kind.CANCEL, "o1"),
        lambda w: w.history.sagas["o1"].cancelled and w.cancels == {"o1"},
    ),
    Kind.RESUBMIT: (
        lambda w: act(rest(w), Kind.RESUBMIT, "o1"),
        lambda w: w.target.calls[-1] == "place" and "resubmit o1" in w.tasks,
    ),
    Kind.LATE: (
        lambda w: act(until(w, Kind.DELIVER), Kind.LATE, "job(o1)"),
        lambda w: w.timers == [] and w.history.sagas["o1"].reasons == {"job came first"},
    ),
    Kind.POISON: (
        lambda w: act(rest(w), Kind.POISON, "worker", "job"),
        lambda w: not w.network.in_flight[0].readable,
    ),
    Kind.STANDSTILL: (
        lambda w: act(rest(w), Kind.STANDSTILL),
        lambda w: w.now > world_of(Everything).now + 7 * 86_400,
    ),
    Kind.IDLE: (lambda w: act(rest(w), Kind.IDLE), lambda w: w.benign() == [IDLE]),
}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_action_does_what_it_says(kind: Kind) -> None:
    """Pins each kind by what can be seen after it, that its fault counts, and that it has words."""
    do, seen = KINDS[kind]
    world = do(world_of(Everything))
    assert seen(world)
    assert status(rest(world)) is Status.CONFIRMED
    action = Action(kind, "o1", "answer check", Mode.REFUSED)
    assert in_words(action)
    fault = fault_of(action)
    assert fault is None or world.fired[fault] > 0


@pytest.mark.parametrize(
    ("kind", "port", "mode", "told"),
    [
        (Kind.CRASH, "commit", Mode.BEFORE, "x: crash before commit, and restart"),
        (Kind.CRASH, "commit", Mode.AFTER, "x: crash after commit, and restart"),
        (Kind.CRASH, "after commit", Mode.BEFORE, "x: crash just after commit, and restart"),
        (Kind.RESUME, "commit", "", "x: commit"),
        (Kind.RESUME, "after commit", "", "x: goes on after commit"),
        (
            Kind.ANSWER,
            "after commit",
            Mode.UNKNOWN_DONE,
            "x: commit → timeout, although it was done",
        ),
    ],
)
def test_a_place_after_something_is_told_in_words(
    kind: Kind, port: str, mode: str, told: str
) -> None:
    """Pins that the place just after an effect is not told as if it were a port of that name."""
    assert in_words(Action(kind, "x", port, mode)) == told


def test_every_kind_has_a_move() -> None:
    """Pins that a kind that is added is also carried out."""
    assert {*moves.MOVES, Kind.IDLE} == set(Kind)


def test_every_fault_that_can_strike_is_offered_and_enabled() -> None:
    """Pins that what `faults` lists `enabled` allows, at every step of a run."""
    world = world_of(Everything)
    offered = set()
    while (action := world.benign()[0]) is not IDLE:
        for choice in [*world.benign(), *(a for group in world.faults() for a in group)]:
            assert world.enabled(choice), choice
            offered.add(choice.kind)
        world.apply(action)
    assert offered >= set(Kind) - {Kind.IDLE}


@pytest.mark.parametrize("factory", [Everything, AsyncToy])
def test_the_same_schedule_twice_is_the_same_trace(factory: type[Toy]) -> None:
    """Pins determinism, for plain functions and coroutines, down to every line of the trace."""
    steps = []
    for _ in range(2):
        trace = Trace()
        world = World(subject_of(factory), TWO, trace)
        until(world, Kind.DELIVER)
        act(world, Kind.DUPLICATE, MESSAGE)
        world.drain()
        steps.append(trace.steps)
    assert steps[0] == steps[1]
    assert len(steps[0]) > 5


def test_what_a_target_does_not_have_is_not_offered() -> None:
    """Pins that there is no cancel, resubmission, act or relay without its member."""
    world = rest(world_of(Toy))
    for kind in (Kind.CANCEL, Kind.RESUBMIT, Kind.ACT, Kind.RELAY):
        assert not world.enabled(Action(kind, "o1"))


def test_timers_fire_when_nothing_else_happens() -> None:
    """Pins that time moves to the timer that is due first, and to no other."""

    class Later(Toy):
        def place_order(self, order: dict[str, Any]) -> None:
            """Two timers."""
            self.world.timer(60, "job", {"which": "late"})
            self.world.timer(30, "job", {"which": "early"})

        def work(self, event: dict[str, Any]) -> None:
            """Note the time."""
            self.seen[-1] = f"{event['data']['which']} at {self.world.clock() - event['time']:g}"

    assert rest(world_of(Later)).target.seen == ["early at 30", "late at 60"]


def test_each_timer_fires_once() -> None:
    """Pins that timers of one type and order are told apart, also after one of them has fired."""

    class Chain(Toy):
        def place_order(self, order: dict[str, Any]) -> None:
            """Two timers."""
            self.world.timer(10, "job", {"order": order["id"], "n": 1})
            self.world.timer(90, "job", {"order": order["id"], "n": 2})

        def work(self, event: dict[str, Any]) -> None:
            """Set a third one when the first fires."""
            self.seen[-1] = str(event["data"]["n"])
            if event["data"]["n"] == 1:
                self.world.timer(20, "job", {"order": event["subject"], "n": 3})

    assert rest(world_of(Chain)).target.seen == ["1", "3", "2"]


def test_republished_ids_are_new_each_time() -> None:
    """Pins that no two republished messages share an id, or an inbox would hide the second."""
    world = rest(world_of(Toy))
    for _ in range(2):
        rest(act(world, Kind.REPUBLISH, MESSAGE))
    assert len(set(world.target.seen)) == 3


def test_only_what_changes_its_id_is_published_again() -> None:
    """Pins that `republish` is offered for the types that were seen to come under another id."""
    for changing, offered in ((frozenset({"job"}), True), (frozenset({"other"}), False)):
        scope = evolve(ONE, faults=frozenset({Fault.REPUBLISH}))
        world = rest(World(evolve(subject_of(Toy), changing=changing), scope))
        kinds = {action.kind for group in world.faults() for action in group}
        assert (Kind.REPUBLISH in kinds) is offered


def test_duplicates_have_the_id_of_their_original() -> None:
    """Pins that the same message again is the same message."""
    world = rest(act(rest(world_of(Toy)), Kind.DUPLICATE, MESSAGE))
    assert len(world.target.seen) == 2
    assert len(set(world.target.seen)) == 1


def test_two_copies_at_once_need_two_consumers() -> None:
    """Pins that TWICE is not offered where a participant handles one message at a time."""
    world = until(world_of(Toy), Kind.DELIVER)
    assert not world.enabled(Action(Kind.TWICE, MESSAGE))


def test_exactly_once_makes_no_copies() -> None:
    """Pins that the broker's own promise rules out duplicates, republished and double ones."""
    world = rest(world_of(Everything, delivering(Delivery.EXACTLY_ONCE_FIFO)))
    for kind in (Kind.DUPLICATE, Kind.REPUBLISH):
        assert not world.enabled(Action(kind, MESSAGE))


def test_without_concurrency_one_call_runs_at_a_time() -> None:
    """Pins that a paused call is finished first when interleaving is not asked for."""
    world = until(world_of(Everything, evolve(TWO, faults=NOT_CONCURRENT)), Kind.RESUME, "place o1")
    assert [action.kind for action in world.benign()] == [Kind.RESUME]


def test_overtaking_is_counted_as_reordering() -> None:
    """Pins that a message that overtakes an older one fires the fault, and the oldest does not."""
    world = until(world_of(Toy, TWO), Kind.DELIVER)
    act(world, Kind.PLACE, "o2")
    act(world, Kind.RESUME, "place o2", "publish job")
    act(world, Kind.DELIVER, "job(o2) to worker")
    assert world.fired == {Fault.REORDER: 1}
    rest(world)
    assert world.fired == {Fault.REORDER: 1}


@pytest.mark.parametrize("factory", [Toy, AsyncToy])
def test_nothing_fires_in_a_benign_run(factory: type[Toy]) -> None:
    """Pins that first in, first out counts as no fault at all."""
    world = world_of(factory, TWO)
    world.drain()
    assert world.fired == {}
    assert not world.history.disturbed
    assert world.history.findings == {}


def test_a_message_that_always_fails_never_rests() -> None:
    """Pins that the bound on steps turns a poisonous message into LIVE-0, with its error."""

    class Poisoned(Toy):
        def work(self, event: dict[str, Any]) -> None:
            """Fail."""
            raise ValueError("cannot parse")

    world = world_of(Poisoned)
    world.drain()
    found = world.history.findings["LIVE-0"]
    assert found.order == "o1"
    assert "cannot parse" in found.text
    assert world.history.step <= DRAIN_STEPS_PER_ORDER + 1


def test_idling_takes_no_step() -> None:
    """Pins that a choice of nothing leaves the run as it was."""
    world = rest(world_of(Toy))
    before = world.history.step
    assert benign(world, 3).history.step == before
