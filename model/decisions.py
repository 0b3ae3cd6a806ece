"""Every message that a participant acknowledges and ignores, with the reason why that is right.

A missing row in the table is a decision as much as a row is. `STALE` holds the cases that can come
about, `IMPOSSIBLE` those that cannot; together they are all (participant, state, message) without a
row, and a test holds both lists against the unbounded exploration. What changes the table has to
come through here.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from model.choreography import CUSTOMER_CANCEL, PortCall
from model.table import Actor
from model.vocabulary import Event


@frozen
class Decision:
    """In these states this message is ignored, for one reason."""

    actor: Actor
    message: str
    states: tuple[str, ...]
    why: str

    @property
    def keys(self) -> tuple[tuple[Actor, str, str], ...]:
        """The (actor, state, message) that are decided here."""
        return tuple((self.actor, state, self.message) for state in self.states)


STALE_DECISIONS = (
    Decision(
        Actor.ORDER,
        CUSTOMER_CANCEL,
        ("failed",),
        "the order has failed: the customer has what he asks for",
    ),
    Decision(
        Actor.ORDER,
        CUSTOMER_CANCEL,
        ("confirmed",),
        "the parcel is on its way; a return is another business",
    ),
    Decision(
        Actor.ORDER,
        Event.SHIPMENT_CREATED,
        ("confirmed",),
        "a copy: one terminal event was published and no second one may be",
    ),
    Decision(
        Actor.ORDER,
        Event.SHIPPING_FAILED,
        ("money-back", "stock-back", "failed"),
        "only the reason; the compensations that shipping asked for were faster",
    ),
    Decision(
        Actor.ORDER,
        Event.PAYMENT_REFUNDED,
        ("money-back", "failed"),
        "a copy: the money is back once, which the state knows",
    ),
    Decision(
        Actor.ORDER,
        Event.INVENTORY_RELEASED,
        ("stock-back", "failed"),
        "a copy; or the stock of an order that failed already because its payment was declined",
    ),
    Decision(
        Actor.ORDER,
        Event.INVENTORY_RESERVATION_FAILED,
        ("stock-back", "failed"),
        "a copy: nothing is reserved, which the state knows",
    ),
    Decision(
        Actor.ORDER,
        Event.PAYMENT_FAILED,
        ("failed",),
        "a copy: one terminal event was published and no second one may be",
    ),
    Decision(
        Actor.PAYMENT,
        Event.ORDER_CREATED,
        ("paid", "declined", "refunded"),
        "a copy: the gateway has answered, and its answer was acted upon",
    ),
    Decision(
        Actor.PAYMENT,
        Event.ORDER_CREATED,
        ("refused",),
        "the tombstone: the refund was asked for first, so there must never be a charge",
    ),
    Decision(
        Actor.PAYMENT,
        Event.PAYMENT_REFUND_REQUESTED,
        ("unwanted",),
        "a copy: the refund waits for the gateway's answer",
    ),
    Decision(
        Actor.PAYMENT,
        Event.PAYMENT_REFUND_REQUESTED,
        ("refunded", "refused"),
        "a copy, or both shipping and inventory asked: the money goes back once",
    ),
    Decision(
        Actor.PAYMENT,
        Event.PAYMENT_REFUND_REQUESTED,
        ("declined",),
        "there is nothing to give back, and `payment.failed` has told so",
    ),
    Decision(
        Actor.PAYMENT,
        PortCall.APPROVED,
        ("paid", "refunded"),
        "asked twice, the gateway answers twice",
    ),
    Decision(
        Actor.PAYMENT,
        PortCall.DECLINED,
        ("declined",),
        "asked twice, the gateway answers twice",
    ),
    Decision(
        Actor.PAYMENT,
        PortCall.UNKNOWN,
        ("paid", "declined", "refunded"),
        "a later question was answered first; what the lost answer said is known",
    ),
    Decision(
        Actor.INVENTORY,
        Event.PAYMENT_PROCESSED,
        ("reserved", "released"),
        "a copy: stock is taken once per order",
    ),
    Decision(
        Actor.INVENTORY,
        Event.PAYMENT_PROCESSED,
        ("rejected",),
        "a rejection stands, though there may be stock by now: the refund has been asked for",
    ),
    Decision(
        Actor.INVENTORY,
        Event.PAYMENT_PROCESSED,
        ("refused",),
        "the tombstone: the release was asked for first, so nothing may be reserved",
    ),
    Decision(
        Actor.INVENTORY,
        Event.INVENTORY_RELEASE_REQUESTED,
        ("released", "refused"),
        "a copy: stock goes back once",
    ),
    Decision(
        Actor.INVENTORY,
        Event.INVENTORY_RELEASE_REQUESTED,
        ("rejected",),
        "a cancel met a rejection: nothing was taken, and `inventory.reservation.failed` told so",
    ),
    Decision(
        Actor.SHIPPING,
        Event.INVENTORY_RESERVED,
        ("shipped", "failed"),
        "a copy: one parcel, one answer",
    ),
    Decision(
        Actor.SHIPPING,
        Event.INVENTORY_RESERVED,
        ("cancelled",),
        "the tombstone: the cancel was faster, and the release was asked for with it",
    ),
    Decision(
        Actor.SHIPPING,
        Event.ORDER_CANCEL_REQUESTED,
        ("shipped",),
        "the cancel lost the race at the pivot",
    ),
    Decision(
        Actor.SHIPPING,
        Event.ORDER_CANCEL_REQUESTED,
        ("failed", "cancelled"),
        "the compensations were asked for already",
    ),
)

IMPOSSIBLE_DECISIONS = (
    *(
        Decision(
            Actor.ORDER,
            message,
            ("confirmed",),
            "the parcel is sent, so shipping asked for no compensation and nobody else does",
        )
        for message in (
            Event.PAYMENT_FAILED,
            Event.PAYMENT_REFUNDED,
            Event.INVENTORY_RESERVATION_FAILED,
            Event.INVENTORY_RELEASED,
            Event.SHIPPING_FAILED,
        )
    ),
    Decision(
        Actor.ORDER,
        Event.SHIPMENT_CREATED,
        ("money-back", "stock-back", "failed"),
        "whatever brought the order here, shipping will never ship it",
    ),
    Decision(
        Actor.ORDER,
        Event.PAYMENT_FAILED,
        ("money-back",),
        "payment says either that it failed or that the money is back, never both",
    ),
    *(
        Decision(
            Actor.PAYMENT,
            answer,
            ("idle", "refused"),
            "the gateway was never asked",
        )
        for answer in (PortCall.APPROVED, PortCall.DECLINED, PortCall.UNKNOWN)
    ),
    Decision(
        Actor.PAYMENT,
        PortCall.APPROVED,
        ("declined",),
        "the gateway keeps to its answer",
    ),
    Decision(
        Actor.PAYMENT,
        PortCall.DECLINED,
        ("paid", "refunded"),
        "the gateway keeps to its answer",
    ),
)


def _by_key(decisions: tuple[Decision, ...]) -> Mapping[tuple[str, str, str], str]:
    return {key: decision.why for decision in decisions for key in decision.keys}


#: (actor, state, message) -> why it is right to ignore what can come about
STALE = _by_key(STALE_DECISIONS)
#: (actor, state, message) -> why it cannot come about
IMPOSSIBLE = _by_key(IMPOSSIBLE_DECISIONS)
