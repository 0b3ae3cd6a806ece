"""What GitLab shows of a run beside a merge request: a Code Quality report."""

from __future__ import annotations

import hashlib
import json

from reports.place import Place
from reports.verdict import RunSummary, Verdict
from reports.wording import clip, printable

#: The name of the file in the report directory.
FILE_NAME = "gl-code-quality-report.json"
_LENGTH = 1_000
_SEVERITY = {Verdict.VIOLATED: "critical", Verdict.EXPECTED: "info"}


def code_quality(summary: RunSummary, place: Place | None = None) -> str:
    """Return one issue for each violated property.

    GitLab asks for a place in a file. Where the target's own is not known, it is the report. By
    its fingerprint, which stays the same as long as the property is violated, GitLab says what a
    merge request brings and what it mends.
    """
    issues = []
    for row in summary.properties:
        if row.verdict not in _SEVERITY:
            continue
        at = place or Place(row.counterexample or "report.html", 1)
        identity = "\0".join((summary.target, summary.delivery, row.id))
        said = f"{row.id} {row.verdict}: {row.statement}. {row.reason}"
        issues.append(
            {
                "check_name": row.id,
                "description": clip(printable(said), _LENGTH),
                "fingerprint": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest(),
                "severity": _SEVERITY[row.verdict],
                "location": {"path": printable(at.path), "lines": {"begin": at.line}},
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=True) + "\n"
