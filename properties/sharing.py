"""What one part of the search found may serve a property that another part found it harder with.

Each part makes its own violations minimal, and does not know of the others. When all are in, a
property whose counterexample is not as simple as another property's gets that schedule, if it is
violated there as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from implementations.errors import TargetError
from properties.run import schedule_from_json
from properties.shrinker import Shrinker, still_failing
from properties.telling import tell
from properties.verdicts import simplicity
from properties.world.subject import Subject
from reports.counterexample import Counterexample


def shared(
    subject: Subject, counterexamples: Mapping[str, Counterexample]
) -> dict[str, Counterexample]:
    """For each property, the simplest counterexample among its own and those of the others."""
    return {
        property_id: _simplest(subject, known, counterexamples)
        for property_id, known in counterexamples.items()
    }


def _simplest(
    subject: Subject, known: Counterexample, counterexamples: Mapping[str, Counterexample]
) -> Counterexample:
    others = [other for other in counterexamples.values() if known.property_id in other.also]
    best = min([known, *others], key=simplicity)
    if best is known:
        return known
    try:
        return _inherited(subject, known, best)
    except TargetError:  # not deterministic: it was seen once, and is told as it was seen
        return known


def _inherited(subject: Subject, known: Counterexample, other: Counterexample) -> Counterexample:
    """The other schedule, told for this property; what it needs only for the other is left out."""
    still_fails = still_failing(subject, known.property_id)
    run = still_fails(schedule_from_json(other.schedule))
    if run is None:
        return known
    shrinker = Shrinker(still_fails, run, max_runs=0)
    schedule = shrinker.shrink().schedule
    runs = other.runs + shrinker.runs
    return tell(subject, known.property_id, schedule, other.tier, other.seed, runs)
