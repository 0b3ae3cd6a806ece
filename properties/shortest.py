"""The shortest schedules there are: what a shrunk counterexample is measured against.

A breadth-first search over the same actions on the same target, by re-execution: first everything
that takes no deviation from first in, first out, then what takes one, and so on. States, which are
told apart by their digest, are gone on from once. So what it finds is the least that makes a
property fail, proved by having tried everything that is less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count, groupby

from attrs import define, field

from properties.run import Deviation, Recorder, Schedule, deviate
from properties.world.actions import Kind
from properties.world.scopes import Scope
from properties.world.state import digest
from properties.world.subject import Subject
from properties.world.watchdog import watched
from properties.world.world import World


@define
class Frontier:
    """One search in progress: what was found, and how far it has come."""

    subject: Subject
    wanted: frozenset[str]
    max_states: int
    found: dict[str, Schedule] = field(factory=dict)
    """For each property, a schedule with the fewest orders, and then deviations."""
    states: int = 0
    complete: bool = True
    """Whether everything below what was found was tried."""
    _seen: set[int] = field(factory=set)
    _queue: list[tuple[int, int, int, Schedule]] = field(factory=list)
    _number: Iterator[int] = field(factory=count)

    def search(self, scopes: Iterable[Scope]) -> None:
        """Go through settings with equally many orders together."""
        self._seen.clear()
        self._queue.clear()
        for scope in scopes:
            self._push(Schedule(scope))
        while self._queue and self.wanted - self.found.keys():
            if self.states >= self.max_states:
                self.complete = False
                return
            self._go_on_from(heappop(self._queue)[-1])

    def _push(self, schedule: Schedule) -> None:
        """Small settings first: what one deviation less could do was tried in all of them."""
        deviations, size = len(schedule.deviations), schedule.scope.size
        heappush(self._queue, (deviations, size, next(self._number), schedule))

    def _go_on_from(self, schedule: Schedule) -> None:
        """From the last deviation first in, first out to the end; other ways are left for later."""
        with watched(self.subject.spec):
            world = World(self.subject, schedule.scope)
            deviate(world, schedule)
            wait = 0
            while not world.exhausted:
                state = hash((schedule.scope.name, digest(world)))
                if state in self._seen:
                    break
                self._seen.add(state)
                self.states += 1
                benign, *others = world.benign()
                for action in (*others, *(action for group in world.faults() for action in group)):
                    deviations = (*schedule.deviations, Deviation(wait, action))
                    self._push(Schedule(schedule.scope, deviations))
                if benign.kind is Kind.IDLE:
                    break
                world.apply(benign)
                wait += 1
            self._judge(world, schedule)

    def _judge(self, world: World, schedule: Schedule) -> None:
        recorder = Recorder(world)
        run = recorder.finish()
        world.dissolve()
        for property_id in run.findings:
            self.found.setdefault(property_id, schedule)


def shortest(
    subject: Subject, scopes: Iterable[Scope], wanted: Iterable[str], max_states: int
) -> Frontier:
    """The least that makes each of the wanted properties fail, as far as `max_states` reach.

    What is not found by then takes more than what was tried, or cannot fail.

    Raises:
        ValueError: the target has no digest, so that its states cannot be told apart.
    """
    if not subject.shape.has("digest"):
        raise ValueError(f"{subject.spec} has no digest()")
    frontier = Frontier(subject, frozenset(wanted), max_states)
    by_orders = sorted(scopes, key=lambda scope: len(scope.orders))
    for _, equal in groupby(by_orders, key=lambda scope: len(scope.orders)):
        frontier.search(equal)
        if not frontier.complete or frontier.wanted <= frontier.found.keys():
            break
    return frontier
