"""The subject of a verification: a target's factory with what is known about the target."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from attrs import frozen

from implementations.shape import TargetShape
from model.conformance import Conformance
from model.history import Sight
from properties.world.closing import close_target


class Source(StrEnum):
    """Where the ledger learns of one kind of effect."""

    DOUBLE = "the kit's double"
    OBSERVED = "observe()"
    TOTAL = "the total in observe()"
    NONE = "nowhere"


@frozen
class Sources:
    """Where money, stock and parcels are seen."""

    money: Source = Source.DOUBLE
    stock: Source = Source.OBSERVED
    parcels: Source = Source.DOUBLE


@frozen
class Subject:
    """A target that has been loaded, checked and tried once."""

    spec: str
    factory: Callable[[Any], Any]
    shape: TargetShape
    sources: Sources
    sight: Sight
    changing: frozenset[str] = frozenset()
    """Types of events that may come again under another id, if one was seen to: `republish` befalls
    only these, unless it is asked for, or there are none."""
    sets_timers: bool = False
    """Whether it was seen to set a timer: then one can be late."""
    reached: frozenset[str] = frozenset()
    """Participants in whose outboxes calls of others were seen to write, or might."""
    believed: bool = True
    """Whether an outbox that `observe()` shows to be empty is taken to be."""

    def close(self, target: Any) -> None:
        """End what a run of the target has opened.

        Raises:
            TargetError: it fails to.
        """
        if self.shape.has("close"):
            close_target(target)

    def conformance(self, wanted: bool = True) -> Conformance | None:
        """A fresh check against the model's table, where the target speaks the model's words."""
        return Conformance() if wanted and self.sight.model_events else None
