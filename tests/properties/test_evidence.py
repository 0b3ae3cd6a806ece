"""What is gathered from a run, with targets that lack one safeguard and schedules that show it."""

from __future__ import annotations

from functools import cache

import pytest

from properties.evidence import Evidence, evidence, has_twice
from properties.places import handled_to_its_end
from properties.probing import probe
from properties.run import Deviation, Schedule, run_schedule
from properties.telling import tell
from properties.world.actions import Action, Kind
from properties.world.scopes import SINGLE
from properties.world.subject import Subject
from properties.world.trace import Trace
from reports.safeguards import SafeguardName as Name

CANCEL = Action(Kind.CANCEL, "o1")
PAYS, SHIPS = "payment on order.created(o1)", "shipping on inventory.reserved(o1)"
DECLINED = Action(Kind.ANSWER, PAYS, "payments.charge", "refused")
NOT_COMMITTED = Action(Kind.ANSWER, PAYS, "payment commit", "transient")
CHARGED = Action(Kind.CRASH, PAYS, "payments.charge", "after")
NOT_PUBLISHED = Action(Kind.ANSWER, PAYS, "publish payment.processed", "transient")
PUBLISHED = Action(Kind.CRASH, "payment relay", "publish payment.processed", "after")
NO_PARCEL = Action(Kind.ANSWER, SHIPS, "carrier.create_shipment", "refused")
NO_ANSWER = Action(Kind.ANSWER, SHIPS, "carrier.create_shipment", "unknown, done")


@cache
def without(safeguard: str) -> Subject:
    """The reference without one of its safeguards."""
    return probe(f"tests.implementations.without_safeguard:{safeguard}")


def schedule(*actions: Action) -> Schedule:
    """One order, and these deviations as soon as they are possible."""
    return Schedule(SINGLE, tuple(Deviation(0, action) for action in actions))


def seen(safeguard: str, property_id: str, *actions: Action) -> Evidence:
    """What a run of the reference without a safeguard shows."""
    trace = Trace()
    run = run_schedule(without(safeguard), schedule(*actions), trace)
    return evidence(run.findings[property_id], run.findings, run, trace.steps)


@pytest.mark.parametrize(
    ("safeguard", "property_id", "actions", "named"),
    [
        ("release_on_shipping_failure", "LIVE-0", (CANCEL,), Name.RELEASE_ON_SHIPPING_FAILURE),
        ("release_on_shipping_failure", "LIVE-1", (CANCEL,), Name.RELEASE_ON_SHIPPING_FAILURE),
        ("lookup", "STOCK-2", (NO_ANSWER,), Name.LOOKUP),
        ("inbox", "STOCK-2", (PUBLISHED,), Name.INBOX),
        ("outbox", "MONEY-0", (NOT_PUBLISHED,), Name.OUTBOX),
    ],
)
def test_what_a_run_shows_is_enough(
    safeguard: str, property_id: str, actions: tuple[Action, ...], named: Name
) -> None:
    """Pins runs that another safeguard was named for before there was evidence against it."""
    told = tell(without(safeguard), property_id, schedule(*actions), "tier", 1, 1)
    assert told.safeguard is not None
    assert told.safeguard.name == named


def test_steps_say_when_something_was_heard_and_when_an_order_failed() -> None:
    """Pins both for a cancel that overtakes nothing: the request first, the end last."""
    shown = seen("tombstone", "STOCK-2", CANCEL)
    (failed,) = shown.failed.values()
    assert 0 < shown.heard["inventory.release.requested(o1)"] < failed
    assert 0 < shown.told["shipping.failed(o1)"] < shown.told["shipment.created(o1)"] < failed
    assert shown.told["order.saga.failed(o1)"] == failed + 3


def test_a_copy_that_only_brought_a_message_forward_is_none() -> None:
    """Pins that two copies at once count as one out of turn where one does the same harm.

    A look-alike: without an inbox it takes both of them.
    """
    released = "inventory.release.requested(o1) to inventory"
    shown = seen("tombstone", "STOCK-3", CANCEL, Action(Kind.TWICE, released))
    assert shown.actions == (CANCEL, Action(Kind.DELIVER, released))
    for kind in (Kind.TWICE, Kind.DUPLICATE):
        again = Action(kind, "payment.processed(o1) to inventory")
        assert seen("inbox", "STOCK-2", again).actions == (again,)


def test_what_a_restart_forgets_is_named() -> None:
    """Pins that a service that died with nothing in hand is not asked for an outbox that it has."""
    forgetful = probe("implementations.faulty:rows_in_memory")
    crashed = schedule(CANCEL, Action(Kind.CRASH, "shipping"))
    told = tell(forgetful, "LIVE-0", crashed, "tier", 1, 1).safeguard
    assert told is not None
    assert (told.name, *told.instead) == (Name.DURABLE_STATE,)


def test_a_request_under_two_keys_is_seen() -> None:
    """Pins that a retry under another key is told from one under the same."""
    assert seen("idempotency_key", "MONEY-1", CHARGED).asked_anew
    assert not seen("inbox", "STOCK-2", PUBLISHED, NO_PARCEL).asked_anew


def test_an_event_that_was_sent_twice_is_seen() -> None:
    """Pins that a relay that died is seen to send the event again, under its own id."""
    (copy,) = seen("inbox", "STOCK-2", PUBLISHED).copies
    assert (copy.type, copy.same_id) == ("payment.processed", True)


@pytest.mark.parametrize(
    ("crash", "ended"),
    [
        (CHARGED, False),
        (CHARGED._replace(port="acknowledge", mode="before"), True),
        (PUBLISHED, True),
        (PUBLISHED._replace(subject="payment relay 2"), True),
        (PUBLISHED._replace(mode="before"), False),
        (PUBLISHED._replace(subject=PAYS), False),
        (Action(Kind.CRASH, "payment"), False),
    ],
)
def test_what_was_handled_to_its_end(crash: Action, ended: bool) -> None:
    """Pins after which crashes nothing was left to do but to say so."""
    assert handled_to_its_end(crash) is ended


def test_twice() -> None:
    """Pins that equal things are the same thing."""
    assert has_twice([("charge", "o1"), ("refund", "o1"), ("charge", "o1")])
    assert not has_twice([("charge", "o1"), ("charge", "o2")])
