"""What is unmistakable, on evidence made by hand, and on evidence that only looks so."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from model.ledger import Effect
from model.vocabulary import Status
from properties.diagnosis import conclude
from properties.evidence import Evidence
from properties.signatures import mistaken_for
from properties.world.actions import Action, Kind
from reports.safeguards import SafeguardName as Name
from tests.properties.made_evidence import (
    AGAIN,
    AT_ONCE,
    BOTH,
    BOTH_WAYS,
    BOUGHT,
    CANCEL,
    CANCEL_OTHER,
    CANCELLED,
    CHARGE,
    CHARGE_1,
    CRASH,
    CRASH_SENT,
    DECLINED,
    FAILED,
    INTERLEAVED,
    LATER,
    NO_PARCEL,
    NOT_CHARGED,
    NOT_COMMITTED,
    NOT_MARKED,
    NOT_REFUNDED,
    RAISED,
    RELAY,
    RELAYS,
    RELEASE,
    REPUBLISHED,
    RESENT,
    RESERVE_1,
    SENT,
    SHIP,
    SHIP_1,
    SHIP_TIMEOUT,
    SHIPPED,
    STALLED,
    TIMEOUT,
    TWICE,
    UNACKNOWLEDGED,
    UNPLACED,
    UNSURE,
    first,
    rule,
    seen,
)

MARKED_NOT = Action(Kind.CRASH, "payment relay", "payment commit", "before")
REFUND_TIMEOUT = NOT_REFUNDED._replace(mode="unknown, not done")
IDLE = Action(Kind.CRASH, "payment")
TWO_PARCELS, OWN = (SHIP_1, SHIP_1), frozenset({Effect.CHARGE, Effect.REFUND, Effect.SHIP})
ORDERED = frozenset({"order.created(o1)"})
NULL = (f"{CHARGE} raised NullPointerException: c is null",)
DIVIDED = (*RAISED, f"{CHARGE} raised ZeroDivisionError: division by zero")
EXISTS = (*RAISED, f"{CHARGE} raised IntegrityError: UNIQUE constraint failed: orders.id")


@rule(
    (seen("STOCK-2", UNACKNOWLEDGED), Name.INBOX),
    (seen("MONEY-3", RELAY, copies=(SENT,)), Name.INBOX),
    (seen("TRUE-1", AGAIN, LATER), Name.INBOX),
    (seen("MONEY-1", RELAYS, copies=(SENT,)), Name.INBOX),
    (seen("STOCK-2", AGAIN, UNACKNOWLEDGED, DECLINED), Name.INBOX),
    # an inbox that knows ids does not know this one; unless it would not have known its own
    (seen("MONEY-2", RELAY, copies=(RESENT,)), Name.STABLE_MESSAGE_ID),
    (seen("MONEY-2", RELAY, copies=(RESENT,), same_harm=lambda name: True), Name.INBOX),
    (seen("COMP-2", REPUBLISHED), Name.STABLE_MESSAGE_ID),
    (seen("COMP-2", REPUBLISHED, same_harm=lambda name: True), Name.INBOX),
    # a look-alike: the relay died, and nothing, or something else, was sent again
    (seen("LIVE-0", RELAY), Name.OUTBOX),
    (seen("LIVE-0", RELAY, copies=(evolve(SENT, type="order.created"),)), Name.OUTBOX),
    # a look-alike: it came again since it had not been handled to its end
    (seen("MONEY-1", CRASH, AGAIN, guilty=TWICE), Name.IDEMPOTENCY_KEY),
    (seen("LIVE-0", RELAY._replace(mode="before")), Name.OUTBOX),
    # a relay that could not store what it had sent; a look-alike: it sent nothing again
    (seen("STATE-1", NOT_MARKED, copies=(SENT,)), Name.INBOX),
    (seen("STATE-1", NOT_MARKED, copies=(RESENT,)), Name.STABLE_MESSAGE_ID),
    (seen("STATE-1", MARKED_NOT, copies=(SENT,)), Name.INBOX),
    (seen("STATE-1", NOT_MARKED), Name.GUARDED_STATUS),
    (seen("STATE-1", MARKED_NOT), Name.GUARDED_STATUS),
)
def test_handled_again(evidence: Evidence, named: Name) -> None:
    """Pins when a message that came again is what did the harm."""
    assert first(evidence) == named


@rule(
    (seen("COMP-2", AGAIN, done=(*BOUGHT, RELEASE, RELEASE)), Name.COMPENSATION_RECORD),
    (seen("COMP-2", AGAIN, done=(*BOUGHT, RELEASE)), Name.INBOX),
)
def test_released_twice(evidence: Evidence, named: Name) -> None:
    """Pins that what was put back twice lacks its record, and that an inbox would do as well."""
    assert first(evidence) == named
    assert Name.INBOX in conclude(evidence)


@rule(
    (seen("MONEY-1", CRASH, guilty=TWICE), Name.IDEMPOTENCY_KEY),
    (seen("IDEMP-1", CRASH, guilty=TWICE), Name.IDEMPOTENCY_KEY),
    (seen("SHIP-1", TIMEOUT, guilty=(SHIP_1, SHIP_1)), Name.IDEMPOTENCY_KEY),
    (seen("TRUE-2", DECLINED, NOT_COMMITTED, asked_anew=True), Name.IDEMPOTENCY_KEY),
    (seen("STOCK-2", NOT_COMMITTED, NO_PARCEL, asked_anew=True), Name.IDEMPOTENCY_KEY),
    # only rows of the target's own show it; a look-alike: somebody outside was asked, too
    (seen("SHIP-1", NOT_COMMITTED, guilty=TWO_PARCELS, observed=OWN), Name.INBOX),
    (seen("MONEY-1", NOT_COMMITTED, guilty=TWICE, observed=OWN), Name.INBOX),
    (seen("IDEMP-1", CRASH, guilty=TWICE, observed=OWN), Name.INBOX),
    (
        seen("SHIP-1", NOT_COMMITTED, guilty=TWO_PARCELS, observed=OWN, asked_anew=True),
        Name.IDEMPOTENCY_KEY,
    ),
    (seen("MONEY-1", CRASH, guilty=TWICE, observed=frozenset({Effect.SHIP})), Name.IDEMPOTENCY_KEY),
    # look-alikes: asked once; asked again for a reason of the business; nothing outside repeated
    (seen("TRUE-2", DECLINED, NOT_COMMITTED), Name.TRANSIENT_RETRY),
    (seen("TRUE-2", DECLINED, LATER, asked_anew=True), Name.EARLY_EVENT),
    (seen("IDEMP-1", CRASH, guilty=((Effect.RESERVE, 1),) * 2), Name.INBOX),
    # handled to its end and asked under another key: either would do
    (seen("MONEY-1", AGAIN, guilty=TWICE, asked_anew=True), Name.INBOX),
)
def test_asked_again(evidence: Evidence, named: Name) -> None:
    """Pins when somebody outside could not know that a request was the same as before."""
    assert first(evidence) == named


def test_rows_that_were_raced_for() -> None:
    """Pins that rows that were written twice at a time lack an inbox, or a check of versions."""
    raced = seen("SHIP-1", INTERLEAVED, guilty=TWO_PARCELS, observed=OWN)
    assert conclude(raced) == (Name.INBOX, Name.VERSION_CHECK)
    assert conclude(evolve(raced, observed=frozenset())) == (Name.IDEMPOTENCY_KEY,)


@rule(
    (seen("COMP-1", UNSURE, done_again=frozenset({UNSURE})), Name.INBOX),
    (seen("COMP-1", UNSURE, redelivered=ORDERED, same_harm=lambda name: True), Name.INBOX),
    # look-alikes: it did not come again; it does no harm; it is the gateway that did not answer
    (seen("COMP-1", UNSURE, same_harm=lambda name: True), Name.OUTBOX),
    (seen("COMP-1", UNSURE, redelivered=ORDERED), Name.OUTBOX),
    (seen("COMP-1", TIMEOUT, redelivered=ORDERED, same_harm=lambda name: True), Name.LOOKUP),
    # where events are stored, there was something else left to do
    (seen("ATOM-1", UNSURE, redelivered=ORDERED, relaying=frozenset({"payment"})), Name.RESUME),
    (seen("ATOM-1", UNSURE, redelivered=ORDERED, relaying=frozenset({"order"})), Name.OUTBOX),
    (seen("ATOM-1", UNSURE._replace(subject="place o1")), Name.OUTBOX),
    (seen("STOCK-2", UNSURE, surplus=True), Name.OUTBOX),
    # two answers that never came
    (seen("COMP-1", UNSURE, TIMEOUT), Name.LOOKUP),
)
def test_a_commit_that_did_not_answer(evidence: Evidence, named: Name) -> None:
    """Pins that nobody outside is to be asked what became of the target's own commit."""
    assert first(evidence) == named


