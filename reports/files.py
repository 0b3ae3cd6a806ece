"""Where reports land, and how those of an earlier run go away: a manifest lists what we wrote.

One process writes: under pytest-xdist that is the controller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reports.counterexample import Counterexample
from reports.html.case import Case
from reports.html.page import FILE_NAME, report_page
from reports.kit import Kit
from reports.markdown import counterexample_markdown
from reports.schedule_file import json_text
from reports.verdict import RunSummary
from reports.wording import count

#: In the kit's own clone, and ignored by git.
DEFAULT_DIRECTORY = Path(__file__).resolve().parent / "out"

MANIFEST = ".written-by-the-saga-kit.json"


def write_counterexample(
    c: Counterexample,
    directory: Path,
    replay_command_for: Callable[[Path], str],
    kit: Kit | None = None,
    name: str = "",
) -> Path:
    """Write NAME.json and NAME.md and return the path of the latter.

    NAME is the property's id if none is given, with a number behind it where there is one already.
    `replay_command_for` makes the command from the path of the JSON file.
    """
    name = _free_name(directory, name or c.property_id)
    schedule = write_file(directory, f"{name}.json", json_text(c, kit))
    report = counterexample_markdown(c, replay_command_for(schedule), kit)
    return write_file(directory, f"{name}.md", report)


def write_page(
    summary: RunSummary, cases: Sequence[Case], directory: Path, began: datetime | None = None
) -> Path:
    """Write report.html, the report of the whole run; `began` tells when, and how long it took."""
    when = ""
    if began is not None:
        seconds = (datetime.now(UTC) - began).total_seconds()
        when = f"{began.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {count(round(seconds), 'second')}"
    return write_file(directory, FILE_NAME, report_page(summary, cases, when=when))


def write_file(directory: Path, name: str, text: str) -> Path:
    """Write a report of any form, and list it in the manifest so that `clean` removes it."""
    directory.mkdir(parents=True, exist_ok=True)
    # Listed first: a run that dies between the two leaves nothing that nobody removes.
    names = [*(n for n in _written(directory) if n != name), name]
    (directory / MANIFEST).write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def clean(directory: Path) -> list[Path]:
    """Remove what an earlier run wrote into `directory`, and nothing else; return what it was."""
    removed = []
    for name in _written(directory):
        path = directory / name
        if path.is_file() or path.is_symlink():
            path.unlink()
            removed.append(path)
    (directory / MANIFEST).unlink(missing_ok=True)
    return removed


def _free_name(directory: Path, wanted: str) -> str:
    """Return the first name of which no file exists: neither ours nor a user's is overwritten."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-")[:60] or "counterexample"
    name, number = base, 1
    while any((directory / f"{name}{suffix}").exists() for suffix in (".json", ".md")):
        number += 1
        name = f"{base}-{number}"
    return name


def _written(directory: Path) -> list[str]:
    """Return the plain names in the manifest; a damaged manifest names nothing."""
    try:
        names = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(names, list):
        return []
    # A name with a folder in it is not ours, and following it could remove anything.
    return [name for name in names if isinstance(name, str) and name == Path(name).name != ""]
