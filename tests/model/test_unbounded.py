"""The proof without budgets: size, completeness, and that it fails when it should."""

from __future__ import annotations

from functools import cache

from attrs import evolve

from model.choreography import TABLE
from model.exploration import explore
from model.semantics import Scope
from model.unbounded import Proof, prove
from tests.model.broken_tables import plus, rows


@cache
def proof() -> Proof:
    """The proof of the table, made once."""
    return prove()


def test_the_proof_is_complete() -> None:
    """No invariant of an order can be broken, whatever the scope; the size is pinned."""
    found = proof()
    assert found.violations == ()
    assert (found.states, found.transitions, found.resting) == (78712, 719732, 23)


def test_every_row_is_reachable() -> None:
    """The table has no dead row."""
    assert proof().rows == {*TABLE.rows}


def test_a_small_world_is_contained_in_it() -> None:
    """What bounded exploration met without a row, the proof met too."""
    assert explore(Scope(1, 1, 1, 1, 1)).ignored <= proof().ignored


def test_a_rejection_that_does_not_stand_is_found_with_one_order() -> None:
    """A late copy tries again after a rejection: bounded worlds need two orders to see it."""
    first = rows("inventory", "idle", "payment.processed")[0]
    table = plus(evolve(first, state="rejected"))
    found = prove(table)
    assert found.violations
    name, way = found.violations[0]
    assert any("inventory: rejected --payment.processed" in str(row) for row in way), name
    assert not explore(Scope(1, 1, 1, 1, 1), table).violations
