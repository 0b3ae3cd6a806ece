"""From a minimal counterexample to the safeguard that would have prevented it.

The faults that remain after shrinking are all necessary, so they point at what is missing; ledger,
events and statuses say the rest. Each rule is one conclusion from such evidence. The first rule
that applies decides, so what is unmistakable comes first and what faults say by themselves last.
A rule may name two safeguards, the likelier first, where the evidence fits both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import evolve

from model.environment import Fault
from model.history import Finding, Saga
from model.ledger import Effect
from model.vocabulary import Event, Status
from properties.evidence import Evidence, evidence
from properties.places import handled, interrupted, is_outside
from properties.reasons import advice, ignored, reason
from properties.run import Run
from properties.signatures import (
    SIGNATURES,
    STEPS,
    Names,
    Rule,
    kept,
    last,
    shipped_last,
    succeeded_late,
)
from properties.stuck import why_stuck
from properties.world.actions import Action, Kind
from reports.counterexample import Safeguard, Step
from reports.safeguards import SafeguardName as Name
from reports.safeguards import safeguard


def diagnose(
    finding: Finding, violated: Collection[str], run: Run, steps: Sequence[Step]
) -> Safeguard | None:
    """The safeguard that is missing, with the reason in this case; None where nothing fits."""
    seen = evidence(finding, violated, run, steps)
    names = conclude(seen)
    if not names:
        return None
    told = safeguard(names[0], reason(seen, names), *names[1:])
    return evolve(told, advice=advice(seen, names) or told.advice)


def conclude(seen: Evidence) -> Names:
    """The safeguards that fit: those of the first rule that applies."""
    property_id = seen.finding.property_id
    rules = _DECIDED.get(property_id) or (
        *SIGNATURES,
        *_BY_PROPERTY.get(property_id, ()),
        by_faults,
    )
    return next((names for rule in rules if (names := rule(seen))), ())


# -- what depends on the property ------------------------------------------------------------------


def not_undone(seen: Evidence) -> Names:
    """Nothing but business answers and cancels, and nobody asked for what was done to be undone."""
    if seen.technical - {Fault.CANCEL, Fault.REORDER}:
        return ()
    return next((names for saga in seen.sagas if (names := _not_undone(seen, saga))), ())


def _not_undone(seen: Evidence, saga: Saga) -> Names:
    said, reasons = saga.published, saga.reasons
    money, stock = (
        kept(saga, action) and not _on_its_way(seen, saga, request) for action, _, request in STEPS
    )
    if (money and Event.PAYMENT_REFUNDED in said) or (stock and Event.INVENTORY_RELEASED in said):
        return (Name.COMPENSATION_RECORD,)
    if ignored(seen):
        return Name.INBOX, Name.COMPENSATION_RECORD
    unreserved = "short stock" in reasons or Event.INVENTORY_RESERVATION_FAILED in said
    unshipped = "carrier refused" in reasons or Event.SHIPPING_FAILED in said
    if money and unreserved:
        return (Name.REFUND_ON_RESERVATION_FAILURE,)
    if stock and unreserved:
        return (Name.ATOMIC_RESERVATION,)
    if stock and unshipped:
        return (Name.RELEASE_ON_SHIPPING_FAILURE,)
    if money and unshipped:
        return (Name.REFUND_ON_SHIPPING_FAILURE,)
    if saga.cancelled and (money or stock) and Fault.REORDER not in seen.faults:
        return (Name.COMPENSATION_ON_CANCEL,)
    return ()


def _on_its_way(seen: Evidence, saga: Saga, request: Event) -> bool:
    """Whether the undoing was asked for, and something around it may have stopped it.

    Where nothing went wrong, a request that nobody serves is as good as none.
    """
    return bool(seen.technical) and request in saga.published


def not_ended(seen: Evidence) -> Names:
    """Nothing but business answers and cancels, and nobody announced the end of the saga."""
    return () if seen.technical - {Fault.CANCEL} else (Name.TERMINAL_EVENT,)


def left_open(seen: Evidence) -> Names:
    """The same, and an order that was alone has not come to an end."""
    ended = all(saga.ended for saga in seen.sagas)
    return () if ended or seen.orders > 1 else not_ended(seen)


def ended_twice(seen: Evidence) -> Names:
    """Completed and failed were both announced."""
    twice = [saga for saga in seen.sagas if len(saga.terminal) > 1]
    if not twice:
        return ()
    both = {Status.CONFIRMED, Status.FAILED}
    return (Name.GUARDED_STATUS if any(s.statuses >= both for s in twice) else Name.ONE_CLOSER,)


def taken_twice(seen: Evidence) -> Names:
    """More was taken from the shelf than there was."""
    if seen.orders > 1 or not seen.enough:
        return _in_lines(seen, Name.CONDITIONAL_UPDATE)
    return (Name.INBOX,) if seen.technical else counted_again(seen)


def counted_again(seen: Evidence) -> Names:
    """Nothing went wrong, and the shelf did not add up any more after the parcel had left."""
    shipped = any(last(seen, saga, Effect.SHIP) > -1 for saga in seen.sagas)
    return (Name.COUNTED_ONCE,) if shipped and seen.orders == 1 else ()


def _in_lines(seen: Evidence, name: Name) -> Names:
    """A safeguard of the stock; if it takes an order of several lines, the lines may be why."""
    lines = seen.orders == 1 and any(len(saga.order.lines) > 1 for saga in seen.sagas)
    return (Name.ATOMIC_RESERVATION, name) if lines else (name,)


def miscounted(seen: Evidence) -> Names:
    """Pieces have appeared or disappeared."""
    if names := too_late(seen):
        return names
    released = seen.finding.entries and seen.finding.entries[-1].effect is Effect.RELEASE
    if released:
        return (Name.COMPENSATION_RECORD,)
    if seen.technical & {Fault.CRASH, Fault.UNKNOWN}:
        return ()
    if Fault.CONCURRENCY in seen.technical and not _came_twice(seen):
        return (Name.VERSION_CHECK,)
    if seen.overlap and seen.technical <= {Fault.CANCEL, Fault.REORDER}:
        return Name.VERSION_CHECK, Name.COMPENSATION_RECORD
    if seen.technical & {Fault.TRANSIENT, Fault.CONCURRENCY, Fault.RESUBMIT}:
        return (Name.INBOX,)
    if seen.surplus:
        return (Name.COMPENSATION_RECORD,)
    return counted_again(seen) if seen.enough else _in_lines(seen, Name.CONDITIONAL_UPDATE)


def _came_twice(seen: Evidence) -> bool:
    """Whether anything came again: where nothing did, no inbox would have known it."""
    again = {Fault.DUPLICATE, Fault.REPUBLISH, Fault.TRANSIENT, Fault.RESUBMIT}
    return bool(seen.technical & again or seen.of_kind(Kind.TWICE) or seen.copies)


def repeated(seen: Evidence) -> Names:
    """Something was done twice, though nothing made anybody try again."""
    effects = {entry.effect for entry in seen.finding.entries}
    if Effect.REFUND in effects:
        return (Name.COMPENSATION_RECORD,)
    outside = effects & {Effect.CHARGE, Effect.SHIP} - seen.observed
    return (Name.IDEMPOTENCY_KEY if outside else Name.INBOX,)


def behind_the_pivot(seen: Evidence) -> Names:
    """The saga went both ways. Without a cancel, that is because a step ended in two ways."""
    if not any(saga.balance.parcels for saga in seen.sagas):
        return ()
    if Fault.CANCEL in seen.faults and any(shipped_last(seen, saga) for saga in seen.sagas):
        return Name.PIVOT_CHECK, Name.TOMBSTONE
    if Fault.CANCEL in seen.faults or not seen.technical:
        return (Name.PIVOT_CHECK,)
    return by_faults(seen) or (Name.PIVOT_CHECK,)


def too_late(seen: Evidence) -> Names:
    """A cancel called the order off when its parcel had left, or the parcel left all the same.

    Nobody asked for it by mistake then, and nothing is left to be undone: the pivot decides.
    """
    gone = any(saga.balance.parcels and _called_off(seen, saga) for saga in seen.sagas)
    alone = not seen.technical and not any(saga.reasons for saga in seen.sagas)
    cancelled = Fault.CANCEL in seen.faults or alone
    return behind_the_pivot(seen) if gone and cancelled and not seen.overlap else ()


def _called_off(seen: Evidence, saga: Saga) -> bool:
    """Whether an order has failed, or something was given back for it."""
    entries = (*seen.entries, *seen.finding.entries)
    back = any(entry.effect in (Effect.REFUND, Effect.RELEASE) for entry in entries)
    return back or seen.surplus or Status.FAILED in saga.statuses


def undone_without_record(seen: Evidence) -> Names:
    """Something was given back that was not there."""
    return (Name.COMPENSATION_RECORD,)


def refused_by_mistake(seen: Evidence) -> Names:
    """An order failed for no reason that the environment gave."""
    if seen.technical <= {Fault.POISON}:
        return (Name.BUSINESS_FAILURE,)
    return (Name.TRANSIENT_RETRY,) if Fault.TRANSIENT in seen.faults else ()


# -- what the faults say by themselves -------------------------------------------------------------


def by_faults(seen: Evidence) -> Names:
    """What the faults that were needed say by themselves, those first that strike hardest."""
    return next((rule(seen) for fault, rule in _BY_FAULT if fault in seen.faults), ())


def _after_crash(seen: Evidence) -> Names:
    """A handler died; it may have sent an event by then, which it sends again."""
    if _given_up(seen):
        return (Name.RESUME,)
    ports = {crash.port for crash in seen.of_kind(Kind.CRASH)}
    twice = [copy for copy in seen.copies if f"publish {copy.type}" in ports]
    if not twice:
        again = seen.done_again.intersection(seen.of_kind(Kind.CRASH))
        return (Name.INBOX, Name.OUTBOX) if again else (Name.OUTBOX,)
    if any(copy.same_id and seen.same_harm(copy.name) for copy in twice):
        return Name.INBOX, Name.OUTBOX  # whoever sends it, the broker may bring it twice
    known = all(copy.same_id for copy in twice)
    return Name.OUTBOX, Name.INBOX if known else Name.STABLE_MESSAGE_ID


def _given_up(seen: Evidence) -> bool:
    """Whether a handler died while it asked somebody outside, and nobody carried on from there.

    There was nothing to publish yet, so no outbox is missing; what came again was taken for done.
    """
    crashes = seen.of_kind(Kind.CRASH)
    outside = all(is_outside(crash.port) for crash in crashes)
    return bool(crashes) and outside


def _after_transient(seen: Evidence) -> Names:
    struck = seen.of_kind(Kind.ANSWER)
    if any(action.port == "payments.refund" or "release" in action.subject for action in struck):
        return (Name.COMPENSATION_RETRY,)
    if any(action.port.startswith("publish") for action in struck):
        return (Name.OUTBOX,)
    again = any(_came_again(seen, action) for action in struck)
    return (Name.RESUME,) if again else (Name.TRANSIENT_RETRY,)


def _came_again(seen: Evidence, struck: Action) -> bool:
    """Whether the error left the handler, and the broker brought the message once more."""
    _, _, message = struck.subject.partition(" on ")
    raised = any(error.startswith(f"{struck.subject} raised ") for error in seen.errors)
    return raised and message in seen.redelivered


def _after_unknown(seen: Evidence) -> Names:
    """A handler could not tell that its own work was done; when its message came again, it was.

    What it had not come to by then is still to do; where there is no outbox, that is to publish.
    """
    names = [handled(action) for action in seen.of_kind(Kind.ANSWER) if interrupted(action)]
    stored = any(name.rpartition(" to ")[2] in seen.relaying for name in names if name)
    return (Name.RESUME,) if stored else (Name.OUTBOX,)


def _after_cancel(seen: Evidence) -> Names:
    if seen.overlap and Fault.CONCURRENCY in seen.faults:
        return Name.VERSION_CHECK, Name.TOMBSTONE
    raced = seen.faults & {Fault.REORDER, Fault.CONCURRENCY}
    return (Name.TOMBSTONE,) if raced else (Name.PIVOT_CHECK, Name.TOMBSTONE)


_BY_FAULT: tuple[tuple[Fault, Rule], ...] = (
    (Fault.CRASH, _after_crash),
    (Fault.TRANSIENT, _after_transient),
    (Fault.UNKNOWN, _after_unknown),
    (Fault.CANCEL, _after_cancel),
    (Fault.CONCURRENCY, lambda seen: (Name.VERSION_CHECK,)),
    (Fault.LATE, lambda seen: (Name.LATE_SUCCESS, Name.GUARDED_STATUS)),
    (Fault.POISON, lambda seen: (Name.DEAD_LETTERS,)),
    (Fault.RESUBMIT, lambda seen: (Name.INBOX,)),
    (Fault.REORDER, lambda seen: (Name.EARLY_EVENT,)),
)

# -- in which order the rules are tried ------------------------------------------------------------

_KEPT: tuple[Rule, ...] = (too_late, succeeded_late, not_undone)

#: Properties that say by themselves what is missing.
_DECIDED: dict[str, tuple[Rule, ...]] = {
    "MONEY-4": (lambda seen: (Name.MINOR_UNITS,),),
    "OBS-1": (lambda seen: (Name.SAGA_ID,),),
}
#: What is tried after the signatures, and before the faults.
_BY_PROPERTY: dict[str, tuple[Rule, ...]] = {
    "MONEY-0": _KEPT,
    "MONEY-1": (repeated,),
    "MONEY-2": (repeated,),
    "MONEY-3": _KEPT,
    "STOCK-1": (taken_twice,),
    "STOCK-2": (miscounted,),
    "STOCK-3": _KEPT,
    "SHIP-1": (repeated,),
    "SHIP-2": (behind_the_pivot,),
    "STATE-2": (ended_twice, not_ended),
    "LIVE-0": (*_KEPT, left_open, why_stuck),
    "LIVE-1": (*_KEPT, left_open, why_stuck),
    "COMP-1": _KEPT,
    "COMP-2": (behind_the_pivot, undone_without_record),
    "IDEMP-1": (repeated,),
    "CAUSE-1": (lambda seen: (Name.OUTBOX,),),
    "TRUE-1": (refused_by_mistake,),
}
