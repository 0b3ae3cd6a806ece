"""The step-level oracle: never a false alarm, and wrong publications are found."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from model.choreography import TABLE
from model.conformance import Conformance, Divergence, observable_rows
from model.table import Guard, Row, Table
from tests.model.broken_tables import changed, lost_tombstone, plus, rows
from tests.model.simulation import Simulation

DONE = [
    ("payment", "order.created", ["payment.processed"]),
    ("inventory", "payment.processed", ["inventory.reserved"]),
    ("shipping", "inventory.reserved", ["shipment.created"]),
    ("order", "shipment.created", ["order.saga.completed"]),
]


def simulated(seed: int, table: Table = TABLE) -> Simulation:
    """A run with everything that can go wrong; seeds vary stock and cancel."""
    return Simulation(Random(seed), table, stock=seed % 3 % 2, cancel=seed % 4 > 1).run()


def following(steps: list[tuple[str, str, list[str]]]) -> Conformance:
    """An oracle that has seen these handlings, one after the other."""
    oracle = Conformance()
    oracle.placed("o")
    assert oracle.published("o", "order", "order.created") is None
    for participant, event, published in steps:
        oracle.delivered("o", participant, event)
        for each in published:
            assert oracle.published("o", participant, each) is None
        oracle.acknowledged("o", participant, event)
    return oracle


def test_a_saga_without_trouble_is_explained_row_by_row() -> None:
    """All that happened is certain, but for the gateway's answer, which may have been lost once."""
    oracle = following(DONE)
    assert {str(row).split(" / ")[0] for row in oracle.rows_visited()} == {
        "payment: idle --order.created--> charging",
        "payment: charging --gateway.approved--> paid",
        "inventory: idle --payment.processed (in stock)--> reserved",
        "shipping: idle --inventory.reserved (ship)--> shipped",
        "order: awaiting --shipment.created--> confirmed",
    }


def test_the_model_itself_is_never_blamed() -> None:
    """Late and double relays, crashes, copies, open handlers, lost answers: 1000 runs, no alarm.

    And no row is called certain that did not fire.
    """
    seen: set[Row] = set()
    for seed in range(1000):
        run = simulated(seed)
        assert run.divergences == [], (seed, run.divergences)
        assert run.oracle.rows_visited() <= run.fired, seed
        seen |= run.oracle.rows_visited()
    assert len(seen) >= 25


