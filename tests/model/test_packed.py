"""The proof over whole numbers: the same as the readable one, and what it can do besides."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.choreography import TABLE
from model.decisions import STALE
from model.packed import prove_packed
from model.table import Table
from model.unbounded import prove
from tests.model.broken_tables import lost_tombstone, plus, rows, without
from tests.model.test_unbounded import proof


def test_it_is_the_same_proof() -> None:
    """To the last state and transition, with the same rows and the same keys without a row."""
    packed, readable = prove_packed(), proof()
    assert (packed.states, packed.transitions) == (readable.states, readable.transitions)
    assert packed.rows == readable.rows == {*TABLE.rows}
    assert packed.ignored == readable.ignored == {*STALE}
    assert packed.broken == ""


@pytest.mark.parametrize(
    "table",
    [
        lost_tombstone("inventory"),
        plus(evolve(rows("inventory", "idle", "payment.processed")[0], state="rejected")),
        without(rows("payment", "paid", "payment.refund.requested")[0]),
        without(*rows("gateway", "refused", "gateway.charge")),
    ],
    ids=["tombstone", "rejection", "refund", "replay"],
)
def test_it_finds_the_same_flaws(table: Table) -> None:
    """What it names is among what the readable proof finds in as many steps."""
    packed, readable = prove_packed(table), prove(table, stop_at=1)
    assert packed.broken in {name for name, _ in readable.violations}
    assert packed.states == readable.states


def test_a_torn_row_is_found() -> None:
    """An effect that is not in the transaction of its row happens again after a crash."""
    refund = rows("payment", "paid", "payment.refund.requested")[0]
    torn = evolve(refund, to=refund.state, emits=())
    assert prove_packed(torn=(torn,)).broken == "no-over-refund"


def test_the_order_of_the_ledger_can_be_told() -> None:
    """The money may go back before the stock or after it; without `ordered` that is one ledger."""
    ways = {word for word in prove_packed(ordered=True).endings if {"refund", "release"} <= {*word}}
    assert len(ways) == 3
    assert len({word for word in prove_packed().endings if {"refund", "release"} <= {*word}}) == 1
