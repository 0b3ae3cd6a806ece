"""Evidence made by hand, for the tests of the diagnosis: no target, no world, no run."""

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
CANCEL, CANCEL_OTHER = Action(Kind.CANCEL, "o1"), Action(Kind.CANCEL, "o2")
CRASH = Action(Kind.CRASH, CHARGE, "payments.charge", "after")
UNACKNOWLEDGED = Action(Kind.CRASH, CHARGE, "acknowledge", "before")
RELAY = Action(Kind.CRASH, "payment relay", "publish payment.processed", "after")
RELAYS = Action(Kind.RESUME, "payment relay 2", "publish payment.processed")
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
POISON = Action(Kind.POISON, "payment", "order.created")
REPUBLISHED = Action(Kind.REPUBLISH, "payment.processed(o1) to inventory")
UNPLACED = Action(Kind.CRASH, "place o1", "order commit", "after")
CRASH_SENT = Action(Kind.CRASH, CHARGE, "publish payment.processed", "after")
NOT_REFUNDED = Action(
    Kind.ANSWER, "payment on payment.refund.requested(o1)", "payments.refund", "transient"
)
UNSURE = Action(Kind.ANSWER, CHARGE, "after payment commit", "unknown, done")
STALLED = Action(Kind.STALL, CHARGE)
NOT_MARKED = Action(Kind.ANSWER, "payment relay", "payment commit", "transient")
RAISED = (f"{CHARGE} raised ConnectionError: injected",)
UNREADABLE = (f"{CHARGE} raised KeyError: 'items'",)
REFUND_REQUESTED = "payment.refund.requested(o1)"
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
