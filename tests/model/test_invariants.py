"""Each invariant can fail: for each one a table that breaks it, in a small world."""

from __future__ import annotations

import pytest

from model.choreography import CHARGE, REFUND, RELEASE, RESERVE, SHIP, TABLE
from model.exploration import explore
from model.invariants import INVARIANTS, WORLD_INVARIANTS, discharging
from model.semantics import Scope
from model.table import Guard, Table
from tests.model.broken_tables import (
    changed,
    lost_tombstone,
    repeated,
    rows,
    with_wrong_release,
    without,
)

RESERVED, REJECTED = rows("inventory", "idle", "payment.processed")
REPLAY = rows("gateway", "captured", "gateway.charge")[0]
COPY = Scope(duplicates=1)

BROKEN: dict[str, tuple[Table, Scope]] = {
    "no-double-charge": (changed(REPLAY, effects=(CHARGE,)), Scope(gateway_faults=1)),
    "no-double-reserve": (
        repeated("inventory", "reserved", "payment.processed", RESERVE),
        Scope(stock=2, duplicates=1),
    ),
    "no-double-ship": (repeated("shipping", "shipped", "inventory.reserved", SHIP), COPY),
    "no-over-refund": (repeated("payment", "refunded", "payment.refund.requested", REFUND), COPY),
    "no-over-release": (
        repeated("inventory", "released", "inventory.release.requested", RELEASE),
        COPY,
    ),
    "ship-needs-money-and-stock": (lost_tombstone("shipping"), Scope(cancels=1)),
    "money-without-stock-is-owed": (
        changed(REJECTED, emits=REJECTED.emits[:1]),
        Scope(stock=0),
    ),
    "terminal-status-is-settled": (
        changed(rows("order", "awaiting", "payment.refunded")[0], to="failed"),
        Scope(),
    ),
    "quiescent-consistent": (without(*rows("order", "money-back", "inventory.released")), Scope()),
    "no-oversell": (changed(RESERVED, guard=Guard.ALWAYS), Scope(stock=0)),
    "stock-conserved": (with_wrong_release(), Scope()),
    "progress": (without(REJECTED), Scope(stock=0)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_invariant_can_fail(name: str) -> None:
    """A wrong table breaks it, and the right one does not in the same world."""
    table, scope = BROKEN[name]
    assert name in {
        violation.invariant for violation in explore(scope, table, stop_at=99).violations
    }
    assert explore(scope).violations == ()


def test_no_invariant_is_left_unproved() -> None:
    """Every invariant is shown to fail above."""
    assert {*BROKEN} == {each.name for each in INVARIANTS} | {*WORLD_INVARIANTS}


MUTANTS = {
    "a refund answer is forgotten": changed(
        rows("payment", "paid", "payment.refund.requested")[0], emits=()
    ),
    "a refund is told but not made": changed(
        rows("payment", "paid", "payment.refund.requested")[0], effects=()
    ),
    "an unwanted charge is kept": changed(
        rows("payment", "unwanted", "gateway.approved")[0], effects=()
    ),
    "a lost answer is taken for a refusal": changed(
        rows("payment", "charging", "gateway.charge.unknown")[0],
        to="declined",
        emits=("payment.failed",),
    ),
    "a refused parcel only gives the money back": changed(
        rows("shipping", "idle", "inventory.reserved", "refuse")[0],
        emits=("shipping.failed", "payment.refund.requested"),
    ),
    "a charge under way is not resumed": without(*rows("payment", "charging", "order.created")),
    "payment charges after a refund": lost_tombstone("payment"),
    "inventory reserves after a release": lost_tombstone("inventory"),
    "a decline after a cancel ends nothing": without(
        *rows("order", "stock-back", "payment.failed")
    ),
    "the order fails before the stock is back": changed(
        rows("order", "awaiting", "shipping.failed")[0], to="failed", emits=("order.saga.failed",)
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_sample_of_wrong_tables_is_caught(name: str) -> None:
    """One order with a cancel, a crash and a lost answer is enough for the usual mistakes."""
    report = explore(Scope(1, 1, crashes=1, gateway_faults=1, cancels=1), MUTANTS[name])
    assert report.violations


def test_the_messages_that_settle_money_are_derived() -> None:
    """From these a refund or a reservation can follow; terminal events are not among them."""
    assert discharging(TABLE) == {
        "order.created",
        "gateway.charge",
        "gateway.charge.unknown",
        "gateway.approved",
        "payment.processed",
        "payment.refund.requested",
        "inventory.reserved",
        "order.cancel.requested",
        "customer.cancel",
    }
