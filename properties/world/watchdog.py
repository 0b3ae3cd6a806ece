"""A target that does not come back is interrupted, and told so.

The only clock in the kit, and outside every schedule: it ends a run with an error, it decides
nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from implementations.errors import TargetError

#: Seconds that one run may take. A run takes milliseconds in memory, and a second on a database.
PATIENCE = 20.0


class Hanging(BaseException):
    """Raised inside the code that does not come back; `except Exception` must not survive it."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    where = ""
    if frame is not None:
        where = f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"
    raise Hanging(where)


@contextmanager
def watched(name: str, patience: float | None = None) -> Iterator[None]:
    """Run the body, for `patience` (or else PATIENCE) seconds at the most.

    Where signals are not to be had (another thread, Windows) the body runs unwatched.

    Raises:
        TargetError: it took longer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not _MAIN:
        yield
        return
    seconds = PATIENCE if patience is None else patience
    before = signal.signal(signal.SIGALRM, _interrupt)
    # Again and again: a bare `except:` in the target may swallow the first one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    except Hanging as hanging:
        raise TargetError(
            f"did not come back within {seconds:g} seconds; it was at {hanging}",
            name,
            "handlers run from one port call to the next without waiting: no sleep, no lock held "
            "by another handler, no real network",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_MAIN = threading.main_thread()
