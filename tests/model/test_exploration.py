"""Small worlds, completely: pinned sizes, no violation, and how a violation is shown."""

from __future__ import annotations

import pytest

from model.choreography import TABLE
from model.exploration import explore
from model.semantics import Kind, Scope
from tests.model.broken_tables import lost_tombstone

CONFIRMED, FAILED = ("confirmed",), ("failed",)

SIZES = [
    (Scope(orders=1, stock=1), 28, 43, {CONFIRMED, FAILED}),
    (Scope(orders=1, stock=0), 13, 14, {FAILED}),
    (Scope(orders=1, stock=1, cancels=1), 237, 570, {CONFIRMED, FAILED}),
    (Scope(1, 0, duplicates=1, crashes=1, gateway_faults=1), 959, 2638, {FAILED}),
    (Scope(1, 1, duplicates=1, crashes=1, gateway_faults=1), 3325, 11411, {CONFIRMED, FAILED}),
    (Scope(1, 1, 1, 1, 1, cancels=1), 30072, 129583, {CONFIRMED, FAILED}),
    (Scope(orders=2, stock=1), 955, 2846, {("confirmed", "failed"), ("failed", "failed")}),
    (Scope(2, 1, cancels=1), 14618, 58504, {("confirmed", "failed"), ("failed", "failed")}),
    (Scope(2, 1, duplicates=1), 15530, 61188, {("confirmed", "failed"), ("failed", "failed")}),
]


@pytest.mark.parametrize(
    ("scope", "states", "transitions", "endings"), SIZES, ids=[str(size[0]) for size in SIZES]
)
def test_small_worlds_are_right(
    scope: Scope, states: int, transitions: int, endings: set[tuple[str, ...]]
) -> None:
    """Every invariant holds in every state; the size of the world and its endings are pinned."""
    report = explore(scope)
    assert not report.violations, str(report.violations[0])
    assert (report.states, report.transitions) == (states, transitions)
    assert report.endings == endings


def test_enough_stock_lets_all_orders_be_confirmed() -> None:
    """Two orders, two pieces: nothing but the environment stands in the way."""
    assert ("confirmed", "confirmed") in explore(Scope(orders=2, stock=2)).endings


def test_a_violation_comes_with_a_shortest_way_to_it() -> None:
    """A cancel, then a reservation that shipping should have ignored: read as a story."""
    report = explore(Scope(cancels=1), lost_tombstone("shipping"))
    (violation,) = report.violations
    kinds = [step.move.kind for step in violation.trace]
    assert kinds.count(Kind.CANCEL) == 1
    story = str(violation)
    assert story.startswith(f"{violation.invariant} is broken after {len(violation.trace)} steps:")
    assert "shipping: cancelled --inventory.reserved" in story


def test_a_search_stops_at_the_first_level_that_breaks_enough() -> None:
    """Fewer states are visited when one violation will do."""
    table = lost_tombstone("inventory")
    first = explore(Scope(cancels=1), table)
    everything = explore(Scope(cancels=1), table, stop_at=99)
    assert first.states < everything.states
    assert {v.invariant for v in first.violations} <= {v.invariant for v in everything.violations}


def test_interference_adds_no_ending() -> None:
    """Copies, crashes and lost answers do not change how a saga can end."""
    quiet, noisy = explore(Scope()), explore(Scope(1, 1, 1, 1, 1))
    assert quiet.endings == noisy.endings
    assert quiet.rows < noisy.rows < {*TABLE.rows}
