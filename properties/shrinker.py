"""Shrinking: the simplest schedule that still violates the same property.

Simplest means: fewest orders, then deviations from first in, first out, then faults, then the
smallest setting, then the shortest. Every deviation that remains was proved necessary: without it,
the property is not violated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from attrs import define, evolve, field

from implementations.errors import TargetError
from model.environment import Fault
from properties.candidates import chunks, later, moved, orders, pairs, singles, subsets, waits
from properties.drivers.paths import alternatives
from properties.outcomes import Outcomes
from properties.probing import probe
from properties.profiles import FEW_RUNS
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action
from properties.world.scopes import SCOPES, Scope
from properties.world.subject import Subject

#: For each step after a schedule's deviations, all that could happen in its place.
Alternatives = Callable[[Schedule], Iterable[tuple[Action, ...]]]
#: Runs a schedule; returns the run if the property is still violated.
StillFails = Callable[[Schedule], Run | None]
#: Of up to so many, each is tried with each other one alone.
COUPLES_OF_UP_TO = 12
#: Up to so many deviations, any two of them are replaced by any single one.
SUBSTITUTES_UP_TO = 3


def _none(schedule: Schedule) -> Iterable[tuple[Action, ...]]:
    return ()


#: What the shrinking of one property may cost, where nobody says otherwise.
MAX_RUNS = 3_000


@define
class Shrinker:
    """One shrinking: the best run so far, and which schedules were tried."""

    still_fails: StillFails
    best: Run
    alternatives: Alternatives = _none
    max_runs: int = MAX_RUNS
    """What the shrinking of one property may cost."""
    scopes: tuple[Scope, ...] = SCOPES
    """Settings that the target accepts, among which there may be a simpler one."""
    cost: Callable[[Schedule], int] = lambda _: 1
    """How many runs it takes to try a schedule."""
    runs: int = 0
    _tried: set[object] = field(factory=set)

    def shrink(self) -> Run:
        """Apply all passes until none of them finds anything simpler."""
        self.best = self._without_skipped(self.best)
        while True:
            before = self.best.schedule.score
            for candidates in self._passes():
                self._improve(candidates)
            if self.best.schedule.score == before:
                self._improve(self._elsewhere)
                self._improve(self._substitutes)
            if self.best.schedule.score == before or self.runs >= self.max_runs:
                break
        self.max_runs = self.runs + len(self.best.schedule.deviations) ** 2 * 2
        self._improve(singles)  # whatever the budget: each deviation that remains is necessary
        return self.best

    def _passes(self) -> tuple[Callable[[Schedule], Iterator[Schedule]], ...]:
        passes = (chunks, self._couples, waits, pairs, subsets, later)
        return self._plain, self._scopes, orders, *passes

    def _improve(self, candidates: Callable[[Schedule], Iterator[Schedule]]) -> None:
        """Take the first simpler candidate, and start over, until there is none."""
        improved = True
        while improved and self.runs < self.max_runs:
            improved = False
            for candidate in candidates(self.best.schedule):
                if candidate.score < self.best.schedule.score and self._accept(candidate):
                    improved = True
                    break

    def _settings(self, now: Scope) -> Iterator[Scope]:
        """All settings, the simplest first, under the conditions of the one that there is."""
        short = Fault.OUT_OF_STOCK in now.faults
        scopes = (*self.scopes, *(scope.sold_out() for scope in self.scopes if short))
        for scope in sorted(scopes, key=lambda scope: (len(scope.orders), scope.size)):
            yield evolve(now, name=scope.name, orders=scope.orders, stock=scope.stock)

    def _plain(self, schedule: Schedule) -> Iterator[Schedule]:
        """Any setting, with nothing that deviates."""
        yield from map(Schedule, self._settings(schedule.scope))

    def _scopes(self, schedule: Schedule) -> Iterator[Schedule]:
        """The same deviations in a simpler setting, also with its orders in the place of these."""
        for simpler in self._settings(schedule.scope):
            yield Schedule(simpler, schedule.deviations)
            yield from moved(schedule, simpler)

    def _couples(self, schedule: Schedule) -> Iterator[Schedule]:
        """One deviation at its time, and another one whenever it can happen.

        What is left out changes when the rest can happen, most of all where handlers wait for each
        other: dropping one after the other then ends with ten of them where two are enough.
        """
        deviations = schedule.deviations
        if not 3 <= len(deviations) <= COUPLES_OF_UP_TO:
            return
        wanted, passed = {deviation.action for deviation in deviations}, 0
        for deviation in deviations:
            first = evolve(deviation, wait=passed + deviation.wait)
            passed = first.wait + 1
            alone = evolve(schedule, deviations=(first,))
            for wait, actions in enumerate(self.alternatives(alone)):
                for action in actions:
                    if action in wanted and action != first.action:
                        yield evolve(schedule, deviations=(first, Deviation(wait, action)))

    def _elsewhere(self, schedule: Schedule) -> Iterator[Schedule]:
        """Another setting with no more in it, and one deviation of any kind."""
        orders, lines, several = *_extent(schedule.scope), len(schedule.deviations) > 1
        for scope in self._settings(schedule.scope):
            other_orders, other_lines = _extent(scope)
            no_more = other_orders <= orders and other_lines <= lines
            if no_more and (several or other_orders < orders):
                for wait, actions in enumerate(self.alternatives(Schedule(scope))):
                    for action in actions:
                        yield Schedule(scope, (Deviation(wait, action),))

    def _substitutes(self, schedule: Schedule) -> Iterator[Schedule]:
        """With one deviation of any kind in the place of all, or of two: a simpler way there."""
        deviations = schedule.deviations
        total = len(deviations)
        if total < 2:
            return
        pairs = combinations(range(total), 2) if total <= SUBSTITUTES_UP_TO else ()
        for gone in (tuple(range(total)), *pairs):
            kept = tuple(d for index, d in enumerate(deviations) if index not in gone)
            for place in range(len(kept) + 1):
                before, after = kept[:place], kept[place:]
                reached = self.alternatives(evolve(schedule, deviations=before))
                for wait, actions in enumerate(reached):
                    for action in actions:
                        new = (*before, Deviation(wait, action), *after)
                        yield evolve(schedule, deviations=new)

    def _accept(self, candidate: Schedule) -> bool:
        key = candidate.identity
        if key in self._tried or self.runs >= self.max_runs:
            return False
        self._tried.add(key)
        self.runs += self.cost(candidate)
        run = self.still_fails(candidate)
        if run is None:
            return False
        self.best = self._without_skipped(run)
        return True

    def _without_skipped(self, run: Run) -> Run:
        """The run of the schedule without what never became possible, if that fails as well."""
        if not run.skipped:
            return run
        self.runs += 1
        shorter = self.still_fails(_without_skipped(run))
        return run if shorter is None else self._without_skipped(shorter)


def _extent(scope: Scope) -> tuple[int, int]:
    """How many orders and lines."""
    return len(scope.orders), sum(len(order.lines) for order in scope.orders)


def shrinker_of(
    subject: Subject,
    property_id: str,
    run: Run,
    scopes: tuple[Scope, ...],
    *,
    faults: bool = True,
    outcomes: Outcomes | None = None,
    max_runs: int = MAX_RUNS,
) -> Shrinker:
    """A shrinker that begins with a run which violates a property of a target."""
    known = Outcomes() if outcomes is None else outcomes
    still_fails = still_failing(subject, property_id, faults=faults, outcomes=known)
    if subject.shape.slow:

        def on_twin() -> Schedule | None:
            return _shrunk_on(subject.shape.twin or "", property_id, run, scopes, faults)

        return SlowShrinker(
            still_fails,
            run,
            max_runs=FEW_RUNS,
            scopes=scopes,
            cost=lambda schedule: not known.rule_out(schedule, property_id),
            known=known.simpler(property_id, run.schedule) if faults else None,
            on_twin=on_twin,
        )
    return Shrinker(
        still_fails,
        run,
        lambda schedule: alternatives(subject, schedule),
        max_runs=max_runs,
        scopes=scopes,
    )


@define
class SlowShrinker(Shrinker):
    """Shrinks what is slow to run: on a twin in memory, or else in few runs."""

    known: Schedule | None = None
    """A simpler schedule that is known to fail, from which one can go on as well."""
    on_twin: Callable[[], Schedule | None] = lambda: None
    """The simplest schedule that fails on the twin; None if it does not show the failure."""

    def shrink(self) -> Run:
        """Take what the twin finds, if it fails here too; or else do what can be done here."""
        schedule = self.on_twin()
        if schedule is not None and self._take(schedule):
            return self.best
        if self.known is not None:
            self._take(self.known)
        return Shrinker.shrink(self)

    def _take(self, schedule: Schedule) -> bool:
        """Go on from a schedule, if it fails."""
        self.runs += 1
        same = self.still_fails(schedule)
        self.best = self.best if same is None else same
        return same is not None


def _shrunk_on(
    twin: str, property_id: str, run: Run, scopes: tuple[Scope, ...], faults: bool
) -> Schedule | None:
    """The schedule of a run made minimal on a twin, if it fails there at all."""
    if not twin:
        return None
    subject = probe(twin)
    same = still_failing(subject, property_id, faults=faults)(run.schedule)
    if same is None:
        return None
    return shrinker_of(subject, property_id, same, scopes, faults=faults).shrink().schedule


def still_failing(
    subject: Subject,
    property_id: str,
    *,
    faults: bool = True,
    outcomes: Outcomes | None = None,
) -> StillFails:
    """Whether a schedule makes a target violate one property; an error of its own does not.

    Nor does a schedule with a fault, where `faults` says that there must be none. What `outcomes`
    knows of is not run again, and what is run it is told.
    """
    known = Outcomes() if outcomes is None else outcomes

    def still_fails(schedule: Schedule) -> Run | None:
        if (schedule.faults and not faults) or known.rule_out(schedule, property_id):
            return None
        try:
            run = run_schedule(subject, schedule)
        except TargetError:
            known.note(schedule, ())
            return None
        run.world.dissolve()
        known.note(schedule, run.findings)
        return run if property_id in run.findings else None

    return still_fails


def _without_skipped(run: Run) -> Schedule:
    """The schedule without what never became possible; the wait for it, to the end, is kept."""
    skipped = list(run.skipped)
    kept: list[Deviation] = []
    carried = 0
    for deviation in run.schedule.deviations:
        if deviation.action in skipped:
            skipped.remove(deviation.action)
            carried += deviation.wait + run.steps
        else:
            kept.append(evolve(deviation, wait=deviation.wait + carried))
            carried = 0
    return evolve(run.schedule, deviations=tuple(kept))
