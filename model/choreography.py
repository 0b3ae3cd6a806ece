"""The order saga as one table: who, in which state, does what when which message arrives.

Read a row as "a participant in this state that consumes this message goes to that state, has these
effects and publishes these messages, all in one transaction". A message for which there is no row
is acknowledged and ignored; `decisions` lists every such case with the reason.

Decisions, and why:

* **The failing participant asks for the compensations**, in the transaction of its failure. It is
  the one that knows; asking through the order service would add a hop that can be lost.
* **Only the order service ends a saga.** It publishes the one terminal event in the transaction
  that sets the status, so status and event cannot disagree and there is exactly one of each.
* **Failed means settled.** The order service waits for two facts, money back and stock back, in
  whichever order they come. `payment.failed` says both at once: no money moved, nothing reserved.
* **Shipping is the pivot and arbitrates a cancel.** A customer's cancel is only a request. Whatever
  reaches shipping first, reservation or cancel, decides; there is one place where the race is run.
* **A compensation may overtake its action**, since a cancel starts the undoing while payment and
  inventory may not have begun. Whoever is asked to undo what it has not done leaves a *tombstone*
  (`refused`, `cancelled`): it answers "undone" now and never does the action later.
* **Intent before the call.** Payment stores `charging` before it asks the gateway; a charge whose
  answer it does not know is asked again under the same key, never guessed. A refund asked for in
  the meantime makes the charge `unwanted`: it is awaited, then refunded.
* **The gateway is a machine of its own**, so that a lost answer is a row like any other: a *fault*
  row, never needed for progress. Messages to and from it are the port calls of the payment service.
* **The carrier is not**: nobody else can tell whether a parcel is being booked or is booked (a
  cancel comes too late for both), so the shipment is one step with two outcomes. A refund too is
  one step: the gateway accepts it and, asked again under the same key, repeats its answer.
* `shipping.failed` moves nothing. The order service reads it to note the reason.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from model.table import Actor, Effect, Guard, Machine, Row, Table
from model.vocabulary import Event

#: The customer wants out. Not a message of the choreography: a request to the order service.
CUSTOMER_CANCEL = "customer.cancel"


class PortCall(StrEnum):
    """What payment and the gateway say to each other; no other participant can see it."""

    CHARGE = "gateway.charge"
    APPROVED = "gateway.approved"
    DECLINED = "gateway.declined"
    UNKNOWN = "gateway.charge.unknown"


CHARGE = Effect("charge")
REFUND = Effect("refund", undoes="charge")
RESERVE = Effect("reserve", stock=-1)
RELEASE = Effect("release", stock=+1, undoes="reserve")
SHIP = Effect("ship", pivot=True)
EFFECTS = (CHARGE, REFUND, RESERVE, RELEASE, SHIP)

_UNDO_BOTH = (Event.INVENTORY_RELEASE_REQUESTED, Event.PAYMENT_REFUND_REQUESTED)

_order = partial(Row, Actor.ORDER)
_payment = partial(Row, Actor.PAYMENT)
_inventory = partial(Row, Actor.INVENTORY)
_shipping = partial(Row, Actor.SHIPPING)
_gateway = partial(Row, Actor.GATEWAY)

MACHINES = (
    Machine(
        Actor.ORDER,
        ("awaiting", "money-back", "stock-back", "confirmed", "failed"),
        resting=frozenset({"confirmed", "failed"}),
    ),
    Machine(
        Actor.PAYMENT,
        ("idle", "charging", "unwanted", "paid", "declined", "refunded", "refused"),
        resting=frozenset({"paid", "declined", "refunded", "refused"}),
    ),
    Machine(
        Actor.INVENTORY,
        ("idle", "reserved", "rejected", "released", "refused"),
        resting=frozenset({"idle", "reserved", "rejected", "released", "refused"}),
    ),
    Machine(
        Actor.SHIPPING,
        ("idle", "shipped", "failed", "cancelled"),
        resting=frozenset({"idle", "shipped", "failed", "cancelled"}),
    ),
    Machine(
        Actor.GATEWAY,
        ("fresh", "captured", "refused"),
        resting=frozenset({"fresh", "captured", "refused"}),
        behind=Actor.PAYMENT,
    ),
)

ORDER_ROWS = (
    _order("awaiting", Event.SHIPMENT_CREATED, "confirmed", (Event.SAGA_COMPLETED,)),
    _order("awaiting", Event.PAYMENT_FAILED, "failed", (Event.SAGA_FAILED,)),
    # Money back and stock back, in either order; a reservation that failed never took any stock.
    _order("awaiting", Event.PAYMENT_REFUNDED, "money-back"),
    _order("awaiting", Event.INVENTORY_RELEASED, "stock-back"),
    _order("awaiting", Event.INVENTORY_RESERVATION_FAILED, "stock-back"),
    _order("money-back", Event.INVENTORY_RELEASED, "failed", (Event.SAGA_FAILED,)),
    _order("money-back", Event.INVENTORY_RESERVATION_FAILED, "failed", (Event.SAGA_FAILED,)),
    _order("stock-back", Event.PAYMENT_REFUNDED, "failed", (Event.SAGA_FAILED,)),
    # A cancel released the stock of an order whose payment is then declined: no refund will come.
    _order("stock-back", Event.PAYMENT_FAILED, "failed", (Event.SAGA_FAILED,)),
    _order("awaiting", Event.SHIPPING_FAILED, "awaiting"),  # notes the reason
    # Passed on while the order is open: whether it comes in time is not for this service to say.
    _order("awaiting", CUSTOMER_CANCEL, "awaiting", (Event.ORDER_CANCEL_REQUESTED,)),
    _order("money-back", CUSTOMER_CANCEL, "money-back", (Event.ORDER_CANCEL_REQUESTED,)),
    _order("stock-back", CUSTOMER_CANCEL, "stock-back", (Event.ORDER_CANCEL_REQUESTED,)),
)

PAYMENT_ROWS = (
    _payment("idle", Event.ORDER_CREATED, "charging", (PortCall.CHARGE,)),
    _payment("charging", PortCall.APPROVED, "paid", (Event.PAYMENT_PROCESSED,)),
    _payment("charging", PortCall.DECLINED, "declined", (Event.PAYMENT_FAILED,)),
    # Never guess: after a lost answer, and after a crash while waiting for one, ask again.
    _payment("charging", PortCall.UNKNOWN, "charging", (PortCall.CHARGE,)),
    _payment("charging", Event.ORDER_CREATED, "charging", (PortCall.CHARGE,)),
    _payment(
        "paid", Event.PAYMENT_REFUND_REQUESTED, "refunded", (Event.PAYMENT_REFUNDED,), (REFUND,)
    ),
    # The refund overtakes the charge: a tombstone, or wait for the answer and give it back.
    _payment("idle", Event.PAYMENT_REFUND_REQUESTED, "refused", (Event.PAYMENT_REFUNDED,)),
    _payment("charging", Event.PAYMENT_REFUND_REQUESTED, "unwanted"),
    _payment("unwanted", PortCall.APPROVED, "refunded", (Event.PAYMENT_REFUNDED,), (REFUND,)),
    _payment("unwanted", PortCall.DECLINED, "declined", (Event.PAYMENT_FAILED,)),
    _payment("unwanted", PortCall.UNKNOWN, "unwanted", (PortCall.CHARGE,)),
    _payment("unwanted", Event.ORDER_CREATED, "unwanted", (PortCall.CHARGE,)),
)

INVENTORY_ROWS = (
    _inventory(
        "idle",
        Event.PAYMENT_PROCESSED,
        "reserved",
        (Event.INVENTORY_RESERVED,),
        (RESERVE,),
        guard=Guard.IN_STOCK,
    ),
    _inventory(
        "idle",
        Event.PAYMENT_PROCESSED,
        "rejected",
        (Event.INVENTORY_RESERVATION_FAILED, Event.PAYMENT_REFUND_REQUESTED),
        guard=Guard.OUT_OF_STOCK,
    ),
    _inventory(
        "reserved",
        Event.INVENTORY_RELEASE_REQUESTED,
        "released",
        (Event.INVENTORY_RELEASED,),
        (RELEASE,),
    ),
    # The release overtakes the reservation: a tombstone.
    _inventory("idle", Event.INVENTORY_RELEASE_REQUESTED, "refused", (Event.INVENTORY_RELEASED,)),
)

SHIPPING_ROWS = (
    _shipping(
        "idle",
        Event.INVENTORY_RESERVED,
        "shipped",
        (Event.SHIPMENT_CREATED,),
        (SHIP,),
        outcome="ship",
    ),
    _shipping(
        "idle",
        Event.INVENTORY_RESERVED,
        "failed",
        (Event.SHIPPING_FAILED, *_UNDO_BOTH),
        outcome="refuse",
    ),
    # The cancel wins the race: a tombstone, and the same undoing as after a refusal.
    _shipping(
        "idle", Event.ORDER_CANCEL_REQUESTED, "cancelled", (Event.SHIPPING_FAILED, *_UNDO_BOTH)
    ),
)

GATEWAY_ROWS = (
    _gateway(
        "fresh", PortCall.CHARGE, "captured", (PortCall.APPROVED,), (CHARGE,), outcome="approve"
    ),
    _gateway("fresh", PortCall.CHARGE, "refused", (PortCall.DECLINED,), outcome="decline"),
    _gateway(
        "fresh",
        PortCall.CHARGE,
        "captured",
        (PortCall.UNKNOWN,),
        (CHARGE,),
        outcome="reply lost",
        fault=True,
    ),
    _gateway(
        "fresh", PortCall.CHARGE, "fresh", (PortCall.UNKNOWN,), outcome="request lost", fault=True
    ),
    # The idempotency key: asked again, the gateway repeats its answer and does nothing.
    _gateway("captured", PortCall.CHARGE, "captured", (PortCall.APPROVED,), outcome="replay"),
    _gateway("refused", PortCall.CHARGE, "refused", (PortCall.DECLINED,), outcome="replay"),
)

TABLE = Table(
    MACHINES,
    (*ORDER_ROWS, *PAYMENT_ROWS, *INVENTORY_ROWS, *SHIPPING_ROWS, *GATEWAY_ROWS),
    start=(Event.ORDER_CREATED,),
    requests=(CUSTOMER_CANCEL,),
    announcements=frozenset({Event.SAGA_COMPLETED, Event.SAGA_FAILED}),
)
