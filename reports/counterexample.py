"""The counterexample as a value: all that any form of report may say about one violation."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import frozen


class StepKind(StrEnum):
    """How a step of a schedule relates to the benign one (first in, first out, no fault)."""

    DEFAULT = "default"
    DEVIATION = "deviation"
    FAULT = "fault"


class ArrowKind(StrEnum):
    """What travels along an arrow of the sequence diagram."""

    MESSAGE = "message"
    CALL = "call"
    ANSWER = "answer"
    LOST = "lost"
    NOTE = "note"
    CRASH = "crash"


@frozen
class Arrow:
    """One arrow (or note, when `source == target`) of the sequence diagram."""

    kind: ArrowKind
    source: str
    target: str
    text: str


@frozen
class LedgerLine:
    """One ledger entry made in a step; `guilty` when the violation rests on it."""

    order: str
    text: str
    guilty: bool = False


@frozen
class Balance:
    """An order's side of the ledger after a step. `money` in minor units of `currency`."""

    order: str
    status: str
    money: int
    currency: str
    reserved: int
    shipped: int


@frozen
class Shelf:
    """How many pieces are available after a step."""

    sku: str
    pieces: int


@frozen
class Step:
    """One step of the schedule with everything that it brought about."""

    number: int
    action: str
    kind: StepKind
    drained: bool = False
    guilty: bool = False
    arrows: tuple[Arrow, ...] = ()
    entries: tuple[LedgerLine, ...] = ()
    notes: tuple[str, ...] = ()
    balances: tuple[Balance, ...] = ()
    stock: tuple[Shelf, ...] = ()
    """Empty where the target does not show its stock."""
    idle: str = ""
    """Who was asked to relay and had nothing; empty where something happened."""


@frozen
class Divergence:
    """The first step at which target and model part ways."""

    step: int
    did: str
    expected: tuple[str, ...]


@frozen
class Safeguard:
    """What would have prevented the violation: a name of the field, why, and how to add it."""

    name: str
    reason: str
    advice: str
    instead: tuple[str, ...] = ()
    """Others that would do as well, where the evidence does not tell them apart."""


@frozen
class Counterexample:
    """A violation, shrunk and confirmed, ready to be reported."""

    property_id: str
    statement: str
    finding: str
    order: str
    target: str
    delivery: str
    setting: str
    """Orders, quantities and stock of the run, in one line."""
    steps: tuple[Step, ...]
    tier: str
    """Which part of the search found it."""
    seed: int
    runs: int
    """How many runs the shrinking took."""
    schedule: dict[str, Any]
    """The schedule as JSON data: what `--saga-replay` reads."""
    safeguard: Safeguard | None = None
    divergence: Divergence | None = None
    also: tuple[str, ...] = ()
    """Ids of other properties that the very same schedule violates."""
    besides: str = ""
    """How else the property is violated, in one line: without any fault, with more orders."""

    @property
    def deviations(self) -> tuple[Step, ...]:
        """The steps that differ from first in, first out without faults."""
        return tuple(step for step in self.steps if step.kind is not StepKind.DEFAULT)
