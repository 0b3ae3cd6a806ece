"""The subject of a verification: a target's factory with what is known about the target."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from attrs import frozen

from implementations.shape import TargetShape
from model.history import Sight


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
    makes_ids: bool = False
    """Whether the target was seen to publish one content under two ids."""
