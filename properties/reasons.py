"""Why a safeguard is what is missing in this very case, and how to add it there."""

from __future__ import annotations

from model.environment import BUSINESS_FAULTS, Fault
from model.vocabulary import Event
from properties.evidence import Evidence
from properties.places import relays
from properties.signatures import (
    STEPS,
    Names,
    kept,
    mistaken_for,
    own_error,
    sent_twice,
    shipped_last,
)
from properties.stuck import what_stuck
from properties.world.actions import Kind, fault_of
from reports.safeguards import CLAIMED_ROW, CONFIRMED_RELAY
from reports.safeguards import SafeguardName as Name


def reason(seen: Evidence, names: Names) -> str:
    """Why, where the case says more than the table of safeguards."""
    name = names[0]
    if stuck := what_stuck(seen, name):
        return stuck
    if Name.NO_OWN_ERROR in names:
        return _erroneous(seen, name)
    if name is Name.TERMINAL_EVENT:
        return _unheard(seen)
    if name is Name.RESUME:
        return (
            "The message came again after the failure and was taken for handled, though what it "
            "asked for had not been finished."
        )
    if name is Name.INBOX:
        return _about_the_inbox(seen)
    if name is Name.OUTBOX and lost_by_a_relay(seen):
        return (
            "Prevents that an event that stood in the outbox is lost, since its row was gone "
            "before the broker had the event."
        )
    if name is Name.VERSION_CHECK and (raced := seen.overlap):
        return (
            f"{raced.participant} handled {raced.inner} while {raced.outer} was under way, which "
            "then wrote by what it had read before."
        )
    if name is Name.CONDITIONAL_UPDATE and seen.orders == 1 and not seen.technical:
        return (
            "More was taken, or promised, than there was: the quantity that is wanted has to be "
            "held against what is there."
        )
    if name is Name.PIVOT_CHECK:
        return _decided_by_the_pivot(seen)
    if name is Name.SAGA_ID and (mistaken := mistaken_for(seen)):
        asked, hit = mistaken
        return f"{asked} was cancelled, and {hit} was called off in its place."
    return ""


def advice(seen: Evidence, names: Names) -> str:
    """How to add what is missing, where the case says more than the table of safeguards."""
    if names[0] is Name.OUTBOX and lost_by_a_relay(seen):
        return CONFIRMED_RELAY
    return CLAIMED_ROW if names[0] is Name.VERSION_CHECK and seen.overlap else ""


def lost_by_a_relay(seen: Evidence) -> bool:
    """Whether nothing was struck but relays, none of which sent anything again.

    Then the event was in an outbox: to write it into one is no advice.
    """
    struck = seen.of_kind(Kind.CRASH, Kind.ANSWER)
    technical = [action for action in struck if fault_of(action) not in BUSINESS_FAULTS]
    return bool(technical) and all(map(relays, technical)) and not seen.copies


def _about_the_inbox(seen: Evidence) -> str:
    """What its key has to be, or what was taken for handled by the one that is there."""
    if seen.of_kind(Kind.REPUBLISH) or any(not copy.same_id for copy in sent_twice(seen)):
        return (
            "Prevents that a message that comes again is handled again. Here it came under another "
            "id, so the inbox needs order and event type as its key, and not the message id."
        )
    if request := ignored(seen):
        return (
            f"{request} reached its consumer, who acknowledged it and did nothing, as if it had "
            "been handled before."
        )
    return ""


def _decided_by_the_pivot(seen: Evidence) -> str:
    """Which came first, the parcel or the cancel, where both came to pass."""
    for saga in seen.sagas:
        if saga.cancelled and saga.balance.parcels:
            order, late = saga.order.id, shipped_last(seen, saga)
            what = "left although" if late else "had left when"
            return (
                f"The parcel of {order} {what} the order was called off. Whether a cancel comes in "
                "time is for the participant that ships to decide, and for nobody before it."
            )
    return ""


def _erroneous(seen: Evidence, name: Name) -> str:
    """Which handler failed by itself, and how; the report shows what the error said."""
    what, _, _ = own_error(seen).partition(": ")
    if seen.technical - {Fault.CANCEL}:
        return f"{what} whenever its message came again, long after its fault was over."
    lacks = ": its event, or a row of its own, may lack what it reads"
    return f"{what}, though nothing around it had failed{lacks * (name is Name.COMPLETE_EVENT)}."


def ignored(seen: Evidence) -> str:
    """A request to undo that came to its consumer, nothing having gone wrong, and had no effect."""
    if seen.technical or seen.errors:
        return ""
    for saga in seen.sagas:
        for action, _, request in STEPS:
            name = f"{request}({saga.order.id})"
            if name in seen.heard and kept(saga, action) and _UNDONE[request] not in saga.published:
                return name
    return ""


_UNDONE = {
    Event.PAYMENT_REFUND_REQUESTED: Event.PAYMENT_REFUNDED,
    Event.INVENTORY_RELEASE_REQUESTED: Event.INVENTORY_RELEASED,
}


def _unheard(seen: Evidence) -> str:
    """Who should have ended the saga, where its last events were lost on everybody."""
    if len(seen.sagas) != 1 or seen.technical:
        return ""
    (saga,) = seen.sagas
    lost = [type_ for type_ in saga.published if type_ in seen.unheard]
    if not lost:
        return ""
    return f"Nobody subscribes to {' and '.join(lost)}, so nobody ends the saga of {saga.order.id}."
