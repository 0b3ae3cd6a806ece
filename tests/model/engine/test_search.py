"""The fast engine finds what the readable one finds: every world, every step, every verdict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from model import exploration
from model.exploration import Violation
from model.semantics import Scope, beginning, steps
from model.table import Guard, Table
from tests.model.broken_tables import (
    changed,
    lost_tombstone,
    plus,
    repeated,
    rows,
    with_wrong_release,
    without,
)
from tests.needs import needs

needs("numpy")

from model.engine.search import explore  # noqa: E402
from tests.model.engine.worlds import all_worlds, searched  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]

COMPARED = [
    Scope(),
    Scope(stock=0),
    Scope(1, 1, 1, 1, 1),
    Scope(1, 0, 2, 1),
    Scope(1, 1, duplicates=1, cancels=1),
    Scope(2, 1),
    Scope(2, 2, gateway_faults=1),
    Scope(2, 1, cancels=1),
    Scope(2, 1, duplicates=1),
    Scope(2, 0, crashes=1),
    Scope(3, 2),
]


@pytest.mark.parametrize("scope", COMPARED, ids=str)
def test_the_engines_agree(scope: Scope) -> None:
    """The whole reports are equal: states, transitions, depth, rows, ignored, endings."""
    assert explore(scope) == exploration.explore(scope)


def test_the_engines_agree_on_a_large_world() -> None:
    """The same for 148 thousand states; the sizes are pinned here, so neither can drift."""
    found = explore(Scope(2, 1, duplicates=1, crashes=1))
    assert (found.states, found.transitions) == (148_275, 752_694)
    assert found == exploration.explore(Scope(2, 1, duplicates=1, crashes=1))


@pytest.mark.parametrize(
    ("scope", "states", "transitions"),
    [
        (Scope(2, 1, 1, 1, 1), 343_642, 1_751_078),
        (Scope(2, 1, crashes=1, cancels=1), 201_103, 1_008_630),
        (Scope(2, 1, duplicates=1, cancels=1), 248_012, 1_226_590),
        (Scope(3, 2, duplicates=1), 691_540, 3_864_285),
    ],
    ids=str,
)
def test_sizes_of_larger_worlds(scope: Scope, states: int, transitions: int) -> None:
    """Pinned, and right in every state; `test_spin` holds the first one against SPIN."""
    found = explore(scope)
    assert not found.violations, str(found.violations[0])
    assert (found.states, found.transitions) == (states, transitions)


@pytest.mark.parametrize("scope", [Scope(2, 1, gateway_faults=1), Scope(1, 1, 1, 0, 1, 1)], ids=str)
def test_the_worlds_are_the_same_ones(scope: Scope) -> None:
    """Not only as many: each integer stands for a world that the semantics reaches, and for one."""
    search = searched(scope)
    worlds = [search.product.world(int(packed)) for packed in search.known]
    assert len(worlds) == len({*worlds})
    assert {*worlds} == all_worlds(scope)


BROKEN = {
    "a reservation after the cancel": (Scope(2, 1, cancels=1), lost_tombstone("shipping")),
    "a late charge": (Scope(1, 1, cancels=1), lost_tombstone("payment")),
    "no refund after a rejection": (
        Scope(2, 1, 1, 1),
        changed(
            rows("inventory", "idle", "payment.processed")[1],
            emits=("inventory.reservation.failed",),
        ),
    ),
    "a release that puts back two": (Scope(1, 1), with_wrong_release()),
    "stock that is not looked at": (
        Scope(2, 1),
        without(rows("inventory", "idle", "payment.processed")[1]),
    ),
    "an oversell": (
        Scope(3, 2),
        changed(rows("inventory", "idle", "payment.processed")[0], guard=Guard.ALWAYS),
    ),
    "a second parcel for a copy": (
        Scope(2, 2, duplicates=1),
        repeated(
            "shipping",
            "shipped",
            "inventory.reserved",
            *rows("shipping", "idle", "inventory.reserved", "ship")[0].effects,
        ),
    ),
}


@pytest.mark.parametrize(("scope", "table"), BROKEN.values(), ids=BROKEN)
def test_a_violation_is_found_at_the_same_depth(scope: Scope, table: Table) -> None:
    """The same invariants, after as many steps, and as much of the world seen until then."""
    fast, readable = explore(scope, table), exploration.explore(scope, table)
    assert fast.violations
    assert _lengths(fast.violations) == _lengths(readable.violations)
    assert evolve(fast, violations=()) == evolve(readable, violations=())
    for violation in fast.violations:
        _replay(scope, table, violation)


def test_everything_that_is_broken_is_found() -> None:
    """Without an early stop both engines name the same invariants, each with a shortest way."""
    table = plus(
        *(evolve(r, state="rejected") for r in rows("inventory", "idle", "payment.processed"))
    )
    scope = Scope(2, 1, duplicates=1)
    fast = explore(scope, table, stop_at=99)
    assert len(fast.violations) > 1
    readable = exploration.explore(scope, table, stop_at=99)
    assert _lengths(fast.violations) == _lengths(readable.violations)
    assert evolve(fast, violations=()) == evolve(readable, violations=())


def _lengths(violations: tuple[Violation, ...]) -> dict[str, int]:
    return {violation.invariant: len(violation.trace) for violation in violations}


def _replay(scope: Scope, table: Table, violation: Violation) -> None:
    """Every step of a trace is one that the readable semantics can take."""
    world = beginning(table, scope)
    for step in violation.trace:
        assert step in [*steps(table, world)]
        world = step.world


def test_too_many_orders_are_refused_in_words() -> None:
    """What does not fit in an integer is no wrong answer and no traceback of numpy."""
    with pytest.raises(ValueError, match=r"8 orders with .* take fewer orders"):
        explore(Scope(8, 1, 1, 1, 1))


def test_without_numpy_the_reason_is_told() -> None:
    """The message names the package and what works without it."""
    code = "import sys; sys.modules['numpy'] = None; import model.engine.search"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr.splitlines()[-1].startswith(
        "ImportError: The fast engine needs numpy, which is not installed: pip install numpy"
    )
