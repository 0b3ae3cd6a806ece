"""From a run to its counterexample: which violation is the root of the others."""

from __future__ import annotations

import pytest

from model.history import Finding
from model.specification import BY_ID
from properties.telling import PRECEDENCE, explains, root

FINDINGS = {
    "MONEY-1": Finding("MONEY-1", 4, "o1", "charged 2 times"),
    "STATE-1": Finding("STATE-1", 12, "o1", "from confirmed to failed"),
    "COMP-1": Finding("COMP-1", 13, "o1", "not undone"),
}


@pytest.mark.parametrize(
    ("property_id", "always", "expected"),
    [
        ("COMP-1", (), "MONEY-1"),
        ("COMP-1", ("MONEY-1",), "STATE-1"),
        ("STATE-1", ("MONEY-1",), "STATE-1"),
        ("MONEY-1", ("MONEY-1",), "MONEY-1"),
    ],
)
def test_the_root_is_what_came_first_and_is_not_always_there(
    property_id: str, always: tuple[str, ...], expected: str
) -> None:
    """Pins that a target that charges twice every time gets other advice besides."""
    assert root(FINDINGS, property_id, always).property_id == expected


def test_in_one_step_an_event_without_an_id_comes_before_what_follows_from_it() -> None:
    """Pins that an event that cannot be matched with its order explains that it was not seen."""
    found = [Finding(name, 28, "o1", "") for name in ("STATE-2", "OBS-1", "ATOM-1")]
    for finding in found:
        root_of = root({each.property_id: each for each in found}, finding.property_id, ())
        assert root_of.property_id == "OBS-1"


@pytest.mark.parametrize(
    ("cause", "property_id", "besides", "expected"),
    [
        ("MONEY-4", "MONEY-3", (), True),
        ("MONEY-4", "MONEY-0", (), False),
        ("MONEY-4", "MONEY-0", ("MONEY-3",), True),
        ("MONEY-4", "STOCK-2", ("MONEY-3",), False),
        ("OBS-1", "LIVE-1", (), True),
        ("OBS-1", "MONEY-1", (), False),
        ("MONEY-1", "MONEY-0", (), True),
    ],
)
def test_a_wrong_amount_does_not_explain_everything(
    cause: str, property_id: str, besides: tuple[str, ...], expected: bool
) -> None:
    """Pins that what leaves the course of a saga as it is is no root of what goes wrong in it."""
    assert explains(cause, property_id, besides) is expected


def test_the_most_specific_is_told_first() -> None:
    """Pins the order: one effect by itself, MONEY-0, what is decided at rest, and across runs."""
    order = sorted(BY_ID, key=PRECEDENCE.__getitem__)
    assert order[0] == "MONEY-1"
    assert order.index("OBS-1") < order.index("MONEY-0") < order.index("MONEY-3")
    assert order.index("LIVE-0") < order.index("TRUE-1") < order.index("ORDER-1")
    assert sorted(order) == sorted(BY_ID)
