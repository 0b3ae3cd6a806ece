"""The command `order-saga-kit`: the same pytest run as in the clone, of the kit inside."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

_KIT = Path(__file__).resolve().parent / "kit"
#: As in the clone, but for pytest's cache: the kit keeps failures by itself, and not in here.
_ARGUMENTS = (
    str(_KIT / "properties"),
    f"--config-file={_KIT / 'pyproject.toml'}",
    *("-p", "no:cacheprovider"),
)


def main() -> None:
    """Do what `python -m pytest` does, which also finds what is in the working directory."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    sys.argv[1:1] = _ARGUMENTS
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
