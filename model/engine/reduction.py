"""What an exploration may leave out, since something that is equal to it is looked at.

*Symmetry.* Orders differ in nothing but their numbers. Of all worlds that differ in who is who, one
is looked at: the one whose places are sorted.

*Persistent sets.* As long as whatever an order can do concerns neither the stock nor a budget that
it shares, no other order can hinder it, help it or notice it. So only such an order moves, and the
others wait: every run is still there but for the turn in which independent steps are taken. No run
goes on for ever, so nobody waits for ever. What is kept: the worlds in which nothing can happen any
more, each place of each order, and with them every invariant of a single order, and those on the
amount of stock. Not kept are *which* places are met together, and so `progress` and the number of
terminals, and the length of a shortest way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from model.engine.arrays import Flags, Integers
from model.engine.product import Product
from model.table import Guard


@frozen
class Reduction:
    """What to leave out, and whether each order has the budget of the scope for itself."""

    symmetry: bool = False
    own_budget: bool = False
    persistent: bool = False

    def __attrs_post_init__(self) -> None:
        if self.persistent and not self.own_budget:
            raise ValueError(
                "Persistent sets need a budget for each order (own_budget=True): with one for all,"
                " every step that costs something concerns the others."
            )


NONE = Reduction()


def sorted_orders(product: Product, worlds: Integers) -> Integers:
    """For each world the one that stands for it and all that differ in who is who."""
    return product.with_places(worlds, [*np.sort(np.stack(product.places(worlds)), axis=0)])


def moving_alone(product: Product) -> Flags:
    """By place: whether an order there can move, and whatever it does concerns nobody else."""
    taken, balance = product.arrays.taken, product.arrays.balance
    moves, concerns_others = (np.zeros(len(product.one.places), dtype=bool) for _ in range(2))
    for edge in product.one.edges:
        row = edge.move.row
        moves[edge.source] = True
        concerns_others[edge.source] |= (
            (row is not None and row.guard is not Guard.ALWAYS)
            or taken[edge.source] != taken[edge.target]
            or balance[edge.source] != balance[edge.target]
        )
    return moves & ~concerns_others


#: Stands for all orders where one could be named.
EVERYBODY = -1


def movers(alone: Flags, places: Sequence[Integers]) -> Integers:
    """By world: the order that moves while the others wait, or `EVERYBODY`."""
    chosen = np.full(len(places[0]), EVERYBODY)
    for order, place in enumerate(places):
        chosen[(chosen == EVERYBODY) & alone[place]] = order
    return chosen
