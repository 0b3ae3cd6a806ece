"""From a minimal run to its counterexample: run again, with everything written down."""

from __future__ import annotations

from collections.abc import Container, Mapping

from implementations.errors import TargetError
from model.history import Finding
from model.specification import BY_ID, PROPERTIES, When
from properties.diagnosis import diagnose
from properties.parting import parting
from properties.probing import first_difference
from properties.run import Run, Schedule, run_schedule
from properties.world.subject import Subject
from properties.world.trace import Trace
from reports.counterexample import Counterexample, Safeguard

#: In which order violations of one step are told: what one effect shows by itself, then MONEY-0,
#: which is concluded from all that is pending, then what is decided at rest, then across runs.
PRECEDENCE: dict[str, int] = {
    row.id: place
    for place, row in enumerate(
        sorted(PROPERTIES, key=lambda row: (list(When).index(row.when), row.id == "MONEY-0"))
    )
}
#: What follows from a violation that leaves the course of the saga as it is: a wrong amount shows
#: only where amounts are compared, a missing id only where an event goes astray.
_EXPLAINS: dict[str, frozenset[str]] = {
    "MONEY-4": frozenset({"MONEY-2", "MONEY-3", "SHIP-2"}),
    "OBS-1": frozenset({"STATE-2", "LIVE-0", "LIVE-1", "ATOM-1", "CORR-1"}),
}
_OF_SUMS = _EXPLAINS["MONEY-4"] | {"MONEY-0", "LIVE-0", "COMP-1"}


class NotReproducible(TargetError):
    """A violation that does not come back when the same schedule is run again."""


def tell(
    subject: Subject, property_id: str, schedule: Schedule, tier: str, seed: int, runs: int
) -> Counterexample:
    """The counterexample of a schedule, confirmed by running it twice.

    Raises:
        NotReproducible: the two runs differ, or the property is not violated.
    """
    first, trace = _run(subject, schedule)
    again, second = _run(subject, schedule)
    difference = first_difference(trace.steps, second.steps)
    if difference or property_id not in first.findings or property_id not in again.findings:
        raise NotReproducible(
            f"violated {property_id} and then behaved differently when the same schedule was run "
            f"again: {difference or 'the second time the property was not violated'}",
            subject.spec,
            "the target is not deterministic: build everything afresh in the factory, take ids "
            "and time from world.new_id() and world.clock(), do not iterate over sets",
        )
    return _counterexample(subject, first.findings, property_id, first, trace, (tier, seed, runs))


def _run(subject: Subject, schedule: Schedule) -> tuple[Run, Trace]:
    trace = Trace()
    run = run_schedule(subject, schedule, trace, subject.conformance())
    subject.close(run.world.target)
    return run, trace


def _counterexample(
    subject: Subject,
    findings: Mapping[str, Finding],
    property_id: str,
    run: Run,
    trace: Trace,
    found: tuple[str, int, int],
) -> Counterexample:
    finding = findings[property_id]
    tier, seed, runs = found
    plain = _plain(subject, run)
    return Counterexample(
        property_id=property_id,
        statement=BY_ID[property_id].statement,
        finding=finding.text,
        order=finding.order,
        target=subject.spec,
        delivery=str(run.schedule.scope.delivery),
        setting=run.schedule.scope.setting,
        steps=trace.marked(finding.entries, finding.step),
        tier=tier,
        seed=seed,
        runs=runs,
        schedule=run.schedule.as_json(),
        safeguard=_missing(plain, findings, property_id, run, trace),
        divergence=parting(run, finding, plain),
        also=tuple(other for other in findings if other != property_id),
    )


def _missing(
    plain: Run | None, findings: Mapping[str, Finding], property_id: str, run: Run, trace: Trace
) -> Safeguard | None:
    always = plain.findings if plain else {}
    violated = [other for other in findings if other == property_id or other not in always]
    return diagnose(root(findings, property_id, always), violated, run, trace.steps)


def _plain(subject: Subject, run: Run) -> Run | None:
    """The same setting when nothing deviates; none if that is what was run."""
    if not run.schedule.deviations:
        return None
    plain = run_schedule(subject, Schedule(run.schedule.scope))
    plain.world.dissolve()
    return plain


def root(findings: Mapping[str, Finding], property_id: str, always: Container[str]) -> Finding:
    """The violation that came first in this run: the others follow from it.

    Not from one that is there always, for then it has nothing to do with what was needed here; nor
    from one that is known to explain other things only.
    """
    last = findings[property_id].step
    candidates = [
        finding
        for name, finding in findings.items()
        if finding.step <= last
        and (name == property_id or (name not in always and explains(name, property_id, findings)))
    ]
    return min(candidates, key=_place)


def _place(found: Finding) -> tuple[int, bool, int]:
    """Where a violation stands among the others: in one step, what explains little comes first."""
    name = found.property_id
    return found.step, name not in _EXPLAINS, PRECEDENCE[name]


def explains(cause: str, property_id: str, findings: Container[str]) -> bool:
    """Whether a violation can have brought another one about.

    Where the sums are wrong in the end (MONEY-3), a wrong amount explains all that is said of them.
    """
    if cause == "MONEY-4" and "MONEY-3" in findings:
        return property_id in _OF_SUMS
    return cause not in _EXPLAINS or property_id in _EXPLAINS[cause]
