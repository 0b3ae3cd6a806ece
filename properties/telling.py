"""From a minimal run to its counterexample: run again, with everything written down."""

from __future__ import annotations

from collections.abc import Container, Mapping

from implementations.errors import TargetError
from model.history import Finding
from model.specification import BY_ID
from properties.diagnosis import diagnose
from properties.probing import first_difference
from properties.run import Run, Schedule, run_schedule
from properties.world.subject import Subject
from properties.world.trace import Trace
from reports.counterexample import Counterexample, Divergence


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
    divergence = None
    if run.world.divergence is not None:
        step, parted = run.world.divergence
        divergence = Divergence(
            step, f"{parted.participant} published {parted.event}({parted.order})", parted.expected
        )
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
        safeguard=diagnose(root(findings, property_id, _always(subject, run)), run),
        divergence=divergence,
        also=tuple(other for other in findings if other != property_id),
    )


def _always(subject: Subject, run: Run) -> Container[str]:
    """What the target violates in the same setting when nothing deviates."""
    if not run.schedule.deviations:
        return ()
    plain = run_schedule(subject, Schedule(run.schedule.scope))
    subject.close(plain.world.target)
    return plain.findings


def root(findings: Mapping[str, Finding], property_id: str, always: Container[str]) -> Finding:
    """The violation that came first in this run: the others follow from it.

    Not from one that is there always, for then it has nothing to do with what was needed here.
    """
    ids = list(BY_ID)
    last = findings[property_id].step
    candidates = [
        finding
        for finding in findings.values()
        if finding.step <= last
        and (finding.property_id == property_id or finding.property_id not in always)
    ]
    return min(candidates, key=lambda found: (found.step, ids.index(found.property_id)))
