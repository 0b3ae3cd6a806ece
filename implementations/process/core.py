"""One core for the kit and the processes that it talks to.

They take strict turns: a second core gains nothing, and to wake somebody on another core costs
more than most handlers do. Where several workers keep all cores busy, the system sees to that by
itself; where it cannot tie a thread to a core, nothing is done.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

#: Where /proc/self/stat says on which core we run, counted from the end of our name.
_PROCESSOR = 36


class Core:
    """The core that this thread stays on while runs are under way, with all that it starts."""

    def __init__(self) -> None:
        self._runs = 0
        self._number: int | None = None
        self._allowed: set[int] = set()

    def enter(self) -> None:
        """A run with a process begins."""
        self._runs += 1
        alone = "PYTEST_XDIST_WORKER" not in os.environ
        if self._runs == 1 and alone and hasattr(os, "sched_setaffinity"):
            with suppress(OSError):
                self._allowed = os.sched_getaffinity(0)
                if self._number not in self._allowed:
                    self._number = _here(sorted(self._allowed))
                os.sched_setaffinity(0, {self._number})

    def leave(self) -> None:
        """A run has ended: after the last one, this thread may go wherever it could before."""
        self._runs -= 1
        if not self._runs and self._allowed:
            with suppress(OSError):
                os.sched_setaffinity(0, self._allowed)


def _here(cores: list[int]) -> int:
    """The one of these cores that we are on: the system has chosen it with all others in view."""
    try:
        stat = Path("/proc/self/stat").read_text()
        here = int(stat.rpartition(")")[2].split()[_PROCESSOR])
    except (OSError, ValueError, IndexError):
        return cores[0]
    return here if here in cores else cores[0]


#: That of this process.
CORE = Core()
