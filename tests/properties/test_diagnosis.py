"""The rules of the diagnosis, each on evidence made by hand, and on evidence that only looks so."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from model.history import Finding, History, Saga, Sight
from model.ledger import Effect, Entry
from model.vocabulary import Line, Order, Status
from properties.diagnosis import conclude
from properties.evidence import Copy, Evidence
from properties.world.actions import Action, Kind
from reports.safeguards import SafeguardName as Name

CHARGE, SHIP = "payment on order.created(o1)", "shipping on inventory.reserved(o1)"
CANCEL = Action(Kind.CANCEL, "o1")
CRASH = Action(Kind.CRASH, CHARGE, "payments.charge", "after")
UNACKNOWLEDGED = Action(Kind.CRASH, CHARGE, "acknowledge", "before")
RELAY = Action(Kind.CRASH, "payment relay", "publish payment.processed", "after")
AGAIN = Action(Kind.DUPLICATE, "payment.processed(o1) to inventory")
LATER = Action(Kind.DELIVER, "payment.processed(o1) to inventory")
INTERLEAVED = Action(Kind.RESUME, CHARGE, "payments.charge")
DECLINED = Action(Kind.ANSWER, CHARGE, "payments.charge", "refused")
NO_PARCEL = Action(Kind.ANSWER, SHIP, "carrier.create_shipment", "refused")
TIMEOUT = Action(Kind.ANSWER, CHARGE, "payments.charge", "unknown, done")
NOT_PUBLISHED = Action(Kind.ANSWER, CHARGE, "publish payment.processed", "transient")
NOT_CHARGED = Action(Kind.ANSWER, CHARGE, "payments.charge", "transient")
NOT_COMMITTED = Action(Kind.ANSWER, CHARGE, "payment commit", "transient")
SHIP_TIMEOUT = Action(Kind.ANSWER, SHIP, "carrier.create_shipment", "unknown, done")
AT_ONCE = Action(Kind.TWICE, "payment.processed(o1) to inventory")
REPUBLISHED = Action(Kind.REPUBLISH, "payment.processed(o1) to inventory")
UNPLACED = Action(Kind.CRASH, "place o1", "order commit", "after")
CRASH_SENT = Action(Kind.CRASH, CHARGE, "publish payment.processed", "after")
NOT_REFUNDED = Action(
    Kind.ANSWER, "payment on payment.refund.requested(o1)", "payments.refund", "transient"
)
RAISED = (f"{CHARGE} raised ConnectionError: injected",)
UNREADABLE = (f"{CHARGE} raised KeyError: 'items'",)
SENT = Copy("payment.processed(o1) to inventory", "payment.processed", same_id=True)
RESENT = evolve(SENT, same_id=False)
CHARGE_1, REFUND_1 = (Effect.CHARGE, 1999), (Effect.REFUND, 1999)
RESERVE_1, RELEASE, SHIP_1 = (Effect.RESERVE, 1), (Effect.RELEASE, 1), (Effect.SHIP, 1)
BOUGHT, TWICE = (CHARGE_1, RESERVE_1), (CHARGE_1, CHARGE_1)
SHIPPED = (*BOUGHT, SHIP_1)


def saga(*effects: tuple[Effect, int], said: str = "", **more: Any) -> Saga:
    """What is known of an order: what was done for it, one thing a step, and what was said."""
    history = History({"book": 1}, Sight())
    made = history.saga(Order("o1", (Line("book", 1, 1999),)))
    for step, (effect, quantity) in enumerate(effects, start=1):
        unit = "EUR" if effect.of_money else "book"
        history.ledger.post(Entry(step, "o1", effect, quantity, unit, ref=f"r{step}"))
    made.published = dict.fromkeys(said.split(), 1)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def entries(*effects: tuple[Effect, int]) -> tuple[Entry, ...]:
    """The same effects as entries of the ledger."""
    return tuple(
        Entry(step, "o1", effect, quantity, "EUR" if effect.of_money else "book")
        for step, (effect, quantity) in enumerate(effects, start=1)
    )


def seen(property_id: str, *actions: Action, **more: Any) -> Evidence:
    """Evidence: what is violated, what was needed for it, and what came of it."""
    guilty = more.pop("guilty", ())
    done, said = more.pop("done", ()), more.pop("said", "")
    about = more.pop("about", {})
    return Evidence(
        finding=Finding(property_id, 9, "o1", "wrong", entries(*guilty)),
        actions=actions,
        violated=more.pop("violated", frozenset({property_id})),
        sagas=(saga(*done, said=said, **about),),
        entries=entries(*done),
        told=more.pop("told", {f"{event}(o1)": step for step, event in enumerate(said.split())}),
        **more,
    )


def first(evidence: Evidence) -> Name | None:
    """What is named first."""
    return next(iter(conclude(evidence)), None)


FAILED: dict[str, Any] = {"status": Status.FAILED}
CANCELLED: dict[str, Any] = {"status": Status.FAILED, "cancelled": True}
REFUSED: dict[str, Any] = {"reasons": {"carrier refused"}}
SHORT: dict[str, Any] = {"reasons": {"short stock"}}
BOTH = {Status.CONFIRMED, Status.FAILED}
ENDED_TWICE: dict[str, Any] = {"terminal": dict.fromkeys(BOTH, "")}
LINES: dict[str, Any] = {"order": Order("o1", (Line("book", 1, 1999), Line("pen", 1, 250)))}
HOLD = (Effect.AUTHORISE, 1999)
BOTH_WAYS = "shipping.failed inventory.released shipment.created payment.refunded"
RESERVED, RECORD = "inventory.reserved", Name.COMPENSATION_RECORD
GHOST = frozenset({"SHIP-2", "CAUSE-1"})
KEY_REUSED = f"{CHARGE} raised ValueError: idempotency key 'o1' was used with other things before"
CALLED_OFF = "shipping.failed inventory.release.requested"


def rule(*cases: tuple[Evidence, Name | None]) -> pytest.MarkDecorator:
    """Evidence, and what is named first."""
    return pytest.mark.parametrize(("evidence", "named"), cases)


@rule(
    (seen("STOCK-2", UNACKNOWLEDGED), Name.INBOX),
    (seen("MONEY-3", RELAY, copies=(SENT,)), Name.INBOX),
    (seen("TRUE-1", AGAIN, LATER), Name.INBOX),
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


@rule(
    (seen("LIVE-0", CRASH, hasty=frozenset({"payment"})), Name.ACKNOWLEDGE_LAST),
    (
        seen("LIVE-0", NOT_CHARGED, hasty=frozenset({"payment"}), errors=RAISED),
        Name.ACKNOWLEDGE_LAST,
    ),
    # look-alikes: another consumer is hasty, a relay or a client was struck, the error was caught
    (seen("LIVE-0", CRASH_SENT, hasty=frozenset({"shipping"})), Name.OUTBOX),
    (seen("LIVE-0", RELAY, hasty=frozenset({"payment"})), Name.OUTBOX),
    (seen("LIVE-0", UNPLACED, hasty=frozenset({"order", "payment"})), Name.OUTBOX),
    (seen("TRUE-1", NOT_CHARGED, hasty=frozenset({"payment"})), Name.TRANSIENT_RETRY),
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
    (seen("STOCK-2", CANCEL, violated=frozenset({"STOCK-2", "STATE-1"})), Name.GUARDED_STATUS),
    (seen("STATE-1", LATER, LATER), Name.GUARDED_STATUS),
    (seen("STATE-1", INTERLEAVED), Name.VERSION_CHECK),
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
    (seen("SHIP-2", CANCEL, said="shipment.created shipping.failed"), Name.PIVOT_CHECK),
    (seen("COMP-2", CANCEL, done=SHIPPED, said="shipment.created"), Name.PIVOT_CHECK),
)
def test_overtaken_by_its_compensation(evidence: Evidence, named: Name) -> None:
    """Pins that what was done after it had been called off lacks a tombstone."""
    assert first(evidence) == named


def test_two_safeguards_are_named_where_both_fit() -> None:
    """Pins that a parcel that left behind a refund may lack either; without events, who knows."""
    done = (CHARGE_1, (Effect.REFUND, 1999), SHIP_1)
    assert conclude(seen("SHIP-2", CANCEL, done=done)) == (Name.PIVOT_CHECK, Name.TOMBSTONE)
    assert conclude(seen("SHIP-2", CANCEL, done=SHIPPED)) == (Name.PIVOT_CHECK,)
    sent_twice = seen("COMP-2", CRASH_SENT, copies=(RESENT,), done=SHIPPED)
    assert conclude(sent_twice) == (Name.OUTBOX, Name.STABLE_MESSAGE_ID)
    sent_twice = seen("COMP-2", CRASH_SENT, copies=(SENT,), done=SHIPPED)
    assert conclude(sent_twice) == (Name.OUTBOX, Name.INBOX)


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
    (seen("STOCK-2", enough=False, surplus=True), Name.COMPENSATION_RECORD),
    (seen("STOCK-2"), None),
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
    (seen("LIVE-0", CRASH), Name.INBOX),
    (seen("LIVE-0", CRASH._replace(port="payment commit")), Name.OUTBOX),
    (seen("LIVE-0", CRASH, CRASH_SENT), Name.OUTBOX),
    # given back by what was announced, and not by the ledger
    (seen("MONEY-0", done=(CHARGE_1,), said="payment.refunded", about=SHORT), RECORD),
    (seen("STOCK-3", NO_PARCEL, done=BOUGHT, said="inventory.released", about=FAILED), RECORD),
    # on hold for an order that has failed; a look-alike: for one that has not
    (seen("MONEY-3", CRASH, done=(HOLD,), about=FAILED, failed={"o1": 4}), Name.LATE_SUCCESS),
    (seen("LIVE-0", CRASH, done=(HOLD,)), Name.INBOX),
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
    (seen("MONEY-1", errors=UNREADABLE, guilty=TWICE), Name.COMPLETE_EVENT),
    (seen("LIVE-0", errors=RAISED), Name.TERMINAL_EVENT),
    (seen("LIVE-0", NOT_PUBLISHED, errors=UNREADABLE), Name.OUTBOX),
    (seen("MONEY-4", CRASH), Name.MINOR_UNITS),
    (seen("OBS-1", CANCEL), Name.SAGA_ID),
    (seen("STATE-2", CANCEL, about=ENDED_TWICE), Name.ONE_CLOSER),
    (seen("STATE-2", LATER, about={**ENDED_TWICE, "statuses": BOTH}), Name.GUARDED_STATUS),
    (seen("STATE-2"), Name.TERMINAL_EVENT),
    (seen("TRUE-1"), Name.BUSINESS_FAILURE),
    (seen("MONEY-2", CANCEL, guilty=(CHARGE_1, REFUND_1)), Name.COMPENSATION_RECORD),
    (seen("LIVE-0", NOT_REFUNDED), Name.COMPENSATION_RETRY),
    (seen("LIVE-0", about=FAILED), None),
    (seen("ISO-1"), None),
)
def test_what_remains(evidence: Evidence, named: Name | None) -> None:
    """Pins what property and faults say by themselves, and that nothing is said without them."""
    assert first(evidence) == named
