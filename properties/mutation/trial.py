"""The search for one mutant: a slice of the session's, up to the first violation.

First what draws no lots (business answers, the model's schedules, every single fault and every
repeated message in the first scopes), then a slice of the campaign. The target itself goes through
the same schedules first, and must hold: only then does a violation speak of the safeguard that is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from implementations.errors import TargetError
from properties.drivers.campaign import campaign, shard_seed
from properties.drivers.directed import directed
from properties.drivers.paths import paths
from properties.drivers.quota import Quota
from properties.drivers.repeats import repeats
from properties.drivers.sweep import sweep
from properties.garbage import fewer_collections
from properties.mutation.kinds import Mutant, mutants
from properties.mutation.mutation import Tally
from properties.mutation.usage import Usage, noticing
from properties.profiles import Profile
from properties.run import Run, Schedule, run_schedule
from properties.shrinker import shrinker_of
from properties.telling import PRECEDENCE
from properties.world.actions import in_words
from properties.world.scopes import Scope
from properties.world.subject import Subject
from reports.mutation import Fate, MutantVerdict
from reports.wording import count

#: A mutant gets such a part of what the profile does: it is one of dozens.
SHARE_OF_SWEEP, SHARE_OF_CAMPAIGN = 2, 4
#: So many schedules in which a survivor's safeguard was needed are run with it, too.
COMPARED = 40
#: What making a schedule short may cost: it is told in one line.
SHRINKING = 300


@frozen
class Slice:
    """The schedules that a mutant goes through."""

    scopes: tuple[Scope, ...]
    profile: Profile
    seed: int
    expected: frozenset[str] = frozenset()
    """Properties that are known to fail, and prove nothing."""

    def runs(self, subject: Subject) -> Iterator[Run]:
        """Its runs, one after another; whoever has looked at one dissolves its world."""
        quota = Quota(self.profile.most, self.seed)
        swept = self.scopes[: max(1, self.profile.sweep_scopes // SHARE_OF_SWEEP)]
        yield from paths(subject, self.scopes, quota=quota)
        yield from directed(subject, self.scopes[0], quota=quota)
        yield from sweep(subject, swept, quota)
        yield from repeats(subject, swept, quota)
        schedules = quota.number(self.profile.campaign // SHARE_OF_CAMPAIGN)
        for _, run in campaign(subject, self.scopes, shard_seed(self.seed, 0), schedules):
            yield run

    def first(self, run: Run) -> str:
        """The most telling property that a run violates; empty if it holds."""
        found = run.findings.keys() - self.expected
        return min(found, key=PRECEDENCE.__getitem__) if found else ""


def candidates(subject: Subject, slice_: Slice) -> tuple[Mutant, ...]:
    """The mutants of a target that holds.

    Raises:
        TargetError: it does not hold as it is, or cannot be run.
    """
    usage = Usage()
    with fewer_collections():
        for number, run in enumerate(slice_.runs(noticing(subject, usage)), start=1):
            run.world.dissolve()
            violated = slice_.first(run)
            if violated:
                raise TargetError(
                    f"violates {violated} without any mutation, after {count(number, 'schedule')}",
                    subject.spec,
                    "verify your saga first, without --saga-mutate, until it holds; what is known "
                    "to fail may be named by --saga-expect-failure",
                )
    return mutants(subject, usage)


def try_out(subject: Subject, mutant: Mutant, slice_: Slice) -> MutantVerdict:
    """What the search says of the target without one of its safeguards."""
    with fewer_collections():
        return _Trial(subject, mutant, slice_).verdict()


class _Trial:
    """One mutant on its way through the schedules."""

    def __init__(self, subject: Subject, mutant: Mutant, slice_: Slice) -> None:
        self.subject, self.mutant, self.slice = subject, mutant, slice_
        self.tally = Tally()
        self.mutated = mutant.of(subject, self.tally)
        self.schedules = 0
        self.needed: list[tuple[Schedule, object]] = []
        """Schedules in which the safeguard was needed, and how they ended."""

    def verdict(self) -> MutantVerdict:
        """Go through the schedules up to the first violation."""
        before = 0
        try:
            for run in self.slice.runs(self.mutated):
                run.world.dissolve()
                self.schedules += 1
                violated = self.slice.first(run)
                if violated:
                    return self._told(
                        Fate.DETECTED, by=violated, schedule=self._short(violated, run)
                    )
                if self.tally.needed > before and len(self.needed) < COMPARED:
                    self.needed.append((run.schedule, _outcome(run)))
                before = self.tally.needed
        except TargetError as error:  # without the safeguard the target breaks down
            return self._told(Fate.DETECTED, schedule=f"{error.where}: {error.what}")
        if not self.tally.removed:
            return self._told(Fate.NEVER_ACTED)
        same = [_outcome(run) == end for run, end in self._with_it()]
        return self._told(Fate.SURVIVED, same=sum(same), different=len(same) - sum(same))

    def _told(
        self, fate: Fate, by: str = "", schedule: str = "", same: int = 0, different: int = 0
    ) -> MutantVerdict:
        return MutantVerdict(
            self.mutant.kind.name,
            self.mutant.place,
            fate,
            self.schedules,
            self.tally.removed,
            self.tally.needed,
            by,
            schedule,
            same,
            different,
        )

    def _short(self, violated: str, run: Run) -> str:
        """The shortest schedule that violates the same property, in words."""
        removed, needed = self.tally.removed, self.tally.needed
        shrinker = shrinker_of(self.mutated, violated, run, self.slice.scopes)
        shrinker.max_runs = SHRINKING
        schedule = shrinker.shrink().schedule
        self.tally.removed, self.tally.needed = removed, needed
        return _in_words(schedule)

    def _with_it(self) -> Iterator[tuple[Run, object]]:
        """The schedules in which it was needed, run with the safeguard in place."""
        for schedule, end in self.needed:
            run = run_schedule(self.subject, schedule)
            run.world.dissolve()
            if not run.skipped:
                yield run, end


def _in_words(schedule: Schedule) -> str:
    """What differs from one order that goes through without anything in its way."""
    scope = schedule.scope
    orders = [f"{len(scope.orders)} orders"] if len(scope.orders) > 1 else []
    stock = ["too little in stock"] if scope.missing else []
    steps = [in_words(deviation.action) for deviation in schedule.deviations]
    return "; ".join([*orders, *stock, *steps]) or "nothing goes wrong"


def _outcome(run: Run) -> object:
    """How a run ended: every effect there was, and the status of each order."""
    history = run.world.history
    effects = [
        (entry.order, str(entry.effect), entry.quantity, entry.unit)
        for entry in history.ledger.entries
    ]
    statuses = [(saga.order.id, str(saga.status)) for saga in history.sagas.values()]
    return sorted(effects), statuses
