"""The document's saga mended, one fix a rung: what the kit asked for on the rung before.

A fix is a module of this package: for each service that it changes, a class with what is different.
Rung n is the document with the first n fixes; `rung_00` is the document as it stands, and the last
one holds. Each is a target: `implementations.document.ladder:rung_07`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from implementations.document.ladder import (
    business_failure,
    complete_event,
    failed_end,
    guarded_status,
    idempotency_key,
    inbox,
    look_up,
    minor_units,
    outbox,
    record,
    refund_on_failure,
    shipping,
    stable_id,
    transient_retry,
)
from implementations.document.saga import SERVICES, Saga, Services
from implementations.document.services import Service

#: In the order in which the kit asks for them.
FIXES: tuple[ModuleType, ...] = (
    minor_units,
    refund_on_failure,
    failed_end,
    business_failure,
    complete_event,
    shipping,
    inbox,
    idempotency_key,
    guarded_status,
    outbox,
    stable_id,
    look_up,
    transient_retry,
    record,
)


def services(rung: int) -> Services:
    """The services of a rung: those of the document, with the classes of each fix before them."""
    fixed: dict[str, type[Service]] = dict(SERVICES)
    for fix in FIXES[:rung]:
        for name, change in fix.FIX.items():
            before = fixed.get(name)
            fixed[name] = type(change.__name__, (change, before), {}) if before else change
    return fixed


def rung(number: int) -> Callable[[Any], Saga]:
    """The factory of a rung."""
    chosen = services(number)

    def make(world: Any) -> Saga:
        """The document with the fixes up to this rung."""
        return Saga(world, chosen)

    return make


rung_00, rung_01, rung_02, rung_03, rung_04 = map(rung, range(5))
rung_05, rung_06, rung_07, rung_08, rung_09 = map(rung, range(5, 10))
rung_10, rung_11, rung_12, rung_13, rung_14 = map(rung, range(10, 15))
