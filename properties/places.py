"""Where something struck: what a port call is a place in, and whose."""

from __future__ import annotations

import re

from model.environment import Fault
from properties.world.actions import Action, Mode, fault_of
from properties.world.endings import ACKNOWLEDGE

_OUTSIDE = ("payments.", "carrier.", "warehouse.")


def handled_to_its_end(crash: Action) -> bool:
    """Whether a crash only makes something happen again that was done and finished.

    A consumer had nothing left to do but acknowledge; a relay had sent its event.
    """
    return crash.port == ACKNOWLEDGE or (bool(relayed(crash)) and crash.mode == Mode.AFTER)


def relayed(action: Action) -> str:
    """The event that a relay was about to send when something happened to it; empty if none."""
    publishes, _, event = action.port.partition("publish ")
    return event if relays(action) and not publishes else ""


def relays(action: Action) -> bool:
    """Whether it is a relay that something happened to."""
    return bool(re.search(r" relay( \d+)?$", action.subject))


def is_own(port: str) -> bool:
    """Whether a port call is a place in the target's own work, such as before or after a commit."""
    elsewhere = is_outside(port) or port.startswith(("publish ", "timer ", "wait for "))
    return bool(port) and port != ACKNOWLEDGE and not elsewhere


def is_outside(port: str) -> bool:
    """Whether a port call asks gateway, carrier or warehouse."""
    return port.startswith(_OUTSIDE)


def interrupted(action: Action) -> bool:
    """Whether the target's own work failed, or seemed to: what was being handled comes again."""
    return is_own(action.port) and fault_of(action) in (Fault.TRANSIENT, Fault.UNKNOWN)


def handled(action: Action) -> str:
    """The message that was being handled when something happened; empty if there was none."""
    participant, on, message = action.subject.partition(" on ")
    name, comma, copy = message.partition(", copy ")
    return f"{name} to {participant}{comma}{copy}" if on else ""
