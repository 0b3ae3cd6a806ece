"""For each property that a history can violate: one that does, and the nearest that does not."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from model.ledger import Effect
from model.specification import PROPERTIES
from model.vocabulary import Event, Status
from tests.model.histories import ORDER, OTHER, Story

#: Decided across runs (properties.transparency), or by nothing yet (ISO-1).
ELSEWHERE = {"ORDER-1", "CORR-1", "TRUE-2", "ISO-1"}


@frozen
class Case:
    """Two histories as near to each other as possible; only the first violates the property."""

    property_id: str
    name: str
    violated: Callable[[], Story]
    holds: Callable[[], Story]

    def __str__(self) -> str:
        return f"{self.property_id}: {self.name}"


CASES: tuple[Case, ...] = (
    Case(
        "MONEY-0",
        "money and too little stock, nothing pending; something pending",
        lambda: Story().charge().reserve(1).settled(pending=False),
        lambda: Story().charge().reserve(1).settled(pending=True),
    ),
    Case(
        "MONEY-0",
        "one piece missing and nothing pending; none missing",
        lambda: Story().charge().reserve(1).settled(),
        lambda: Story().charge().reserve(2).settled(),
    ),
    Case(
        "MONEY-1",
        "a second charge; one charge and a second order's",
        lambda: Story(ORDER, OTHER).charge().charge(),
        lambda: Story(ORDER, OTHER).charge().charge(order="o2"),
    ),
    Case(
        "MONEY-2",
        "one cent more than charged; all that was charged, in two parts",
        lambda: Story().charge().refund(600).refund(401),
        lambda: Story().charge().refund(600).refund(400),
    ),
    Case(
        "MONEY-3",
        "failed with one cent kept; failed with nothing kept",
        lambda: Story().charge().refund(999).status(Status.FAILED).rest(),
        lambda: Story().charge().refund(1000).status(Status.FAILED).rest(),
    ),
    Case(
        "MONEY-3",
        "failed with an authorisation; with one that was let go",
        lambda: Story().authorise().status(Status.FAILED).rest(),
        lambda: Story().authorise().void().status(Status.FAILED).rest(),
    ),
    Case(
        "MONEY-3",
        "confirmed for less than the total; for the total",
        lambda: Story().charge(999).status(Status.CONFIRMED).rest(),
        lambda: Story().charge(1000).status(Status.CONFIRMED).rest(),
    ),
    Case(
        "MONEY-4",
        "ten times too much; the total, in a lower-case currency",
        lambda: Story().charge(10_000),
        lambda: Story().charge(1000, unit="eur"),
    ),
    Case(
        "MONEY-4",
        "another currency on hold; the order's currency",
        lambda: Story().effect(Effect.AUTHORISE, 1000, "USD"),
        lambda: Story().effect(Effect.AUTHORISE, 1000, "EUR"),
    ),
    Case(
        "STOCK-1",
        "a shelf below zero; an empty shelf",
        lambda: Story().shelf(-1),
        lambda: Story().shelf(0),
    ),
    Case(
        "STOCK-1",
        "the last pieces promised twice; promised again after a release",
        lambda: Story(ORDER, OTHER).reserve().reserve(order="o2").shelf(0),
        lambda: Story(ORDER, OTHER).reserve().release().reserve(order="o2").shelf(0),
    ),
    Case(
        "STOCK-2",
        "a piece lost; every piece on the shelf or held",
        lambda: Story().reserve(1).shelf(0).stable(),
        lambda: Story().reserve(1).shelf(1).stable(),
    ),
    Case(
        "STOCK-3",
        "failed with a piece reserved; with all of them released",
        lambda: Story().reserve().release(1).status(Status.FAILED).rest(),
        lambda: Story().reserve().release(2).status(Status.FAILED).rest(),
    ),
    Case(
        "SHIP-1",
        "two parcels; one parcel of two SKUs",
        lambda: Story().ship("p1").ship("p2"),
        lambda: Story().ship("p1").ship("p1", 1, "pen"),
    ),
    Case(
        "SHIP-2",
        "shipped one cent short; shipped when paid and reserved",
        lambda: Story().charge(999).reserve().ship(),
        lambda: Story().charge(1000).reserve().ship(),
    ),
    Case(
        "SHIP-2",
        "shipped with a piece missing; against an authorisation",
        lambda: Story().authorise().reserve(1).ship(),
        lambda: Story().authorise().reserve(2).ship(),
    ),
    Case(
        "SHIP-2",
        "shipped after the cancel took effect; before it did",
        lambda: Story().charge().reserve().cancel().status(Status.FAILED).ship(),
        lambda: Story().charge().reserve().cancel().status(Status.OPEN).ship(),
    ),
    Case(
        "STATE-1",
        "confirmed, then failed; the same after an accepted cancel",
        lambda: Story().status(Status.CONFIRMED).status(Status.FAILED),
        lambda: Story().status(Status.CONFIRMED).cancel().status(Status.FAILED),
    ),
    Case(
        "STATE-1",
        "failed, then confirmed although cancelled; failed, and still failed",
        lambda: Story().cancel().status(Status.FAILED).status(Status.CONFIRMED),
        lambda: Story().cancel().status(Status.FAILED).status(Status.FAILED),
    ),
    Case(
        "STATE-2",
        "two kinds of terminal event; the same one twice, as a relay may send it",
        lambda: Story().say(Event.SAGA_COMPLETED, Event.SAGA_FAILED),
        lambda: Story().say(Event.SAGA_COMPLETED, Event.SAGA_COMPLETED),
    ),
    Case(
        "STATE-2",
        "the terminal event contradicts the status; they agree",
        lambda: Story().say(Event.SAGA_COMPLETED).status(Status.FAILED).rest(),
        lambda: Story().say(Event.SAGA_FAILED).status(Status.FAILED).rest(),
    ),
    Case(
        "STATE-2",
        "no terminal event at all; not ended",
        lambda: Story().status(Status.FAILED).rest(),
        lambda: Story().status(Status.OPEN).rest(),
    ),
    Case(
        "LIVE-0",
        "confirmed without its parcel; the whole story",
        lambda: Story().charge().reserve().status(Status.CONFIRMED).rest(),
        lambda: Story().charge().reserve().ship().status(Status.CONFIRMED).rest(),
    ),
    Case(
        "LIVE-1",
        "still open at rest; failed",
        lambda: Story().status(Status.OPEN).rest(),
        lambda: Story().status(Status.FAILED).rest(),
    ),
    Case(
        "COMP-1",
        "failed with the parcel on its way; recalled",
        lambda: Story().ship().status(Status.FAILED).rest(),
        lambda: Story().ship().recall().status(Status.FAILED).rest(),
    ),
    Case(
        "COMP-2",
        "a refund before the charge; after it",
        lambda: Story().refund().charge(),
        lambda: Story().charge().refund(),
    ),
    Case(
        "COMP-2",
        "a release of more than was reserved; of all that was",
        lambda: Story().reserve(1).release(2),
        lambda: Story().reserve(2).release(2),
    ),
    Case(
        "COMP-2",
        "a refund after the shipment; after shipment and accepted cancel",
        lambda: Story().charge().ship().refund(),
        lambda: Story().charge().ship().cancel().refund(),
    ),
    Case(
        "COMP-2",
        "a release after the shipment; after the parcel was recalled",
        lambda: Story().reserve().ship().release(),
        lambda: Story().reserve().ship().recall().release(),
    ),
    Case(
        "COMP-2",
        "a void of nothing; of what was on hold",
        lambda: Story().void(),
        lambda: Story().authorise().void(),
    ),
    Case(
        "IDEMP-1",
        "one message brings about two parcels; two messages do, which SHIP-1 judges",
        lambda: Story().ship("p1", cause="m1").ship("p2", cause="m1"),
        lambda: Story().ship("p1", cause="m1").ship("p2", cause="m2"),
    ),
    Case(
        "IDEMP-1",
        "a second handling reserves again; it reserves again what was released",
        lambda: Story(stock=4).reserve(cause="m1").reserve(cause="m1"),
        lambda: Story(stock=4).reserve(cause="m1").release().reserve(cause="m1"),
    ),
    Case(
        "ATOM-1",
        "a charge that is never announced; announced by its refund, in a late order",
        lambda: Story().say(Event.ORDER_CREATED).charge().status(Status.OPEN).rest(),
        lambda: (
            Story()
            .say(Event.ORDER_CREATED, Event.PAYMENT_REFUNDED)
            .charge()
            .refund()
            .status(Status.OPEN)
            .rest()
        ),
    ),
    Case(
        "CAUSE-1",
        "a payment announced that was never made; made",
        lambda: Story().say(Event.PAYMENT_PROCESSED).status(Status.OPEN).rest(),
        lambda: Story().say(Event.PAYMENT_PROCESSED).charge().status(Status.OPEN).rest(),
    ),
    Case(
        "OBS-1",
        "an event without a saga id; with an id of the target's own",
        lambda: Story().say("anything", saga=""),
        lambda: Story().say("anything", saga="saga-17"),
    ),
    Case(
        "OBS-1",
        "an event without an order; with one",
        lambda: Story().say("anything", order=""),
        lambda: Story().say("anything"),
    ),
    Case(
        "TRUE-1",
        "failed without a reason; because the card was declined",
        lambda: Story().status(Status.FAILED).rest(),
        lambda: Story().reason().status(Status.FAILED).rest(),
    ),
    Case(
        "TRUE-1",
        "refused although all was there; refused when stock was short",
        lambda: Story().saga(refused=True).rest(),
        lambda: Story().shelf(1).saga(refused=True).rest(),
    ),
    Case(
        "TRUE-1",
        "nothing happens although nothing went wrong; after a crash LIVE-1 judges it",
        lambda: Story().status(Status.OPEN).rest(),
        lambda: Story().status(Status.OPEN).disturbed().rest(),
    ),
)

DECIDED_BY_HISTORY = tuple(row.id for row in PROPERTIES if row.id not in ELSEWHERE)
