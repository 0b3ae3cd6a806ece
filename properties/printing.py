"""What a target prints: it is called thousands of times, and the verdicts must stay in sight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO

import pytest

#: So many lines of each stream are shown where a part of the search fails.
LINES = 20


@contextmanager
def set_aside(config: pytest.Config) -> Iterator[None]:
    """Show nothing of what is printed, unless `-s` asks for it."""
    if config.getoption("capture") == "no":
        yield
        return
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


def clip(sections: list[tuple[str, str]]) -> None:
    """Keep the last lines of what was captured, and say how many were before them."""
    for index, (title, text) in enumerate(sections):
        lines = text.splitlines()
        if len(lines) > LINES:
            before = f"({len(lines) - LINES:,} lines before these; -s shows them all)"
            sections[index] = title, "\n".join([before, *lines[-LINES:], ""])
