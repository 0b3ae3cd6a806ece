"""Whether a process does nothing, as Linux tells it: all of its threads sleep, and none has run.

After an acknowledgement nobody says whether a service goes on with the message. Who has told the
kit nothing by the time that it sleeps either has nothing more to do, or waits for somebody else.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

#: What tells of a thread: whether it sleeps, and how often it has been given the processor.
_SLEEPS = "State:\tS"
_RAN = ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:")
Rest = tuple[str, ...]


def rest_of(process: int) -> Rest | None:
    """How often each thread of a process and its children has run; None if one runs just now.

    Two of the same, one after the other: nothing has run in between. Empty where nothing is told.
    """
    ran: list[str] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            status = (thread / "status").read_text()
            if _SLEEPS not in status:
                return None
            ran += (line for line in status.splitlines() if line.startswith(_RAN))
            for child in (thread / "children").read_text().split():
                of_child = rest_of(int(child))
                if of_child is None:
                    return None
                ran += of_child
    return tuple(ran)
