"""Which kit wrote a report."""

from __future__ import annotations

import tomllib
from pathlib import Path

from reports.kit import this_kit

ROOT = Path(__file__).resolve().parent.parent.parent


def test_this_kit_is_the_clone() -> None:
    """Pins that a report names this clone and the version that pyproject.toml gives."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (this_kit().path, this_kit().version) == (ROOT, project["version"])