def test_a_copy_is_looked_for_by_the_name_that_the_broker_gives_it() -> None:
    """Pins which message is tried again, of which handling."""
    asked: list[str] = []
    more: dict[str, Any] = {"same_harm": asked.append, "redelivered": ORDERED}
    conclude(seen("COMP-1", UNSURE, **more))
    conclude(seen("COMP-1", UNSURE._replace(subject=f"{CHARGE}, copy 2"), **more))
    assert asked == ["order.created(o1) to payment", "order.created(o1) to payment, copy 2"]


@rule(
    (seen("MONEY-0", errors=NULL), Name.COMPLETE_EVENT),
    (seen("MONEY-0", errors=DIVIDED), Name.NO_OWN_ERROR),
    (seen("MONEY-0", CANCEL, errors=NULL, failing={CHARGE: 2}), Name.COMPLETE_EVENT),
    (seen("MONEY-0", CANCEL, errors=DIVIDED, failing={CHARGE: 2}), Name.NO_OWN_ERROR),
    (seen("LIVE-0", NOT_COMMITTED, errors=DIVIDED, failing={CHARGE: 2}), Name.NO_OWN_ERROR),
    (seen("LIVE-0", CRASH, errors=DIVIDED, failing={CHARGE: 2}), Name.NO_OWN_ERROR),
    (seen("LIVE-0", TIMEOUT, errors=DIVIDED, failing={CHARGE: 2}), Name.NO_OWN_ERROR),
    (seen("LIVE-0", NOT_COMMITTED, errors=EXISTS, failing={CHARGE: 2}), Name.INBOX),
    # look-alikes: nobody's handler; as often as it was struck; another one; out of turn
    (seen("LIVE-0", errors=("place o1 raised ZeroDivisionError: 0",)), Name.TERMINAL_EVENT),
    (
        seen("LIVE-0", NOT_COMMITTED, errors=DIVIDED, failing={CHARGE: 1}),
        Name.TRANSIENT_RETRY,
    ),
    (seen("LIVE-0", NOT_COMMITTED, errors=DIVIDED, failing={SHIP: 2}), Name.TRANSIENT_RETRY),
    (seen("LIVE-0", CANCEL, errors=DIVIDED), Name.TERMINAL_EVENT),
    (seen("LIVE-0", LATER, errors=DIVIDED, failing={CHARGE: 2}), Name.EARLY_EVENT),
)
def test_an_error_of_the_handlers_own(evidence: Evidence, named: Name) -> None:
    """Pins that an error that nothing around the handler explains comes before all advice."""
    assert first(evidence) == named


