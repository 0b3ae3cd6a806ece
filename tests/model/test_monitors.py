"""The properties that hold at every moment: one history violates each, its twin does not."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.history import Sight
from model.ledger import Effect
from model.vocabulary import Event, Order, Status
from tests.model.histories import ORDER, OTHER, SIGHT, Story
from tests.model.property_cases import CASES, DECIDED_BY_HISTORY, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_where_it_is_and_nowhere_else(case: Case) -> None:
    """Pins each property by a history that violates it and the nearest one that does not."""
    assert case.property_id in case.violated().findings
    assert case.property_id not in case.holds().findings


#: Counted where something is asked for (a reservation, a second handling), not where it is judged.
COUNTED_ELSEWHERE = {"STOCK-1", "IDEMP-1"}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.property_id not in COUNTED_ELSEWHERE], ids=str
)
def test_what_is_violated_was_checked(case: Case) -> None:
    """Pins that nothing is reported as violated and counted as never checked."""
    assert case.violated().checked.get(case.property_id, 0) > 0


@pytest.mark.parametrize("property_id", DECIDED_BY_HISTORY)
def test_every_property_has_a_violating_case(property_id: str) -> None:
    """Pins that a property that is added comes with a history that violates it."""
    assert property_id in {case.property_id for case in CASES}


@pytest.mark.parametrize("property_id", DECIDED_BY_HISTORY)
def test_nothing_to_check_is_not_counted(property_id: str) -> None:
    """Pins vacuity: a history in which nothing was placed checks nothing."""
    story = Story()
    story.history.sagas.clear()
    story.rest()
    assert story.checked.get(property_id, 0) == 0
    assert not story.findings


def test_an_order_that_only_failed_leaves_the_rest_unchecked() -> None:
    """Pins vacuity one by one: what a declined order cannot show is not counted."""
    checked = Story().rejected().rest().checked
    for absent in ("MONEY-0", "MONEY-1", "MONEY-2", "MONEY-4", "STOCK-1", "SHIP-1", "SHIP-2"):
        assert absent not in checked
    for absent in ("COMP-1", "COMP-2", "IDEMP-1"):
        assert absent not in checked


def test_the_good_stories_are_without_findings() -> None:
    """Pins that none of the three endings that a right saga has is objected to."""
    for tell in (Story.confirmed, Story.rejected, Story.compensated):
        assert tell(Story()).stable().settled().rest().findings == {}


def test_only_the_first_violation_counts() -> None:
    """Pins that a finding names the step at which the property was first violated."""
    story = Story().charge().charge().charge()
    found = story.findings["MONEY-1"]
    assert (found.step, found.order, found.text) == (2, "o1", "charged 2 times")
    assert [entry.step for entry in found.entries] == [1, 2]


def test_a_compensation_without_effect_is_no_violation() -> None:
    """Pins that effects are judged and not calls: a refund that moves nothing leaves no entry."""
    story = Story().rejected()
    story.say(Event.PAYMENT_REFUNDED, Event.INVENTORY_RELEASED).rest()
    assert story.findings == {}


def test_late_success_on_a_cancelled_order_may_be_refunded() -> None:
    """Pins that net money is judged: a charge after the cancel that goes back is right."""
    story = Story().say(Event.ORDER_CREATED).cancel().status(Status.OPEN)
    story.charge().refund().say(Event.PAYMENT_REFUNDED).settled()
    story.status(Status.FAILED).say(Event.SAGA_FAILED).rest()
    assert story.findings == {}


def test_late_success_after_the_failure_may_be_refunded_too() -> None:
    """Pins that the final status does not forbid to take back what came after it."""
    story = Story().say(Event.ORDER_CREATED).cancel().status(Status.FAILED)
    story.say(Event.SAGA_FAILED).charge().refund().say(Event.PAYMENT_REFUNDED).rest()
    assert story.findings == {}


def test_refund_and_release_may_follow_an_accepted_cancel() -> None:
    """Pins that after a cancel the shipment is no pivot any more, in either order of the two."""
    for first, second in ((Story.refund, Story.release), (Story.release, Story.refund)):
        story = Story().charge().reserve().ship().cancel().recall()
        second(first(story))
        assert "COMP-2" not in story.status(Status.FAILED).rest().findings


def test_a_double_refund_is_found_although_the_second_moves_the_same() -> None:
    """Pins that a refund when no money is held any more is no compensation."""
    assert {"MONEY-2", "COMP-2"} <= Story().charge().refund().refund().findings.keys()


def test_short_stock_is_a_reason_at_the_moment_of_asking() -> None:
    """Pins that stock that was short once excuses the failure, though it was put back later."""
    story = Story(ORDER, OTHER).reserve(order="o2").release(order="o2")
    assert story.history.sagas["o1"].reasons == {"short stock"}
    assert story.history.sagas["o2"].reasons == set()


def test_what_an_order_holds_itself_is_not_short() -> None:
    """Pins that an empty shelf is no excuse for the order that emptied it."""
    assert Story().reserve().history.sagas["o1"].reasons == set()


def test_short_stock_after_the_end_is_no_reason() -> None:
    """Pins that a later order's success does not excuse an earlier failure."""
    story = Story(ORDER, OTHER).status(Status.FAILED).reserve(order="o2").rest()
    assert story.findings["TRUE-1"].order == "o1"


