"""Few schedules that together go everywhere: derived from the table, to be driven on a target.

They cover every row, every row with a crash before the acknowledgement, and every message that is
ignored though it can come (`decisions.STALE`). What only passes between payment and gateway cannot
be delivered by a driver, so those rows are covered through the outcome of the delivery that causes
them, crashes of the gateway are its lost answers, and its late answers are left out.

Each schedule is the shortest way to something not covered yet, and then goes on to whatever else is
near. A driver carries the steps out one by one, lets the target relay after each, and drains what is
in flight at the end; what a step delivers is there by then, if the target does what the table says.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from attrs import define, field, frozen

from model.choreography import CUSTOMER_CANCEL, TABLE
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


@frozen
class Onward:
    """A step, what it covers, and where it leads."""

    step: AbstractStep
    goals: frozenset[Goal]
    course: Course


#: A schedule goes on to other goals while it is shorter than this, and no further than `_NEAR`.
_LONG = 12
_NEAR = 3


@cache
def goals(table: Table = TABLE) -> frozenset[Goal]:
    """All that the schedules have to cover."""
    hidden = {machine.actor for machine in table.machines if machine.behind}
    calls = {row.on for row in table.rows if row.actor in hidden}
    calls |= {event for row in table.rows if row.actor in hidden for event in row.emits}
    crashing = [r for r in table.rows if r.actor not in hidden and r.on not in table.requests]
    return frozenset(
        {Goal("row", row) for row in table.rows}
        | {Goal("crash", row) for row in crashing}
        | {Goal("ignored", key) for key in STALE if key[2] not in calls}
    )
