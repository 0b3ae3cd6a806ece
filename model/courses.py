"""Step by step against the ledger automaton: for targets whose events have names of their own.

Where an order's ledger does something that the model's never does, target and model part ways. That
is no verdict: a target may be made otherwise and be right (one that reserves before it charges,
say). It is told beside a violation, since there it is where to look.

What is compared is told in the model's letters: a reservation is made once *all* pieces are held,
money is back once *nothing* is kept, and a parcel counts once, whatever is in it. What the model
has no letter for (authorisations, parcels that are recalled) ends the comparison for that order.
The final status is left out: many a right target calls an order failed before all is undone.
"""

from __future__ import annotations

from functools import cache

from attrs import define, field, frozen

from model.automaton import Automaton, hiding
from model.history import Saga, Sight
from model.ledger import Balance, Effect, Entry
from model.packed import ENDS, Word

#: What each ledger can say: money, stock, parcels.
LEDGERS = (("charge", "refund"), ("reserve", "release"), ("ship",))
_EVERYTHING = frozenset(letter for ledger in LEDGERS for letter in ledger)
_LEDGER_OF = {letter: number for number, ledger in enumerate(LEDGERS) for letter in ledger}


@frozen
class Departure:
    """Something that the ledger of an order did and the model's never does."""

    step: int
    entry: Entry
    did: str
    before: Word
    """What was done before for this order."""
    allowed: Word
    """What the model could have done."""

    def __str__(self) -> str:
        return f"{self.did} after {', '.join(self.before) or 'nothing'}"


@define
class _Course:
    """How far the ledger of one order has come."""

    state: int = 0
    said: Word = ()
    parcels: int = 0
    alone: list[int] | None = None
    """Where each ledger is by itself, once they have got out of step with each other."""
    over: bool = False
    """Whether it is not compared any more."""


@define
class Courses:
    """The ledgers of all orders of one run, followed entry by entry."""

    automaton: Automaton
    """For all ledgers together."""
    by_itself: tuple[Automaton, ...]
    """For each of `LEDGERS` alone."""
    turn: Departure | None = None
    """The first that any order did earlier or later than the model, each ledger being right."""
    departure: Departure | None = None
    """The first that no ledger of the model does by itself."""
    _of: dict[str, _Course] = field(factory=dict)

    def entered(self, saga: Saga, entry: Entry) -> None:
        """An entry has been posted."""
        course = self._of.get(entry.order)
        if course is None:
            course = self._of[entry.order] = _Course()
        if course.over:
            return
        letter = _letter(course, saga.balance, saga.wanted, entry)
        if not letter:
            return
        if course.alone is None:
            after = self.automaton.step(course.state, letter)
            if after is not None:
                course.state, course.said = after, (*course.said, letter)
                return
        self._depart(course, letter, entry)

    def _depart(self, course: _Course, letter: str, entry: Entry) -> None:
        """The model does not do this now; does it ever do it, if the other ledgers are not seen?"""
        allowed = self.automaton.allowed(course.state)
        ledger = _LEDGER_OF[letter]
        alone = course.alone
        if alone is None:
            alone = course.alone = [
                each.end(tuple(x for x in course.said if x in letters))
                for each, letters in zip(self.by_itself, LEDGERS, strict=True)
            ]
        else:
            allowed = self.by_itself[ledger].allowed(alone[ledger])
        departure = Departure(entry.step, entry, letter, course.said, allowed)
        after = self.by_itself[ledger].step(alone[ledger], letter)
        if after is None:
            course.over = True
            self.departure = self.departure or departure
        else:
            alone[ledger] = after
            course.said = (*course.said, letter)
            self.turn = self.turn or departure


def _letter(course: _Course, balance: Balance, wanted: dict[str, int], entry: Entry) -> str:
    """The letter that an entry completes; empty if it is only a part of one, or has none."""
    effect = entry.effect
    if effect is Effect.CHARGE:
        return "charge"
    if effect is Effect.RESERVE:
        for sku, pieces in wanted.items():  # in every run: no generator
            if balance.reserved.get(sku, 0) < pieces:
                return ""
        return "reserve"
    if effect is Effect.SHIP:
        before, course.parcels = course.parcels, len(balance.booked)
        return "ship" if course.parcels > before else ""
    if effect is Effect.REFUND:
        return "refund" if balance.money <= 0 else ""
    if effect is Effect.RELEASE:
        left = balance.reserved.values()
        part = 0 < balance.reserved_ever < sum(wanted.values())
        return "release" if any(n < 0 for n in left) or not (any(left) or part) else ""
    course.over = True
    return ""


def courses(sight: Sight) -> Courses:
    """A comparison for a target of which so much can be seen."""
    return Courses(*_automata(sight.money, sight.stock, sight.parcels))


@cache
def _automata(*visible: bool) -> tuple[Automaton, tuple[Automaton, ...]]:
    """For all ledgers that can be seen together, and for each ledger alone."""
    pairs = zip(visible, LEDGERS, strict=True)
    hidden = {*ENDS, *(letter for seen, ledger in pairs if not seen for letter in ledger)}
    alone = (hiding(frozenset({*ENDS, *_EVERYTHING.difference(each)})) for each in LEDGERS)
    return hiding(frozenset(hidden)), tuple(alone)
