"""A line on the terminal that says how far the search is: in place, and gone when it is over.

It stands on the row below the one that pytest writes on, so that neither disturbs the other. Only
a terminal gets it, never a log, a pipe, or CI. The clock here decides when something is shown, and
nothing else.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, TextIO

import pytest
from attrs import define, field

from model.conformance import observable_rows
from properties.search import Portion
from properties.session import Verification, part_of
from properties.workload import cost, quick_share, schedules_of
from reports.progress import Progress, progress_line

#: Seconds before anything is shown, and between two drawings while a part is under way.
PATIENCE, PAUSE = 2.0, 0.25
#: A part that runs more than was thought is nearly done, as far as anybody knows.
_NEARLY = 0.95
#: Down one row without changing the column, and up again: there is a row below now.
_ROOM = "\x1bD\x1b[A"
_SAVE, _RESTORE, _BELOW, _CLEAR = "\x1b7", "\x1b8", "\x1b[B\r", "\x1b[2K"


def wanted(config: pytest.Config, variables: Mapping[str, str], out: TextIO) -> bool:
    """Whether there is somebody to look at it, who did not ask for less."""
    in_ci = any(variables.get(name) for name in ("CI", "BUILD_NUMBER"))
    quiet = config.option.verbose <= -2
    return not in_ci and not quiet and variables.get("TERM", "dumb") != "dumb" and out.isatty()


def terminal() -> TextIO | None:
    """The terminal that pytest writes on, to be reached while it captures what tests print."""
    try:
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding)
    except (OSError, ValueError, AttributeError):
        return None


@define(eq=False)
class ProgressLine:
    """The plugin that draws the line, in the process that has the terminal."""

    verification: Verification
    out: TextIO
    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    _shown: bool = False
    _next: float = 0.0
    _done: int = 0
    _fired: int = 0
    _schedules: int = 0
    _rows: set[str] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        """Be told by parts that run in this process how far they are."""
        self.verification.beat = self.within

    # Whatever is written by pytest: first the row below is cleared, then it is drawn anew.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        """A part begins."""
        if self.began is None:
            self.began = self.clock()
            self._next = self.began + PATIENCE
        self._clear()
        result = yield
        self._draw(None)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """A part is done, or a property is judged."""
        self._clear()
        result = yield
        self._add()
        if part_of(report.nodeid):
            self._draw(None)
        return result

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self) -> None:
        """A worker went down, which xdist will say."""
        self._clear()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """Leave nothing behind, however it ends."""
        try:
            return (yield)
        finally:
            self._clear()
            self.out.close()

    def within(self, portion: Portion) -> None:
        """A part that runs in this process tells how far it is."""
        self._draw(portion)

    def _add(self) -> None:
        """Count what has arrived since the last look."""
        portions = [*self.verification.portions.values()]
        for portion in portions[self._done :]:
            self._schedules += portion.schedules
            self._fired += sum(portion.fired.values())
            self._rows |= portion.rows.keys()
        self._done = len(portions)

    def _draw(self, portion: Portion | None) -> None:
        now = self.clock()
        if self.began is None or now < self._next or not self.verification.planned:
            return
        self._next = now + (PAUSE if portion else 0)
        width = shutil.get_terminal_size().columns - 1
        line = progress_line(self.progress(portion, now - self.began), width)
        self.out.write(f"{_ROOM}{_SAVE}{_BELOW}{_CLEAR}{line}{_RESTORE}")
        self.out.flush()
        self._shown = True

    def _clear(self) -> None:
        if self._shown:
            self.out.write(f"{_SAVE}{_BELOW}{_CLEAR}{_RESTORE}")
            self.out.flush()
            self._shown = False

    def progress(self, portion: Portion | None, seconds: float) -> Progress:
        """How far it is; `portion` is what the part under way in this process has so far."""
        profile = self.verification.profile
        planned, ended = self.verification.planned, self.verification.portions
        whole = sum(cost(part, profile) for part in planned)
        done = sum(cost(part, profile) for part in ended)
        if portion is not None and (expected := schedules_of(portion.part, profile)):
            done += cost(portion.part, profile) * min(portion.schedules / expected, _NEARLY)
        follows = self.verification.subject().sight.model_events
        return Progress(
            len(ended),
            len(planned),
            portion.part if portion else "",
            self._schedules + (portion.schedules if portion else 0),
            self._fired + (sum(portion.fired.values()) if portion else 0),
            len(self._rows),
            len(observable_rows()) if follows else 0,
            seconds,
            done / whole,
            quick_share(profile),
        )