def test_without_stock_to_see_nothing_is_short() -> None:
    """Pins that a target that shows no stock cannot fail every order and be excused for it."""
    sight = evolve(SIGHT, stock=False, reservations=False)
    story = Story(sight=sight).no_shelf()
    assert story.history.sagas["o1"].reasons == set()
    assert "TRUE-1" in story.status(Status.FAILED).rest().findings


def test_effects_for_nobody_are_found() -> None:
    """Pins that money, stock or parcels for an order that nobody placed break the story."""
    assert Story().charge(order="ghost").findings["LIVE-0"].order == "ghost"


def test_an_order_that_nobody_placed_is_found() -> None:
    """Pins that an invented order in observe() is no order of ours."""
    assert Story().status(Status.OPEN, order="ghost").findings["LIVE-0"].order == "ghost"


def test_a_currency_that_is_not_the_orders_is_found() -> None:
    """Pins that the right number in the wrong currency is the wrong amount."""
    assert "MONEY-4" in Story().effect(Effect.CHARGE, 1000, "JPY").findings


def test_capturing_what_was_authorised_is_one_charge() -> None:
    """Pins that an authorisation, its end and the charge are no double charge."""
    story = Story().authorise().void().charge().reserve().ship()
    assert story.status(Status.CONFIRMED).say(Event.SAGA_COMPLETED).findings == {}


def test_two_handlings_in_two_orders_are_no_repetition() -> None:
    """Pins that IDEMP-1 compares effects of one order only."""
    story = Story(ORDER, OTHER, stock=4).reserve(cause="m").reserve(order="o2", cause="m")
    assert "IDEMP-1" not in story.findings


def test_handling_again_without_effect_counts_as_checked() -> None:
    """Pins that IDEMP-1 is checked by a second handling, also one that does nothing."""
    story = Story().charge(cause="m").again()
    assert story.checked["IDEMP-1"] == 1
    assert "IDEMP-1" not in story.findings


def test_reserved_or_shipped_is_stock_enough() -> None:
    """Pins that MONEY-0 is content with pieces that have left the shelf for the parcel."""
    story = Story().charge().reserve().ship().settled()
    assert "MONEY-0" not in story.findings


def test_pieces_gone_into_the_parcel_are_not_lost() -> None:
    """Pins that STOCK-2 counts what was shipped once, whether it stays reserved or not."""
    assert "STOCK-2" not in Story().charge().reserve().ship().stable().findings


def test_pieces_in_the_parcel_are_not_said_to_be_held() -> None:
    """Pins that STOCK-2 says where the pieces are: on the shelf, held, or shipped."""
    story = Story(stock=3).charge().reserve().shelf(3).stable()
    assert story.findings["STOCK-2"].text == "book: 3 on the shelf and 2 held make 5, not 3"
    story = Story(stock=3).charge().reserve().ship().shelf(3).stable()
    assert story.findings["STOCK-2"].text == "book: 3 on the shelf and 2 shipped make 5, not 3"
    story = Story(stock=3).charge().reserve(3).ship().shelf(3).stable()
    text = "book: 3 on the shelf, 1 held and 2 shipped make 6, not 3"
    assert story.findings["STOCK-2"].text == text
    story = Story(stock=3).reserve().recall().shelf(0).stable()
    assert story.findings["STOCK-2"].text == "book: 0 on the shelf and 2 held make 2, not 3"


def test_properties_that_cannot_be_seen_are_not_judged() -> None:
    """Pins that a target without money, stock or parcels is not judged by them."""
    blind = Sight(money=False, stock=False, reservations=False, parcels=False, model_events=False)
    story = Story(sight=blind).status(Status.CONFIRMED).settled().stable().rest()
    assert story.findings == {}
    assert not {"MONEY-0", "STOCK-2", "MONEY-3", "ATOM-1", "CAUSE-1", "STATE-2"} & set(
        story.checked
    )


def test_money_0_counts_the_moments_at_which_it_could_go_wrong() -> None:
    """Pins that money without stock that is still being worked on was checked, and is right."""
    story = Story().charge().settled(pending=True)
    assert story.checked["MONEY-0"] == 1
    assert story.findings == {}


def test_an_unknown_order_does_not_stop_the_monitors() -> None:
    """Pins that events of orders that nobody placed are taken without an error."""
    assert Story().say("anything", order="ghost", saga="ghost").findings == {}


def test_several_skus_are_all_wanted() -> None:
    """Pins that stock of one SKU does not stand for another."""
    order = Order("o1", (*ORDER.lines, evolve(ORDER.lines[0], sku="pen", quantity=1)))
    story = Story(order).charge(1500).reserve().settled()
    assert "MONEY-0" in story.findings
