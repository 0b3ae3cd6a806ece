"""The safeguards of the field by name: what each one prevents, and how to add it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from reports.counterexample import Safeguard


class SafeguardName(StrEnum):
    """The names under which people look a safeguard up."""

    IDEMPOTENCY_KEY = "idempotency key"
    INBOX = "inbox"
    RESUME = "resuming of an unfinished step"
    STABLE_MESSAGE_ID = "stable message id"
    OUTBOX = "outbox"
    ACKNOWLEDGE_LAST = "acknowledgement after handling"
    TOMBSTONE = "tombstone"
    GUARDED_STATUS = "guarded status"
    VERSION_CHECK = "version check"
    CONDITIONAL_UPDATE = "conditional stock update"
    ATOMIC_RESERVATION = "atomic multi-line reservation"
    COUNTED_ONCE = "one place that counts stock"
    REFUND_ON_RESERVATION_FAILURE = "refund on reservation failure"
    RELEASE_ON_SHIPPING_FAILURE = "release on shipping failure"
    REFUND_ON_SHIPPING_FAILURE = "refund on shipping failure"
    LATE_SUCCESS = "compensation of a late success"
    COMPENSATION_ON_CANCEL = "compensation on cancel"
    COMPENSATION_RETRY = "retry of a failed compensation"
    COMPENSATION_RECORD = "compensation bound to its action"
    ONE_WAY = "compensation in one direction"
    LOOKUP = "look-up after an unknown answer"
    TRANSIENT_RETRY = "retry of a transient failure"
    BUSINESS_FAILURE = "failure for business reasons only"
    DURABLE_STATE = "durable state"
    COMPLETE_EVENT = "complete event data"
    NO_OWN_ERROR = "handler without errors of its own"
    DEAD_LETTERS = "dead letters"
    EARLY_EVENT = "requeue of an early event"
    TERMINAL_EVENT = "terminal event"
    ONE_CLOSER = "one owner of the terminal event"
    PIVOT_CHECK = "pivot check"
    MINOR_UNITS = "exact minor units of money"
    SAGA_ID = "saga id on every event"


def safeguard(name: SafeguardName, reason: str = "", *instead: SafeguardName) -> Safeguard:
    """Return the safeguard by name, with the `reason` of one violation where it is given.

    `instead` are others that would have prevented the violation, too.
    """
    known = SAFEGUARDS[name]
    return Safeguard(known.name, reason or known.reason, known.advice, tuple(map(str, instead)))


def others(known: Safeguard) -> tuple[Safeguard, ...]:
    """Return those that would do instead of a safeguard, with their reasons and their advice."""
    rows = {row.name: row for row in _ROWS}
    return tuple(rows[name] for name in known.instead if name in rows)


#: One row per safeguard: its name, what it prevents, how to add it in two sentences.
_ROWS: tuple[Safeguard, ...] = (
    Safeguard(
        SafeguardName.IDEMPOTENCY_KEY,
        "Prevents that a repeated call to the gateway or the carrier has its effect twice; no "
        "inbox can, since the first call may have gone through unseen.",
        "Send a key that is derived from the order and the step (such as 'charge-o1') with every "
        "charge, refund and shipment, and send the same key whenever that step is tried again. "
        "Make a new key only for a new decision, such as another card after a decline: the same "
        "key returns the stored answer, declines included.",
    ),
    Safeguard(
        SafeguardName.INBOX,
        "Prevents that a message that is delivered again is handled again.",
        "Insert the message id with the consumer's name into a table with a unique index, in the "
        "very transaction that changes the data and writes the outgoing events. When the insert "
        "fails because the row exists, acknowledge and do nothing else.",
    ),
    Safeguard(
        SafeguardName.RESUME,
        "Prevents that a step that was interrupted is taken for done when its message comes again.",
        "Mark a message as handled, be it in an inbox or by a status, only in the transaction that "
        "stores what came of it, not before gateway or carrier are asked. When it comes again and "
        "its step is still under way, do it again, and ask them with the same idempotency key.",
    ),
    Safeguard(
        SafeguardName.STABLE_MESSAGE_ID,
        "Prevents that the same event comes under another id each time it is sent, where an "
        "inbox cannot recognise it.",
        "Make the event's id when the event is written to the outbox, store it there, and let the "
        "relay send the stored one. Where the sender is not yours, use order and event type as "
        "the inbox key.",
    ),
    Safeguard(
        SafeguardName.OUTBOX,
        "Prevents that a change is committed and its event lost, or an event sent whose change "
        "never was: database and broker share no transaction.",
        "Write the event into a table in the transaction of the change instead of publishing it "
        "in the handler. Let a relay publish the rows, and mark a row as sent only after the "
        "broker has confirmed it.",
    ),
    Safeguard(
        SafeguardName.ACKNOWLEDGE_LAST,
        "Prevents that a message is lost when its consumer dies while handling it.",
        "Switch automatic acknowledgement off and acknowledge after the transaction has been "
        "committed. The message may then come twice after a crash, so an inbox belongs to it.",
    ),
    Safeguard(
        SafeguardName.TOMBSTONE,
        "Prevents that an action takes effect after its own compensation has overtaken it.",
        "When a compensation finds nothing to undo, store in the same transaction that this "
        "order's step is cancelled. Let the action look for that record before it does anything, "
        "and end without effect when it is there.",
    ),
    Safeguard(
        SafeguardName.GUARDED_STATUS,
        "Prevents that a late or repeated event moves an order that has already ended, or moves "
        "it backwards.",
        "Change the status only together with a test of the old one: UPDATE orders SET status = "
        "'CONFIRMED' WHERE id = ? AND status = 'AWAITING_PAYMENT'. When no row was changed, emit "
        "no event, and acknowledge.",
    ),
    Safeguard(
        SafeguardName.VERSION_CHECK,
        "Prevents that two handlers read the same row and the second overwrites what the first "
        "wrote.",
        "Give the row a version, and write with WHERE version = the one that was read, or lock "
        "the row while reading it. When no row was changed, read again and decide again: the "
        "conflict does not mean that the work is done.",
    ),
    Safeguard(
        SafeguardName.CONDITIONAL_UPDATE,
        "Prevents that two orders take the last piece: both read the stock before either wrote.",
        "Test and take in one statement: UPDATE stock SET available = available - ? WHERE sku = ? "
        "AND available >= ?. Treat an update that changed no row as out of stock, and roll back "
        "what the order has taken from other rows.",
    ),
    Safeguard(
        SafeguardName.ATOMIC_RESERVATION,
        "Prevents that an order keeps some of its lines reserved after another line failed.",
        "Add up the quantities per SKU first, and reserve all lines in one transaction. When one "
        "line has too little stock, roll the whole transaction back, and emit the failure in a "
        "transaction of its own.",
    ),
    Safeguard(
        SafeguardName.COUNTED_ONCE,
        "Prevents that a piece is taken off the shelf when it is reserved, and again when its "
        "parcel leaves.",
        "Let one service alone change the stock, and let it take a piece off the shelf once: when "
        "it is reserved. What happens to it later, such as the parcel, may change its reservation "
        "and not the shelf.",
    ),
    Safeguard(
        SafeguardName.REFUND_ON_RESERVATION_FAILURE,
        "Prevents that a customer pays for an order whose goods could not be reserved.",
        "Let the inventory service emit payment.refund.requested in the transaction that records "
        "inventory.reservation.failed. Let the payment service subscribe to it and refund what "
        "was captured.",
    ),
    Safeguard(
        SafeguardName.RELEASE_ON_SHIPPING_FAILURE,
        "Prevents that stock stays reserved for an order that will never be shipped.",
        "Let the shipping service emit inventory.release.requested in the transaction that "
        "records shipping.failed, beside the request for the refund. Let the inventory service "
        "subscribe to it and return the pieces that it reserved for this order, once.",
    ),
    Safeguard(
        SafeguardName.REFUND_ON_SHIPPING_FAILURE,
        "Prevents that a customer pays for an order that will never be shipped.",
        "Let the shipping service emit payment.refund.requested in the transaction that records "
        "shipping.failed, beside the request for the release. Neither may wait for the other: "
        "both must happen, in any order.",
    ),
    Safeguard(
        SafeguardName.LATE_SUCCESS,
        "Prevents that a step that succeeds after its order has failed or was cancelled is kept.",
        "When a success arrives for an order that has ended, request its compensation instead of "
        "ignoring the event. Test for the end in the same transaction, so that no success slips "
        "in between.",
    ),
    Safeguard(
        SafeguardName.COMPENSATION_ON_CANCEL,
        "Prevents that money or stock is kept for an order that its customer has cancelled.",
        "When a cancel is accepted, request the undoing of every step that may have been done "
        "(refund, release) in the same transaction. Let each participant remember the request, so "
        "that a step that comes after it is not done at all.",
    ),
    Safeguard(
        SafeguardName.COMPENSATION_RETRY,
        "Prevents that a refund or a release that failed once is never made.",
        "Let the error of a compensation reach the broker, so that the message comes again, or "
        "store the compensation as due and repeat it until it is done. Report it as done only "
        "after it was, and never catch its error only to log it.",
    ),
    Safeguard(
        SafeguardName.COMPENSATION_RECORD,
        "Prevents that a compensation undoes what never happened, or undoes it twice.",
        "Store what an action did (the charge id and the amount, the pieces per SKU) and let the "
        "compensation undo exactly that record. Mark the record as compensated in the same "
        "transaction, and do nothing when it is missing or marked.",
    ),
    Safeguard(
        SafeguardName.ONE_WAY,
        "Prevents that compensations bring each other about without end.",
        "Let the step that fails request the undoing of all that was done before it. Let whoever "
        "undoes answer with an event that says so, to which nobody replies with another request.",
    ),
    Safeguard(
        SafeguardName.LOOKUP,
        "Prevents that a timeout is taken for a refusal while the money was taken or the parcel "
        "was booked.",
        "After a timeout ask the gateway or the carrier by the idempotency key what became of the "
        "call, or repeat the call with the same key. Emit a failure only after a definite refusal.",
    ),
    Safeguard(
        SafeguardName.TRANSIENT_RETRY,
        "Prevents that a short outage of a database, a broker or a gateway fails an order.",
        "Let connection errors leave the handler, so that the broker delivers the message again. "
        "Emit a failure event only for a business refusal: declined, out of stock, refused by the "
        "carrier.",
    ),
    Safeguard(
        SafeguardName.BUSINESS_FAILURE,
        "Prevents that an error of the code is announced as a refusal, and a sound order undone.",
        "Catch the one error that stands for a refusal (declined, out of stock, refused by the "
        "carrier), and let every other error leave the handler. The message then comes again, and "
        "an error that does not go away shows itself.",
    ),
    Safeguard(
        SafeguardName.DURABLE_STATE,
        "Prevents that a service that restarts has forgotten what it did, was told or has still to "
        "send.",
        "Keep every row that a handler reads again (its orders, charges and tombstones, the inbox, "
        "the outbox) in a database, and commit it before the message is acknowledged. Let a cache "
        "in memory be no more than a copy of that, which a restart may empty.",
    ),
    Safeguard(
        SafeguardName.COMPLETE_EVENT,
        "Prevents that a handler fails for ever because its event lacks what it reads.",
        "Write into an event all that its consumers need, such as the lines and the charge id, "
        "copied from the event that caused it. Let a test hold each handler against what its "
        "producer really sends.",
    ),
    Safeguard(
        SafeguardName.NO_OWN_ERROR,
        "Prevents that a handler fails each time its message comes, though nothing around it has "
        "failed.",
        "Mend what the error names, and let a test hand this very message to the handler. Where it "
        "comes only after another failure, that one has left something behind: roll back, and let "
        "each attempt begin with a new session, connection or client.",
    ),
    Safeguard(
        SafeguardName.DEAD_LETTERS,
        "Prevents that a message that nobody can read stops its consumer, and all that waits "
        "behind it.",
        "Let a message that cannot be read fail alone: give it back or reject it, and go on with "
        "the next one. After a few attempts let the broker put it aside as a dead letter, where "
        "somebody looks.",
    ),
    Safeguard(
        SafeguardName.EARLY_EVENT,
        "Prevents that an event that overtakes the one it depends on is thrown away.",
        "When an event refers to an order or a step that is not known yet, store it beside the "
        "order, or give it back to the broker, instead of acknowledging it. Handle it when what "
        "it waits for has arrived.",
    ),
    Safeguard(
        SafeguardName.TERMINAL_EVENT,
        "Prevents that an order stays open for ever, because nobody ends its saga on some path.",
        "Write down every path through the saga, failures and cancellations included, and let "
        "each one end in exactly one of order.saga.completed and order.saga.failed. Emit it in "
        "the transaction that makes the order's status final.",
    ),
    Safeguard(
        SafeguardName.ONE_CLOSER,
        "Prevents that a saga is ended twice, or as completed and as failed.",
        "Let one participant alone (usually the order service) emit the events that end a saga. "
        "Let it do so only when its guarded change of the status has changed a row.",
    ),
    Safeguard(
        SafeguardName.PIVOT_CHECK,
        "Prevents that a parcel leaves for an order that is cancelled, unpaid or without stock, "
        "and that money or stock is given back after it has left.",
        "Before the shipment ask, in one transaction with the decision to ship, whether the order "
        "is paid, reserved and not cancelled. After it refuse every cancellation: from the pivot "
        "on the saga only goes forward.",
    ),
    Safeguard(
        SafeguardName.MINOR_UNITS,
        "Prevents that the amount that is charged is not the amount of the order.",
        "Keep money as a whole number of the currency's minor unit, with the currency beside it, "
        "from the order to the gateway; never as a float. Take the number of decimals from the "
        "currency (none for JPY, three for KWD), and carry the amount in the event instead of "
        "computing it again.",
    ),
    Safeguard(
        SafeguardName.SAGA_ID,
        "Prevents that an event or a compensation cannot be matched with its order.",
        "Put the saga id and the order id into every event that a handler publishes, copied from "
        "the event or the request that it handles, and look rows up by these ids alone. Refuse to "
        "publish an event without them.",
    ),
)

#: How to mend an outbox whose relay loses what stands in it.
CONFIRMED_RELAY = (
    "Mark or delete a row only after the broker has confirmed its event, one row at a time and by "
    "its own id. When the broker cannot be reached leave the row as it is, and let the relay send "
    "it again under the same id."
)
#: How to check the version of a row where a handler has begun by what another one then changed.
CLAIMED_ROW = (
    "Store that the step is under way before anybody outside is called, and afterwards write only "
    "the columns that change, or with WHERE version = the one that was read. When no row was "
    "changed, read again and decide again: the conflict does not mean that the work is done."
)

SAFEGUARDS: Mapping[SafeguardName, Safeguard] = MappingProxyType(
    {SafeguardName(row.name): row for row in _ROWS}
)
