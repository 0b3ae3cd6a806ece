"""From a run to its counterexample: which violation is the root of the others."""

from __future__ import annotations

import pytest

from model.history import Finding
from properties.telling import root

FINDINGS = {
    "MONEY-4": Finding("MONEY-4", 4, "o1", "charged 100.00 for 19.99"),
    "STATE-1": Finding("STATE-1", 12, "o1", "from confirmed to failed"),
    "COMP-1": Finding("COMP-1", 13, "o1", "not undone"),
}


@pytest.mark.parametrize(
    ("property_id", "always", "expected"),
    [
        ("COMP-1", (), "MONEY-4"),
        ("COMP-1", ("MONEY-4",), "STATE-1"),
        ("STATE-1", ("MONEY-4",), "STATE-1"),
        ("MONEY-4", ("MONEY-4",), "MONEY-4"),
    ],
)
def test_the_root_is_what_came_first_and_is_not_always_there(
    property_id: str, always: tuple[str, ...], expected: str
) -> None:
    """Pins that a target that charges a wrong amount every time gets other advice besides."""
    assert root(FINDINGS, property_id, always).property_id == expected
