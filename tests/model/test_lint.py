"""Static checks: silent on the table, and each of them able to speak."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.choreography import CHARGE, RESERVE, TABLE
from model.lint import CHECKS, lint
from model.table import Actor, Effect, Guard, Row, Table
from tests.model.broken_tables import changed, plus, rows, with_wrong_release, without

PROCESSED = rows("inventory", "idle", "payment.processed")
COMPLETES = rows("order", "awaiting", "shipment.created")[0]
CANCEL = rows("order", "awaiting", "customer.cancel")[0]
REFUND = rows("payment", "paid", "payment.refund.requested")[0]
UNWANTED = rows("payment", "unwanted", "gateway.approved")[0]

BROKEN: list[tuple[str, Table]] = [
    ("unknown-state", changed(REFUND, to="gone")),
    ("unknown-state", plus(Row(Actor.ORDER, "lost", "payment.failed", "failed"))),
    ("unreachable-state", without(*rows("payment", "idle", "payment.refund.requested"))),
    ("dead-end", without(*(r for r in TABLE.rows if r.state == "money-back"))),
    ("unheard", without(*rows("order", "awaiting", "shipping.failed"))),
    ("unheard", plus(Row(Actor.PAYMENT, "paid", "order.saga.failed", "paid"))),
    ("unsaid", plus(Row(Actor.PAYMENT, "paid", "payment.chargeback", "refunded"))),
    ("unsaid", evolve(TABLE, announcements=TABLE.announcements | {"order.archived"})),
    ("announcement", changed(COMPLETES, emits=())),
    ("announcement", changed(COMPLETES, emits=COMPLETES.emits * 2)),
    ("announcement", changed(COMPLETES, emits=("order.saga.failed",))),
    ("announcement", changed(CANCEL, emits=(*CANCEL.emits, "order.saga.failed"))),
    ("uncovered", without(PROCESSED[1])),
    ("only-faults", plus(Row(Actor.GATEWAY, "captured", "order.created", "fresh", fault=True))),
    ("ambiguous", plus(evolve(PROCESSED[0], to="rejected"))),
    ("ambiguous", plus(evolve(REFUND, to="paid", outcome="partly"))),
    ("circle", changed(REFUND, emits=("payment.refund.requested",))),
    (
        "circle",
        changed(rows("order", "money-back", "inventory.released")[0], emits=("order.created",)),
    ),
    ("conservation", changed(PROCESSED[0], guard=Guard.ALWAYS)),
    ("conservation", with_wrong_release()),
    ("conservation", plus(evolve(REFUND, state="declined", effects=(Effect("find", stock=1),)))),
    ("compensation", plus(evolve(REFUND, state="declined", effects=(Effect("gift"),)))),
    (
        "compensation",
        evolve(
            TABLE,
            rows=tuple(evolve(r, effects=()) if CHARGE in r.effects else r for r in TABLE.rows),
        ),
    ),
    (
        "compensation",
        changed(rows("inventory", "reserved", "inventory.release.requested")[0], effects=()),
    ),
]


def test_the_table_has_no_findings() -> None:
    """The choreography passes every static check."""
    assert lint(TABLE) == ()


@pytest.mark.parametrize(
    ("check", "table"), BROKEN, ids=[f"{n}-{c}" for n, (c, _) in enumerate(BROKEN)]
)
def test_each_check_finds_what_it_is_for(check: str, table: Table) -> None:
    """A table with one flaw has a finding of the check that looks for it."""
    found = [finding for finding in lint(table) if finding.check == check]
    assert found
    assert all(finding.detail for finding in found)


def test_no_check_is_left_unproved() -> None:
    """Every check of the list is shown to find something above."""
    assert {check for check, _ in BROKEN} == {*CHECKS}


def test_conservation_speaks_of_the_row() -> None:
    """A finding says where to look."""
    details = [finding.detail for finding in lint(changed(PROCESSED[0], guard=Guard.ALWAYS))]
    assert any("RESERVE" in detail for detail in details)
    assert RESERVE.stock == -1
