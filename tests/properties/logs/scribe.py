"""Writes down a live run as a production log: events, handlings, entries of the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from model.conformance import Conformance, Divergence
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import LENGTH, scope_of
from properties.run import Run, run_bytes
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject

_SERVICE = {
    **{"charge": "payment", "refund": "payment", "ship": "shipping"},
    **{"reserve": "inventory", "release": "inventory"},
}


class Scribe(Conformance):
    """Is told what an observer of the services sees, and judges nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def acknowledged(self, order: str, participant: str, event: str) -> None:
        """A service has handled a message."""
        self.lines.append({"saga": order, "service": participant, "consumed": event})

    def published(self, order: str, participant: str, event: str) -> Divergence | None:
        """A service publishes an event."""
        self.lines.append({"saga": order, "service": participant, "published": [event]})
        return None


def recorded(subject: Subject, runs: int, seed: int = 1) -> list[dict[str, Any]]:
    """So many runs of a target under faults, as one log in which each run has sagas of its own."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    random = Random(seed)
    said: list[dict[str, Any]] = []
    for number in range(runs):
        data, scribe = random.randbytes(LENGTH), Scribe()
        run = run_bytes(subject, scope_of(scopes, data), data[1:], scribe)
        for line in (*scribe.lines, *_effects(run)):
            said.append({**line, "saga": f"{number}/{line['saga']}"})
    return said


def _effects(run: Run) -> Iterator[dict[str, Any]]:
    """The ledger; what one handling does to several SKUs is one entry here."""
    before: set[tuple[str, str, int, int]] = set()
    for entry in run.world.history.ledger.entries:
        service = _SERVICE.get(entry.effect)
        once = (entry.order, str(entry.effect), entry.handling, 0 if entry.handling else entry.step)
        if service and once not in before:
            before.add(once)
            yield {"saga": entry.order, "service": service, "effects": [str(entry.effect)]}


def of_kinds(said: Sequence[dict[str, Any]], *kinds: str) -> list[str]:
    """Those lines that speak of such things, as JSON lines."""
    return [json.dumps(line) + "\n" for line in said if any(kind in line for kind in kinds)]