@pytest.mark.parametrize(
    "said",
    [
        'NullPointerException: Cannot invoke "Charge.id()" because "c" is null',
        "ClassCastException: String cannot be cast to List",
        "NoSuchElementException: No value present",
        "IndexOutOfBoundsException: Index 0 out of bounds for length 0",
        "TypeError: Cannot read properties of undefined (reading 'sku')",
        "runtime error: index out of range [0] with length 0",
        "panic: assignment to entry in nil map",
        "NullReferenceException: Object reference not set to an instance of an object",
    ],
)
def test_what_is_not_there_in_other_languages(said: str) -> None:
    """Pins that what a handler lacks is looked for in its event, whatever it is written in."""
    assert first(seen("MONEY-3", errors=(f"{CHARGE} raised {said}",))) == Name.COMPLETE_EVENT


@rule(
    (seen("SHIP-2", NOT_COMMITTED, told_first=frozenset({NOT_COMMITTED})), Name.OUTBOX),
    (seen("TRUE-1", NOT_COMMITTED, told_first=frozenset({NOT_COMMITTED})), Name.OUTBOX),
    (seen("STOCK-3", STALLED, told_first=frozenset({STALLED})), Name.OUTBOX),
    # look-alikes: it told nothing before; another order came in between
    (seen("SHIP-2", NOT_COMMITTED), Name.TRANSIENT_RETRY),
    (seen("STOCK-3", STALLED), Name.VERSION_CHECK),
    (seen("STOCK-3", STALLED, told_first=frozenset({STALLED}), orders=2), Name.VERSION_CHECK),
)
def test_told_before_it_was_stored(evidence: Evidence, named: Name) -> None:
    """Pins that an event that left before its change was stored lacks an outbox."""
    assert first(evidence) == named


