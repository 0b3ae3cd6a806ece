"""The rules of the diagnosis that depend on property and faults, and in which order they decide."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from model.ledger import Effect
from model.vocabulary import Status
from properties.diagnosis import conclude
from properties.evidence import Evidence
from properties.overlap import Overlap
from properties.reasons import advice, reason
from properties.world.actions import Action, Kind
from reports.safeguards import SafeguardName as Name
from tests.properties.made_evidence import (
    AGAIN,
    AT_ONCE,
    BOTH,
    BOUGHT,
    CALLED_OFF,
    CANCEL,
    CANCELLED,
    CHARGE_1,
    CRASH,
    CRASH_SENT,
    DECLINED,
    ENDED_TWICE,
    FAILED,
    GHOST,
    HOLD,
    INTERLEAVED,
    KEY_REUSED,
    LATER,
    LINES,
    NO_PARCEL,
    NOT_CHARGED,
    NOT_PUBLISHED,
    NOT_REFUNDED,
    POISON,
    RAISED,
    RECORD,
    REFUND_1,
    REFUND_REQUESTED,
    REFUSED,
    RELAY,
    RELEASE,
    RESENT,
    RESERVE_1,
    RESERVED,
    SENT,
    SHIP_1,
    SHIPPED,
    SHORT,
    TIMEOUT,
    TWICE,
    UNREADABLE,
    first,
    rule,
    seen,
)


def test_an_inbox_needs_a_key_that_fits() -> None:
    """Pins that the message id is advised against where a relay sent the same under another one."""
    resent = seen("MONEY-2", RELAY, copies=(RESENT,), same_harm=lambda name: True)
    assert "another id" in reason(resent, (Name.INBOX,))
    assert "another id" not in reason(evolve(resent, copies=(SENT,)), (Name.INBOX,))
    # sent anew by a handler that was given its own message again: that one had its id
    assert "another id" not in reason(evolve(resent, actions=(AGAIN,)), (Name.INBOX,))


def _asked_to_refund(*actions: Action, **more: Any) -> Evidence:
    """Money is kept though stock was short and the refund was asked for."""
    said = "payment.refund.requested"
    return seen("MONEY-0", *actions, done=(CHARGE_1,), said=said, about=SHORT, **more)


def _not_charged(**more: Any) -> Evidence:
    """An order stays open after its charge has failed once."""
    return seen("LIVE-0", NOT_CHARGED, **more)


@pytest.mark.parametrize(
    "property_id", ["MONEY-0", "MONEY-3", "STOCK-2", "STOCK-3", "LIVE-0", "LIVE-1", "COMP-1"]
)
def test_a_cancel_that_races_with_the_parcel_lacks_the_pivot(property_id: str) -> None:
    """Pins that every report of it says the same, and when the parcel left; and that a race
    inside of the participant that ships is something else."""
    off = {**CANCELLED, "statuses": {Status.FAILED}}
    late = seen(property_id, CANCEL, done=(*SHIPPED, REFUND_1), about=off, surplus=True)
    assert conclude(late) == (Name.PIVOT_CHECK,)
    assert reason(late, conclude(late)).startswith("The parcel of o1 had left when the order was")
    released = "inventory.released"
    late = seen(property_id, CANCEL, LATER, done=SHIPPED, said=released, about=off)
    assert conclude(late) == (Name.PIVOT_CHECK,)
    early = seen(property_id, CANCEL, done=(*BOUGHT, RELEASE, SHIP_1), about=off)
    assert conclude(early) == (Name.PIVOT_CHECK, Name.TOMBSTONE)
    assert reason(early, conclude(early)).startswith("The parcel of o1 left although the order")
    failed = seen(property_id, CANCEL, done=SHIPPED, about=off, failed={"o1": 2})
    assert conclude(failed) == (Name.PIVOT_CHECK, Name.TOMBSTONE)
    by_people = seen(
        property_id, done=SHIPPED, said=released, about={**off, "cancelled": False}, surplus=True
    )
    assert conclude(by_people) == (Name.PIVOT_CHECK,)
    assert not reason(by_people, conclude(by_people))
    raced = Overlap("shipping", "order.cancel.requested(o1)", "inventory.reserved(o1)")
    inside = seen(property_id, CANCEL, INTERLEAVED, done=SHIPPED, about=off, overlap=raced)
    assert Name.PIVOT_CHECK not in conclude(inside)


def test_two_safeguards_are_named_where_both_fit() -> None:
    """Pins that a parcel that left behind a refund may lack either; without events, who knows;
    and that the inbox comes first where a copy by the broker does the same harm."""
    done = (CHARGE_1, (Effect.REFUND, 1999), SHIP_1)
    assert conclude(seen("SHIP-2", CANCEL, done=done)) == (Name.PIVOT_CHECK, Name.TOMBSTONE)
    assert conclude(seen("SHIP-2", CANCEL, done=SHIPPED)) == (Name.PIVOT_CHECK,)
    sent_twice = seen("COMP-2", CRASH_SENT, copies=(RESENT,), done=SHIPPED)
    assert conclude(sent_twice) == (Name.OUTBOX, Name.STABLE_MESSAGE_ID)
    sent_twice = seen("COMP-2", CRASH_SENT, copies=(SENT,), done=SHIPPED)
    assert conclude(sent_twice) == (Name.OUTBOX, Name.INBOX)
    unknown = evolve(sent_twice, same_harm=lambda name: name == SENT.name)
    assert conclude(unknown) == (Name.INBOX, Name.OUTBOX)


def test_two_messages_at_once_lack_a_check_of_versions() -> None:
    """Pins that no inbox is asked for where nothing came again, and what was overwritten is told.

    Without a cancel to be remembered, or an overlap to be seen, nothing else is told, either.
    """
    raced = Overlap("payment", "order.created(o1)", "payment.refund.requested(o1)")
    kept = seen("MONEY-0", CANCEL, LATER, INTERLEAVED, done=(CHARGE_1,), overlap=raced)
    assert conclude(kept) == (Name.VERSION_CHECK, Name.TOMBSTONE)
    assert "refund.requested(o1) while order.created(o1) was" in reason(kept, conclude(kept))
    assert advice(kept, conclude(kept)).startswith("Store that the step is under way")
    assert conclude(evolve(kept, overlap=None)) == (Name.TOMBSTONE,)
    assert conclude(evolve(kept, actions=(CANCEL, LATER))) == (Name.TOMBSTONE,)
    miscounted = seen("STOCK-2", CANCEL, LATER, INTERLEAVED)
    assert conclude(miscounted) == (Name.VERSION_CHECK,)
    assert advice(miscounted, conclude(miscounted)) == ""
    # delivered while the other one was under way, which takes no call out of turn
    delivered = seen("STOCK-2", CANCEL, LATER, surplus=True, overlap=raced)
    assert conclude(delivered) == (Name.VERSION_CHECK, Name.COMPENSATION_RECORD)
    assert conclude(evolve(delivered, overlap=None)) == (Name.COMPENSATION_RECORD,)
    again = (INTERLEAVED, Action(Kind.RESUBMIT, "o1"))
    assert conclude(evolve(miscounted, actions=again)) == (Name.INBOX,)
    assert conclude(evolve(miscounted, copies=(SENT,), actions=(INTERLEAVED,))) == (Name.INBOX,)


def test_a_relay_that_loses_events_is_not_told_to_be_there() -> None:
    """Pins the advice where the event was in the outbox; a look-alike: a handler published it."""
    lost = Action(Kind.ANSWER, "order relay", "publish order.created", "transient")
    for actions, relayed in (((lost, NO_PARCEL), True), ((NOT_PUBLISHED,), False)):
        told = seen("LIVE-0", *actions)
        assert conclude(told) == (Name.OUTBOX,)
        assert ("its row was gone" in reason(told, (Name.OUTBOX,))) is relayed
        assert ("only after the broker" in advice(told, (Name.OUTBOX,))) is relayed
    sent_twice = seen("LIVE-0", lost, copies=(SENT,))
    assert not advice(sent_twice, (Name.OUTBOX,))
    assert not advice(seen("LIVE-0", lost), (Name.INBOX,))


@rule(
    (seen("LIVE-0", CANCEL, done=BOUGHT, said="shipping.failed"), Name.RELEASE_ON_SHIPPING_FAILURE),
    (seen("LIVE-1", CANCEL, done=(CHARGE_1,), said=CALLED_OFF), Name.REFUND_ON_SHIPPING_FAILURE),
    (seen("LIVE-0", NO_PARCEL, done=BOUGHT, about=REFUSED), Name.RELEASE_ON_SHIPPING_FAILURE),
    (seen("MONEY-0", done=(CHARGE_1,), about=SHORT), Name.REFUND_ON_RESERVATION_FAILURE),
    (seen("STOCK-3", done=(RESERVE_1,), about=SHORT), Name.ATOMIC_RESERVATION),
    (seen("MONEY-3", CANCEL, done=(CHARGE_1,), about=CANCELLED), Name.COMPENSATION_ON_CANCEL),
    # look-alikes: it was asked for, and a cancel may have been in its way; nothing is kept
    (
        seen("LIVE-0", CANCEL, done=(RESERVE_1,), said=f"{CALLED_OFF} shipping.failed"),
        Name.TERMINAL_EVENT,
    ),
    (seen("LIVE-0", CANCEL, done=(*BOUGHT, RELEASE, REFUND_1)), Name.TERMINAL_EVENT),
    # a look-alike: the event that asks for it was not published
    (seen("LIVE-0", NOT_PUBLISHED, CANCEL, done=BOUGHT, said="shipping.failed"), Name.OUTBOX),
)
def test_a_missing_compensation(evidence: Evidence, named: Name) -> None:
    """Pins which undoing nobody asked for, with a cancel or without."""
    assert first(evidence) == named


@rule(
    (
        seen("MONEY-3", CANCEL, done=(CHARGE_1,), about=CANCELLED, failed={"o1": 0}),
        Name.LATE_SUCCESS,
    ),
    (
        seen(
            "MONEY-3",
            CANCEL,
            done=(CHARGE_1,),
            about=CANCELLED,
            failed={"o1": 4},
            heard={"payment.processed(o1)": 6},
        ),
        Name.LATE_SUCCESS,
    ),
    # look-alikes: everybody knew when it was cancelled; the refund was asked for
    (
        seen("MONEY-3", CANCEL, done=(CHARGE_1,), about=CANCELLED, failed={"o1": 4}),
        Name.COMPENSATION_ON_CANCEL,
    ),
    (
        seen(
            "MONEY-3",
            NOT_REFUNDED,
            done=(CHARGE_1,),
            about=FAILED,
            failed={"o1": 0},
            said="payment.refund.requested",
        ),
        Name.COMPENSATION_RETRY,
    ),
)
def test_a_late_success(evidence: Evidence, named: Name) -> None:
    """Pins that what succeeded, or was heard of, after the end of its order is told apart."""
    assert first(evidence) == named


@rule(
    (seen("STOCK-1", orders=2), Name.CONDITIONAL_UPDATE),
    (seen("STOCK-1", enough=False), Name.CONDITIONAL_UPDATE),
    (seen("STOCK-1", enough=False, about=LINES), Name.ATOMIC_RESERVATION),
    (seen("STOCK-1", LATER), Name.INBOX),
    (seen("STOCK-1"), None),
    (seen("STOCK-2", enough=False), Name.CONDITIONAL_UPDATE),
    (seen("STOCK-2", enough=False, about=LINES), Name.ATOMIC_RESERVATION),
    (seen("STOCK-2", surplus=True), Name.COMPENSATION_RECORD),
    (seen("STOCK-2", enough=False, surplus=True), Name.COMPENSATION_RECORD),
    (seen("STOCK-2"), None),
    (seen("STOCK-1", done=SHIPPED), Name.COUNTED_ONCE),
    (seen("STOCK-2", done=SHIPPED), Name.COUNTED_ONCE),
    (seen("STOCK-2", done=BOUGHT), None),
    (seen("STOCK-2", done=SHIPPED, orders=2), None),
    (seen("STOCK-2", AT_ONCE, guilty=(RESERVE_1, RELEASE)), Name.INBOX),
    (seen("STOCK-2", CANCEL, guilty=(*SHIPPED, RELEASE), done=SHIPPED), Name.PIVOT_CHECK),
    (seen("STOCK-2", CANCEL, guilty=(*BOUGHT, RELEASE), done=BOUGHT), Name.COMPENSATION_RECORD),
    # said to be reserved: half of it, or nothing; a look-alike: all of it
    (
        seen("SHIP-2", said=RESERVED, done=(RESERVE_1,), about={"wanted": {"book": 2}}),
        Name.ATOMIC_RESERVATION,
    ),
    (seen("SHIP-2", said=RESERVED, about=SHORT), Name.CONDITIONAL_UPDATE),
    (seen("SHIP-2", said=RESERVED, done=SHIPPED, about=SHORT), Name.PIVOT_CHECK),
)
def test_stock(evidence: Evidence, named: Name | None) -> None:
    """Pins what is missing where pieces are miscounted, and that plain miscounting has no name."""
    assert first(evidence) == named


@rule(
    (seen("LIVE-0", errors=(KEY_REUSED,)), Name.IDEMPOTENCY_KEY),
    (seen("SHIP-2", DECLINED, violated=GHOST, done=SHIPPED), Name.OUTBOX),
    (seen("SHIP-2", TIMEOUT, violated=GHOST, done=SHIPPED), Name.LOOKUP),
    (seen("COMP-2", about={"published": {"payment.processed": 2}}), Name.OUTBOX),
    (seen("COMP-2", LATER, about={"published": {"payment.processed": 2}}), RECORD),
    (seen("COMP-2", about={"published": {"payment.refunded": 2}}), RECORD),
    # died while it asked somebody outside, or behind that: nothing to publish, or something
    (seen("LIVE-0", CRASH), Name.RESUME),
    (seen("LIVE-0", CRASH._replace(port="payment commit")), Name.OUTBOX),
    (seen("LIVE-0", CRASH_SENT, done_again=frozenset({CRASH_SENT})), Name.INBOX),
    (seen("LIVE-0", CRASH, CRASH_SENT), Name.OUTBOX),
    # given back by what was announced, and not by the ledger
    (seen("MONEY-0", done=(CHARGE_1,), said="payment.refunded", about=SHORT), RECORD),
    (seen("STOCK-3", NO_PARCEL, done=BOUGHT, said="inventory.released", about=FAILED), RECORD),
    # on hold for an order that has failed; a look-alike: for one that has not
    (seen("MONEY-3", CRASH, done=(HOLD,), about=FAILED, failed={"o1": 4}), Name.LATE_SUCCESS),
    (seen("LIVE-0", CRASH, done=(HOLD,)), Name.RESUME),
    # announced only after the request to undo it had come; a look-alike: before
    (
        seen(
            "MONEY-0",
            CRASH,
            CANCEL,
            done=(CHARGE_1,),
            heard={"payment.refund.requested(o1)": 4},
            told={"payment.processed(o1)": 6},
        ),
        Name.TOMBSTONE,
    ),
    (
        seen(
            "MONEY-0",
            NOT_REFUNDED,
            CANCEL,
            done=(CHARGE_1,),
            heard={"payment.refund.requested(o1)": 8},
            told={"payment.processed(o1)": 6},
        ),
        Name.COMPENSATION_RETRY,
    ),
)
def test_what_was_told_and_not_done(evidence: Evidence, named: Name) -> None:
    """Pins rules that hold what a target says, or leaves unsaid, against what it does."""
    assert first(evidence) == named


@rule(
    (_asked_to_refund(heard={REFUND_REQUESTED: 8}), Name.INBOX),
    # look-alikes: it came to nobody; its consumer failed; the broker failed
    (_asked_to_refund(), Name.REFUND_ON_RESERVATION_FAILURE),
    (_asked_to_refund(heard={REFUND_REQUESTED: 8}, errors=RAISED), Name.NO_OWN_ERROR),
    (_asked_to_refund(NOT_REFUNDED, heard={REFUND_REQUESTED: 8}), Name.COMPENSATION_RETRY),
)
def test_a_request_without_effect(evidence: Evidence, named: Name) -> None:
    """Pins that a request to undo that came to its consumer was made, and was taken for done."""
    assert first(evidence) == named


@rule(
    (_not_charged(errors=RAISED, redelivered={"order.created(o1)"}), Name.RESUME),
    # look-alikes: the error stayed in the handler; the message did not come again
    (_not_charged(redelivered={"order.created(o1)"}), Name.TRANSIENT_RETRY),
    (_not_charged(errors=RAISED), Name.TRANSIENT_RETRY),
    (_not_charged(errors=RAISED, redelivered={"order.created(o2)"}), Name.TRANSIENT_RETRY),
)
def test_an_unfinished_step(evidence: Evidence, named: Name) -> None:
    """Pins that after an error that was passed on it is what came next that is wrong."""
    assert first(evidence) == named


@rule(
    (seen("MONEY-1", errors=UNREADABLE, guilty=TWICE), Name.COMPLETE_EVENT),
    (seen("LIVE-0", NOT_PUBLISHED, errors=UNREADABLE), Name.OUTBOX),
    (seen("MONEY-4", CRASH), Name.MINOR_UNITS),
    (seen("OBS-1", CANCEL), Name.SAGA_ID),
    (seen("STATE-2", CANCEL, about=ENDED_TWICE), Name.ONE_CLOSER),
    (seen("STATE-2", LATER, about={**ENDED_TWICE, "statuses": BOTH}), Name.GUARDED_STATUS),
    (seen("STATE-2"), Name.TERMINAL_EVENT),
    (seen("TRUE-1"), Name.BUSINESS_FAILURE),
    (seen("MONEY-2", CANCEL, guilty=(CHARGE_1, REFUND_1)), Name.COMPENSATION_RECORD),
    (seen("LIVE-0", NOT_REFUNDED), Name.COMPENSATION_RETRY),
    (seen("TRUE-1", Action(Kind.LATE, "timeout(o1)")), Name.LATE_SUCCESS),
    (seen("TRUE-1", POISON), Name.BUSINESS_FAILURE),
    (seen("LIVE-0", POISON, NO_PARCEL), Name.DEAD_LETTERS),
    (seen("MONEY-1", guilty=TWICE), Name.IDEMPOTENCY_KEY),
    (seen("SHIP-1", LATER, guilty=(SHIP_1, SHIP_1)), Name.IDEMPOTENCY_KEY),
    (seen("IDEMP-1", LATER, guilty=(RESERVE_1, RESERVE_1)), Name.INBOX),
    (seen("CAUSE-1", NOT_CHARGED), Name.OUTBOX),
    (seen("LIVE-1"), Name.TERMINAL_EVENT),
    (seen("LIVE-1", orders=2), None),
    (seen("ATOM-1", CANCEL), Name.PIVOT_CHECK),
    (seen("ATOM-1", CANCEL, LATER), Name.TOMBSTONE),
    (seen("ORDER-1", INTERLEAVED), Name.VERSION_CHECK),
    (seen("TRUE-2", Action(Kind.RESUBMIT, "o1")), Name.INBOX),
    (seen("LIVE-0", about=FAILED), None),
    (seen("ISO-1"), None),
)
def test_what_remains(evidence: Evidence, named: Name | None) -> None:
    """Pins what property and faults say by themselves, and that nothing is said without them."""
    assert first(evidence) == named
