"""How a page that is made from code is kept: written where it differs, or said how it does."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path


def keep(page: Path, made: str, arguments: Collection[str]) -> int:
    """Write what was made; with `--check` print how it differs instead, and return 1."""
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    if made == before:
        return 0
    if "--check" in arguments:
        difference = difflib.unified_diff(before.splitlines(), made.splitlines(), lineterm="", n=1)
        print("\n".join(difference))
        return 1
    page.write_text(made, encoding="utf-8")
    return 0
