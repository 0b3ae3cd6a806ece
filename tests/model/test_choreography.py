"""The table itself: its size, its words, and how it reads."""

from __future__ import annotations

from collections import Counter

from model.choreography import CUSTOMER_CANCEL, EFFECTS, TABLE, PortCall
from model.table import Actor
from model.vocabulary import Event, Role


def test_the_size_of_the_table_is_pinned() -> None:
    """A row more or less is a decision, and changes every count in these tests."""
    assert Counter(row.actor.value for row in TABLE.rows) == {
        "order": 13,
        "payment": 12,
        "inventory": 4,
        "shipping": 3,
        "gateway": 6,
    }
    assert len(TABLE.channels) == 16


def test_every_role_is_an_actor() -> None:
    """The table speaks of participants in the words of the vocabulary."""
    assert {machine.actor for machine in TABLE.machines if not machine.behind} == {*Role}


def test_every_event_of_the_vocabulary_is_published_by_somebody() -> None:
    """Table and vocabulary know the same events; port calls and requests are apart."""
    emitted = {*TABLE.start, *(event for row in TABLE.rows for event in row.emits)}
    assert emitted - {*PortCall} == {*Event}
    assert {row.on for row in TABLE.rows} - {*Event} - {*PortCall} == {CUSTOMER_CANCEL}


def test_exactly_the_order_service_ends_a_saga() -> None:
    """The terminal event is published in the transaction that sets the status, and nowhere else."""
    for row in TABLE.rows:
        ends = (
            row.actor is Actor.ORDER and row.state != row.to and row.to in ("confirmed", "failed")
        )
        wanted = "order.saga.completed" if row.to == "confirmed" else "order.saga.failed"
        assert row.emits == (wanted,) if ends else not TABLE.announcements & {*row.emits}


def test_whoever_fails_asks_for_the_undoing_in_the_same_transaction() -> None:
    """A failure event never goes out without the requests that it makes necessary."""
    wanted = {
        "inventory.reservation.failed": ("payment.refund.requested",),
        "shipping.failed": ("inventory.release.requested", "payment.refund.requested"),
    }
    for row in TABLE.rows:
        for failure, requests in wanted.items():
            if failure in row.emits:
                assert row.emits == (failure, *requests)


def test_effects_stand_in_the_table_in_the_order_of_the_story() -> None:
    """Every declared effect is used by a row, and no row uses another."""
    assert {*TABLE.effects} == {*EFFECTS}


def test_a_row_reads_as_a_sentence() -> None:
    """The form in which rows appear in reports and divergences."""
    shown = {str(row) for row in TABLE.rows}
    assert "payment: idle --order.created--> charging / gateway.charge" in shown
    assert (
        "inventory: idle --payment.processed (in stock)--> reserved / RESERVE, inventory.reserved"
    ) in shown
    assert "order: awaiting --shipping.failed--> awaiting" in shown