WRONG: dict[str, Table] = {
    "payment charges after a refund": lost_tombstone("payment"),
    "inventory reserves after a release": lost_tombstone("inventory"),
    "shipping ships after a cancel": lost_tombstone("shipping"),
    "a rejection does not stand": plus(
        evolve(
            rows("inventory", "idle", "payment.processed")[0],
            state="rejected",
            guard=Guard.ALWAYS,
        )
    ),
    "a refund is not told": changed(
        rows("payment", "paid", "payment.refund.requested")[0], emits=()
    ),
    "a rejection does not ask for the refund": changed(
        rows("inventory", "idle", "payment.processed")[1], emits=("inventory.reservation.failed",)
    ),
    "the order fails with the stock still out": changed(
        rows("order", "awaiting", "payment.refunded")[0], to="failed", emits=("order.saga.failed",)
    ),
    "the order is confirmed by a reservation failure": changed(
        rows("order", "awaiting", "inventory.reservation.failed")[0],
        emits=("order.saga.completed",),
    ),
    "a declined payment goes on": changed(
        rows("payment", "charging", "gateway.declined")[0], emits=("payment.processed",)
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_targets_are_found(name: str) -> None:
    """Random runs of a target with one mistake part from the table sooner or later."""
    assert any(simulated(seed, WRONG[name]).divergences for seed in range(3000))


def test_a_publication_without_a_cause_is_a_divergence() -> None:
    """It says who, what, where, and what would have been right."""
    oracle = following(DONE[:2])
    found = oracle.published("o", "shipping", "shipment.created")
    assert isinstance(found, Divergence)
    assert (found.participant, found.event, found.states) == (
        "shipping",
        "shipment.created",
        ("idle",),
    )
    assert found.expected == ()
    oracle.delivered("o", "shipping", "inventory.reserved")
    found = oracle.published("o", "shipping", "inventory.released")
    assert found
    assert any("(refuse)--> failed" in row for row in found.expected)
    assert str(found).startswith("shipping published inventory.released for o in state ")


def test_a_divergence_does_not_spoil_what_follows() -> None:
    """The hypotheses stay as they were, so one mistake is reported once."""
    oracle = following(DONE[:2])
    assert oracle.published("o", "order", "order.saga.failed")
    oracle.delivered("o", "shipping", "inventory.reserved")
    assert oracle.published("o", "shipping", "shipment.created") is None


def test_started_is_not_consumed() -> None:
    """A handling that crashed may have committed; only an acknowledgement says so."""
    oracle = following(DONE[:2])
    oracle.delivered("o", "shipping", "order.cancel.requested")
    oracle.delivered("o", "shipping", "inventory.reserved")
    assert oracle.published("o", "shipping", "shipment.created") is None
    oracle = following(DONE[:2])
    oracle.delivered("o", "shipping", "order.cancel.requested")
    oracle.acknowledged("o", "shipping", "order.cancel.requested")
    oracle.delivered("o", "shipping", "inventory.reserved")
    assert oracle.published("o", "shipping", "shipment.created")


def test_a_relay_may_come_late_and_twice() -> None:
    """What was committed to once stays explained."""
    oracle = following([DONE[0], ("inventory", "payment.processed", [])])
    for _ in range(2):
        assert oracle.published("o", "inventory", "inventory.reserved") is None
    assert oracle.published("o", "inventory", "inventory.reservation.failed")


def test_silence_is_judged_only_when_the_outbox_is_empty() -> None:
    """A request that was acknowledged without a word is a divergence at quiescence, not before."""
    oracle = following([DONE[0], ("payment", "payment.refund.requested", [])])
    found = oracle.drained("o", "payment")
    assert found
    assert found.event == ""
    assert "already committed: payment.refunded" in found.expected
    assert "published nothing more" in str(found)
    assert oracle.published("o", "payment", "payment.refunded") is None
    assert oracle.drained("o", "payment") is None


def refunded_in_the_middle(*, charged: bool) -> set[str]:
    """What is certain of a payment that died, was not wanted, and was refunded without a word."""
    oracle = following([])
    oracle.delivered("o", "payment", "order.created")
    if charged:
        oracle.took_effect("o", "payment", "charge")
    for event in ("payment.refund.requested", "order.created"):
        oracle.delivered("o", "payment", event)
        oracle.acknowledged("o", "payment", event)
    assert oracle.published("o", "payment", "payment.refunded") is None
    assert oracle.drained("o", "payment") is None
    return {str(row).split(" / ")[0] for row in oracle.rows_visited()}


def test_a_charge_rules_out_what_never_charges() -> None:
    """Without the ledger it might have been a tombstone; with it, the charge was under way."""
    assert refunded_in_the_middle(charged=False) == set()
    assert refunded_in_the_middle(charged=True) == {
        "payment: idle --order.created--> charging",
        "payment: charging --payment.refund.requested--> unwanted",
        "payment: unwanted --gateway.approved--> refunded",
    }


def test_an_effect_that_nothing_explains_is_left_to_the_ledger() -> None:
    """Nor is one judged that the table has elsewhere, or nowhere."""
    oracle = following([])
    oracle.took_effect("o", "payment", "charge")
    oracle.took_effect("o", "inventory", "reserve")
    oracle.took_effect("o", "mailer", "charge")
    assert oracle.rows_visited() == frozenset()


def test_a_cancel_has_to_be_asked_for() -> None:
    """The order service passes a cancel on, it does not invent one."""
    oracle = following([])
    assert oracle.published("o", "order", "order.cancel.requested")
    oracle.cancelled("o")
    assert oracle.published("o", "order", "order.cancel.requested") is None


def test_an_order_has_to_be_placed() -> None:
    """Nothing is created out of nothing; and a placing that failed half-way is no divergence."""
    oracle = Conformance()
    assert oracle.published("o", "order", "order.created")
    oracle.placed("o")
    assert oracle.drained("o", "order") is None


def test_orders_are_told_apart() -> None:
    """What one order went through explains nothing of another one."""
    assert following(DONE).published("p", "shipping", "shipment.created")


def test_strange_names_are_not_judged() -> None:
    """Neither a participant nor an event that the table does not know."""
    oracle = Conformance()
    oracle.delivered("o", "mailer", "order.saga.completed")
    assert oracle.published("o", "mailer", "mail.sent") is None
    assert oracle.published("o", "order", "order.archived") is None


def test_what_can_be_observed_is_pinned() -> None:
    """Hidden are the gateway, asking again, and a decline that comes too late to matter."""
    hidden = {row for row in TABLE.rows if row not in observable_rows()}
    assert len(observable_rows()) == 28
    assert {row.key for row in hidden if row.actor != "gateway"} == {
        ("payment", "charging", "gateway.charge.unknown"),
        ("payment", "charging", "order.created"),
        ("payment", "unwanted", "gateway.declined"),
        ("payment", "unwanted", "gateway.charge.unknown"),
        ("payment", "unwanted", "order.created"),
    }
