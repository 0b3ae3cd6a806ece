"""Where target and model part ways: the step that a counterexample shows beside the violation.

Two oracles run with the search. One knows the table, and follows a target that uses its event names
message by message (`model.conformance`); the other one knows the ledger automaton, and follows the
ledger of any target (`model.courses`). Neither judges: a target may be right in another way. So
what the target does anyway, when nothing goes wrong, is not shown as if it led to the violation.
"""

from __future__ import annotations

from model.courses import Departure
from model.history import Finding
from model.money import money
from properties.run import Run
from reports.counterexample import Divergence


def parting(run: Run, finding: Finding, plain: Run | None) -> Divergence | None:
    """The first step at which they differ; `plain` is a run of the same setting without deviations.

    Without such a run, since the one at hand is one, a ledger is shown to differ only where the
    violation itself rests on that entry.
    """
    found = []
    if run.world.divergence is not None:
        step, parted = run.world.divergence
        did = f"{parted.participant} published {parted.event}({parted.order})"
        found.append(Divergence(step, did, parted.expected))
    for departure in _departures(run):
        if _telling(departure, finding, plain):
            allowed = departure.allowed or ("no more effects",)
            found.append(Divergence(departure.step, _did(departure), allowed))
    return min(found, key=lambda each: each.step, default=None)


def _departures(run: Run) -> list[Departure]:
    courses = run.world.courses
    return [each for each in (courses.departure, courses.turn) if each is not None]


def _telling(departure: Departure, finding: Finding, plain: Run | None) -> bool:
    """Whether a departure has to do with what was found."""
    if plain is None:
        return departure.entry in finding.entries
    return str(departure) not in {str(usual) for usual in _departures(plain)}


def _did(departure: Departure) -> str:
    entry = departure.entry
    amount = f"{entry.quantity} {entry.unit}"
    if entry.effect.of_money:
        amount = money(entry.quantity, entry.unit)
    before = ", ".join(departure.before) or "nothing"
    return f"{entry.order} {departure.did} {amount}, after {before}"
