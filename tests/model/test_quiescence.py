"""What is judged when everything has come to rest; the table of cases is in test_monitors."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.history import Sight
from model.quiescence import not_quiescent
from model.vocabulary import Event, Status
from tests.model.histories import ORDER, OTHER, SIGHT, Story


def test_an_order_that_nobody_tried_to_place_is_not_judged() -> None:
    """Pins that quiescence judges only what the client has asked for."""
    story = Story().saga(placed=False, attempted=False).rest()
    assert story.findings == {}
    assert story.checked == {}


def test_a_rejected_order_with_nothing_to_compensate_is_right() -> None:
    """Pins that COMP-1 is neither violated nor counted where no step was done."""
    story = Story().rejected().rest()
    assert story.findings == {}
    assert "COMP-1" not in story.checked


def test_a_refused_order_may_be_absent() -> None:
    """Pins that an order refused for a reason need not exist, and need not end."""
    story = Story().saga(refused=True).reason("short stock").rest()
    assert story.findings == {}
    assert "LIVE-1" not in story.checked


def test_an_accepted_order_that_is_absent_is_found() -> None:
    """Pins that accepting an order and losing it is no way to have no open order."""
    assert {"LIVE-0", "LIVE-1"} <= Story().rest().findings.keys()


def test_an_order_without_answer_may_be_absent() -> None:
    """Pins that raising in place_order means unknown: the order is not judged until it exists."""
    assert Story().saga(placed=False).rest().findings == {}


def test_an_order_without_answer_that_is_there_must_end() -> None:
    """Pins that an order which is stored, although whoever placed it was told of an error, is not
    left open for ever: nobody else knows of it."""
    findings = Story().saga(placed=False).status(Status.OPEN).rest().findings
    assert "LIVE-0" in findings
    assert "is stored, though whoever placed it was told of an error" in findings["LIVE-1"].text
    ended = Story().saga(placed=False).status(Status.OPEN).status(Status.FAILED).rest()
    assert "LIVE-1" not in ended.findings


@pytest.mark.parametrize(
    "held",
    [Story.charge, Story.authorise, Story.reserve, Story.ship],
    ids=lambda tell: tell.__name__,
)
def test_an_absent_order_may_hold_nothing(held: object) -> None:
    """Pins that an order that observe() lacks may hold no money, no stock and no parcel."""
    assert callable(held)
    story = Story().saga(placed=False)
    held(story)
    assert "unknown to observe()" in story.rest().findings["LIVE-0"].text


def test_an_absent_order_may_have_held_something() -> None:
    """Pins that what was given back is not held against an absent order."""
    assert "LIVE-0" not in Story().saga(placed=False).charge().refund().rest().findings


@pytest.mark.parametrize(
    ("tell", "words"),
    [
        (lambda: Story().charge(999).reserve().ship(), "holds 9.99 EUR of 10.00 EUR"),
        (lambda: Story().charge().reserve(1).ship(pieces=1), "has not its stock"),
        (lambda: Story().charge().reserve(), "has 0 parcels"),
        (lambda: Story().charge().reserve().ship("p1").ship("p2"), "has 2 parcels"),
    ],
)
def test_a_confirmed_order_has_all_three(tell: object, words: str) -> None:
    """Pins that confirmed means paid, reserved and one parcel, and says what lacks."""
    assert callable(tell)
    story = tell()
    assert words in story.status(Status.CONFIRMED).rest().findings["LIVE-0"].text


def test_stock_that_became_a_parcel_tells_the_same_story() -> None:
    """Pins that a target without reservations after the shipment is as right as one with them."""
    story = Story().charge().ship().status(Status.CONFIRMED).rest()
    assert "LIVE-0" not in story.findings


def test_a_target_without_parcels_confirms_without_one() -> None:
    """Pins that no parcel is asked of a target that has no shipping role."""
    sight = evolve(SIGHT, parcels=False)
    story = Story(sight=sight).charge().reserve().status(Status.CONFIRMED).rest()
    assert "LIVE-0" not in story.findings


def test_confirmed_then_failed_after_a_cancel_is_judged_as_failed() -> None:
    """Pins that after an accepted cancel everything must be undone, and that this is enough."""
    story = Story().confirmed().cancel().recall().refund().release()
    story.say(Event.PAYMENT_REFUNDED, Event.INVENTORY_RELEASED).status(Status.FAILED).rest()
    assert not {"STATE-1", "COMP-1", "COMP-2", "MONEY-3", "LIVE-0", "TRUE-1"} & set(story.findings)
    kept = Story().confirmed().cancel().status(Status.FAILED).rest()
    assert {"COMP-1", "MONEY-3", "LIVE-0"} <= kept.findings.keys()


def test_a_cancel_that_lost_the_race_is_no_violation() -> None:
    """Pins that a cancelled order may end confirmed: the parcel was on its way."""
    assert Story().confirmed().cancel().rest().findings == {}


def test_what_is_not_undone_is_named() -> None:
    """Pins that COMP-1 lists each step that was left, in words."""
    story = Story().charge().reserve().ship().status(Status.FAILED).rest()
    text = story.findings["COMP-1"].text
    assert all(word in text for word in ("the charge", "the reservation", "the shipment"))
    assert len(story.findings["COMP-1"].entries) == 3


def test_what_left_in_the_parcel_is_not_said_to_be_held() -> None:
    """Pins that STOCK-3 and LIVE-0 say where the pieces of a failed order are."""
    held = Story().reserve().status(Status.FAILED).rest()
    assert held.findings["STOCK-3"].text == "the order failed and holds 2 book"
    gone = Story().reserve().ship().status(Status.FAILED).rest()
    assert gone.findings["STOCK-3"].text == "the order failed and 2 book left in its parcel"
    assert gone.findings["LIVE-0"].text == "failed, but a parcel held for it"
    more = Story(stock=3).reserve(3).ship().status(Status.FAILED).rest()
    text = "the order failed and holds 1 book and 2 book left in its parcel"
    assert more.findings["STOCK-3"].text == text
    assert more.findings["LIVE-0"].text == "failed, but stock and a parcel held for it"


def test_a_step_that_was_done_and_undone_was_checked() -> None:
    """Pins that COMP-1 counts the orders for which there was something to undo."""
    assert Story().charge().refund().status(Status.FAILED).rest().checked["COMP-1"] == 1


def test_an_order_that_fails_although_another_one_has_the_stock_is_excused() -> None:
    """Pins that two orders may block each other."""
    story = Story(ORDER, OTHER).reserve(1).reserve(1, order="o2").release(1)
    story.release(1, order="o2").status(Status.FAILED).status(Status.FAILED, order="o2").rest()
    assert "TRUE-1" not in story.findings


def test_a_cancelled_order_may_fail() -> None:
    """Pins that an accepted cancel is a reason of its own."""
    assert "TRUE-1" not in Story().cancel().status(Status.FAILED).rest().findings


def test_a_run_that_never_rests_violates_live_0() -> None:
    """Pins that reaching the bound is a violation with the words of whoever saw it."""
    story = Story()
    not_quiescent(story.history, "o1", "still moving")
    assert story.findings["LIVE-0"].text == "still moving"
    assert story.checked["LIVE-0"] == 1


def test_doing_nothing_is_violated() -> None:
    """Pins that a target that takes orders and does nothing violates both honest properties."""
    assert {"LIVE-0", "LIVE-1", "TRUE-1"} <= Story().status(Status.OPEN).rest().findings.keys()


@pytest.mark.parametrize(
    ("tell", "event"),
    [
        (lambda story: story.reserve(), Event.INVENTORY_RESERVED),
        (lambda story: story.ship(), Event.SHIPMENT_CREATED),
        (
            lambda story: story.charge().say(Event.PAYMENT_PROCESSED).refund(),
            Event.PAYMENT_REFUNDED,
        ),
        (lambda story: story.status(Status.CONFIRMED), Event.SAGA_COMPLETED),
        (lambda story: story.status(Status.FAILED), Event.SAGA_FAILED),
    ],
    ids=["reserve", "ship", "refund", "confirm", "fail"],
)
def test_each_thing_done_is_announced(tell: object, event: Event) -> None:
    """Pins ATOM-1 step by step: without its event it is violated, with it it is not."""
    assert callable(tell)
    silent = Story().say(Event.ORDER_CREATED).status(Status.OPEN)
    tell(silent)
    assert str(event) in silent.rest().findings["ATOM-1"].text
    loud = Story().say(Event.ORDER_CREATED).status(Status.OPEN)
    tell(loud)
    assert "ATOM-1" not in loud.say(event).rest().findings


def test_what_nobody_listens_for_need_not_be_announced() -> None:
    """Pins that a release of stock without an event is right where nobody has such an event."""
    every = frozenset(Event)
    for words, found in ((every, True), (every - {Event.INVENTORY_RELEASED}, False)):
        story = Story(sight=evolve(SIGHT, words=words)).status(Status.OPEN)
        story.say(Event.ORDER_CREATED).reserve().say(Event.INVENTORY_RESERVED).release()
        assert ("ATOM-1" in story.rest().findings) is found


@pytest.mark.parametrize(
    "event",
    [
        Event.PAYMENT_PROCESSED,
        Event.INVENTORY_RESERVED,
        Event.SHIPMENT_CREATED,
        Event.SAGA_COMPLETED,
        Event.SAGA_FAILED,
    ],
)
def test_each_ghost_is_found(event: Event) -> None:
    """Pins CAUSE-1 event by event: announced and never done."""
    story = Story().status(Status.OPEN).say(event).rest()
    assert event in story.findings["CAUSE-1"].text


def test_an_order_announced_and_never_stored_is_a_ghost() -> None:
    """Pins that order.created of an order that observe() never shows is a ghost, placed or not."""
    assert "CAUSE-1" in Story().saga(placed=False).say(Event.ORDER_CREATED).rest().findings


def test_undone_things_stay_announced() -> None:
    """Pins that an event is no ghost because what it told of was undone later."""
    assert "CAUSE-1" not in Story().compensated().rest().findings


def test_events_of_other_names_are_not_judged() -> None:
    """Pins that ATOM-1 and CAUSE-1 say nothing about a target with event names of its own."""
    story = Story(sight=Sight(model_events=False)).say("paid").charge().status(Status.OPEN).rest()
    assert not {"ATOM-1", "CAUSE-1"} & (story.findings.keys() | story.checked.keys())
