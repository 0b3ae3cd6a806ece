"""The progress line on a terminal: there, in place, gone at the end, and never in a log."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from properties.progress import wanted
from tests.command_line import ROOT, pickup, write

#: Pytest as on the command line, but that the line does not wait for two seconds.
AT_ONCE = """
import sys, pytest, properties.progress as progress
progress.PATIENCE = progress.PAUSE = 0
sys.exit(pytest.main(sys.argv[1:]))
"""
PART = r"part \d of 2, (about \d+ \w+ left, )?[\d,]+ schedules, \d+ faults fired, .*"


class Screen:
    """The rows of a terminal, as the sequences that the line uses leave them."""

    def __init__(self, text: str, height: int = 12) -> None:
        self.rows, self.row, self.column, self.saved = [""] * height, 0, 0, (0, 0)
        self.seen: list[str] = []
        for token in re.findall(r"\x1b\[[\d;]*[A-Za-z]|\x1b[78D]|.", text, re.DOTALL):
            self._take(token)

    def _take(self, token: str) -> None:
        if token == "\n" or token == "\x1bD":
            self.row += 1
            if self.row == len(self.rows):
                self.rows, self.row = [*self.rows[1:], ""], self.row - 1
        elif token == "\r":
            self.column = 0
        elif token == "\x1b7":
            self.saved = self.row, self.column
        elif token == "\x1b8":
            self.seen.append(self.rows[self.row])
            self.row, self.column = self.saved
        elif token in ("\x1b[A", "\x1b[B"):
            self.row += 1 if token == "\x1b[B" else -1
        elif token == "\x1b[2K":
            self.rows[self.row] = ""
        elif not token.startswith("\x1b"):
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + token + row[self.column + 1 :]
            self.column += 1


def on_a_terminal(folder: Path, variables: Mapping[str, str], *arguments: str) -> str:
    """What a short search writes on a terminal."""
    write(folder, "mine", pickup())
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SAGA_", "PYTEST_"))}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120", "CI": ""}
    options = (
        *("-p", "no:cacheprovider", "-k", "paths or directed", "--saga-target=mine:make"),
        *(f"--saga-report-dir={folder / 'out'}", f"--saga-database={folder / 'database'}"),
    )
    command = [sys.executable, "-c", AT_ONCE, str(ROOT / "properties"), *options, *arguments]
    process = subprocess.Popen(
        command, cwd=folder, env=environment | dict(variables), stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    try:
        while more := os.read(ours, 65536):
            written += more
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0, written.decode()
    return written.decode()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_line_below(tmp_path: Path, workers: str) -> None:
    """Pins that it is drawn below what pytest writes, which stays as it is, and is gone at the end.

    Whether the parts run in this process or in others.
    """
    text = on_a_terminal(tmp_path, {}, "-q", "-n", workers)
    until, end, _ = text.partition("[100%]")
    screen = Screen(until + end)
    line = PART if workers == "0" else r"\d of 2 parts done, .*"
    assert len([seen for seen in screen.seen if re.fullmatch(line, seen.rstrip())]) >= 2
    assert re.search(r"^\.\.[.s]+ +\[100%\]$", "\n".join(screen.rows), re.MULTILINE)
    assert not "".join(screen.rows[screen.row + 1 :]).strip()


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [({"CI": "true"}, ("-q",)), ({"TERM": "dumb"}, ("-q",)), ({}, ("-q", "-q"))],
)
def test_whoever_wants_less(
    tmp_path: Path, variables: Mapping[str, str], arguments: tuple[str, ...]
) -> None:
    """Pins that CI, a dumb terminal and -q -q get plain output."""
    text = on_a_terminal(tmp_path, variables, *arguments, "-n", "0")
    assert "\x1b7" not in text
    assert "of 2, " not in text


class Terminal(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_never_in_a_pipe() -> None:
    """Pins that a file or a pipe gets none, wherever it is."""
    config: Any = SimpleNamespace(option=SimpleNamespace(verbose=0))
    assert wanted(config, {"TERM": "xterm"}, Terminal())
    assert not wanted(config, {"TERM": "xterm"}, io.StringIO())
