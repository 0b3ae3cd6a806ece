"""What is said of faults that have no way to strike a target."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from implementations.shape import check_target
from model.environment import Delivery, Fault
from model.history import Sight
from properties.verdicts import cannot_fire
from properties.world.subject import Source, Sources, Subject


def subject(sources: Sources, **members: Any) -> Subject:
    """A target that shows money and parcels in observe(), with these further members."""
    plain = {
        "subscriptions": {"order": ["done"]},
        "place_order": lambda order: None,
        "handle": lambda participant, event: None,
        "observe": dict,
    }
    target = SimpleNamespace(**plain | members)
    return Subject("m:f", lambda world: target, check_target(target), sources, Sight())


LISTED = Sources(Source.OBSERVED, Source.OBSERVED, Source.OBSERVED)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.DECLINE, "does not call world.payments"),
        (Fault.CARRIER_REFUSAL, "does not call world.carrier"),
        (Fault.UNKNOWN, "calls none of"),
        (Fault.CONCURRENCY, "handles two messages at once"),
        (Fault.OUT_OF_STOCK, "limits"),
        (Fault.CANCEL, "no cancel_order"),
    ],
)
def test_a_fault_that_cannot_fire_says_why(fault: Fault, why: str) -> None:
    """Pins that a target whose money and parcels stand in observe() is told what it does not do."""
    listing = subject(LISTED, limits={"quantity": 1})
    assert why in cannot_fire(fault, listing, Delivery.AT_LEAST_ONCE_UNORDERED)


def test_a_fault_that_can_fire_has_no_excuse() -> None:
    """Pins that nothing is explained away for a target that calls the ports."""
    calling = subject(Sources(), consumers={"order": {"parallel": 2}}, cancel_order=lambda id: None)
    for fault in (Fault.DECLINE, Fault.UNKNOWN, Fault.CONCURRENCY, Fault.OUT_OF_STOCK):
        assert cannot_fire(fault, calling, Delivery.AT_LEAST_ONCE_UNORDERED) == ""
