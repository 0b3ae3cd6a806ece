"""What is unmistakable in a minimal run, whatever the property: one conclusion a rule.

A rule gives the safeguards that fit, the likelier first, and nothing where it does not apply.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from model.environment import Fault
from model.history import Saga
from model.ledger import Effect
from model.vocabulary import Event, Status
from properties.evidence import RETRIED, Copy, Evidence
from properties.places import (
    handled,
    handled_to_its_end,
    interrupted,
    is_own,
    relayed,
    relays,
)
from properties.world.actions import Action, Kind, Mode, fault_of
from reports.safeguards import SafeguardName as Name

Names = tuple[Name, ...]
Rule = Callable[[Evidence], Names]


def key_reused(seen: Evidence) -> Names:
    """Somebody outside refused a key that stood for something else."""
    refused = any(re.search(r" raised .*idempotency key", error) for error in seen.errors)
    return (Name.IDEMPOTENCY_KEY,) if refused else ()


def reserved_in_name(seen: Evidence) -> Names:
    """Stock was said to be reserved, and less was set aside than was ordered."""
    for saga in seen.sagas:
        ever = saga.balance.reserved_ever
        less = ever < sum(saga.wanted.values()) and Event.INVENTORY_RESERVED in saga.published
        if less and ever and not seen.technical:
            return (Name.ATOMIC_RESERVATION,)
        if less and seen.short and not seen.technical:
            return (Name.CONDITIONAL_UPDATE,)
    return ()


def announced_beforehand(seen: Evidence) -> Names:
    """Something was announced that was never done, though nothing went wrong."""
    return (Name.OUTBOX,) if "CAUSE-1" in seen.violated and not seen.technical else ()


def told_twice(seen: Evidence) -> Names:
    """A step was announced as done twice, though nothing made anybody send it again."""
    twice = any(saga.published.get(done, 0) > 1 for saga in seen.sagas for _, done in _CALLED_OFF)
    return (Name.OUTBOX, Name.STABLE_MESSAGE_ID) if twice and not seen.technical else ()


def handled_again(seen: Evidence) -> Names:
    """A message was handled to its end, came again, and that did harm."""
    crashes = [crash for crash in seen.of_kind(Kind.CRASH) if not _sent_again(seen, crash)]
    copies = sent_twice(seen)
    unacknowledged = any(not relayed(crash) for crash in crashes)
    came = bool(seen.of_kind(Kind.DUPLICATE) or copies or unacknowledged)
    if not (came or _unknown_to_itself(seen)) or not all(map(handled_to_its_end, crashes)):
        return ()
    strangers = [copy for copy in copies if not copy.same_id]
    if strangers and not any(seen.same_harm(copy.name) for copy in strangers):
        return (Name.STABLE_MESSAGE_ID,)
    if _released_too_much(seen):
        return Name.COMPENSATION_RECORD, Name.INBOX
    return (Name.INBOX, Name.IDEMPOTENCY_KEY) if seen.asked_anew else (Name.INBOX,)


def sent_twice(seen: Evidence) -> list[Copy]:
    """What a relay sent again that had been struck when it was sending, or behind that."""
    sent = {event for action in seen.actions if (event := relayed(action))}
    again = any(_sent_again(seen, action) for action in seen.of_kind(Kind.CRASH, Kind.ANSWER))
    return [copy for copy in seen.copies if copy.type in sent or again]


def _sent_again(seen: Evidence, struck: Action) -> bool:
    """Whether a relay had sent its events, could not store that it had, and sent them again."""
    stopped = struck.kind is Kind.CRASH or interrupted(struck)
    return relays(struck) and is_own(struck.port) and stopped and bool(seen.copies)


def _unknown_to_itself(seen: Evidence) -> bool:
    """Whether a handler could not tell that its own work was done, and did it again, with harm."""
    unknown = [
        action
        for action in seen.of_kind(Kind.ANSWER)
        if interrupted(action) and fault_of(action) is Fault.UNKNOWN
    ]
    return any(action in seen.done_again or _harmful(seen, action) for action in unknown)


def _harmful(seen: Evidence, struck: Action) -> bool:
    """Whether a message came again, and would have done harm by itself."""
    name = handled(struck)
    return name.partition(" to ")[0] in seen.redelivered and seen.same_harm(name)


def republished(seen: Evidence) -> Names:
    """The same event came under another id; unless its own id would not have helped, either."""
    again = seen.of_kind(Kind.REPUBLISH)
    if not again:
        return ()
    unknown = any(seen.same_harm(action.subject) for action in again)
    return (Name.INBOX,) if unknown else (Name.STABLE_MESSAGE_ID,)


def asked_again(seen: Evidence) -> Names:
    """Somebody outside was asked once more, and could not know that it was the same request.

    Where only the target's own rows show what was done twice, nobody outside was asked.
    """
    property_id = seen.finding.property_id
    twice = property_id in ("MONEY-1", "MONEY-2", "SHIP-1")
    handled_twice = property_id == "IDEMP-1" and bool(_effects(seen))
    if not seen.faults & RETRIED or not (seen.asked_anew or twice or handled_twice):
        return ()
    if seen.asked_anew or not _ours(seen):
        return (Name.IDEMPOTENCY_KEY,)
    raced = Fault.CONCURRENCY in seen.faults
    return (Name.INBOX, Name.VERSION_CHECK) if raced else (Name.INBOX,)


def message_lost(seen: Evidence) -> Names:
    """What was struck is a handler whose message had been acknowledged already: it is gone."""
    for action in seen.of_kind(Kind.CRASH, Kind.ANSWER):
        if action.subject in seen.lost:
            return (Name.ACKNOWLEDGE_LAST,)
    return ()


def stumbled(seen: Evidence) -> Names:
    """A handler ended with an error of its own: nothing had gone wrong around it."""
    if not seen.technical and any(_LACKING.search(error) for error in seen.errors):
        return (Name.COMPLETE_EVENT,)
    if seen.technical - {Fault.CANCEL} or not (error := own_error(seen)):
        return ()
    return (Name.COMPLETE_EVENT, Name.NO_OWN_ERROR) if _NULL.search(error) else (Name.NO_OWN_ERROR,)


def never_recovers(seen: Evidence) -> Names:
    """A handler was struck, and failed ever after, though nothing went wrong any more."""
    if not (error := own_error(seen)):
        return ()
    return (Name.INBOX, Name.NO_OWN_ERROR) if _EXISTS.search(error) else (Name.NO_OWN_ERROR,)


def own_error(seen: Evidence) -> str:
    """The error that a handler ended with by itself, as it was told; empty if there is none.

    One to which it came to the last says most. After a fault nothing else counts, and the handler
    that was struck has to have failed more often than that.
    """
    struck = Counter(action.subject for action in seen.of_kind(Kind.CRASH, Kind.ANSWER))
    for handler, times in seen.failing.items():
        if seen.technical <= {Fault.CANCEL} or 0 < struck[handler] < times:
            said = [error for error in seen.errors if error.startswith(f"{handler} raised ")]
            return said[-1] if said else ""
    raised = (error for error in seen.errors if " on " in error.partition(" raised ")[0])
    return "" if seen.technical else next(raised, "")


#: What a language says of something that is not in what was given.
_LACKING = re.compile(r" raised (Key|Type|Attribute|Index)Error")
#: The same, and it may also have been looked for elsewhere and not been found.
_NULL = re.compile(
    "NullPointer|NullReference|NoSuchElement|KeyNotFound|NoMethodError|ClassCast|OutOfBounds|"
    "out of range|nil (pointer|map)"
)
#: What databases say of a row that is there already.
_EXISTS = re.compile(r"integrity|unique|duplicate", re.IGNORECASE)


def forgotten(seen: Evidence) -> Names:
    """Somebody died with nothing in hand, and did not know any more what it had known.

    That loses nothing but what is in memory, and that may be the events it had still to send.
    """
    idle = [crash.subject for crash in seen.of_kind(Kind.CRASH) if not crash.port]
    if not idle or len(idle) < len(seen.of_kind(Kind.CRASH)):
        return ()
    return (Name.OUTBOX, Name.DURABLE_STATE) if seen.unsent else (Name.DURABLE_STATE,)


def told_beforehand(seen: Evidence) -> Names:
    """A handler published before its own work was done, which then failed, or took long.

    Where orders race each other, what took long may have let another one in.
    """
    early = [each for each in seen.told_first if each.kind is not Kind.STALL or seen.orders == 1]
    return (Name.OUTBOX,) if early else ()


def moved_on(seen: Evidence) -> Names:
    """An order was moved out of its final status."""
    both = {Status.CONFIRMED, Status.FAILED}
    undone = any(saga.statuses >= both and _undone_first(seen, saga) for saga in seen.sagas)
    if "STATE-1" not in seen.violated and not undone:
        return ()
    struck = seen.of_kind(Kind.CRASH, Kind.ANSWER)
    if any(action in seen.done_again or _harmful(seen, action) for action in struck):
        return Name.INBOX, Name.GUARDED_STATUS
    return (Name.VERSION_CHECK if Fault.CONCURRENCY in seen.faults else Name.GUARDED_STATUS,)


def overtaken(seen: Evidence) -> Names:
    """A step was done after it had been called off: a compensation that came first left no mark."""
    if any(_undone_first(seen, saga) or _late_action(seen, saga) for saga in seen.sagas):
        return Name.TOMBSTONE, Name.GUARDED_STATUS
    return ()


def turned_back(seen: Evidence) -> Names:
    """Shipping called the saga off after it had announced the parcel."""
    done, undone = Event.SHIPMENT_CREATED, Event.SHIPPING_FAILED
    back = any(-1 < _told(seen, saga, done) < _told(seen, saga, undone) for saga in seen.sagas)
    return (Name.PIVOT_CHECK, Name.GUARDED_STATUS) if back and Fault.CANCEL in seen.faults else ()


def at_once(seen: Evidence) -> Names:
    """Two copies of one message were handled at the same time.

    Where stock is miscounted and nothing was done twice, or undone, no inbox would have helped.
    """
    if not seen.of_kind(Kind.TWICE):
        return ()
    effects = [(entry.order, entry.effect) for entry in seen.entries]
    once = len(set(effects)) == len(effects) and not {Effect.RELEASE, Effect.REFUND} & {
        effect for _, effect in effects
    }
    if effects and once and seen.finding.property_id in ("STOCK-1", "STOCK-2"):
        return (Name.VERSION_CHECK,)
    return Name.INBOX, Name.VERSION_CHECK


def called_off_by_mistake(seen: Evidence) -> Names:
    """The customer cancelled one order, and it was another one that was called off."""
    return (Name.SAGA_ID,) if mistaken_for(seen) else ()


def mistaken_for(seen: Evidence) -> tuple[str, str] | None:
    """The order that was cancelled, and the one that was called off for it."""
    asked = [action.subject for action in seen.of_kind(Kind.CANCEL)]
    for saga in seen.sagas:
        order = saga.order.id
        if asked and order not in asked and Event.ORDER_CANCEL_REQUESTED in saga.published:
            return asked[0], order
    return None


def unanswered(seen: Evidence) -> Names:
    """Somebody outside gave no answer, and it was taken for one."""
    answers = [a for a in seen.of_kind(Kind.ANSWER) if not is_own(a.port)]
    if not any(fault_of(action) is Fault.UNKNOWN for action in answers):
        return ()
    unknown = [action for action in answers if fault_of(action) is Fault.UNKNOWN]
    if not any(is_compensation(action) for action in unknown):
        return (Name.LOOKUP,)
    undone = all(action.mode == Mode.UNKNOWN_NOT_DONE for action in unknown)
    names = Name.COMPENSATION_RETRY, Name.LOOKUP
    return names if undone and all(map(is_compensation, unknown)) else names[::-1]


def is_compensation(action: Action) -> bool:
    """Whether it is a call outside that gives back what was taken."""
    return bool(re.search(r"\b(refund|void|release|cancel)", action.port))


def succeeded_late(seen: Evidence) -> Names:
    """A step succeeded, or was heard to have, when its order had failed; nobody undid it.

    Money that is still on hold for such an order was not wanted any more, either.
    """
    for saga in seen.sagas:
        end = seen.failed.get(saga.order.id)
        for action, success, request in STEPS:
            heard = seen.heard.get(f"{success}({saga.order.id})", -1)
            late = end is not None and max(heard, last(seen, saga, action)) > end
            if late and kept(saga, action) and request not in saga.published:
                return (Name.LATE_SUCCESS,)
        if end is not None and saga.balance.authorised > 0:
            return (Name.LATE_SUCCESS,)
    return ()


#: an action, the event that tells of it, the request to undo it
STEPS = (
    (Effect.CHARGE, Event.PAYMENT_PROCESSED, Event.PAYMENT_REFUND_REQUESTED),
    (Effect.RESERVE, Event.INVENTORY_RESERVED, Event.INVENTORY_RELEASE_REQUESTED),
)
#: an event that calls a step off, the event that tells that it was done
_CALLED_OFF = (
    (Event.PAYMENT_REFUNDED, Event.PAYMENT_PROCESSED),
    (Event.INVENTORY_RELEASED, Event.INVENTORY_RESERVED),
    (Event.SHIPPING_FAILED, Event.SHIPMENT_CREATED),
)


def _undone_first(seen: Evidence, saga: Saga) -> bool:
    """Whether a participant called a step off, and afterwards announced it as done."""
    return any(-1 < _told(seen, saga, off) < _told(seen, saga, done) for off, done in _CALLED_OFF)


def _late_action(seen: Evidence, saga: Saga) -> bool:
    """Whether a step was done, and stayed so, when the request to undo it had come before.

    Done is also what was announced only then: the one who did it did not know it before.
    """
    for action, success, request in STEPS:
        asked = seen.heard.get(f"{request}({saga.order.id})")
        done = max(last(seen, saga, action), _told(seen, saga, success))
        if asked is not None and asked < done and kept(saga, action):
            return True
    return False


def _told(seen: Evidence, saga: Saga, event: Event) -> int:
    """The step at which an event was published; -1 if it never was."""
    return seen.told.get(f"{event}({saga.order.id})", -1)


def last(seen: Evidence, saga: Saga, effect: Effect) -> int:
    """The last step at which something was done for an order; -1 if it never was."""
    own = (entry for entry in seen.entries if entry.order == saga.order.id)
    return max((entry.step for entry in own if entry.effect is effect), default=-1)


def shipped_last(seen: Evidence, saga: Saga) -> bool:
    """Whether the parcel was booked after something was given back, or the order had failed."""
    back = (last(seen, saga, effect) for effect in (Effect.REFUND, Effect.RELEASE))
    off = max(*back, seen.failed.get(saga.order.id, -1))
    return -1 < off < last(seen, saga, Effect.SHIP)


def kept(saga: Saga, action: Effect) -> bool:
    """Whether what a charge took, or a reservation set aside, was not given back."""
    if action is Effect.CHARGE:
        return saga.balance.money > 0
    return any(pieces > 0 for pieces in saga.balance.reserved.values())


def _ours(seen: Evidence) -> bool:
    """Whether what was done twice is to be seen in the target's own data, and nowhere else."""
    return bool(_effects(seen)) and _effects(seen) <= seen.observed


def _effects(seen: Evidence) -> set[Effect]:
    outside = {Effect.CHARGE, Effect.REFUND, Effect.SHIP}
    return outside & {entry.effect for entry in seen.finding.entries}


def _released_too_much(seen: Evidence) -> bool:
    return any(pieces < 0 for saga in seen.sagas for pieces in saga.balance.reserved.values())


#: In the order in which they are tried.
SIGNATURES: tuple[Rule, ...] = (
    key_reused,
    called_off_by_mistake,
    stumbled,
    forgotten,
    reserved_in_name,
    announced_beforehand,
    told_twice,
    handled_again,
    republished,
    asked_again,
    message_lost,
    never_recovers,
    told_beforehand,
    unanswered,
    moved_on,
    turned_back,
    overtaken,
    at_once,
)
