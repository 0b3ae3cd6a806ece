"""The ladder: on each rung the kit asks for the next fix, and on the last one for nothing."""

from __future__ import annotations

from functools import cache

import pytest
from attrs import evolve

from docs.make_tutorial import first, spec
from implementations.document import ladder
from implementations.document.ladder import FIXES, table
from implementations.document.ladder.table import DEFECTS, RUNGS, Defect, Evidence
from model.environment import DEFAULT_FAULTS
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.search import run_part
from properties.world.actions import Action, Kind
from properties.world.scopes import SCOPES
from properties.world.subject import Subject
from reports.counterexample import StepKind
from reports.safeguards import SafeguardName

LAST = len(FIXES)
EVIDENCE = [(defect, shown) for defect in DEFECTS for shown in defect.removed]


@cache
def subject(rung: int) -> Subject:
    """A rung, probed once."""
    return probe(spec(rung))


def test_the_rungs_are_the_fixes() -> None:
    """Pins that every rung is a target, and that the table walks up the same ladder."""
    names = [fix.__name__.rpartition(".")[2] for fix in FIXES]
    assert [row.fix for row in RUNGS] == names
    assert [name for name in vars(ladder) if name.startswith("rung_")] == [
        f"rung_{rung:02}" for rung in range(LAST + 1)
    ]


@pytest.mark.parametrize("rung", range(LAST))
def test_the_first_counterexample_asks_for_the_next_fix(rung: int) -> None:
    """Pins property, safeguard and size of what the kit says first on a rung."""
    row, found = RUNGS[rung], first(rung)
    assert found is not None
    assert found.safeguard is not None
    faults = sum(1 for step in found.deviations if step.kind is StepKind.FAULT)
    said = (found.property_id, str(found.safeguard.name))
    size = (len(found.schedule["scope"]["orders"]), faults, len(found.deviations))
    assert said == (row.property_id, SafeguardName(row.safeguard))
    assert size == (row.orders, row.faults, row.deviations)


def run(rung: int, shown: Evidence) -> Run:
    """The evidence of a defect, on a rung."""
    target = subject(rung)
    (scope,) = (scope for scope in SCOPES if scope.name == shown.setting)
    deviations = tuple(
        Deviation(0, Action(Kind(kind), subject, port, mode))
        for kind, subject, port, mode in shown.actions
    )
    setting = evolve(scope, faults=DEFAULT_FAULTS, delivery=target.shape.delivery)
    return run_schedule(target, Schedule(setting, deviations))


@pytest.mark.parametrize(
    ("defect", "shown"), EVIDENCE, ids=[f"{d.entries[0]}-{e.fix}" for d, e in EVIDENCE]
)
def test_each_defect_is_broken_until_it_is_mended(defect: Defect, shown: Evidence) -> None:
    """Pins which fix removes a defect: its schedule breaks the property in no such way after it."""
    before = [row.fix for row in RUNGS].index(shown.fix)
    broken, mended = run(before, shown), run(before + 1, shown)
    assert not broken.skipped
    violation, left = (each.findings.get(shown.property_id) for each in (broken, mended))
    assert violation is not None, defect.text
    assert left is None or left.text != violation.text, defect.text


def test_there_are_twelve_defects() -> None:
    """Pins that none of the catalogue's list was forgotten."""
    assert len(DEFECTS) == 12


@pytest.mark.parametrize("part", [*table.PARTS, "sweep-1", "sweep-2", "sweep-3", "stateful-0"])
def test_the_last_rung_holds(part: str) -> None:
    """Pins that nothing is left to mend, in profile ci."""
    assert holds(part) == {}


@pytest.mark.parametrize("part", ["exhaustive-0", "exhaustive-1", "exhaustive-2"])
def test_the_last_rung_holds_in_small_scopes(part: str) -> None:
    """Pins it for every schedule of the small scopes, as far as profile ci goes."""
    assert holds(part) == {}


def holds(part: str) -> dict[str, int]:
    """What is violated on the last rung, in one part of profile ci."""
    target = subject(LAST)
    contract = target.shape.delivery
    return run_part(target, part, PROFILES["ci"], DEFAULT_FAULTS, contract, seed=1).violated
