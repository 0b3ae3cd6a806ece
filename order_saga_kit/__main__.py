"""The command `order-saga-kit`: one pytest run, of the kit inside, in the folder of its user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_INSIDE = Path(__file__).resolve().parent / "kit"


def arguments(given: list[str], here: Path, inside: Path = _INSIDE) -> list[str]:
    """What pytest is given: as in the clone, but all that a run leaves behind lands `here`.

    The cache of pytest is left out, since it would be that of the user's own tests.
    """
    settings = [f"--config-file={inside / 'pyproject.toml'}", f"--rootdir={here}"]
    return [str(inside / "properties"), *settings, "-p", "no:cacheprovider", *given]


def main() -> int:
    """Run pytest as `python -m pytest` does, which finds what is in the working directory."""
    here = Path.cwd()
    if str(here) not in sys.path:
        sys.path.insert(0, str(here))
    sys.argv[1:] = arguments(sys.argv[1:], here)
    return pytest.console_main()


if __name__ == "__main__":
    sys.exit(main())
