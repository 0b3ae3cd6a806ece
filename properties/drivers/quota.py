"""How many schedules a part of the search runs, where each of them takes long.

What goes through all that there is does not stop somewhere in the middle then: one schedule is
drawn from each stretch of it, by the seed of the session. So everything has its turn in some
session, and the same seed is the same search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from typing import TypeVar

from attrs import define

T = TypeVar("T")


@define
class Quota:
    """What one part may run, and how much there was."""

    most: int | None = None
    """None: all that there is."""
    seed: int = 0
    whole: int = 0
    """How many schedules there were to choose from; 0 where nobody has counted them."""

    def chosen(
        self, there: Iterable[T], rather: Callable[[T], bool] = lambda one: False
    ) -> Iterable[T]:
        """All of them, one by one; or some of each stretch of them, once they are counted.

        Where there are any that `rather` speaks for, half of those that are chosen are such.
        """
        if self.most is None:
            return there
        every = [*there]
        self.whole += len(every)
        if len(every) <= self.most:
            return every
        random = Random(self.seed)
        preferred, others = [one for one in every if rather(one)], []
        if preferred:
            preferred = _some(preferred, max(1, self.most // 2), random)
            others = [one for one in every if not rather(one)]
        return preferred + _some(others or every, self.most - len(preferred), random)

    def number(self, wanted: int) -> int:
        """How many of those that are drawn by lot, of which there is no end."""
        if self.most is None:
            return wanted
        self.whole += wanted
        return min(wanted, self.most)

    def halves(self) -> tuple[Quota, Quota]:
        """A quota for each of two steps that come one after the other."""
        if self.most is None:
            return Quota(), Quota()
        second = self.most // 2
        return Quota(self.most - second, self.seed), Quota(second, self.seed)

    def each(self, of: int) -> int | None:
        """The share of one of so many that have the same to do."""
        return None if self.most is None else max(1, self.most // max(1, of))


def _some(every: list[T], most: int, random: Random) -> list[T]:
    """One of each stretch, or all where there are no more."""
    if not most:
        return []
    if len(every) <= most:
        return every
    bounds = pairwise(len(every) * n // most for n in range(most + 1))
    return [every[random.randrange(*stretch)] for stretch in bounds]


#: All that there is.
WHOLE = Quota()
