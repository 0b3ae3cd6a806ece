"""The search itself: level by level, each one a sorted array of worlds not met before.

    explore(Scope(orders=2, duplicates=1, crashes=1, gateway_faults=1))

The report is that of `model.exploration`, equal in all but the choice among equally short traces.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from attrs import define, field

from model.choreography import TABLE
from model.engine.arrays import FLAWS, Flags, Integers, arrays_of, flaw
from model.engine.local import Edge, with_own_budget, with_shared_budget
from model.engine.product import Product, Steps
from model.engine.reduction import (
    EVERYBODY,
    NONE,
    Reduction,
    movers,
    moving_alone,
    sorted_orders,
)
from model.exploration import Report, Violation
from model.invariants import sight
from model.semantics import Scope, Step
from model.table import Table

#: So many worlds take their steps at once; it bounds the memory.
_PORTION = 1 << 14


def explore(
    scope: Scope, table: Table = TABLE, *, stop_at: int = 1, reduction: Reduction = NONE
) -> Report:
    """Visit every reachable world, or as many as it takes to break `stop_at` invariants."""
    one = (with_own_budget if reduction.own_budget else with_shared_budget)(table, scope)
    search = Search(table, Product(scope, one, arrays_of(table, one)), reduction)
    search.run(stop_at)
    return search.report()


@define
class Search:
    """A breadth-first search under way."""

    table: Table
    product: Product
    reduction: Reduction
    levels: list[Integers] = field(factory=list)
    #: all worlds of all levels, sorted
    known: Integers = field(factory=lambda: np.empty(0, dtype=np.int64))
    #: invariant -> the level that broke it first, and a world there
    broken: dict[str, tuple[int, int]] = field(factory=dict)
    #: by situation and place: whether an order took its steps there
    met: Flags = field(init=False)
    alone: Flags | None = field(init=False)
    transitions: int = 0
    terminals: int = 0
    endings: set[tuple[str, ...]] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.met = np.zeros(len(self.product.arrays.first) - 1, dtype=bool)
        self.alone = moving_alone(self.product) if self.reduction.persistent else None

    def run(self, stop_at: int) -> None:
        """Level by level, so that the first way to a world is a shortest one."""
        level = self._fresh(self.product.beginning())
        while len(level):
            self.levels.append(level)
            self._judge(level)
            if len(self.broken) >= stop_at:
                break
            level = self._fresh(self._beyond(level))

    def report(self) -> Report:
        """What was found so far."""
        return Report(
            scope=self.product.scope,
            states=len(self.known),
            transitions=self.transitions,
            terminals=self.terminals,
            depth=len(self.levels) - 1,
            rows=frozenset(edge.move.row for edge in self._taken() if edge.move.row),
            ignored=frozenset(self._ignored()),
            endings=frozenset(self.endings),
            violations=tuple(Violation(name, self._trace(*at)) for name, at in self.broken.items()),
        )

    def _beyond(self, level: Integers) -> Integers:
        """The worlds one step from these, some of them several times."""
        reached = []
        for portion in _portions(level):
            self._note_terminals(portion)
            for steps in self._steps(portion):
                self.met[steps.rows] = True
                self.transitions += len(steps.after)
                reached.append(_distinct(self._standing(steps.after)))
        return np.concatenate(reached)

    def _steps(self, worlds: Integers) -> Iterator[Steps]:
        """The steps of each order, but of one alone in worlds where that is enough."""
        places = self.product.places(worlds)
        rows = self.product.rows(worlds, places)
        mover = None if self.alone is None else movers(self.alone, places)
        for order, place in enumerate(places):
            if mover is None:
                yield self.product.steps(order, worlds, rows + place)
            else:
                mine = (mover == order) | (mover == EVERYBODY)
                yield self.product.steps(order, worlds[mine], (rows + place)[mine])

    def _standing(self, worlds: Integers) -> Integers:
        """For each world the one that stands for it."""
        return sorted_orders(self.product, worlds) if self.reduction.symmetry else worlds

    def _fresh(self, worlds: Integers) -> Integers:
        """Those that were not known, which they are from now on."""
        worlds = _distinct(worlds)
        where = np.searchsorted(self.known, worlds)
        if len(self.known):
            new = self.known[np.minimum(where, len(self.known) - 1)] != worlds
            worlds, where = worlds[new], where[new]
        self.known = np.insert(self.known, where, worlds)
        return worlds

    def _judge(self, level: Integers) -> None:
        for portion in _portions(level):
            words = self.product.flaws(portion)
            for name in FLAWS:
                found = np.flatnonzero(words & flaw(name))
                if len(found):
                    self.broken.setdefault(name, (len(self.levels) - 1, int(portion[found[0]])))

    def _note_terminals(self, worlds: Integers) -> None:
        places = self.product.places(worlds)
        quiet = np.logical_and.reduce([self.product.quiet[place] for place in places])
        self.terminals += int(quiet.sum())
        for world in worlds[quiet]:
            sagas = self.product.world(int(world)).sagas
            self.endings.add(tuple(sorted(sight(self.table, saga).status for saga in sagas)))

    def _taken(self) -> list[Edge]:
        """The edges that an order took in some world."""
        arrays = self.product.arrays
        taken = np.unique(arrays.edge[np.repeat(self.met, np.diff(arrays.first))])
        return [self.product.one.edges[number] for number in taken]

    def _ignored(self) -> Iterator[tuple[str, str, str]]:
        for edge in self._taken():
            if edge.move.ignored:
                saga = self.product.one.places[edge.source].saga
                actor = edge.move.actor
                yield actor, saga.states[self.table.place(actor)], edge.move.message

    def _trace(self, level: int, world: int) -> tuple[Step, ...]:
        """A way from the beginning: backward through the levels, then forward with real orders."""
        way = [world]
        for before in reversed(self.levels[:level]):
            way.append(self._one_before(before, way[-1]))
        here, trace = int(self.product.beginning()[0]), []
        for standing in reversed(way[:-1]):
            order, number, here = next(
                move
                for move in self.product.moves(here)
                if self._standing(np.array([move[2]]))[0] == standing
            )
            move = self.product.one.edges[number].move
            trace.append(Step(order, move, self.product.world(here)))
        return tuple(trace)

    def _one_before(self, level: Integers, world: int) -> int:
        """A world of this level from which one step leads to that one."""
        for portion in _portions(level):
            for steps in self._steps(portion):
                found = np.flatnonzero(self._standing(steps.after) == world)
                if len(found):
                    return int(np.repeat(steps.before, steps.count)[found[0]])
        raise AssertionError("a world without a way to it")  # pragma: no cover


def _portions(level: Integers) -> Iterator[Integers]:
    for start in range(0, len(level), _PORTION):
        yield level[start : start + _PORTION]


def _distinct(worlds: Integers) -> Integers:
    """Sorted, and each one once."""
    worlds = np.sort(worlds)
    first = np.ones(len(worlds), dtype=bool)
    np.not_equal(worlds[1:], worlds[:-1], out=first[1:])
    return worlds[first]
