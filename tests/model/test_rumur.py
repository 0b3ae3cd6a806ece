"""Rumur explores the exported table, with a symmetry reduction of its own to hold ours against."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.choreography import TABLE
from model.semantics import Scope
from model.table import Table
from tests.model.export.checkers import BUGS, Search, rumur
from tests.needs import needs

needs("rumur", "numpy")

from model.engine.reduction import Reduction  # noqa: E402
from model.engine.search import explore  # noqa: E402


@pytest.mark.parametrize("scope", [Scope(2, 1, duplicates=1), Scope(2, 1, cancels=1)], ids=str)
def test_rumur_counts_what_we_count(tmp_path: Path, scope: Scope) -> None:
    """States and transitions are equal."""
    ours = explore(scope)
    assert rumur(tmp_path, TABLE, scope) == Search(ours.states, ours.transitions)


@pytest.mark.parametrize("scope", [Scope(2, 1, duplicates=1), Scope(3, 2)], ids=str)
def test_rumur_leaves_out_as_much_by_symmetry(tmp_path: Path, scope: Scope) -> None:
    """One of all worlds that differ in who is who; which one is rumur's choice, how many is not."""
    ours = explore(scope, reduction=Reduction(symmetry=True))
    assert rumur(tmp_path, TABLE, scope, symmetry=True).states == ours.states


@pytest.mark.parametrize(("scope", "table"), BUGS.values(), ids=BUGS)
def test_rumur_finds_the_bug_as_soon(tmp_path: Path, scope: Scope, table: Table) -> None:
    """A trace as long as ours, of the same invariant."""
    violations = {v.invariant: len(v.trace) for v in explore(scope, table).violations}
    found = rumur(tmp_path, table, scope, symmetry=True)
    assert violations.get(found.broken) == found.steps
