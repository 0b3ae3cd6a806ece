"""Many sagas of a table, run at random with all that can go wrong, and what a log would say.

The runs are those of `semantics` (every row a transaction with a line of its own) or of `handling`
(a handler waits for the gateway, so that one line stands for a chain of rows). Sagas interleave
and share the stock; the services' lines are then shuffled against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from attrs import define, field, frozen

from model.choreography import CUSTOMER_CANCEL, TABLE
from model.handling import handle, outcomes
from model.semantics import Budget, Kind, Move, Saga, Scope, beginning, fired, in_season, moves
from model.table import Actor, Row, Table

#: How often a piece is put on the shelf when a saga ends: seldom enough for some to be rejected.
REFILLED = 0.1
#: A saga that goes on for longer than this never ends.
MOST_STEPS = 150


@frozen
class Happened:
    """One transaction, or one handling, of one saga."""

    saga: str
    actor: str
    consumed: str | None
    published: tuple[str, ...]
    effects: tuple[str, ...]
    state: str
    stock: int = 0
    line: bool = True
    """Whether the service got to writing a line; a ledger has its effects all the same."""


@define
class Course:
    """One saga under way."""

    name: str
    saga: Saga
    left: Budget
    steps: int = 0


@define
class Recording:
    """So many sagas, a few at a time."""

    random: Random
    table: Table = TABLE
    sagas: int = 100
    stock: int = 60
    at_once: int = 20
    trouble: float = 0.5
    finish: float = 1.0
    """Which part of the sagas is let run on at each step."""
    torn: tuple[Row, ...] = ()
    """Rows that fire in a crash only (`model.mutants`)."""
    fired: set[Row] = field(factory=set)
    happened: list[Happened] = field(factory=list)

    def run(self) -> Recording:
        """From the first saga to the last one."""
        courses: list[Course] = []
        waiting = [f"o{number}" for number in range(self.sagas)]
        while courses or waiting:
            while waiting and len(courses) < self.at_once:
                courses.append(self._begin(waiting.pop(0)))
            course = self.random.choice(courses)
            if not self._step(course):
                courses.remove(course)
                self.stock += self.random.random() < REFILLED  # somebody fills up the shelf
        return self

    def _begin(self, name: str) -> Course:
        saga = beginning(self.table, Scope()).sagas[0]
        troubled = self.random.random() < self.trouble
        left = Budget(*(self.random.randrange(3) for _ in range(4))) if troubled else Budget()
        start = tuple(self.table.start)
        state = self.table.machine(Actor.ORDER).initial
        self.happened.append(Happened(name, Actor.ORDER, None, start, (), state))
        return Course(name, saga, left)

    def _step(self, course: Course) -> bool:
        if self.finish < 1 and self.random.random() > self.finish:
            return False
        if course.steps > MOST_STEPS:
            return False
        course.steps += 1
        possible = [
            move
            for move in (*moves(self.table, course.saga), *self._tears(course.saga))
            if course.left.affords(move.price)
            and (move.row is None or in_season(move.row, self.stock > 0))
            and not (course.saga.quiet and move.kind is Kind.CANCEL)
        ]
        if not possible:
            return False
        move = self.random.choice(possible)
        course.left = course.left.less(move.price)
        course.saga = move.after
        if move.kind is not Kind.DUPLICATE:
            self._note(course, move)
        return True

    def _tears(self, saga: Saga) -> Iterator[Move]:
        for row in self.torn:
            channel = (row.on, row.actor)
            asked = channel not in self.table.channels
            sent = asked or saga.inbox[self.table.channels.index(channel)]
            if sent and saga.states[self.table.place(row.actor)] == row.state:
                after = fired(self.table, saga, row)
                yield Move(Kind.CRASH, row.on, row.actor, row, Budget(crashes=1), after)

    def _note(self, course: Course, move: Move) -> None:
        row = move.row
        if row:
            self.fired.add(row)
        state = course.saga.states[self.table.place(move.actor)]
        emits = row.emits if row else ()
        effects = tuple(effect.name for effect in row.effects) if row else ()
        stock = sum(effect.stock for effect in row.effects) if row else 0
        self.stock += stock
        consumed = move.message
        self.happened.append(
            Happened(course.name, move.actor, consumed, emits, effects, state, stock)
        )


@define
class Handlings(Recording):
    """The same at the grain of a handler that calls the gateway and waits."""

    pending: dict[str, list[tuple[str, str]]] = field(factory=dict)
    states: dict[str, tuple[str, ...]] = field(factory=dict)

    def _begin(self, name: str) -> Course:
        course = super()._begin(name)
        self.pending[name] = [
            (m, str(a)) for m in self.table.start for a in self.table.consumers(m)
        ]
        self.states[name] = course.saga.states
        return course

    def _step(self, course: Course) -> bool:
        pending = self.pending[course.name]
        if not pending:
            return False
        asks = course.left.cancels and self.random.random() < 0.2
        message, actor = self.random.choice(pending)
        if asks:
            message, actor = CUSTOMER_CANCEL, str(Actor.ORDER)
            course.left = course.left.less(Budget(cancels=1))
        else:
            pending.remove((message, actor))
        crash = bool(not asks and course.left.crashes and self.random.random() < 0.3)
        again = crash or (course.left.duplicates and self.random.random() < 0.3)
        if not asks and again:
            pending.append((message, actor))
            course.left = course.left.less(Budget(crashes=crash, duplicates=not crash))
        self._handle(course.name, message, actor, crash)
        return True

    def _handle(self, name: str, message: str, actor: str, crash: bool) -> None:
        states = self.states[name]
        choices = outcomes(self.table, states, actor, message)
        outcome = self.random.choice(choices) if self.random.random() < 0.3 else ""
        done = handle(
            self.table,
            states,
            actor,
            message,
            in_stock=self.stock > 0,
            outcome=outcome,
            crash=crash and outcome in ("reply lost", "request lost"),
        )
        place = self.table.place(actor)
        if done is None:
            self.happened.append(Happened(name, actor, message, (), (), states[place]))
            return
        self.states[name] = done.states
        self.stock += done.stock
        sent = [(m, str(a)) for m in done.published for a in self.table.consumers(m)]
        self.pending[name] += sent
        died = crash and outcome in ("reply lost", "request lost")
        effects = tuple(effect.name for row in done.rows for effect in row.effects)
        state = done.states[place]
        self.happened.append(
            Happened(name, actor, message, done.published, effects, state, done.stock, not died)
        )


def lines(
    happened: Sequence[Happened],
    fields: tuple[str, ...] = ("consumed", "published", "effects", "state"),
    hidden: frozenset[str] = frozenset(),
) -> Iterator[dict[str, Any]]:
    """The lines of a log that shows these fields, and not these services."""
    calls = TABLE.port_calls
    for number, each in enumerate(happened):
        if each.actor in hidden:
            continue
        events = [event for event in each.published if event not in calls]
        base: dict[str, Any] = {"saga": each.saga, "service": each.actor, "time": number}
        if fields == ("published",):
            for event in events:
                yield {**base, "id": f"{number}/{event}", "published": [event]}
            continue
        if fields == ("effects",):
            for effect in each.effects:
                yield {**base, "effects": [effect]}
            continue
        if not each.line:
            continue
        said: Mapping[str, Any] = {
            "consumed": each.consumed,
            "published": events,
            "effects": list(each.effects),
            "state": each.state,
        }
        told = {name: said[name] for name in fields if said[name] is not None}
        if told:
            yield {**base, **told}


def shuffled(
    said: list[dict[str, Any]], random: Random, window: int = 0
) -> Iterator[dict[str, Any]]:
    """The lines with the services out of step: each keeps its own order, and nothing else holds.

    With a `window` no service lags further behind than so many lines.
    """
    if window:
        lag = {line["service"]: random.randrange(window) for line in said}
        order = sorted(range(len(said)), key=lambda n: (n + lag[said[n]["service"]], n))
        yield from (said[number] for number in order)
        return
    lanes: dict[str, list[dict[str, Any]]] = {}
    for line in said:
        lanes.setdefault(line["service"], []).append(line)
    picks = [service for service, lane in lanes.items() for _ in lane]
    random.shuffle(picks)
    heads = {service: iter(lane) for service, lane in lanes.items()}
    yield from (next(heads[service]) for service in picks)
