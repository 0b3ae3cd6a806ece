"""The search for violations: all drivers, one store of what they found.

Each part of the search can run in a process of its own. What it found goes back as a portion; the
portions of a session add up to its verdicts.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from attrs import define, field
from hypothesis.database import ExampleDatabase

from implementations.errors import TargetError
from model import antipatterns
from model.environment import Delivery, Fault
from model.table import Row
from properties.drivers.campaign import campaign, shard_seed
from properties.drivers.detours import detours
from properties.drivers.directed import directed
from properties.drivers.exhaustive import Exploration, exhaust, never_strike, small_scopes
from properties.drivers.known import run_known
from properties.drivers.paths import paths
from properties.drivers.quota import Quota
from properties.drivers.repeats import repeats
from properties.drivers.stateful import hand_over, replay_stored, run_stateful, schedule_test
from properties.drivers.sweep import FaultDidNotFire, sweep
from properties.garbage import fewer_collections
from properties.outcomes import SIMPLE, Outcomes
from properties.profiles import Profile
from properties.run import Run, Schedule
from properties.shrinker import MAX_RUNS, shrinker_of
from properties.telling import tell
from properties.watching import Watcher
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject
from reports.counterexample import Counterexample

Database = ExampleDatabase | None

#: After so many schedules a part tells how far it is.
BEAT = 8


@define
class Portion:
    """What one part of the search has done and found; plain data all through."""

    part: str
    schedules: int = 0
    whole: int = 0
    """How many schedules there were to choose from, where there was a limit."""
    steps: int = 0
    checked: dict[str, int] = field(factory=dict)
    left_aside: dict[str, int] = field(factory=dict)
    cancels: dict[str, int] = field(factory=dict)
    fired: dict[str, int] = field(factory=dict)
    watched: int = 0
    """How many schedules were held against the model: not all are."""
    rows: dict[str, int] = field(factory=dict)
    """How many of those visited each transition of the model."""
    struck: dict[str, dict[str, int]] = field(factory=dict)
    """For each transition, in how many of them each fault fired."""
    violated: dict[str, int] = field(factory=dict)
    """How many schedules violated each property."""
    counterexamples: list[Counterexample] = field(factory=list)
    faultless: list[Counterexample] = field(factory=list)
    """Without any fault, of properties whose counterexample has one."""
    explored: list[str] = field(factory=list)
    unheard: set[str] = field(factory=set)
    divergences: set[str] = field(factory=set)
    replayed: int = 0
    """Schedules that failed in an earlier session and were run again."""
    since: dict[str, str] = field(factory=dict)
    """What has become of each property that was violated in an earlier session."""
    remarks: set[str] = field(factory=set)
    error: str = ""
    """What ended this part before its time, for the user."""


@define
class Search:
    """One part of the search in progress."""

    subject: Subject
    scopes: tuple[Scope, ...]
    seed: int
    expected: frozenset[str]
    portion: Portion
    quota: Quota = field(factory=Quota)
    max_runs: int = MAX_RUNS
    """What the shrinking of one property may cost."""
    outcomes: Outcomes = field(factory=Outcomes)
    """What other parts, and this one, have seen simple schedules violate."""
    found: dict[str, Run] = field(factory=dict)
    """The first, or simplest, run that violated each property."""
    faultless: dict[str, Run] = field(factory=dict)
    """The same of runs without any fault."""
    visits: Counter[tuple[frozenset[Row], frozenset[Fault]]] = field(factory=Counter)
    """How many runs visited just these transitions, with just these faults. Many runs are alike:
    rows are put into words once for each kind of run, and not once for each run."""
    beat: Callable[[Portion], None] | None = None
    """Called now and then, to be told how far it is."""

    def consider(self, run: Run) -> None:
        """Count a run, and keep it if it violates something in a simpler way than before."""
        portion = self.portion
        portion.schedules += 1
        if self.beat is not None and portion.schedules % BEAT == 0:
            self.beat(portion)
        portion.steps += run.steps
        add(portion.checked, run.checked)
        add(portion.left_aside, run.world.history.left_aside)
        add(portion.cancels, run.world.history.cancels)
        add(portion.fired, {str(fault): count for fault, count in run.fired.items()})
        world = run.world
        if world.conformance is not None:
            self.visits[world.conformance.rows_visited(), frozenset(run.fired)] += 1
            if world.divergence is not None:
                portion.divergences.add(str(world.divergence[1]))
        for departure in (world.courses.departure, world.courses.turn):
            if departure is not None:
                portion.divergences.add(f"in the ledger of an order, {departure}")
        portion.unheard |= world.network.unheard.keys()
        world.dissolve()
        if len(run.schedule.deviations) <= SIMPLE:
            self.outcomes.note(run.schedule, run.findings)
        for property_id in run.findings:
            portion.violated[property_id] = portion.violated.get(property_id, 0) + 1
            _keep(self.found, property_id, run)
            if not run.schedule.faults:
                _keep(self.faultless, property_id, run)

    def conclude(self) -> Portion:
        """Shrink what was found and tell it."""
        self._count_visits()
        self.portion.whole = self.quota.whole
        runs: dict[str, int] = {}
        while waiting := self.found.keys() - runs.keys() - self.expected:
            simplest = min(waiting, key=lambda each: (self.found[each].schedule.score, each))
            runs[simplest] = self._shrink(simplest)
        for property_id in runs:
            found = self.found[property_id].schedule
            self.portion.counterexamples += self._told(property_id, found, runs[property_id])
            if found.faults and property_id in self.faultless:
                shrinker = shrinker_of(
                    self.subject,
                    property_id,
                    self.faultless[property_id],
                    self.scopes,
                    faults=False,
                    outcomes=self.outcomes,
                    max_runs=self.max_runs,
                )
                other = shrinker.shrink().schedule
                self.portion.faultless += self._told(property_id, other, shrinker.runs)
        return self.portion

    def _count_visits(self) -> None:
        """Transitions by themselves, and with each fault."""
        for (rows, faults), runs in self.visits.items():
            self.portion.watched += runs
            struck = {str(fault): runs for fault in faults}
            for row in map(str, rows):
                add(self.portion.rows, {row: runs})
                add(self.portion.struck.setdefault(row, {}), struck)
        self.visits.clear()

    def _told(self, property_id: str, schedule: Schedule, runs: int) -> list[Counterexample]:
        """The counterexample; none if it does not come again."""
        try:
            return [tell(self.subject, property_id, schedule, self.portion.part, self.seed, runs)]
        except TargetError as error:
            self.portion.error = str(error)
            return []

    def _shrink(self, property_id: str) -> int:
        """Make the run that violates a property minimal; returns how many runs that took."""
        found = self.found[property_id]
        shrinker = shrinker_of(
            self.subject,
            property_id,
            found,
            self.scopes,
            outcomes=self.outcomes,
            max_runs=self.max_runs,
        )
        smallest = shrinker.shrink()
        for other in smallest.findings:
            # what one minimal run violates besides needs nothing simpler of its own
            if other not in self.found:  # no run of the search has shown this
                self.portion.violated[other] = 1
            _keep(self.found, other, smallest)
        self.found[property_id] = smallest
        return shrinker.runs


def _keep(found: dict[str, Run], property_id: str, run: Run) -> None:
    """Keep a run if it is the first one, or simpler than the one before."""
    known = found.get(property_id)
    if known is None or run.schedule.score < known.schedule.score:
        found[property_id] = run


def add(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts to counts."""
    for key, count in more.items():
        total[key] = total.get(key, 0) + count


