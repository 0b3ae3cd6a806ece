"""Step by step against the ledger automaton: for targets whose events have names of their own.

Where an order's ledger does something that the model's never does, target and model part ways. That
is no verdict: a target may be made otherwise and be right (one that reserves before it charges, or
gives the money back for a parcel that it recalls). It is said beside a violation, since there it is
where to look.

What is compared is told in the model's letters: a reservation is made once *all* pieces are held,
money is back once *nothing* is kept, and a parcel counts once, whatever is in it. What the model
has no letter for (authorisations, parcels that are recalled) ends the comparison for that order.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from model.automaton import Automaton, hiding
from model.history import Saga, Sight
from model.ledger import Balance, Effect, Entry
from model.packed import Word
from model.vocabulary import Status


@frozen
class Departure:
    """The first thing that the ledger of an order did and the model's never does."""

    step: int
    order: str
    before: Word
    did: str
    allowed: tuple[str, ...]
    entry: Entry | None
    """The entry that it was; none if it was a status."""

    def __str__(self) -> str:
        return f"{self.did} after {', '.join(self.before) or 'nothing'}"


@define
class _Course:
    """How far the ledger of one order has come."""

    state: int = 0
    said: Word = ()
    parcels: int = 0
    status: Status | None = None
    over: bool = False
    """Whether it is not compared any more."""


@define
class Courses:
    """The ledgers of all orders of one run, followed entry by entry."""

    automaton: Automaton
    departure: Departure | None = None
    """The first one of the run."""
    _of: dict[str, _Course] = field(factory=dict)

    def entered(self, saga: Saga, entry: Entry) -> None:
        """An entry has been posted."""
        course = self._of.get(entry.order)
        if course is None:
            course = self._of[entry.order] = _Course()
        if course.over:
            return
        effect = entry.effect
        if effect is Effect.SHIP:
            before, course.parcels = course.parcels, len(saga.balance.booked)
            letter = "ship" if course.parcels > before else ""
        elif effect in _LETTERS:
            letter = _letter(saga.balance, saga.wanted, entry)
        else:
            course.over = True
            return
        if letter:
            self._say(course, letter, entry.step, entry.order, entry)

    def showed(self, statuses: Mapping[str, Status], step: int) -> None:
        """These are the statuses now."""
        for order, status in statuses.items():
            if status.final:
                course = self._of.setdefault(order, _Course())
                if not course.over and course.status is not status:
                    course.status = status
                    self._say(course, status.value, step, order, None)

    def _say(
        self, course: _Course, letter: str, step: int, order: str, entry: Entry | None
    ) -> None:
        after = self.automaton.step(course.state, letter)
        if after is not None:
            course.state, course.said = after, (*course.said, letter)
            return
        course.over = True
        if self.departure is None:
            allowed = self.automaton.allowed(course.state)
            self.departure = Departure(step, order, course.said, letter, allowed, entry)


_LETTERS = frozenset({Effect.CHARGE, Effect.REFUND, Effect.RESERVE, Effect.RELEASE})


def _letter(balance: Balance, wanted: dict[str, int], entry: Entry) -> str:
    """The letter that an entry completes; empty if it is only a part of one."""
    match entry.effect:
        case Effect.REFUND:
            done = balance.money <= 0
        case Effect.RESERVE:
            done = all(balance.reserved.get(sku, 0) >= pieces for sku, pieces in wanted.items())
        case Effect.RELEASE:
            left = balance.reserved.values()
            part = 0 < balance.reserved_ever < sum(wanted.values())
            done = any(n < 0 for n in left) or not (any(left) or part)
        case _:
            done = True
    return entry.effect.value if done else ""


def courses(sight: Sight) -> Courses:
    """A comparison for a target of which so much can be seen."""
    hidden = {"charge", "refund"} if not sight.money else set[str]()
    hidden |= {"reserve", "release"} if not sight.stock else set()
    hidden |= {"ship"} if not sight.parcels else set()
    return Courses(hiding(frozenset(hidden)))
