"""Which kit wrote a report: where it is cloned, and its version."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from attrs import frozen

_NAME = "order-saga-verification-kit"


@frozen
class Kit:
    """The kit as a report names it."""

    path: Path
    version: str


@cache
def this_kit() -> Kit:
    """Return the kit that is running: normally a clone, so its pyproject.toml is asked first."""
    path = Path(__file__).resolve().parent.parent
    try:
        project = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["name"] == _NAME:
            return Kit(path, str(project["version"]))
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        pass
    try:
        return Kit(path, metadata.version(_NAME))
    except metadata.PackageNotFoundError:
        return Kit(path, "unknown")