# -- the parts -------------------------------------------------------------------------------------


def parts(profile: Profile) -> list[str]:
    """The names of the parts into which a session's search is split; long ones come early."""
    return [
        "paths",
        *(f"exhaustive-{n}" for n in range(EXHAUSTIVE_PARTS)),
        *(f"stateful-{n}" for n in range(profile.shards)),
        *(f"campaign-{n}" for n in range(profile.shards)),
        *(f"sweep-{n}" for n in range(profile.sweep_scopes)),
        "directed",
        "repeats",
        "detours",
    ]


EXHAUSTIVE_PARTS = 4
#: The part that runs again what failed before, where anything did.
KNOWN = "known"


def run_part(
    subject: Subject,
    part: str,
    profile: Profile,
    faults: frozenset[Fault],
    delivery: Delivery,
    seed: int,
    expected: frozenset[str] = frozenset(),
    database: Database = None,
    beat: Callable[[Portion], None] | None = None,
    outcomes: Outcomes | None = None,
) -> Portion:
    """Do one part of the search; an error of the target ends it, and stands in the portion."""
    scopes = fitting(SCOPES, faults, delivery, subject.shape)
    name, _, number = part.partition("-")
    quota = Quota(profile.most, seed)
    known = Outcomes() if outcomes is None else outcomes
    search = Search(subject, scopes, seed, expected, Portion(part), quota, profile.shrinking, known)
    search.beat = beat
    with fewer_collections():
        for stage in (
            lambda: _PARTS[name](search, profile, int(number or 0), database),
            search.conclude,
        ):
            try:
                stage()
            except (TargetError, FaultDidNotFire) as error:
                search.portion.error = str(error)
            except Exception as error:
                search.portion.error = own_error(error)
    return search.portion


