"""One core for the kit and the processes that it talks to.

They take strict turns: a second core gains nothing, and to wake somebody on another core costs
more than most handlers do. Where the system cannot tie a thread to a core, nothing is done.
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
        if self._runs == 1 and hasattr(os, "sched_setaffinity"):
            with suppress(OSError):
                self._allowed = os.sched_getaffinity(0)
                if self._number not in self._allowed:
                    self._number = _chosen(sorted(self._allowed))
                os.sched_setaffinity(0, {self._number})

    def leave(self) -> None:
        """A run has ended: after the last one, this thread may go wherever it could before."""
        self._runs -= 1
        if not self._runs and self._allowed:
            with suppress(OSError):
                os.sched_setaffinity(0, self._allowed)


def _chosen(cores: list[int]) -> int:
    """Another core for each worker of a session, and otherwise the one that we are on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker.isdecimal():
        return cores[int(worker) % len(cores)]
    try:
        stat = Path("/proc/self/stat").read_text()
        here = int(stat.rpartition(")")[2].split()[_PROCESSOR])
    except (OSError, ValueError, IndexError):
        return cores[0]
    return here if here in cores else cores[0]


#: That of this process.
CORE = Core()
