"""Why an order never ends: what of it is nobody's absence, and no event that nobody publishes.

Each rule comes with what it says of the case, since the safeguard alone would not tell where to
look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from model.environment import Fault
from model.history import Saga
from properties.evidence import Evidence
from properties.world.actions import Kind
from reports.safeguards import SafeguardName as Name

#: As often as nobody publishes one event for one order who does not go round in circles.
_TOO_OFTEN = 5


def in_circles(seen: Evidence) -> str:
    """Nothing went wrong, and two or more events were published again and again."""
    if seen.technical:
        return ""
    for saga in seen.sagas:
        again = sorted(name for name, times in saga.published.items() if times > _TOO_OFTEN)
        if len(again) > 1:
            times = min(saga.published[name] for name in again)
            return f"{' and '.join(again)} brought each other about {times} times and more."
    return ""


def given_up(seen: Evidence) -> str:
    """One handler was struck again and again, and then its message was dropped."""
    struck = [
        action.subject
        for action in seen.of_kind(Kind.CRASH, Kind.ANSWER)
        if " on " in action.subject
    ]
    if not struck or seen.technical - {Fault.CRASH, Fault.TRANSIENT}:
        return ""
    ((subject, times),) = Counter(struck).most_common(1)
    if times < _STRIKES or times < len(struck) or all(saga.ended for saga in seen.sagas):
        return ""
    participant, _, message = subject.partition(" on ")
    return (
        f"{message} was given up after {participant} had been interrupted {times} times: only what "
        "cannot be read may be dropped."
    )


_STRIKES = 3


def never_sent(seen: Evidence) -> str:
    """Nothing went wrong, and of one order, though it was taken, no participant was ever told."""
    for saga in _left_alone(seen):
        order = saga.order.id
        if not any(name.endswith(f"({order})") for name in seen.told):
            return (
                f"{order} was taken, and no event of it was ever sent, while others were: a relay "
                "may delete only what it has published, row by row, by its own id."
            )
    return ""


def taken_for_another(seen: Evidence) -> str:
    """Nothing went wrong, and what was told of one order was taken for handled."""
    for saga in _left_alone(seen):
        order = saga.order.id
        heard = {name: step for name, step in seen.heard.items() if name.endswith(f"({order})")}
        told = [step for name, step in seen.told.items() if name.endswith(f"({order})")]
        if heard and max(heard.values()) > max(told, default=-1):
            message = max(heard, key=heard.__getitem__)
            return (
                f"{message} was acknowledged and nothing was done, as would not be without another "
                "order: a message is known by its own id alone."
            )
    return ""


def _left_alone(seen: Evidence) -> list[Saga]:
    """The orders that never ended, where it takes another order, and no fault, to make it so."""
    if seen.orders < 2 or seen.technical - {Fault.REORDER}:
        return []
    return [saga for saga in seen.sagas if saga.placed and not saga.ended]


#: In the order in which they are tried.
_WHY: tuple[tuple[Callable[[Evidence], str], tuple[Name, ...]], ...] = (
    (in_circles, (Name.ONE_WAY,)),
    (given_up, (Name.TRANSIENT_RETRY,)),
    (never_sent, (Name.OUTBOX,)),
    (taken_for_another, (Name.INBOX,)),
)


def why_stuck(seen: Evidence) -> tuple[Name, ...]:
    """What is missing where an order never ends; nothing where none of this is to be seen."""
    return _first(seen)[1]


def what_stuck(seen: Evidence, name: Name) -> str:
    """What of it was to be seen in this case; empty where it was something else."""
    text, names = _first(seen) if seen.finding.property_id in ("LIVE-0", "LIVE-1") else ("", ())
    return text if name in names else ""


def _first(seen: Evidence) -> tuple[str, tuple[Name, ...]]:
    return next(((text, names) for why, names in _WHY if (text := why(seen))), ("", ()))
