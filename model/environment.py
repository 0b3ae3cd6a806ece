"""What the environment may do to a saga: the broker's promise and the faults."""

from __future__ import annotations

from enum import StrEnum


class Delivery(StrEnum):
    """What the broker promises, from strongest to weakest.

    In all four a message that a consumer had not acknowledged when it crashed comes back: a broker
    that forgets it would lose it. "Exactly once" therefore means that the *broker* makes no copies;
    the effects of a handler that died half-way are still the handler's affair.
    """

    EXACTLY_ONCE_FIFO = "exactly-once-fifo"
    """No copies; each queue in the order of publication."""

    AT_LEAST_ONCE_FIFO = "at-least-once-fifo"
    """Copies may follow at any later time; each queue in the order of publication."""

    AT_LEAST_ONCE_PER_ORDER_FIFO = "at-least-once-per-order-fifo"
    """Copies may follow; in order only among the messages of one order in one queue."""

    AT_LEAST_ONCE_UNORDERED = "at-least-once-unordered"
    """Copies may follow; any message in flight may be next."""

    @property
    def duplicates(self) -> bool:
        """Whether the broker may deliver a copy of a message that was acknowledged."""
        return self is not Delivery.EXACTLY_ONCE_FIFO

    @property
    def ordered(self) -> bool:
        """Whether the broker promises any order at all."""
        return self is not Delivery.AT_LEAST_ONCE_UNORDERED


DELIVERY_MEANING: dict[Delivery, str] = {
    Delivery.EXACTLY_ONCE_FIFO: "no copies, each queue in order",
    Delivery.AT_LEAST_ONCE_FIFO: "copies, each queue in order",
    Delivery.AT_LEAST_ONCE_PER_ORDER_FIFO: "copies, in order for each order in each queue",
    Delivery.AT_LEAST_ONCE_UNORDERED: "copies, in any order",
}


class Fault(StrEnum):
    """What can go wrong around a saga. Each one asked for must be proved to have fired."""

    REORDER = "reorder"
    DUPLICATE = "duplicate"
    REPUBLISH = "republish"
    CRASH = "crash"
    DECLINE = "decline"
    OUT_OF_STOCK = "out-of-stock"
    CARRIER_REFUSAL = "carrier-refusal"
    UNKNOWN = "unknown"
    TRANSIENT = "transient"
    CONCURRENCY = "concurrency"
    RESUBMIT = "resubmit"
    CONTENTION = "contention"
    CANCEL = "cancel"
    LATE = "late"
    POISON = "poison"
    STANDSTILL = "standstill"


FAULT_MEANING: dict[Fault, str] = {
    Fault.REORDER: "a message overtakes an older one",
    Fault.DUPLICATE: "the broker delivers a message again, with the same id",
    Fault.REPUBLISH: "the same content comes again under a new id",
    Fault.CRASH: "a participant dies at a port call; what it had not acknowledged comes back",
    Fault.DECLINE: "the payment gateway declines",
    Fault.OUT_OF_STOCK: "less stock than ordered",
    Fault.CARRIER_REFUSAL: "the carrier refuses the parcel",
    Fault.UNKNOWN: (
        "a call outside, or a commit, times out: done or not done, the caller cannot tell"
    ),
    Fault.TRANSIENT: "a port fails once and nothing was done",
    Fault.CONCURRENCY: "handlers interleave at port calls",
    Fault.RESUBMIT: "the client places the same order again",
    Fault.CONTENTION: "several orders want the last piece",
    Fault.CANCEL: "the customer cancels, at any point",
    Fault.LATE: "a timer goes off while what it waits for is still on its way",
    Fault.POISON: "a message that nobody can read; the broker drops it after three attempts",
    Fault.STANDSTILL: "nothing moves for eight days: idempotency keys and authorisations expire",
}

#: On request. A republished message has an id of its own, which an inbox of message ids cannot
#: recognise: only a target that makes ids when it sends can meet it. A standstill is longer than
#: most sagas are made for.
DEFAULT_FAULTS = frozenset(Fault) - {Fault.REPUBLISH, Fault.STANDSTILL}

#: Answers in the course of business: a saga may fail for them, the other faults must not show.
BUSINESS_FAULTS = frozenset(
    {Fault.DECLINE, Fault.CARRIER_REFUSAL, Fault.OUT_OF_STOCK, Fault.CONTENTION}
)
