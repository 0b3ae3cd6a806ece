"""Whoever ends a session from outside, as `timeout` and CI services do, is told what was found.

A process that is asked to end (SIGTERM) would otherwise be gone at once, with all that it knows.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # `timeout` asks the process and then its group: what is told meanwhile must come to its end.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt(f"{signal.Signals(number).name}: asked to end")


@contextmanager
def stoppable() -> Iterator[None]:
    """Meanwhile SIGTERM does what Ctrl-C does, unless somebody else has a use for it. Who has asked
    once need not ask again."""
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is _stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
