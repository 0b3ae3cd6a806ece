"""The tutorial shows what the kit says now."""

from __future__ import annotations

import difflib

from docs.make_tutorial import TUTORIAL, refreshed
from implementations.document.ladder import FIXES


def test_the_tutorial_is_current() -> None:
    """Every report and every fix in it is what the code gives; else run docs/make_tutorial.py."""
    before = TUTORIAL.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        before.splitlines(), refreshed(before).splitlines(), "docs/tutorial.md", "made now", n=1
    )
    assert list(difference) == []


def test_the_tutorial_walks_up_all_rungs() -> None:
    """No rung is left out, and none is told twice."""
    text = TUTORIAL.read_text(encoding="utf-8")
    for rung in range(len(FIXES)):
        assert text.count(f"<!-- kit: {rung} -->") == 1
        assert text.count(f"<!-- fix: {rung + 1} -->") == 1
    assert text.count(f"<!-- end: {len(FIXES)} -->") == 1
