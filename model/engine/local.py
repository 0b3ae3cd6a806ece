"""What one order can do, whatever the others leave it: found once, used for each order.

The stock is left open: a row that needs a piece is followed as well as the row for the case that
there is none. So every place that an order can be at in any world of the scope is here, and some
that no world leads to; which of the steps a world allows is for `product` to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from model.semantics import Budget, Move, Saga, Scope, beginning, moves
from model.table import Table

NOTHING = Budget()


@frozen(cache_hash=True)
class Place:
    """Where one order is: its saga, and what is left to it where each order has its own budget."""

    saga: Saga
    left: Budget = NOTHING


@frozen
class Edge:
    """A step of the order, between places by their numbers."""

    source: int
    target: int
    move: Move
    price: Budget
    """What it takes from the budget that all orders share."""


@frozen
class OneOrder:
    """The transition system of one order; it begins at place 0."""

    places: tuple[Place, ...]
    edges: tuple[Edge, ...]
    """In the order of their sources."""
    shared: Budget
    """What all orders together may spend."""


def with_shared_budget(table: Table, scope: Scope) -> OneOrder:
    """One order among others that spend from the same budget: a place is a saga."""
    sagas = dict.fromkeys(place.saga for place in _reachable(table, scope))
    number = {saga: n for n, saga in enumerate(sagas)}
    edges = (
        Edge(source, number[move.after], move, move.price)
        for saga, source in number.items()
        for move in moves(table, saga)
        # Where `after` is not known, no order that came to this saga can afford the step.
        if scope.budget.affords(move.price) and move.after in number
    )
    return OneOrder(tuple(Place(saga) for saga in sagas), tuple(edges), scope.budget)


def with_own_budget(table: Table, scope: Scope) -> OneOrder:
    """One order with a budget of its own: a place is a saga and what is left to it."""
    number = {place: n for n, place in enumerate(_reachable(table, scope))}
    edges = (
        Edge(source, number[after], move, NOTHING)
        for place, source in number.items()
        for move, after in _steps(table, place)
    )
    return OneOrder(tuple(number), tuple(edges), NOTHING)


def _reachable(table: Table, scope: Scope) -> dict[Place, None]:
    """Every place of an order that may spend the whole budget, the first one first."""
    first = Place(beginning(table, scope).sagas[0], scope.budget)
    found: dict[Place, None] = {first: None}
    todo = [first]
    while todo:
        for _, after in _steps(table, todo.pop()):
            if after not in found:
                found[after] = None
                todo.append(after)
    return found


def _steps(table: Table, place: Place) -> Iterator[tuple[Move, Place]]:
    for move in moves(table, place.saga):
        if move.price == NOTHING:
            yield move, Place(move.after, place.left)
        elif place.left.affords(move.price):
            yield move, Place(move.after, place.left.less(move.price))
