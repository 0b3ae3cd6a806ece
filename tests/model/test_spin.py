"""SPIN explores the exported table: as many states and transitions as we find, the same bugs.

What is different is everything but the table: the language, the semantics written down a second
time (`model/export/rules.py`), the invariants written a second time, and the checker.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from model.choreography import TABLE
from model.export.words import identifier
from model.semantics import Scope
from model.table import Table
from tests.model.export.checkers import BUGS, Search, spin
from tests.needs import needs

needs("spin", "numpy")

from model.engine.search import explore  # noqa: E402

SCOPES = [
    Scope(1, 1, duplicates=1, crashes=1, gateway_faults=1, cancels=1),
    Scope(2, 1, duplicates=1, crashes=1, gateway_faults=1),
    Scope(2, 1, cancels=1),
    Scope(2, 0, duplicates=2),
    Scope(3, 2),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_spin_counts_what_we_count(tmp_path: Path, scope: Scope) -> None:
    """States and transitions are equal, and nothing is broken."""
    ours = explore(scope)
    assert spin(tmp_path, TABLE, scope) == Search(ours.states, ours.transitions)


@pytest.mark.parametrize(("scope", "table"), BUGS.values(), ids=BUGS)
def test_spin_finds_the_bug_as_soon(tmp_path: Path, scope: Scope, table: Table) -> None:
    """A shortest trail is as long as our shortest trace, and says that the same is broken."""
    violations = {v.invariant: len(v.trace) for v in explore(scope, table).violations}
    found = spin(tmp_path, table, scope, breadth_first=True)
    assert found.steps in violations.values()
    assert found.broken in map(identifier, violations)
