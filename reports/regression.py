"""A counterexample as a pytest test, ready to paste into a user's own suite."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from reports.counterexample import Counterexample
from reports.kit import Kit, this_kit
from reports.schedule_file import document
from reports.wording import printable, sentence

_TEMPLATE = """\
import json
import os
import subprocess
import sys

import pytest

{kit}COUNTEREXAMPLE = {document}


def {name}(tmp_path):
    {docstring}
    schedule = tmp_path / "schedule.json"
    schedule.write_text(json.dumps(COUNTEREXAMPLE), encoding="utf-8")
    # The kit imports what this test can import, but takes no setting of this test run.
    ours = ("PYTEST_", "SAGA_")
    environment = {{k: v for k, v in os.environ.items() if not k.startswith(ours)}}
    environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, sys.path))
    command = [
        *(sys.executable, "-m", {kits}),
        f"--saga-replay={{schedule}}",
        f"--saga-target={{COUNTEREXAMPLE['target']}}",
        f"--saga-report-dir={{tmp_path / 'reports'}}",
    ]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    if " skipped" in run.stdout:  # the saga has changed, and never gets to where it failed
        pytest.skip(next(s for s in run.stdout.splitlines() if s.startswith("replay: ")))
"""

_WIDTH = 88
#: How the test finds a kit that is cloned; where it was, unless it is told.
_CLONE = 'KIT = os.environ.get("ORDER_SAGA_KIT", {path})\n\n'


def regression_module(c: Counterexample, kit: Kit | None = None) -> str:
    """Return a module that holds the test, and nothing else."""
    says = '"""A counterexample that the order saga verification kit found."""\n\n'
    return says + regression_test(c, kit)


def regression_test(c: Counterexample, kit: Kit | None = None) -> str:
    """Return a test that replays the schedule against the target, and passes once it is fixed.

    It carries the schedule with it and calls the kit in a process of its own, so that neither
    the kit's plugins nor its packages get into the user's test run. It is called from where the
    user's tests run: a target such as `cmd: node saga.js` is relative to that. An installed kit is
    called by its name: the test goes where the wheel is installed, not only where this one is.
    """
    kit = kit or this_kit()
    return _TEMPLATE.format(
        kit="" if kit.installed else _CLONE.format(path=_flat(str(kit.path))),
        kits='"order_saga_kit"' if kit.installed else '"pytest", os.path.join(KIT, "properties")',
        document=python_literal(document(c, kit)),
        name=f"test_{_identifier(c.property_id)}_{_identifier(c.order)}",
        docstring=_docstring(sentence(c)),
    )


def python_literal(value: Any, depth: int = 0, taken: int = 0) -> str:
    """Return JSON data as Python source; what fits beside `taken` characters stays on one line."""
    flat = _flat(value)
    fits = depth and 4 * depth + taken + len(flat) < _WIDTH
    if not isinstance(value, dict | list) or not value or fits:
        return flat
    if isinstance(value, dict):
        items = [f"{k}: {python_literal(v, depth + 1, len(k) + 2)}" for k, v in _keyed(value)]
        opening, closing = "{}"
    else:
        items = [python_literal(item, depth + 1) for item in value]
        opening, closing = "[]"
    indent = "    " * (depth + 1)
    lines = "".join(f"{indent}{item},\n" for item in items)
    return f"{opening}\n{lines}{indent[4:]}{closing}"


def _keyed(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return an object's fields, their names as Python source."""
    return [(_flat(name), field) for name, field in value.items()]


def _flat(value: Any) -> str:
    """Return JSON data as Python source on one line, ASCII only."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flat(field)}" for name, field in _keyed(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flat(item) for item in value) + "]"
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return json.dumps(value)  # Python's own form, but always in double quotes
    return ascii(value)


def _identifier(text: str) -> str:
    """Return text as part of a Python name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:24].rstrip("_") or "order"


def _docstring(text: str) -> str:
    """Return text as a docstring, whatever it holds."""
    text = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{f"{chr(10)}    ".join(textwrap.wrap(text, _WIDTH - 10))}"""'
