"""What the engines are compared by: all worlds of a scope, by the readable semantics alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from model.choreography import TABLE
from model.engine.arrays import arrays_of
from model.engine.local import with_own_budget, with_shared_budget
from model.engine.product import Product
from model.engine.reduction import NONE, Reduction
from model.engine.search import Search
from model.semantics import Budget, Saga, Scope, World, beginning, in_season, moves, steps
from model.table import Table

T = TypeVar("T")

#: An order and the budget of its own; the stock is the last item of a world of such orders.
Purse = tuple[Saga, Budget]


def searched(scope: Scope, table: Table = TABLE, reduction: Reduction = NONE) -> Search:
    """A search that has run to its end."""
    one = (with_own_budget if reduction.own_budget else with_shared_budget)(table, scope)
    search = Search(table, Product(scope, one, arrays_of(table, one)), reduction)
    search.run(stop_at=99)
    return search


def all_worlds(scope: Scope) -> set[World]:
    """Every reachable world, without either engine."""
    first = beginning(TABLE, scope)
    return closure(first, lambda world: (step.world for step in steps(TABLE, world)))


def closure(first: T, after: Callable[[T], Iterator[T]]) -> set[T]:
    """Everything that can be reached from here."""
    found, todo = {first}, [first]
    while todo:
        new = {*after(todo.pop())} - found
        found |= new
        todo += new
    return found


def worlds_with_own_budgets(scope: Scope) -> set[tuple[tuple[Purse, ...], int]]:
    """Every reachable world in which each order has the scope's budget for itself."""
    saga = beginning(TABLE, scope).sagas[0]
    return closure((((saga, scope.budget),) * scope.orders, scope.stock), _with_own_budgets)


def _with_own_budgets(
    world: tuple[tuple[Purse, ...], int],
) -> Iterator[tuple[tuple[Purse, ...], int]]:
    purses, stock = world
    for order, (saga, left) in enumerate(purses):
        for move in moves(TABLE, saga):
            row = move.row
            if left.affords(move.price) and (row is None or in_season(row, stock > 0)):
                after = (move.after, left.less(move.price))
                taken = sum(effect.stock for effect in row.effects) if row else 0
                yield (*purses[:order], after, *purses[order + 1 :]), stock + taken
