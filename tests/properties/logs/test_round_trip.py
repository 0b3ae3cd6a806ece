"""A live run, written down as a log: the log says what the live oracle says."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from implementations.recorded.mapping import LogMapping
from model.choreography import TABLE
from model.logs.judgement import Answer
from model.logs.records import View
from properties.logs.checking import check
from properties.probing import probe
from reports.log import LogReport
from tests.properties.logs.scribe import of_kinds, recorded

#: What the log shows; where handlings have lines of their own, a crash may have lost one.
KINDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "events": (("published",), False),
    "ledger": (("effects",), False),
    "handlings": (("consumed",), True),
    "all": (("published", "consumed", "effects"), True),
}


@cache
def runs(target: str, number: int) -> tuple[dict[str, Any], ...]:
    """So many runs of a target under faults."""
    return tuple(recorded(probe(target), number))


def report(said: Sequence[dict[str, Any]], kinds: str) -> LogReport:
    """The report of these lines, as far as the log shows such things."""
    shown, lossy = KINDS[kinds]
    text = io.StringIO("".join(of_kinds(said, *shown)))
    return check("runs", text, LogMapping(view=View(lossy=lossy)), TABLE, complete=True)


@pytest.mark.parametrize("kinds", KINDS)
def test_the_reference_conforms(kinds: str) -> None:
    """Under crashes, copies, lost answers and cancels: every saga is explained and settled."""
    found = report(runs("implementations.reference:make", 150), kinds)
    assert found.holds, found.worst
    assert found.tally.answers[Answer.CONFORMS] > 100


#: A bug of the zoo, and the kinds of log that give it away.
BUGS = {
    "charges_each_time": {"ledger", "all"},
    "inventory_without_inbox": {"events", "ledger", "all"},
    "marked_beforehand": {"events", "ledger", "all"},
    "reservation_not_crossed_out": {"ledger", "all"},
    "shipment_unheard": {"events", "all"},
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_of_the_zoo_does_not(bug: str) -> None:
    """Given away by the kinds of log that show it."""
    said = runs(f"implementations.faulty:{bug}", 60)
    assert {kinds for kinds in KINDS if report(said, kinds).wrong} >= BUGS[bug]
