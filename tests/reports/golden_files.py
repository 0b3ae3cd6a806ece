"""Golden files: the exact text of a report, kept beside the tests.

They are compared to the letter. After a change that is meant, write them anew and read the diff:

    SAGA_GOLDEN=write python -m pytest tests/reports
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check(name: str, text: str) -> None:
    """Compare `text` with a golden file; write it first where that was asked for."""
    file = FOLDER / name
    if os.environ.get("SAGA_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), f"no {file}; SAGA_GOLDEN=write makes it"
    assert text == file.read_text(encoding="utf-8"), f"{name} differs; if meant: SAGA_GOLDEN=write"
