"""Few schedules that together go everywhere: derived from the table, to be driven on a target.

They cover every row, every row with a crash before the acknowledgement, and every message that is
ignored though it can come (`decisions.STALE`). What only passes between payment and gateway cannot
be delivered by a driver, so those rows are covered through the outcome of the delivery that causes
them, crashes of the gateway are its lost answers, and its late answers are left out.

Each schedule is the shortest way to something not covered yet, and then goes on to whatever else is
near. A driver carries the steps out one by one, lets the target relay after each one, and drains
what is in flight at the end. What a crash brings back waits until a step delivers it, so that other
messages can come in between. A target that parts from the table may not have published what a step
delivers; that step is then left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from attrs import define, evolve, field, frozen

from model.choreography import TABLE, PortCall
from model.decisions import STALE
from model.handling import Handling, handle, outcomes
from model.table import Actor, Channel, Row, Table


@frozen(cache_hash=True)
class Place:
    """The customer places the order."""

    def __str__(self) -> str:
        return "place the order"


@frozen(cache_hash=True)
class CustomerCancel:
    """The customer asks for a cancel."""

    def __str__(self) -> str:
        return "the customer cancels"


@frozen(cache_hash=True)
class Deliver:
    """One consumer is given one message."""

    event: str
    consumer: str
    outcome: str = ""
    """What the environment answers: "decline", "reply lost" or "request lost" of the gateway,
    "refuse" of the carrier; empty for the answer that lets the saga go on."""
    crash_before_ack: bool = False
    """The consumer dies when all is committed, so the message comes back. With an answer that is
    lost it dies at that call (`handling`)."""
    again: bool = False
    """A copy of a message that the consumer has acknowledged already."""

    def __str__(self) -> str:
        return (
            f"deliver {self.event} to {self.consumer}"
            f"{f' ({self.outcome})' if self.outcome else ''}"
            f"{', crash before the acknowledgement' if self.crash_before_ack else ''}"
            f"{', again' if self.again else ''}"
        )


AbstractStep = Place | CustomerCancel | Deliver


@frozen(cache_hash=True)
class Goal:
    """Something to be covered: a row, a row with a crash, or a message that is ignored."""

    kind: str
    key: Row | tuple[str, str, str]

    def __str__(self) -> str:
        if isinstance(self.key, Row):
            return f"{self.kind}: {self.key}"
        actor, state, message = self.key
        return f"{self.kind}: {actor} in {state} ignores {message}"


@frozen
class DirectedSchedule:
    """Steps for one order, what they are for, and what else they cover."""

    name: str
    stock: int
    """Pieces in stock at the beginning; the order wants one."""
    steps: tuple[AbstractStep, ...]
    covers: tuple[Goal, ...]


@frozen(cache_hash=True)
class Course:
    """How far a schedule has come: enough to tell which steps are possible."""

    states: tuple[str, ...]
    stock: int
    pending: frozenset[Channel]
    consumed: frozenset[Channel]
    requested: frozenset[str] = frozenset()
    """What the customer has asked for: a target need not say again what it has passed on once."""


@frozen
class Onward:
    """A step, what it covers, and where it leads."""

    step: AbstractStep
    goals: frozenset[Goal]
    course: Course


#: A schedule goes on to other goals while it is shorter than this, and no further than `_NEAR`.
_LONG = 12
_NEAR = 3


#: The gateway repeats a refusal only to a second handler that asks while the first one does: one
#: delivery at a time, however it ends, never gets there.
LEFT_OUT = (Actor.GATEWAY, "refused", PortCall.CHARGE)


@cache
def goals(table: Table = TABLE) -> frozenset[Goal]:
    """All that the schedules have to cover."""
    hidden = {machine.actor for machine in table.machines if machine.behind}
    crashing = [r for r in table.rows if r.actor not in hidden and r.on not in table.requests]
    return frozenset(
        {Goal("row", row) for row in table.rows if row.key != LEFT_OUT}
        | {Goal("crash", row) for row in crashing}
        | {Goal("ignored", key) for key in STALE if key[2] not in table.port_calls}
    )


@cache
def directed_schedules(table: Table = TABLE) -> tuple[DirectedSchedule, ...]:
    """The suite: the goals that lie deepest first, since the way there covers many others."""
    search = _Search(table)
    search.run()
    covered: set[Goal] = set()
    suite: list[DirectedSchedule] = []
    for goal in sorted(search.ways, key=lambda goal: (-len(search.ways[goal]), str(goal))):
        if goal not in covered:
            way = search.ways[goal]
            covered.update(*(onward.goals for onward in way))
            way = _extended(table, way, covered)
            suite.append(_schedule(goal, way))
    return tuple(reversed(suite))


def _schedule(goal: Goal, way: tuple[Onward, ...]) -> DirectedSchedule:
    covers = dict.fromkeys(each for onward in way for each in sorted(onward.goals, key=str))
    stock = max(onward.course.stock for onward in way)
    return DirectedSchedule(str(goal), stock, tuple(onward.step for onward in way), tuple(covers))


def _extended(table: Table, way: tuple[Onward, ...], covered: set[Goal]) -> tuple[Onward, ...]:
    """Go on to what is not covered yet, as long as it is near."""
    while len(way) < _LONG:
        more = _nearest(table, way[-1].course, covered)
        if not more:
            break
        way = (*way, *more)
        covered.update(*(onward.goals for onward in more))
    return way


def _nearest(table: Table, course: Course, covered: set[Goal]) -> tuple[Onward, ...]:
    ways: list[tuple[Onward, ...]] = [()]
    for _ in range(_NEAR):
        longer: list[tuple[Onward, ...]] = []
        for way in ways:
            for onward in onwards(table, way[-1].course if way else course):
                if onward.goals - covered:
                    return (*way, onward)
                longer.append((*way, onward))
        ways = longer
    return ()


@define
class _Search:
    """Breadth first over all courses, until there is a shortest way to each goal."""

    table: Table
    ways: dict[Goal, tuple[Onward, ...]] = field(factory=dict)

    def run(self) -> None:
        """Fill `ways`."""
        level: list[tuple[Onward, ...]] = [(beginning(self.table, stock),) for stock in (1, 0)]
        seen = {way[-1].course for way in level}
        missing = set(goals(self.table))
        while level and missing:
            following: list[tuple[Onward, ...]] = []
            for way in level:
                for onward in onwards(self.table, way[-1].course):
                    for goal in onward.goals & missing:
                        self.ways[goal] = (*way, onward)
                    missing -= onward.goals
                    if onward.course not in seen:
                        seen.add(onward.course)
                        following.append((*way, onward))
            level = following


def beginning(table: Table, stock: int) -> Onward:
    """The order is placed."""
    states = tuple(machine.initial for machine in table.machines)
    course = Course(states, stock, _channels(table, table.start), frozenset())
    return Onward(Place(), frozenset(), course)


def onwards(table: Table, course: Course) -> Iterator[Onward]:
    """Every step from here; without surprises first."""
    for event, consumer in sorted(course.pending | course.consumed):
        for outcome in outcomes(table, course.states, consumer, event):
            for crash in (False, True):
                again = (event, consumer) not in course.pending
                step = Deliver(event, consumer, outcome, crash, again)
                handling = _handled(table, course, step)
                if handling or not crash:
                    yield _delivered(table, course, step, handling)
    for request in table.requests:
        if request not in course.requested:
            yield _requested(table, course, request)


def _handled(table: Table, course: Course, step: Deliver) -> Handling | None:
    return handle(
        table,
        course.states,
        step.consumer,
        step.event,
        in_stock=course.stock > 0,
        outcome=step.outcome,
        crash=step.crash_before_ack,
    )


def _delivered(table: Table, course: Course, step: Deliver, handling: Handling | None) -> Onward:
    channel = (step.event, Actor(step.consumer))
    taken = frozenset({channel})
    if handling is None:
        key = (step.consumer, course.states[table.place(step.consumer)], step.event)
        met = frozenset({Goal("ignored", key)})
        rest = evolve(course, pending=course.pending - taken, consumed=course.consumed | taken)
        return Onward(step, met, rest)
    met = frozenset(Goal("row", row) for row in handling.rows)
    sent = _channels(table, handling.published)
    after = evolve(course, states=handling.states, stock=course.stock + handling.stock)
    if step.crash_before_ack:
        met |= {Goal("crash", handling.last)}
        after = evolve(after, pending=course.pending | taken | sent)
    else:
        left = (course.pending - taken) | sent
        after = evolve(after, pending=left, consumed=course.consumed | taken)
    return Onward(step, met, after)


def _requested(table: Table, course: Course, request: str) -> Onward:
    handling = handle(table, course.states, Actor.ORDER, request)
    asked = evolve(course, requested=course.requested | {request})
    if handling is None:
        key = (Actor.ORDER, course.states[table.place(Actor.ORDER)], request)
        return Onward(CustomerCancel(), frozenset({Goal("ignored", key)}), asked)
    sent = _channels(table, handling.published)
    after = evolve(asked, states=handling.states, pending=course.pending | sent)
    return Onward(CustomerCancel(), frozenset(Goal("row", r) for r in handling.rows), after)


def _channels(table: Table, events: tuple[str, ...]) -> frozenset[Channel]:
    return frozenset((event, actor) for event in events for actor in table.consumers(event))
