"""Which kit wrote a report: where it is, cloned or installed, and its version."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from attrs import frozen

_NAME = "order-saga-verification-kit"
#: The package of the wheel, which has the kit in a folder of its own.
_PACKAGE = "order_saga_kit"


@frozen
class Kit:
    """The kit as a report names it."""

    path: Path
    version: str
    installed: bool = False
    """Whether it is run by its command: it came as a wheel, not as a clone."""


@cache
def this_kit() -> Kit:
    """Return the kit that is running; its pyproject.toml, in the wheel too, is asked first."""
    path = Path(__file__).resolve().parent.parent
    installed = path.parent.name == _PACKAGE and (path.parent / "__main__.py").is_file()
    try:
        project = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["name"] == _NAME:
            return Kit(path, str(project["version"]), installed)
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        pass
    try:
        return Kit(path, metadata.version(_NAME), installed)
    except metadata.PackageNotFoundError:
        return Kit(path, "unknown", installed)
