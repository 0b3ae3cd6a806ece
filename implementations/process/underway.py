"""Requests that are under way, and what they say of a process that has stopped answering.

A process that hangs seldom does so by itself: it waits for what another request holds, which waits
in turn for the kit. So both are named, and not only what was said last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define

from implementations.process.protocol import Do

#: What a shell and `env` end with where there was nothing to run.
_NOT_RUN = {
    127: "exit status 127 is that of a shell or `env` that did not find the command (or of a "
    "program that lacks a library): check its name and the PATH, or give its full path",
    126: "exit status 126 is that of a shell or `env` that found the command and may not run it: "
    "check that it is a program, and executable",
}


@define(eq=False)
class Asked:
    """A request that the process has not answered yet."""

    id: int
    do: str
    arguments: Mapping[str, Any]
    port: str = ""
    """The port that was called last in its course."""
    dead: bool = False
    """Whether its participant has crashed at this port call, in a process that lives on."""

    @property
    def awaited(self) -> str:
        """What an answer is due to."""
        return f"`{self.do}`, after the answer to {self.port}" if self.port else f"`{self.do}`"

    @property
    def unreadable(self) -> bool:
        """Whether it brings a message that nobody can read, as the fault `poison` does."""
        event = self.arguments.get("event")
        if not isinstance(event, Mapping) or "subject" in event:
            return False
        return isinstance(event.get("data"), str)

    def __str__(self) -> str:
        said, text = self.arguments, f"request {self.id}, {self.do}"
        if said.get("participant"):
            text += f" by {said['participant']}"
        order = said.get("order")
        if isinstance(said.get("event"), Mapping):
            text += f", {said['event'].get('type')}"
            order = said["event"].get("subject")
        if isinstance(order, Mapping):
            order = order.get("id")
        return f"{text} of {order}" if order else text


def situation(asked: Asked, under_way: Iterable[Asked] = ()) -> str:
    """The request in hand and those that wait at their port calls, each in a line of a message."""
    text = ""
    if asked.do not in (Do.HELLO, Do.START):
        text = f"\n  in hand: {asked}"
    if asked.unreadable:
        text += ", a message that nobody can read (fault `poison`)"
    for other in under_way:
        if other is not asked:
            given_up = ", where it was given up (a crash)" if other.dead else ""
            text += f"\n  open besides: {other}, at {other.port}{given_up}"
    return text


def on_hanging(asked: Asked, under_way: Iterable[Asked]) -> str:
    """What to do about a process that does not answer."""
    if any(other is not asked for other in under_way):
        return (
            "flush stdout after every line, and wait for nothing that another request holds at its "
            "port call (a mutex, a lock on a row): it is told to go on only after this answer. "
            "Let go of it before the call, or answer with an error"
        )
    return (
        "flush stdout after every line; a handler goes from one port call to the next without "
        "waiting for anything but its own database, and observe, for `seen` too, does not wait for "
        "what a handler holds at a port call (a mutex)"
    )


def on_start(code: int | None, again: bool) -> str:
    """What to do about a process that has ended before it wrote a line: no handler was at work."""
    if again:
        return (
            "it was started again after a crash, and has not written one line since: it must be "
            "able to start on what is in the folder `state` after a crash at any moment"
        )
    return _NOT_RUN.get(
        code or 0,
        "it has not written one line: run the command by hand and see what it lacks to start; it "
        "must read lines until its stdin ends",
    )


def on_end(asked: Asked) -> str:
    """What to do about a process that has ended in the middle of a request."""
    if asked.unreadable:
        return "answer a message that nobody can read with an error line, as whatever else fails"
    return "an exception in a handler is answered with an error line, not with an exit"
