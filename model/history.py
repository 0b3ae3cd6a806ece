"""The history of a run: all that the monitors may know, and what they have found.

Kept by the kit alone, step by step. The order in which things are told to it is the order in which
they happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import define, field, frozen

from model.ledger import Balance, Entry, Ledger
from model.vocabulary import Event, Order, Status


class Cancel(StrEnum):
    """What became of an attempt to cancel an order."""

    ACCEPTED = "cancel accepted"
    REFUSED = "cancel refused"
    RAISED = "cancel raised"


@frozen
class Finding:
    """A violation of one property: where, for which order, in words, resting on which entries."""

    property_id: str
    step: int
    order: str
    text: str
    entries: tuple[Entry, ...] = ()


@define
class Saga:
    """What has happened to one order."""

    order: Order
    wanted: dict[str, int]
    balance: Balance
    placed: bool = False
    """Placed and accepted for certain: the target answered."""
    attempted: bool = False
    refused: bool = False
    status: Status | None = None
    reasons: set[str] = field(factory=set)
    """Business reasons that the environment has given for a failure."""
    cancelled: bool = False
    """A cancel was accepted."""
    published: dict[str, int] = field(factory=dict)
    terminal: dict[Status, str] = field(factory=dict)
    """Kinds of terminal event seen, with the event type that stood for it."""
    statuses: set[Status] = field(factory=set)

    @property
    def ended(self) -> bool:
        """Whether its status is one that nothing may change any more."""
        return self.status is not None and self.status.final


@frozen
class Sight:
    """What can be seen of a target, and so which properties apply to it."""

    money: bool = True
    stock: bool = True
    reservations: bool = True
    parcels: bool = True
    model_events: bool = True
    words: frozenset[str] = frozenset(Event)
    """Types of events that it was seen to publish, or that somebody there consumes."""
    terminal: Mapping[str, Status] = field(factory=dict)


@define
class History:
    """One run so far."""

    initial: dict[str, int]
    sight: Sight
    ledger: Ledger = field(factory=Ledger)
    sagas: dict[str, Saga] = field(factory=dict)
    stock: dict[str, int] = field(factory=dict)
    step: int = 0
    disturbed: bool = False
    """Whether anything but business answers deviated from the benign environment."""
    findings: dict[str, Finding] = field(factory=dict)
    """The first finding of each property."""
    checked: dict[str, int] = field(factory=dict)
    """How often each property had something to check."""
    left_aside: dict[str, int] = field(factory=dict)
    """How often a property had something to check that could not be judged."""
    cancels: dict[str, int] = field(factory=dict)
    """How often an attempt to cancel came to what."""

    def saga(self, order: Order) -> Saga:
        """The record of `order`, begun if there is none."""
        found = self.sagas.get(order.id)
        if found is None:
            found = Saga(order, order.quantities, self.ledger.balance(order.id))
            self.sagas[order.id] = found
        return found

    def check(self, property_id: str) -> None:
        """Count that `property_id` had something to check."""
        self.checked[property_id] = self.checked.get(property_id, 0) + 1

    def answer(self, cancel: Cancel) -> None:
        """Count what became of a cancel."""
        self.cancels[cancel] = self.cancels.get(cancel, 0) + 1

    def leave_aside(self, property_id: str) -> None:
        """Count that `property_id` had something to check, and that it cannot be judged here."""
        self.left_aside[property_id] = self.left_aside.get(property_id, 0) + 1

    def report(self, property_id: str, order: str, text: str, *entries: Entry) -> None:
        """Record a violation; only the first of each property counts."""
        if property_id not in self.findings:
            self.findings[property_id] = Finding(property_id, self.step, order, text, entries)

    def entries_of(self, order: str, *effects: str) -> tuple[Entry, ...]:
        """The ledger entries of an order, of the given effects if any are named."""
        return tuple(
            entry
            for entry in self.ledger.entries
            if entry.order == order and (not effects or entry.effect in effects)
        )
