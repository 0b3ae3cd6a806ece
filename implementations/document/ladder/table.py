"""What the kit says on each rung, and which fix removes which defect of the document, as data.

The tests hold the kit and the ladder to it. Nothing here is read by either.
"""

from __future__ import annotations

from attrs import frozen

#: The parts of the search that suffice to find what a whole quick run tells first.
PARTS = ("paths", "directed", "sweep-0")


@frozen
class Rung:
    """The first counterexample of a rung: what is broken, and the safeguard that is asked for.

    First is the one with fewest orders, then deviations, then faults, then the smallest setting and
    the shortest; of equally simple ones, the one whose property is the most specific.
    """

    property_id: str
    safeguard: str
    fix: str
    """The module of the ladder that adds the safeguard: the step to the next rung."""
    orders: int = 1
    faults: int = 0
    deviations: int = 0
    parts: tuple[str, ...] = PARTS


RUNGS: tuple[Rung, ...] = (
    Rung("MONEY-4", "exact minor units of money", "minor_units"),
    Rung("MONEY-0", "refund on reservation failure", "refund_on_failure"),
    Rung("LIVE-0", "terminal event", "failed_end"),
    Rung("TRUE-1", "failure for business reasons only", "business_failure"),
    # every run of this rung goes round in circles, so one part is slow enough
    Rung("LIVE-0", "complete event data", "complete_event", parts=("paths",)),
    Rung("LIVE-0", "terminal event", "shipping"),
    Rung("MONEY-1", "inbox", "inbox", faults=1, deviations=1),
    Rung("MONEY-1", "idempotency key", "idempotency_key", faults=1, deviations=1),
    Rung("STATE-1", "guarded status", "guarded_status", faults=1, deviations=1),
    Rung("COMP-2", "outbox", "outbox", faults=1, deviations=1),
    Rung("COMP-2", "stable message id", "stable_id", faults=1, deviations=1),
    Rung("MONEY-0", "look-up after an unknown answer", "look_up", faults=1, deviations=1),
    Rung("TRUE-1", "retry of a transient failure", "transient_retry", faults=1, deviations=1),
    Rung("COMP-2", "compensation bound to its action", "record", faults=2, deviations=2),
)
"""One for each rung but the last, which holds."""


#: kind, subject, port, mode: an action as the kit's schedules name it
Action = tuple[str, str, str, str]


@frozen
class Evidence:
    """A schedule that breaks a property just before a fix, and does not break it just after."""

    fix: str
    property_id: str
    setting: str = "one order"
    actions: tuple[Action, ...] = ()


@frozen
class Defect:
    """A defect of the document's example, its entries in the catalogue of bugs, and its removal."""

    text: str
    entries: tuple[str, ...]
    removed: tuple[Evidence, ...]


_CHARGE = ("payment on order.created(o1)", "payments.charge")
_SHIP = ("shipping on inventory.reserved(o1)", "carrier.create_shipment")
_SHORT = "out of stock"

DEFECTS: tuple[Defect, ...] = (
    Defect(
        "`payment.processed` omits the items, which inventory reads",
        ("B73",),
        (Evidence("complete_event", "LIVE-0"),),
    ),
    Defect(
        "one try block around charge and publish",
        ("B04",),
        (
            Evidence(
                "outbox",
                "MONEY-0",
                actions=(("answer", _CHARGE[0], "publish payment.processed", "transient"),),
            ),
        ),
    ),
    Defect(
        "inventory's failure event has no listener, payment's refund trigger no emitter",
        ("B72",),
        (Evidence("refund_on_failure", "MONEY-0", _SHORT),),
    ),
    Defect(
        "nobody emits `order.saga.completed` and `order.saga.failed`",
        ("B37",),
        (Evidence("failed_end", "LIVE-1", _SHORT), Evidence("shipping", "LIVE-1")),
    ),
    Defect(
        "payment and inventory publish without an outbox",
        ("B60",),
        (
            Evidence(
                "outbox",
                "ATOM-1",
                actions=(
                    (
                        "answer",
                        "inventory on payment.processed(o1)",
                        "publish inventory.reserved",
                        "transient",
                    ),
                ),
            ),
        ),
    ),
    Defect(
        "no idempotency key at the gateway; a refund without key or amount",
        ("B02", "B07"),
        (
            Evidence("idempotency_key", "MONEY-1", actions=(("crash", *_CHARGE, "after"),)),
            Evidence(
                "idempotency_key",
                "MONEY-2",
                _SHORT,
                (
                    (
                        "answer",
                        "payment on payment.refund.requested(o1)",
                        "payments.refund",
                        "unknown, done",
                    ),
                ),
            ),
        ),
    ),
    Defect(
        "the event id is made anew at each publish",
        ("B49",),
        (
            Evidence(
                "stable_id",
                "COMP-2",
                actions=(("crash", "payment relay", "publish payment.processed", "after"),),
            ),
        ),
    ),
    Defect(
        "the release is an unconditional increment",
        ("B20", "B21"),
        (
            Evidence(
                "record",
                "COMP-2",
                actions=(
                    ("answer", *_SHIP, "refused"),
                    ("duplicate", "inventory.release.requested(o1) to inventory", "", ""),
                ),
            ),
        ),
    ),
    Defect(
        "status updates without a guard",
        ("B30", "B31"),
        (
            Evidence(
                "guarded_status",
                "STATE-1",
                _SHORT,
                (
                    ("deliver", "payment.refund.requested(o1) to payment", "", ""),
                    ("deliver", "payment.refunded(o1) to order", "", ""),
                ),
            ),
        ),
    ),
    Defect(
        "a timeout of the gateway counts as a decline",
        ("B03",),
        (Evidence("look_up", "MONEY-0", actions=(("answer", *_CHARGE, "unknown, done"),)),),
    ),
    Defect(
        "amounts times a hundred: two decimals assumed, whatever the currency",
        ("B13", "B15"),
        (Evidence("minor_units", "MONEY-4"),),
    ),
    Defect(
        "no shipping service is shown; `payment.failed` leads to no event of the order",
        ("B37", "B39"),
        (
            Evidence("shipping", "TRUE-1"),
            Evidence("failed_end", "LIVE-1", actions=(("answer", *_CHARGE, "refused"),)),
        ),
    ),
)