@rule(
    (seen("LIVE-0", CRASH, lost=frozenset({CHARGE})), Name.ACKNOWLEDGE_LAST),
    (seen("LIVE-0", NOT_CHARGED, lost=frozenset({CHARGE}), errors=RAISED), Name.ACKNOWLEDGE_LAST),
    # look-alikes: what was struck is a relay or a client, another handler's message was lost
    (seen("LIVE-0", CRASH_SENT, lost=frozenset({SHIP})), Name.OUTBOX),
    (seen("LIVE-0", RELAY, lost=frozenset({CHARGE})), Name.OUTBOX),
    (seen("LIVE-0", UNPLACED, lost=frozenset({CHARGE})), Name.OUTBOX),
    (seen("TRUE-1", NOT_CHARGED), Name.TRANSIENT_RETRY),
)
def test_a_lost_message(evidence: Evidence, named: Name) -> None:
    """Pins that only a message that was acknowledged first is lost with its handler."""
    assert first(evidence) == named


@rule(
    (seen("STOCK-2", SHIP_TIMEOUT, guilty=(*SHIPPED, RELEASE)), Name.LOOKUP),
    (seen("MONEY-0", TIMEOUT, done=(CHARGE_1,), about=FAILED), Name.LOOKUP),
    (seen("STOCK-2", NO_PARCEL, guilty=(*SHIPPED, RELEASE)), Name.COMPENSATION_RECORD),
)
def test_no_answer(evidence: Evidence, named: Name) -> None:
    """Pins that an unknown answer comes before what the ledger says of a release."""
    assert first(evidence) == named


@rule(
    (seen("MONEY-0", REFUND_TIMEOUT, done=(CHARGE_1,)), Name.COMPENSATION_RETRY),
    # look-alikes: the money was given back, and nobody knew; a charge did not answer, either
    (seen("MONEY-0", REFUND_TIMEOUT._replace(mode="unknown, done")), Name.LOOKUP),
    (seen("MONEY-0", REFUND_TIMEOUT, TIMEOUT, done=(CHARGE_1,)), Name.LOOKUP),
)
def test_a_compensation_without_an_answer(evidence: Evidence, named: Name) -> None:
    """Pins that a refund that was not made is made once more, and that a look-up would do."""
    assert first(evidence) == named
    assert Name.LOOKUP in conclude(evidence)


@rule(
    (seen("MONEY-0", IDLE), Name.DURABLE_STATE),
    (seen("STOCK-2", IDLE, AGAIN), Name.DURABLE_STATE),
    (seen("MONEY-0", IDLE, unsent=frozenset({IDLE})), Name.OUTBOX),
    # look-alikes: it died at its work, once or twice
    (seen("MONEY-0", UNPLACED), Name.OUTBOX),
    (seen("MONEY-0", IDLE, CRASH_SENT), Name.OUTBOX),
)
def test_died_with_nothing_in_hand(evidence: Evidence, named: Name) -> None:
    """Pins that what a restart loses was in memory; where events may have been, both are told."""
    assert first(evidence) == named
    if evidence.unsent:
        assert conclude(evidence) == (Name.OUTBOX, Name.DURABLE_STATE)


