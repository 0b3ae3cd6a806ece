"""One order in arrays: its steps by situation, its effects on the stock, and what it breaks.

A *situation* is all that an order notices of the world around it: what is affordable, and whether
there is stock. With the steps sorted by situation, neither guards nor budgets have to be looked at
again for any of the millions of worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from attrs import fields, frozen
from numpy.typing import NDArray

from model.engine.local import OneOrder
from model.invariants import INVARIANTS, broken_by, sight, stuck
from model.semantics import Budget, Saga, in_season
from model.table import Table

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: What can be broken; in a word of flaws, one bit each.
FLAWS = (*(each.name for each in INVARIANTS), "progress", "no-oversell", "stock-conserved")

_KINDS = tuple(field.name for field in fields(Budget))


@frozen(eq=False)
class Arrays:
    """What the product has to know about one order."""

    contents: tuple[Budget, ...]
    """What may be left of the shared budget; the last one is all of it."""
    situation: Integers
    """By content and stock (none, some): the situation."""
    first: Integers
    """By situation and place: where its steps begin. They end where those of the next one begin."""
    edge: Integers
    """By step: the number of the edge."""
    advance: Integers
    """By edge: how many places further it leads."""
    spent: Integers
    """By edge: how many contents further down it leads."""
    taken: Integers
    """By place: what the order has added to the stock."""
    balance: Integers
    """By place: what it has added to stock and reservations together; nothing, if all is well."""
    flaws: Integers
    """By stock (none, some) and place: what the order breaks by itself."""


def arrays_of(table: Table, one: OneOrder) -> Arrays:
    """Turn the transition system of one order into arrays."""
    contents = _contents(one.shared)
    number = {left: n for n, left in enumerate(contents)}
    top = len(contents) - 1
    spent = {p: top - number[one.shared.less(p)] for p in {edge.price for edge in one.edges}}
    situation, allowed = _situations(one, contents)
    first, edge = _by_situation(one, allowed)
    sagas = [place.saga for place in one.places]
    taken = _each(sagas, lambda saga: _taken(table, saga))
    return Arrays(
        contents=contents,
        situation=situation,
        first=first,
        edge=edge,
        advance=np.array([e.target - e.source for e in one.edges], dtype=np.int64),
        spent=np.array([spent[e.price] for e in one.edges], dtype=np.int64),
        taken=taken,
        balance=taken + _each(sagas, lambda saga: sight(table, saga).held),
        flaws=np.stack(
            [
                _each(sagas, lambda saga: _flaws(table, saga, in_stock=False)),
                _each(sagas, lambda saga: _flaws(table, saga, in_stock=True)),
            ]
        ),
    )


def _contents(budget: Budget) -> tuple[Budget, ...]:
    """Everything that may be left of a budget; a price is the same number of steps anywhere."""
    return tuple(
        Budget(*counts)
        for counts in product(*(range(getattr(budget, kind) + 1) for kind in _KINDS))
    )


def _situations(one: OneOrder, contents: tuple[Budget, ...]) -> tuple[Integers, list[Integers]]:
    """The situation for each content and stock, and for each situation which edges it allows.

    Contents that can afford the same steps are the same situation.
    """
    prices = list(dict.fromkeys(edge.price for edge in one.edges))
    price = np.array([prices.index(edge.price) for edge in one.edges])
    season = [
        np.array([not e.move.row or in_season(e.move.row, in_stock) for e in one.edges])
        for in_stock in (False, True)
    ]
    numbers: dict[tuple[bool, ...], int] = {}
    allowed: list[Integers] = []
    for left in contents:
        means = tuple(left.affords(each) for each in prices)
        if means not in numbers:
            numbers[means] = len(allowed)
            allowed += [np.flatnonzero(np.array(means)[price] & each) for each in season]
    start = [numbers[tuple(left.affords(each) for each in prices)] for left in contents]
    return np.array([[n, n + 1] for n in start]), allowed


def _by_situation(one: OneOrder, allowed: list[Integers]) -> tuple[Integers, Integers]:
    """Where the steps of each situation and place begin, and the steps."""
    source = np.array([edge.source for edge in one.edges])
    counts = [np.bincount(source[edges], minlength=len(one.places)) for edges in allowed]
    return np.concatenate([[0], np.cumsum(np.concatenate(counts))]), np.concatenate(allowed)


def _each(sagas: list[Saga], of: Callable[[Saga], int]) -> Integers:
    return np.array([of(saga) for saga in sagas], dtype=np.int64)


def _taken(table: Table, saga: Saga) -> int:
    """What an order has added to the stock: the stock changes by effects alone."""
    return sum(e.stock * times for e, times in zip(table.effects, saga.ledger, strict=True))


def _flaws(table: Table, saga: Saga, in_stock: bool) -> int:
    names = broken_by(table, saga)
    word = sum(1 << n for n, name in enumerate(FLAWS) if name in names)
    return word | (stuck(table, saga, in_stock) and flaw("progress"))


def flaw(name: str) -> int:
    """The bit of one flaw."""
    return 1 << FLAWS.index(name)
