"""Why an order never ends: each rule on the evidence it needs, and on evidence just beside it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from model.vocabulary import Status
from properties.diagnosis import conclude
from properties.evidence import Evidence
from properties.stuck import given_up, in_circles, never_sent, taken_for_another, what_stuck
from properties.world.actions import Action, Kind
from reports.safeguards import SafeguardName as Name
from tests.properties.made_evidence import CRASH, NOT_COMMITTED, RELAY, TIMEOUT, seen

ROUND = {"inventory.release.requested": 9, "payment.refund.requested": 8, "order.created": 1}
CONFIRMED: dict[str, Any] = {"status": Status.CONFIRMED}


def stuck(*actions: Action, about: dict[str, Any] | None = None, **more: Any) -> Evidence:
    """An order that was placed and never ended."""
    state = {"placed": True, "status": Status.OPEN, **(about or {})}
    return seen("LIVE-0", *actions, about=state, **more)


def in_a_round(**more: Any) -> Evidence:
    """An order whose undoing goes round."""
    (saga,) = (made := stuck(**more)).sagas
    saga.published = dict(ROUND)
    return made


def test_undoing_that_goes_round() -> None:
    """Pins that two events that came again and again are named; else it is another story."""
    names = "inventory.release.requested and payment.refund.requested"
    assert in_circles(in_a_round()) == f"{names} brought each other about 8 times and more."
    assert in_circles(stuck()) == ""
    assert in_circles(evolve(in_a_round(), actions=(CRASH,))) == ""
    once = in_a_round()
    once.sagas[0].published["payment.refund.requested"] = 2
    assert in_circles(once) == ""


THREE = (NOT_COMMITTED, CRASH, CRASH)


def test_a_message_that_is_given_up() -> None:
    """Pins that three strikes on one handler are needed, and an order left open."""
    assert given_up(stuck(*THREE)).startswith("order.created(o1) was given up after payment had")
    assert "3 times" in given_up(stuck(*THREE))
    assert given_up(stuck(*THREE[:2])) == ""
    assert given_up(stuck(*THREE, RELAY)).startswith("order.created(o1)")
    elsewhere = Action(Kind.CRASH, "shipping on inventory.reserved(o1)", "acknowledge", "before")
    assert given_up(stuck(*THREE, elsewhere)) == ""
    assert given_up(stuck(*THREE, TIMEOUT)) == ""
    assert given_up(stuck(*THREE, about=CONFIRMED)) == ""


def test_an_order_of_which_nothing_is_sent() -> None:
    """Pins that it takes another order, no fault, and not one event of it."""
    others = {"order.created(o2)": 4}
    assert never_sent(stuck(orders=2, told=others)).startswith("o1 was taken, and no event")
    assert never_sent(stuck(orders=1, told=others)) == ""
    assert never_sent(stuck(CRASH, orders=2, told=others)) == ""
    assert never_sent(stuck(orders=2, told={**others, "order.created(o1)": 2})) == ""
    assert never_sent(stuck(orders=2, told=others, about={"placed": False})) == ""


def test_a_message_that_is_taken_for_anothers() -> None:
    """Pins that it takes another order, no fault, and nothing said after it was heard."""
    told = {"order.created(o1)": 2}
    heard = {"order.created(o1)": 3}
    found = taken_for_another(stuck(orders=2, told=told, heard=heard))
    assert found.startswith("order.created(o1) was acknowledged and nothing was done")
    assert taken_for_another(stuck(orders=1, told=told, heard=heard)) == ""
    assert taken_for_another(stuck(CRASH, orders=2, told=told, heard=heard)) == ""
    answered = {**told, "payment.processed(o1)": 5}
    assert taken_for_another(stuck(orders=2, told=answered, heard=heard)) == ""
    assert taken_for_another(stuck(orders=2, told=told)) == ""


@pytest.mark.parametrize(
    ("evidence", "named"),
    [
        (in_a_round(), Name.ONE_WAY),
        (stuck(*THREE), Name.TRANSIENT_RETRY),
        (stuck(orders=2, told={"order.created(o2)": 4}), Name.OUTBOX),
        (stuck(orders=2, told={"a(o1)": 2}, heard={"a(o1)": 3}), Name.INBOX),
    ],
)
def test_what_is_named(evidence: Evidence, named: Name) -> None:
    """Pins the safeguard of each, that its reason goes with it, and with no other property."""
    if named is Name.ONE_WAY:
        evidence = evolve(evidence, sagas=(evolve(evidence.sagas[0], status=Status.FAILED),))
    assert conclude(evidence) == (named,)
    assert what_stuck(evidence, named)
    assert what_stuck(evidence, Name.TOMBSTONE) == ""
    other = evolve(evidence, finding=evolve(evidence.finding, property_id="MONEY-0"))
    assert what_stuck(other, named) == ""
