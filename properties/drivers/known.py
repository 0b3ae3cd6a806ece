"""What failed in an earlier session, run first: is it mended, or does it mean nothing any more?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen
from hypothesis.database import ExampleDatabase

from model.environment import Delivery, Fault
from properties.memory import Known, known
from properties.run import Run, run_schedule
from properties.world.actions import fault_of
from properties.world.subject import Subject


class Since(StrEnum):
    """What has become of a counterexample since it was found."""

    VIOLATED = "violated as before"
    FIXED = "fixed since the last session"
    LOST = "no longer comes about as it did, and is forgotten"


@frozen
class Again:
    """A counterexample that was run again."""

    property_id: str
    run: Run
    since: Since


def become_of(property_id: str, since: str, violated: bool) -> str:
    """What has become of a counterexample; a property may well be `violated` by another one."""
    if not violated or since == Since.VIOLATED:
        return f"{property_id} {since}"
    gone = "is fixed" if since == Since.FIXED else since
    return f"the schedule of {property_id} {gone}; {property_id} is violated by another"


def run_known(
    subject: Subject, faults: frozenset[Fault], delivery: Delivery, database: ExampleDatabase
) -> Iterator[Again]:
    """Run what is known again, as far as contract and faults in force allow it."""
    for one in list(known(database)):
        if allowed(one, faults, delivery):
            run = run_schedule(subject, one.schedule)
            yield Again(one.property_id, run, since(one, run))


def allowed(one: Known, faults: frozenset[Fault], delivery: Delivery) -> bool:
    """Whether a schedule may be run under this contract, with no other faults than these."""
    needed = {fault_of(deviation.action) for deviation in one.schedule.deviations} - {None}
    return one.schedule.scope.delivery is delivery and needed <= faults


def since(one: Known, run: Run) -> Since:
    """What has become of it."""
    if one.property_id in run.findings:
        return Since.VIOLATED
    return Since.LOST if run.skipped else Since.FIXED
