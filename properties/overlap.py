"""Two messages that one participant handled at once, and which of them wrote last.

Told from the steps alone: nobody sees what a handler reads. What counts is that it had begun, and
had called somebody, when the other one stored its work, and that it stored its own work later.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from properties.places import is_outside, is_own
from properties.world.actions import AFTER
from reports.counterexample import Step

_CALL = re.compile(r"(?P<participant>\S+) on (?P<message>.+?\)(?:, copy \d+)?): (?P<port>.+)")
_ORDER = re.compile(r"\((.*?)\)")


@frozen
class Overlap:
    """A participant handled `inner` while it was handling `outer`, which wrote last."""

    participant: str
    outer: str
    inner: str


@define
class _Handling:
    participant: str
    message: str
    begun: int
    calls: list[int] = field(factory=list)
    """The steps at which it asked somebody outside, or stored its own work."""
    stored: list[int] = field(factory=list)

    @property
    def order(self) -> str:
        found = _ORDER.search(self.message)
        return found[1] if found else self.message


def overlap(steps: Sequence[Step]) -> Overlap | None:
    """The first one, or None: different messages of one order, whose work interleaves."""
    by_participant: dict[str, list[_Handling]] = defaultdict(list)
    for handling in _handlings(steps):
        by_participant[handling.participant].append(handling)
    for participant, handlings in by_participant.items():
        for outer in handlings:
            for inner in handlings:
                if _within(outer, inner):
                    return Overlap(participant, outer.message, inner.message)
    return None


def _within(outer: _Handling, inner: _Handling) -> bool:
    """Whether `inner` stored its work when `outer` had begun, and `outer` wrote after a call.

    A handler that calls nobody before it stores its work may read and write in that one step.
    """
    if outer.order != inner.order or _bare(outer.message) == _bare(inner.message):
        return False
    if not inner.stored or not outer.stored or len(outer.calls) < 2:
        return False
    return outer.begun < inner.stored[0] and inner.stored[-1] < outer.stored[-1]


def _bare(message: str) -> str:
    return message.partition(", copy ")[0]


def _handlings(steps: Sequence[Step]) -> Iterator[_Handling]:
    """Each attempt at a message: it begins when it is delivered."""
    under_way: dict[str, _Handling] = {}
    for step in steps:
        message, to, participant = step.action.removeprefix("deliver ").rpartition(" to ")
        if to and step.action.startswith("deliver "):
            participant, copy_, number = participant.partition(", copy ")
            message = f"{message}{copy_}{number}"
            under_way[f"{participant} on {message}"] = made = _Handling(
                participant, message, step.number
            )
            yield made
        elif called := _CALL.fullmatch(step.action):
            handling = under_way.get(f"{called['participant']} on {called['message']}")
            port = called["port"]
            if handling is None or port.startswith(f"goes on {AFTER}"):
                continue
            if is_outside(port) or is_own(port):
                handling.calls.append(step.number)
            if is_own(port):
                handling.stored.append(step.number)
