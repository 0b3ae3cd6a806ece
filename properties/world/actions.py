"""An action: one choice of the environment, named so that it means the same in every run.

Names are made of what is visible from outside (message type, order, participant, port call), never
of a position in a list. A schedule made of names survives the removal of a step.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from model.environment import Fault


class Kind(StrEnum):
    """What sort of choice an action is."""

    PLACE = "place"
    CANCEL = "cancel"
    RESUBMIT = "resubmit"
    ACT = "act"
    DELIVER = "deliver"
    RESUME = "resume"
    RELAY = "relay"
    FIRE = "fire"
    ANSWER = "answer"
    CRASH = "crash"
    DUPLICATE = "duplicate"
    REPUBLISH = "republish"
    TWICE = "twice"
    STALL = "stall"
    LATE = "late"
    POISON = "poison"
    STANDSTILL = "standstill"
    IDLE = "idle"


class Action(NamedTuple):
    """One choice: its kind, what it is done to, the port call it strikes, and how."""

    kind: Kind
    subject: str = ""
    port: str = ""
    mode: str = ""


class Mode(StrEnum):
    """How a port call can end other than well, and where a crash can strike it."""

    REFUSED = "refused"
    UNKNOWN_DONE = "unknown, done"
    UNKNOWN_NOT_DONE = "unknown, not done"
    TRANSIENT = "transient"
    BEFORE = "before"
    AFTER = "after"


#: The port calls by which something is undone.
COMPENSATIONS = ("payments.refund", "payments.void", "carrier.cancel", "warehouse.release")
#: So begins the name of the place where something has been done and nobody has been told.
AFTER = "after "

#: Like `Action(...)`, but one that was made before is not made again: runs name the same few.
made = lru_cache(maxsize=1 << 14)(Action)
IDLE = Action(Kind.IDLE)

#: kinds that a broker, a client and correct services show on a good day
BENIGN = frozenset(
    {Kind.PLACE, Kind.DELIVER, Kind.RESUME, Kind.RELAY, Kind.FIRE, Kind.IDLE, Kind.ACT}
)

_FAULT_OF_KIND = {
    Kind.CRASH: Fault.CRASH,
    Kind.DUPLICATE: Fault.DUPLICATE,
    Kind.REPUBLISH: Fault.REPUBLISH,
    Kind.TWICE: Fault.CONCURRENCY,
    Kind.STALL: Fault.CONCURRENCY,
    Kind.CANCEL: Fault.CANCEL,
    Kind.RESUBMIT: Fault.RESUBMIT,
    Kind.LATE: Fault.LATE,
    Kind.POISON: Fault.POISON,
    Kind.STANDSTILL: Fault.STANDSTILL,
}


#: Members that are needed at every step have names of their own, here and in other modules: in
#: Python 3.11 to look one up in its class takes longer than to call a function.
_ANSWER = Kind.ANSWER


def relay_names(participant: str, relays: int = 1) -> tuple[str, ...]:
    """What the relays of a participant's outbox are called while they are under way."""
    first = f"{participant} relay"
    return (first, *(f"{first} {number}" for number in range(2, relays + 1)))


@lru_cache(maxsize=1 << 10)
def request_name(action: Action) -> str:
    """What a request from outside is called while it is under way."""
    return f"{action.port or action.kind} {action.subject}"


def fault_of(action: Action) -> Fault | None:
    """The fault that an action is, or None for a benign one."""
    if action.kind is _ANSWER:
        return fault_of_answer(action.port, action.mode)
    return _FAULT_OF_KIND.get(action.kind)


@lru_cache(maxsize=1 << 10)
def fault_of_answer(port: str, mode: str) -> Fault:
    """The fault that an answer of a port is."""
    match mode:
        case Mode.TRANSIENT:
            return Fault.TRANSIENT
        case Mode.UNKNOWN_DONE | Mode.UNKNOWN_NOT_DONE:
            return Fault.UNKNOWN
        case _ if port.startswith("carrier") or "ship" in port:
            return Fault.CARRIER_REFUSAL
        case _:
            return Fault.DECLINE


def in_words(action: Action) -> str:
    """The action in the words of the domain, for reports."""
    kind, subject, port, mode = action
    match kind:
        case Kind.PLACE:
            return f"the customer places {subject}"
        case Kind.CANCEL:
            return f"the customer cancels {subject}"
        case Kind.RESUBMIT:
            return f"the client places {subject} again"
        case Kind.ACT:
            return f"{port} {subject}".strip()
        case Kind.DELIVER:
            return f"deliver {subject}"
        case Kind.RESUME:
            return f"{subject}: {_onwards(port)}"
        case Kind.RELAY:
            return f"{subject} relays its outbox"
        case Kind.FIRE:
            return f"the timer {subject} fires"
        case Kind.LATE:
            return f"the timer {subject} fires, whatever is still on its way"
        case Kind.POISON:
            return f"a {port} that nobody can read comes to {subject}"
        case Kind.STANDSTILL:
            return "nothing moves for eight days"
        case Kind.ANSWER:
            return f"{subject}: {port.removeprefix(AFTER)} → {_MODE_WORDS[Mode(mode)]}"
        case Kind.CRASH if not port:
            return f"{subject} crashes while idle, and restarts"
        case Kind.CRASH:
            return f"{subject}: crash {_at(port, mode)}, and restart"
        case Kind.DUPLICATE:
            return f"the broker delivers {subject} again"
        case Kind.REPUBLISH:
            return f"{subject} is published again under a new id"
        case Kind.TWICE:
            return f"two copies of {subject} at once"
        case Kind.STALL:
            return f"{subject} takes long: everything else goes first"
        case _:
            return "nothing to do"


def _onwards(port: str) -> str:
    """Where a task goes on."""
    return f"goes on {port}" if port.startswith(AFTER) else port


def _at(port: str, mode: str) -> str:
    """Where a crash strikes: `before` the place `after X` is when X has just been done."""
    return f"just {port}" if port.startswith(AFTER) else f"{mode} {port}"


_MODE_WORDS = {
    Mode.REFUSED: "refused",
    Mode.UNKNOWN_DONE: "timeout, although it was done",
    Mode.UNKNOWN_NOT_DONE: "timeout, and nothing was done",
    Mode.TRANSIENT: "fails once, nothing was done",
    Mode.BEFORE: "before",
    Mode.AFTER: "after",
}
