"""The kit itself: its campaign, which is what its search leaves to chance, and its shrinking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.baseline.measuring import Hunt, Length, Rate
from implementations.faulty import ZOO
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign, shard_seed
from properties.probing import probe
from properties.run import Run
from properties.shrinker import shrinker_of
from properties.telling import PRECEDENCE
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject

#: More schedules than there is time for.
MANY = sys.maxsize


class Search:
    """The search of one target."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        faults = {specimen.slug: specimen.faults for specimen in ZOO}.get(make.__name__, ())
        self.subject: Subject = probe(f"{make.__module__}:{make.__name__}")
        self.scopes: tuple[Scope, ...] = fitting(
            SCOPES,
            DEFAULT_FAULTS.union(faults),
            self.subject.shape.delivery,
            self.subject.shape,
        )
        self.steps = 0

    def until(self, deadline: float, seed: int) -> Run | None:
        """The first schedule that violates anything, if one does in time."""
        for _, run in campaign(self.subject, self.scopes, seed, MANY):
            run.world.dissolve()
            self.steps += run.steps
            if run.findings:
                return run
            if time.process_time() > deadline:
                break
        return None

    def shortest(self, run: Run) -> Length:
        """The shortest of the counterexamples that the kit reports for this run."""
        return min(
            (self._shrunk(run, property_id) for property_id in run.findings),
            key=lambda length: (length.deviations, length.steps),
        )

    def _shrunk(self, run: Run, property_id: str) -> Length:
        shrunk = shrinker_of(self.subject, property_id, run, self.scopes).shrink()
        return Length(shrunk.findings[property_id].step, len(shrunk.schedule.deviations))


def hunt(make: Callable[[Any], Any], seed: int, seconds: float, shrinking: bool) -> Hunt:
    """Draw schedules until one violates something; shrink it if that is wanted."""
    begun = time.process_time()
    search = Search(make)
    run = search.until(begun + seconds, shard_seed(seed, 0))
    spent = time.process_time() - begun
    if run is None:
        return Hunt(spent)
    property_id = min(run.findings, key=PRECEDENCE.__getitem__)
    length = search.shortest(run) if shrinking else None
    return Hunt(spent, f"{property_id}: {run.findings[property_id].text}", length)


def rate(make: Callable[[Any], Any], seconds: float) -> Rate:
    """How fast it goes while nothing fails."""
    search = Search(make)
    begun = time.process_time()
    run = search.until(begun + seconds, 0)
    return Rate(search.steps, time.process_time() - begun, run is not None)
