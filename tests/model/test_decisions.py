"""The decisions about messages without a row: exact, disjoint, explained."""

from __future__ import annotations

from collections import Counter

from model.choreography import TABLE
from model.decisions import IMPOSSIBLE, IMPOSSIBLE_DECISIONS, STALE, STALE_DECISIONS
from tests.model.test_unbounded import proof


def test_stale_is_exactly_what_is_met_without_a_row() -> None:
    """Nothing that can come about is undecided, and nothing is decided for nothing."""
    assert {*STALE} == proof().ignored


def test_impossible_is_exactly_the_rest() -> None:
    """Together the two lists are all keys without a row, and no key is on both."""
    assert {*IMPOSSIBLE} == {*TABLE.ignored()} - {*STALE}


def test_every_decision_is_made_once_and_has_a_reason() -> None:
    """No key is listed twice, where the second reason would hide the first."""
    decisions = (*STALE_DECISIONS, *IMPOSSIBLE_DECISIONS)
    keys = Counter(key for decision in decisions for key in decision.keys)
    assert max(keys.values()) == 1
    assert all(decision.why for decision in decisions)


def test_the_number_of_decisions_is_pinned() -> None:
    """A change of the table shows here."""
    assert (len(STALE), len(IMPOSSIBLE)) == (40, 18)
