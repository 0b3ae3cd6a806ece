"""TLC explores the exported table, in small scopes: it is thorough, and slow to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.choreography import TABLE
from model.exploration import explore
from model.semantics import Scope
from tests.model.export.checkers import BUGS, Search, tlc
from tests.needs import needs

needs("tlc")


@pytest.mark.parametrize("scope", [Scope(2, 1), Scope(1, 1, 1, 1, cancels=1)], ids=str)
def test_tlc_counts_what_we_count(tmp_path: Path, scope: Scope) -> None:
    """States and transitions are equal."""
    ours = explore(scope)
    assert tlc(tmp_path, TABLE, scope) == Search(ours.states, ours.transitions)


def test_tlc_finds_the_bug_as_soon(tmp_path: Path) -> None:
    """A trace as long as ours."""
    scope, table = BUGS["a cancelled order is shipped"]
    violations = {v.invariant: len(v.trace) for v in explore(scope, table).violations}
    found = tlc(tmp_path, table, scope)
    assert found.steps in violations.values()
    assert found.broken in {_formula(name) for name in violations}


def _formula(name: str) -> str:
    return name.title().replace("-", "")
