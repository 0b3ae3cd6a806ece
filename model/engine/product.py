"""Worlds of several orders as integers, and the steps between them.

A world is the places of its orders and what is left of the shared budget, each in bits of its own.
The stock needs none, since the places know what they took. A step of an order adds to the integer
what it changes, and that is the same number wherever it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from attrs import frozen

from model.engine.arrays import Arrays, Flags, Integers, flaw
from model.engine.local import NOTHING, OneOrder
from model.semantics import Scope, World


@frozen(eq=False)
class Steps:
    """The steps of one order in several worlds."""

    rows: Integers
    before: Integers
    count: Integers
    """By world: how many steps there are."""
    after: Integers
    """Where they lead, world by world."""


@frozen(eq=False, slots=False)
class Product:
    """The worlds of a scope, given what one order can do."""

    scope: Scope
    one: OneOrder
    arrays: Arrays

    def __attrs_post_init__(self) -> None:
        if self.shifts[-1] + self.bits > 63:
            raise ValueError(
                f"A world of {self.scope.orders} orders with {len(self.one.places)} places each"
                " does not fit in 63 bits: take fewer orders or a smaller budget."
            )

    @cached_property
    def bits(self) -> int:
        """How many bits the place of an order takes."""
        return (len(self.one.places) - 1).bit_length()

    @cached_property
    def left_bits(self) -> int:
        """How many bits the shared budget takes; they are the lowest."""
        return (len(self.arrays.contents) - 1).bit_length()

    @cached_property
    def shifts(self) -> tuple[int, ...]:
        """Where the place of each order begins."""
        return tuple(self.left_bits + self.bits * n for n in range(self.scope.orders))

    @cached_property
    def changes(self) -> tuple[Integers, ...]:
        """By order and step: what it adds to a world."""
        edge = self.arrays.edge
        spent, advance = self.arrays.spent[edge], self.arrays.advance[edge]
        return tuple((advance << shift) - spent for shift in self.shifts)

    @cached_property
    def quiet(self) -> Flags:
        """By place: whether nothing is in flight."""
        return np.array([place.saga.quiet for place in self.one.places])

    def beginning(self) -> Integers:
        """The world in which all orders are placed, alone in an array."""
        return np.array([len(self.arrays.contents) - 1], dtype=np.int64)

    def places(self, worlds: Integers) -> list[Integers]:
        """The place of each order."""
        return [worlds >> shift & (1 << self.bits) - 1 for shift in self.shifts]

    def left(self, worlds: Integers) -> Integers:
        """What is left of the shared budget: the number of a content."""
        return worlds & (1 << self.left_bits) - 1

    def with_places(self, worlds: Integers, places: Sequence[Integers]) -> Integers:
        """The worlds with their orders at other places."""
        moved = self.left(worlds)
        for place, shift in zip(places, self.shifts, strict=True):
            moved |= place << shift
        return moved

    def stock(self, places: Sequence[Integers]) -> Integers:
        """The pieces in stock."""
        return self.scope.stock + _sum(self.arrays.taken, places)

    def rows(self, worlds: Integers, places: Sequence[Integers]) -> Integers:
        """Where in `arrays.first` the steps of the first place would stand; add a place."""
        in_stock = (self.stock(places) > 0).astype(np.int64)
        return self.arrays.situation[self.left(worlds), in_stock] * len(self.one.places)

    def steps(self, order: int, worlds: Integers, rows: Integers) -> Steps:
        """All steps of one order, given its row in each world."""
        begin = self.arrays.first[rows]
        count = self.arrays.first[rows + 1] - begin
        step = np.repeat(begin - np.cumsum(count) + count, count)
        step += np.arange(len(step))
        return Steps(rows, worlds, count, np.repeat(worlds, count) + self.changes[order][step])

    def flaws(self, worlds: Integers) -> Integers:
        """What is broken in each world: a word of flaws."""
        places = self.places(worlds)
        stock = self.stock(places)
        words = np.where(stock < 0, flaw("no-oversell"), 0)
        words |= np.where(_sum(self.arrays.balance, places) != 0, flaw("stock-conserved"), 0)
        if self.arrays.flaws.any():
            for place in places:
                words |= self.arrays.flaws[(stock > 0).astype(np.int64), place]
        return words

    def moves(self, world: int) -> Iterator[tuple[int, int, int]]:
        """Each step of one world: the order, the number of the edge, the world after it."""
        worlds = np.array([world])
        places = self.places(worlds)
        for order, row in enumerate(self.rows(worlds, places) + places):
            for step in range(self.arrays.first[row[0]], self.arrays.first[row[0] + 1]):
                after = world + int(self.changes[order][step])
                yield order, int(self.arrays.edge[step]), after

    def world(self, packed: int) -> World:
        """The world in the words of `semantics`; budgets of single orders are added up."""
        worlds = np.array([packed])
        places = self.places(worlds)
        at = [self.one.places[place[0]] for place in places]
        left = self.arrays.contents[self.left(worlds)[0]]
        for place in at:
            left = left.less(NOTHING.less(place.left))
        return World(tuple(place.saga for place in at), int(self.stock(places)[0]), left)


def _sum(by_place: Integers, places: Sequence[Integers]) -> Integers:
    total = by_place[places[0]]
    for place in places[1:]:
        total = total + by_place[place]
    return total