@rule(
    (seen("STOCK-2", CANCEL, violated=frozenset({"STOCK-2", "STATE-1"})), Name.GUARDED_STATUS),
    (seen("STATE-1", LATER, LATER), Name.GUARDED_STATUS),
    (seen("STATE-1", INTERLEAVED), Name.VERSION_CHECK),
    # handled again, which the status only shows; look-alikes: it did no harm, did not come again
    (seen("STATE-1", CRASH_SENT, done_again=frozenset({CRASH_SENT})), Name.INBOX),
    (seen("STATE-1", CRASH_SENT, redelivered=ORDERED, same_harm=lambda name: True), Name.INBOX),
    (seen("STATE-1", CRASH_SENT, redelivered=ORDERED), Name.GUARDED_STATUS),
    (seen("STATE-1", CRASH_SENT, same_harm=lambda name: True), Name.GUARDED_STATUS),
    (seen("STOCK-3", CANCEL, said=BOTH_WAYS, about={"statuses": BOTH}), Name.GUARDED_STATUS),
    # look-alikes: one status only; two, but nothing was called off before it was done
    (seen("STOCK-3", CANCEL, said=BOTH_WAYS, about={"statuses": {Status.FAILED}}), Name.TOMBSTONE),
    (
        seen(
            "STOCK-3",
            CANCEL,
            done=(RESERVE_1,),
            about={**CANCELLED, "statuses": BOTH},
            said="shipment.created",
        ),
        Name.COMPENSATION_ON_CANCEL,
    ),
)
def test_a_final_status_that_changed(evidence: Evidence, named: Name) -> None:
    """Pins that an order that left its end is blamed on the guard of its status."""
    assert first(evidence) == named


@rule(
    (seen("STOCK-2", CANCEL, said=BOTH_WAYS), Name.TOMBSTONE),
    (seen("STOCK-3", CANCEL, LATER, said="inventory.released inventory.reserved"), Name.TOMBSTONE),
    (
        seen("STOCK-3", LATER, done=BOUGHT, heard={"inventory.release.requested(o1)": 1}),
        Name.TOMBSTONE,
    ),
    # look-alikes: the action came first; the request came first, and was served in the end
    (
        seen("STOCK-3", LATER, done=BOUGHT, heard={"inventory.release.requested(o1)": 2}),
        Name.EARLY_EVENT,
    ),
    (
        seen(
            "ORDER-1", LATER, done=(*BOUGHT, RELEASE), heard={"inventory.release.requested(o1)": 1}
        ),
        Name.EARLY_EVENT,
    ),
    # a look-alike: the parcel was announced, and only then called off
    (
        seen("MONEY-3", CANCEL, done=(CHARGE_1,), said="shipment.created shipping.failed"),
        Name.PIVOT_CHECK,
    ),
    (seen("COMP-2", CANCEL, done=SHIPPED, said="shipment.created"), Name.PIVOT_CHECK),
)
def test_overtaken_by_its_compensation(evidence: Evidence, named: Name) -> None:
    """Pins that what was done after it had been called off lacks a tombstone."""
    assert first(evidence) == named


@rule(
    (seen("STOCK-2", AT_ONCE, done=BOUGHT), Name.VERSION_CHECK),
    # look-alikes: reserved twice, given back, nothing known of what was done, not about stock
    (seen("STOCK-2", AT_ONCE, done=(RESERVE_1, RESERVE_1)), Name.INBOX),
    (seen("STOCK-2", AT_ONCE, done=(*BOUGHT, RELEASE)), Name.INBOX),
    (seen("STOCK-2", AT_ONCE), Name.INBOX),
    (seen("LIVE-0", AT_ONCE, done=BOUGHT), Name.INBOX),
)
def test_two_copies_at_once(evidence: Evidence, named: Name) -> None:
    """Pins that stock that is miscounted though nothing was done twice was overwritten."""
    assert first(evidence) == named


@rule(
    (seen("TRUE-1", CANCEL_OTHER, said="order.cancel.requested"), Name.SAGA_ID),
    # look-alikes: this one was cancelled itself; this one was left alone
    (seen("TRUE-1", CANCEL, said="order.cancel.requested"), Name.PIVOT_CHECK),
    (seen("TRUE-1", CANCEL_OTHER), Name.PIVOT_CHECK),
)
def test_a_cancel_of_another_order(evidence: Evidence, named: Name) -> None:
    """Pins that an order that is called off for another one was mistaken for it."""
    assert first(evidence) == named


def test_a_mistaken_order_is_named() -> None:
    """Pins which order is said to have been cancelled, and which one was called off for it."""
    assert mistaken_for(seen("TRUE-1", CANCEL_OTHER, said="order.cancel.requested")) == ("o2", "o1")