def own_error(error: Exception) -> str:
    """What a user is told of a mistake in the kit: it is none of theirs, and nothing is proved."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return (
        f"the kit itself failed: {type(error).__name__}: {error} "
        f"({Path(last.filename).name}:{last.lineno}, in {last.name})\n"
        "  to fix: this is a mistake of the kit; report it with the target, the seed and this line"
    )


def _all(search: Search, runs: Iterable[Run]) -> None:
    for run in runs:
        search.consider(run)


def _paths(search: Search, profile: Profile, number: int, database: Database) -> None:
    observed = []
    for run in paths(search.subject, search.scopes, trace=Watcher, quota=search.quota):
        search.consider(run)
        assert isinstance(run.world.trace, Watcher)
        observed.append(run.world.trace.observed(run.world))
    found = antipatterns.remarks(observed, search.subject.shape.subscriptions)
    search.portion.remarks |= {str(remark) for remark in found}


def _known(search: Search, profile: Profile, number: int, database: Database) -> None:
    assert database is not None
    scope, portion = search.scopes[0], search.portion
    for again in run_known(search.subject, scope.faults, scope.delivery, database):
        portion.replayed += 1
        portion.since[again.property_id] = str(again.since)
        search.consider(again.run)


def _directed(search: Search, profile: Profile, number: int, database: Database) -> None:
    _all(search, directed(search.subject, search.scopes[0], quota=search.quota))


def _repeats(search: Search, profile: Profile, number: int, database: Database) -> None:
    _all(search, repeats(search.subject, search.scopes, search.quota))


def _sweep(search: Search, profile: Profile, number: int, database: Database) -> None:
    _all(search, sweep(search.subject, islice(search.scopes, number, number + 1), search.quota))


def _detours(search: Search, profile: Profile, number: int, database: Database) -> None:
    seed, swept = shard_seed(search.seed, number), profile.sweep_scopes
    drawn, quota = profile.detours, search.quota
    _all(search, detours(search.subject, search.scopes, swept, seed, drawn, quota))


def _exhaustive(search: Search, profile: Profile, number: int, database: Database) -> None:
    never = never_strike(search.subject, search.scopes[0].delivery)
    mine = [*islice(small_scopes(search.scopes, never), number, None, EXHAUSTIVE_PARTS)]
    hashed, most = search.subject.shape.has("digest"), search.quota.each(len(mine))
    for name, scope in mine:
        exploration = Exploration(name, hashed=hashed, most=most)
        _all(search, exhaust(search.subject, scope, exploration, profile.exhaustive_states))
        search.portion.explored.append(exploration.in_words())


def _stateful(search: Search, profile: Profile, number: int, database: Database) -> None:
    run_stateful(
        search.subject,
        search.scopes,
        search.consider,
        seed=shard_seed(search.seed, number),
        examples=search.quota.number(profile.examples),
        chunks=profile.chunks,
    )


def _campaign(search: Search, profile: Profile, number: int, database: Database) -> None:
    """What failed before is run first; what fails now is handed to Hypothesis's database."""
    stored = schedule_test(search.subject, search.scopes, _raising(search), database)
    if database is not None and number == 0:
        search.portion.replayed += replay_stored(stored)
    handed = set(search.found)
    schedules = search.quota.number(profile.campaign)
    for data, run in campaign(
        search.subject, search.scopes, shard_seed(search.seed, number), schedules
    ):
        search.consider(run)
        new = run.findings.keys() - handed
        if new and database is not None:
            handed |= new
            if not hand_over(stored, data):
                search.portion.remarks.add("Hypothesis did not take over a failing schedule")


def _raising(search: Search) -> Callable[[Run], None]:
    def consider(run: Run) -> None:
        search.consider(run)
        if run.findings:
            raise AssertionError(", ".join(run.findings))

    return consider


_PARTS: dict[str, Callable[[Search, Profile, int, Database], None]] = {
    KNOWN: _known,
    "paths": _paths,
    "directed": _directed,
    "repeats": _repeats,
    "sweep": _sweep,
    "detours": _detours,
    "exhaustive": _exhaustive,
    "stateful": _stateful,
    "campaign": _campaign,
}
