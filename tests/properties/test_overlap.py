"""Which handlings of a participant interleaved, on steps written by hand."""

from __future__ import annotations

import pytest

from properties.overlap import Overlap, overlap
from reports.counterexample import Step, StepKind

PAID, CANCELLED = "till on paid(o1)", "till on cancelled(o1)"
DELIVERED = "deliver paid(o1) to till", "deliver cancelled(o1) to till"
CALLS, WRITES = f"{PAID}: carrier.create_shipment", f"{PAID}: till commit"
BETWEEN = f"{CANCELLED}: till commit", f"{CANCELLED}: goes on after till commit"


def steps(*actions: str) -> list[Step]:
    """Steps with nothing in them but what was done."""
    return [Step(number, action, StepKind.DEFAULT) for number, action in enumerate(actions)]


@pytest.mark.parametrize(
    "actions",
    [
        # it had begun, and called the carrier only when the other one had been there
        (*DELIVERED, *BETWEEN, CALLS, WRITES),
        (*DELIVERED, CALLS, *BETWEEN, WRITES),
        (*DELIVERED, WRITES, *BETWEEN, CALLS, WRITES, f"{CANCELLED}: acknowledge"),
        (*DELIVERED[::-1], WRITES, *BETWEEN, WRITES),
    ],
)
def test_what_was_written_by_what_had_been_read_before(actions: tuple[str, ...]) -> None:
    """Pins that a handler that calls somebody, and writes last, is told with the other one."""
    assert overlap(steps(*actions)) == Overlap("till", "paid(o1)", "cancelled(o1)")


@pytest.mark.parametrize(
    "actions",
    [
        # one after the other; the other one wrote last; it wrote in its only step
        (DELIVERED[0], CALLS, WRITES, DELIVERED[1], *BETWEEN),
        (*DELIVERED, CALLS, WRITES, *BETWEEN),
        (*DELIVERED, *BETWEEN, WRITES),
        # it published and called nobody; the other one stored nothing
        (*DELIVERED, f"{PAID}: publish done", *BETWEEN, WRITES),
        (*DELIVERED, CALLS, f"{CANCELLED}: acknowledge", WRITES),
        # another order, another participant, a copy of the same message
        (
            *(a.replace("cancelled(o1)", "cancelled(o2)") for a in DELIVERED + BETWEEN),
            CALLS,
            WRITES,
        ),
        ("deliver cancelled(o1) to desk", "desk on cancelled(o1): desk commit", CALLS, WRITES),
        (
            *("deliver paid(o1) to till", "deliver paid(o1) to till, copy 2"),
            f"{PAID}, copy 2: till commit",
            CALLS,
            WRITES,
        ),
    ],
)
def test_what_only_looks_so(actions: tuple[str, ...]) -> None:
    """Pins that nothing is said where nothing can have been overwritten, or an inbox would do."""
    assert overlap(steps(*actions)) is None
