"""Runs such as a page is made of: a friendly one, a hostile one, one with many counterexamples."""

from __future__ import annotations

from attrs import evolve

from model.conformance import observable_rows
from model.environment import DELIVERY_MEANING, Delivery
from reports.counterexample import Counterexample, Shelf
from reports.html.case import Case
from reports.html.page import report_page
from reports.verdict import (
    ContractVerdicts,
    Coverage,
    DeliveryTable,
    FaultCount,
    PropertyVerdict,
    RunSummary,
    Verdict,
    Visits,
)
from tests.reports import samples

WHEN = "2026-01-31 12:00 UTC, 61 seconds"


def case(c: Counterexample, name: str = "") -> Case:
    """Make the case of a counterexample; its name is that of the property, if none is given."""
    target = f"--saga-target='{c.target}'"
    name = name or c.property_id
    return Case(name, c, f"python -m pytest --saga-replay=reports/out/{name}.json {target}")


def stocked(c: Counterexample) -> Counterexample:
    """The same counterexample, with five pieces in stock until one is reserved."""
    steps, left = [], 5
    for step in c.steps:
        left -= sum("reserve" in entry.text for entry in step.entries)
        steps.append(evolve(step, stock=(Shelf("A", left),)))
    return evolve(c, steps=tuple(steps))


def coverage() -> Coverage:
    """Make coverage in which one transition, and one pair of each other, was never seen."""
    rows = sorted(map(str, observable_rows()))
    visits = tuple(
        Visits(row, number * 9, {"reorder": number * 3} if number % 2 else {"reorder": 1})
        if number
        else Visits(row, 0, {})
        for number, row in enumerate(rows)
    )
    return Coverage(len(rows) - 1, len(rows), (rows[0],), "", visits, 300)


def deliveries() -> DeliveryTable:
    """Make the table of a saga that needs a broker without copies."""
    rows = tuple(
        ContractVerdicts(
            str(contract),
            DELIVERY_MEANING[contract],
            {
                "MONEY-0": Verdict.HOLDS,
                "MONEY-1": Verdict.VIOLATED if contract.duplicates else Verdict.HOLDS,
            },
        )
        for contract in Delivery
    )
    return DeliveryTable(rows, f"{rows[0].contract}: {rows[0].promise}", {"MONEY-1": "MONEY-1.md"})


def run() -> tuple[RunSummary, list[Case]]:
    """Make a run with every kind of verdict, coverage, contracts, and three counterexamples."""
    faults = (
        *samples.summary().fault_counts[:1],
        FaultCount("crash", "a participant dies at a port call", True, 0, "VACUOUS"),
        FaultCount("late", "a timer goes off too soon", True, 0, "the target sets no timer"),
        *samples.summary().fault_counts[2:],
    )
    summary = evolve(
        samples.summary(), coverage=coverage(), deliveries=deliveries(), fault_counts=faults
    )
    told = (samples.double_charge(), stocked(samples.stock_leak()), samples.oversell())
    return summary, [case(c) for c in told]


def hostile_run() -> tuple[RunSummary, list[Case]]:
    """Make a run in which every text of a target is hostile, and one is very long."""
    text = samples.HOSTILE
    long = evolve(samples.hostile(), finding="x" * 3000, statement=f"{text} {'y' * 400}")
    summary = evolve(
        samples.summary(),
        target=text,
        properties=(
            PropertyVerdict(text, text, Verdict.VIOLATED, 1, text, "hostile.md"),
            PropertyVerdict(text, "z" * 500, Verdict.UNKNOWN, 1, text),
        ),
        fault_counts=(FaultCount(text, text, True, 1), FaultCount(text, text, True, 0, text)),
        coverage=Coverage(1, 1, (text,), text, (Visits(text, 1, {text: 1}),), 1),
        deliveries=DeliveryTable((ContractVerdicts(text, text, {text: Verdict.HOLDS}),), text),
        faults=(text,),
    )
    return summary, [case(samples.hostile(), "hostile"), case(long, "hostile-2")]


def many(number: int, steps: int) -> str:
    """Make the page of a run with so many counterexamples of so many steps."""
    summary, _ = run()
    cases = [
        case(evolve(samples.long(steps), property_id=f"LIVE-{each}")) for each in range(number)
    ]
    return page(summary, cases)


def page(summary: RunSummary, cases: list[Case]) -> str:
    """Make the page of a run."""
    return report_page(summary, cases, samples.KIT, WHEN)
