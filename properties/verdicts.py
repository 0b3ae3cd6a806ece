"""From the portions of a session to its verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field

from model.conformance import observable_rows
from model.environment import FAULT_MEANING, Delivery, Fault
from model.history import Cancel
from model.specification import PROPERTIES, Needs, Property
from properties.contracts import name_without_contract
from properties.profiles import profile_of
from properties.search import Portion, add
from properties.settings.in_force import Settings
from properties.striking import cannot_fire
from properties.telling import PRECEDENCE
from properties.world.scopes import scope_from_json
from properties.world.subject import Subject
from reports.counterexample import Counterexample
from reports.verdict import (
    ELSEWHERE,
    Coverage,
    FaultCount,
    PropertyVerdict,
    RunSummary,
    Verdict,
    Visits,
)
from reports.wording import count

#: So many parts of the search that are missing are named.
NAMED = 3


@define
class Total:
    """The portions of a session, added up."""

    schedules: int = 0
    drawn: dict[str, tuple[int, int]] = field(factory=dict)
    """Of each kind of part that ran fewer schedules than there were: how many, and of how many."""
    steps: int = 0
    shrinking: int = 0
    """The runs that it took to make counterexamples minimal."""
    checked: dict[str, int] = field(factory=dict)
    left_aside: dict[str, int] = field(factory=dict)
    cancels: dict[str, int] = field(factory=dict)
    """How many attempts to cancel came to what."""
    fired: dict[str, int] = field(factory=dict)
    watched: int = 0
    rows: dict[str, int] = field(factory=dict)
    struck: dict[str, dict[str, int]] = field(factory=dict)
    violated: dict[str, int] = field(factory=dict)
    counterexamples: dict[str, Counterexample] = field(factory=dict)
    """The simplest one of each property."""
    faultless: dict[str, Counterexample] = field(factory=dict)
    """The simplest one without any fault."""
    explored: list[str] = field(factory=list)
    unheard: set[str] = field(factory=set)
    divergences: set[str] = field(factory=set)
    parts: list[str] = field(factory=list)
    replayed: int = 0
    since: dict[str, str] = field(factory=dict)
    remarks: set[str] = field(factory=set)

    def take(self, portion: Portion) -> None:
        """Add a portion."""
        self.parts.append(portion.part)
        self.schedules += portion.schedules
        if portion.whole > portion.schedules:
            kind = name_without_contract(portion.part).partition("-")[0]
            ran, whole = self.drawn.get(kind, (0, 0))
            self.drawn[kind] = ran + portion.schedules, whole + portion.whole
        self.steps += portion.steps
        add(self.checked, portion.checked)
        add(self.left_aside, portion.left_aside)
        add(self.cancels, portion.cancels)
        add(self.fired, portion.fired)
        add(self.violated, portion.violated)
        self.watched += portion.watched
        add(self.rows, portion.rows)
        for row, faults in portion.struck.items():
            add(self.struck.setdefault(row, {}), faults)
        self.explored += portion.explored
        self.unheard |= portion.unheard
        self.divergences |= portion.divergences
        self.replayed += portion.replayed
        self.since |= portion.since
        self.remarks |= portion.remarks
        for counterexample in (*portion.counterexamples, *portion.faultless):
            self.shrinking += counterexample.runs
            _keep(self.counterexamples, counterexample)
            if not faults_in(counterexample):
                _keep(self.faultless, counterexample)

    @property
    def cancels_in_vain(self) -> bool:
        """Whether cancels were answered, and not one of them was accepted."""
        return bool(self.cancels) and Cancel.ACCEPTED not in self.cancels

    def besides(self) -> dict[str, Counterexample]:
        """Without any fault: the properties whose simplest counterexample has one."""
        simplest = self.counterexamples
        return {
            property_id: other
            for property_id, other in self.faultless.items()
            if property_id in simplest and faults_in(simplest[property_id])
        }


def _keep(simplest: dict[str, Counterexample], counterexample: Counterexample) -> None:
    known = simplest.get(counterexample.property_id)
    if known is None or simplicity(counterexample) < simplicity(known):
        simplest[counterexample.property_id] = counterexample


def faults_in(counterexample: Counterexample) -> int:
    """How many of the steps are faults."""
    return sum(1 for step in counterexample.deviations if step.kind == "fault")


def orders_in(counterexample: Counterexample) -> int:
    """How many orders there are."""
    return len(counterexample.schedule["scope"]["orders"])


def simplicity(counterexample: Counterexample) -> tuple[object, ...]:
    """How simple a counterexample is, least first: as schedules are scored."""
    actions = counterexample.schedule["actions"]
    scope = scope_from_json(counterexample.schedule["scope"])
    faults = faults_in(counterexample)
    waits = sum(int(action[0]) for action in actions)
    return len(scope.orders), len(actions), faults, scope.size, waits, str(actions)


def rank(counterexample: Counterexample) -> tuple[object, ...]:
    """In which order counterexamples are told: the simplest first, of equals the most specific."""
    return (*simplicity(counterexample)[:-1], PRECEDENCE[counterexample.property_id])


def summarise(
    total: Total,
    subject: Subject,
    settings: Settings,
    faults: frozenset[Fault],
    delivery: Delivery,
    seed: int,
    reports: Mapping[str, str],
    missing: Mapping[str, str] | None = None,
) -> RunSummary:
    """The verdicts of a session; `reports` holds the path of each counterexample's report.

    `missing` names the parts of the search that did not come to their end, and why: what they
    might have found is unknown. So is what other shards might find, where this is one of several.
    """
    missing = missing or {}
    partial = str(settings.shard or "")
    return RunSummary(
        target=subject.spec,
        delivery=str(delivery),
        faults=tuple(str(fault) for fault in Fault if fault in faults),
        profile=settings.profile,
        seed=seed,
        schedules=total.schedules,
        steps=total.steps,
        shrinking=total.shrinking,
        properties=tuple(
            _verdict(row, total, subject, settings, reports, missing) for row in PROPERTIES
        ),
        fault_counts=tuple(
            _fault(fault, total, subject, faults, delivery, partial) for fault in Fault
        ),
        coverage=_coverage(total, subject),
        partial=partial,
        fewer=_fewer(total, subject, settings),
    )


def _fewer(total: Total, subject: Subject, settings: Settings) -> str:
    """That not all schedules were run which there are, why, and how many of them."""
    slow = subject.shape.slow
    most = profile_of(settings.profile, settings.schedules, slow=slow).most
    if most is None:
        return ""
    asked = settings.schedules is not None
    why = "as --saga-schedules says" if asked else "since the target says that its runs are slow"
    drawn = (f"{kind} {ran:,} of {of:,}" for kind, (ran, of) in sorted(total.drawn.items()))
    how = "" if asked else "; --saga-schedules=all runs them all"
    return f"at most {most:,} in each part, {why}: {', '.join(drawn) or 'all there are'}{how}"


def _verdict(
    row: Property,
    total: Total,
    subject: Subject,
    settings: Settings,
    reports: Mapping[str, str],
    missing: Mapping[str, str],
) -> PropertyVerdict:
    checked = total.checked.get(row.id, 0)
    lacking = not_applicable(row, subject)
    aside = _left_aside(total.left_aside.get(row.id, 0))
    verdict, reason = Verdict.HOLDS, ""
    if row.id in total.violated and row.id in settings.expected:
        verdict, reason = Verdict.EXPECTED, settings.expected[row.id]
    elif row.id in total.violated:
        known = total.counterexamples.get(row.id)
        verdict, reason = Verdict.VIOLATED, known.finding if known else "see the error above"
    elif lacking:
        verdict, reason = Verdict.NOT_APPLICABLE, lacking
    elif missing:
        verdict, reason = Verdict.UNKNOWN, _undone(missing)
    elif settings.shard:
        verdict, reason = Verdict.UNKNOWN, f"nothing found in {settings.shard}: merge them all"
    elif aside and not checked:
        verdict, reason = Verdict.UNKNOWN, f"{aside}, and there were no others"
    elif not checked:
        verdict, reason = Verdict.VACUOUS, "nothing in any run that it speaks of"
    elif row.id in settings.expected:
        verdict = Verdict.VIOLATED
        reason = f"expected to fail ({settings.expected[row.id]}), and holds: remove expect-failure"
    elif aside:
        reason = f"{row.statement}; {aside}"
    return PropertyVerdict(row.id, row.statement, verdict, checked, reason, reports.get(row.id, ""))


def _undone(missing: Mapping[str, str]) -> str:
    """Which parts are missing, by the reason why."""
    parts: dict[str, list[str]] = {}
    for part, why in missing.items():
        parts.setdefault(why, []).append(part)
    return "; ".join(_named(names, why) for why, names in parts.items())


def _named(parts: Sequence[str], why: str) -> str:
    """A few parts by their names, or how many there are: this stands beside every property."""
    if len(parts) <= NAMED:
        return f"{', '.join(parts)} {why}"
    return f"each of {len(parts)} parts {why} ({', '.join(parts[:NAMED])}, …)"


def _left_aside(orders: int) -> str:
    """What there is to say of orders that were not judged; nothing if all were."""
    return f"left aside where LIVE-0 is violated ({count(orders, 'order')})" if orders else ""


def not_applicable(row: Property, subject: Subject) -> str:
    """Why a property does not apply to a target; empty if it does."""
    sight = subject.sight
    seen = {
        Needs.MONEY: sight.money,
        Needs.STOCK: sight.stock,
        Needs.RESERVATIONS: sight.reservations,
        Needs.PARCELS: sight.parcels,
        Needs.EFFECTS: sight.money or sight.reservations or sight.parcels,
        Needs.TERMINAL: bool(sight.terminal),
        Needs.MODEL_EVENTS: sight.model_events,
        Needs.ISOLATION: False,
    }
    return "; ".join(f"needs {need}" for need in row.needs if not seen[need])


def _fault(
    fault: Fault,
    total: Total,
    subject: Subject,
    faults: frozenset[Fault],
    delivery: Delivery,
    partial: str,
) -> FaultCount:
    asked = fault in faults
    without_effect = fault is Fault.CANCEL and total.cancels_in_vain
    fired = 0 if without_effect else total.fired.get(fault, 0)
    never = ELSEWHERE if partial else "VACUOUS"
    reason = "" if fired or not asked else cannot_fire(fault, subject, delivery) or never
    return FaultCount(str(fault), FAULT_MEANING[fault], asked, fired, reason)


def _coverage(total: Total, subject: Subject) -> Coverage:
    rows = sorted(str(row) for row in observable_rows())
    if not subject.sight.model_events:
        return Coverage(0, len(rows), reason="the target has event names of its own")
    missing = tuple(row for row in rows if row not in total.rows)
    visits = tuple(Visits(row, total.rows.get(row, 0), total.struck.get(row, {})) for row in rows)
    return Coverage(len(rows) - len(missing), len(rows), missing, "", visits, total.watched)
