"""A property's verdict as the reports of a test that has run: what pytest counts, prints and files.

What goes with a verdict stands in the test's properties: `--junitxml` writes them beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.verdict import PropertyVerdict, Verdict

#: Where the tests seem to be: their names are the ids of the properties.
FILE = "properties/specification.py"


def reports(verdict: PropertyVerdict, text: str) -> Iterator[pytest.TestReport]:
    """The three reports of a test; `text` is what is shown of a property that is violated."""
    nodeid = f"{FILE}::{verdict.id}"
    outcome: Any = "passed"
    longrepr: Any = None
    extra: dict[str, Any] = {}
    match verdict.verdict:
        case Verdict.VIOLATED:
            outcome, longrepr = "failed", text
        case Verdict.EXPECTED:
            outcome, longrepr, extra = "skipped", verdict.reason, {"wasxfail": verdict.reason}
        case Verdict.HOLDS:
            pass
        case _:
            reason = f"{verdict.verdict}: {verdict.reason}"
            outcome, longrepr = "skipped", (nodeid, 0, reason)
    phases: tuple[tuple[Any, Any, Any], ...] = (
        ("setup", "passed", None),
        ("call", outcome, longrepr),
        ("teardown", "passed", None),
    )
    for when, result, shown in phases:
        yield pytest.TestReport(
            nodeid,
            (FILE, None, verdict.id),
            {},
            result,
            shown,
            when,
            user_properties=_beside(verdict),
            **(extra if when == "call" else {}),
        )


def undone(part: str, why: str) -> pytest.TestReport:
    """The report of a part of the search that did not come to its end, and told nobody so far."""
    path = "properties/test_search.py"
    nodeid, said = f"{path}::test_search[{part}]", f"{part} {why}: what it would find is unknown"
    return pytest.TestReport(nodeid, (path, None, part), {}, "failed", said, "call")


def _beside(verdict: PropertyVerdict) -> list[tuple[str, object]]:
    """The verdict, and the files that tell how the property is violated."""
    found: list[tuple[str, object]] = [
        ("verdict", str(verdict.verdict)),
        ("checked", str(verdict.checked)),
    ]
    if verdict.counterexample:
        schedule = Path(verdict.counterexample).with_suffix(".json")
        found += [("report", verdict.counterexample), ("counterexample", str(schedule))]
    return found
