"""Running the target's own code from one port call to the next.

A target's function is run as a task that stops at each port call and says what it wants; the world
decides when and how the call is answered, or that the task dies there. Coroutines are stepped by
`send`, plain functions run in a greenlet: either way one thread, no clock, and the same run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from types import FrameType, coroutine
from typing import Any, NoReturn, Protocol

from attrs import define
from greenlet import getcurrent, greenlet


class ProcessKilled(BaseException):
    """A crash, raised inside the target at a port call. Not an Exception: `except Exception` must
    not survive a crash."""


class ForeignAwait(Exception):
    """A coroutine awaits something that is no port of the world."""


class ForeignCall(Exception):
    """A coroutine asks the kit's event loop for what only a real one can do."""


@define
class Operation:
    """A port call on its way: what it does when it is let through, and how else it may end."""

    port: str
    perform: Callable[[], Any]
    modes: tuple[str, ...] = ()
    refuse: Callable[[], Any] | None = None
    """What it does when the other side says no; needed where `modes` holds a refusal."""
    settled: Callable[[], bool] | None = None
    """Whether the other side has given its answer under this key already: then it cannot refuse."""
    has_effect: bool = True
    """Whether a crash just after it differs from one just before it."""
    details: tuple[Any, ...] = ()
    """What the call was made with."""
    when: Callable[[], float] | None = None
    """From which time on it can be let through, where that is not left to the schedule alone."""


@define
class Finished:
    """A task has come to its end with this result."""

    result: Any


class Stepper(Protocol):
    """One running piece of target code."""

    def start(self) -> Operation | Finished:
        """Run to the first port call."""

    def resume(self, value: Any) -> Operation | Finished:
        """Answer the port call with `value` and run to the next one."""

    def throw(self, error: BaseException) -> Operation | Finished:
        """Let the port call raise `error` and run to the next one."""

    def discard(self) -> None:
        """Forget the task without running it any further."""

    def frames(self) -> Iterator[FrameType]:
        """The target's frames, outermost first, while it is paused."""


@coroutine
def pause(operation: Operation) -> Generator[Operation, Any, Any]:
    """Awaited by a port: hands `operation` to the stepper and returns the answer."""
    return (yield operation)


class CoroutineStepper:
    """Steps a coroutine."""

    __slots__ = ("_coroutine",)

    def __init__(self, running: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = running

    def start(self) -> Operation | Finished:
        """Run to the first port call."""
        return self.resume(None)

    def resume(self, value: Any) -> Operation | Finished:
        """Answer the port call with `value` and run to the next one."""
        try:
            wanted = self._coroutine.send(value)
        except StopIteration as stop:
            return Finished(stop.value)
        return wanted if wanted.__class__ is Operation else self._foreign(wanted)

    def throw(self, error: BaseException) -> Operation | Finished:
        """Let the port call raise `error` and run to the next one."""
        try:
            wanted = self._coroutine.throw(error)
        except StopIteration as stop:
            return Finished(stop.value)
        return wanted if wanted.__class__ is Operation else self._foreign(wanted)

    def discard(self) -> None:
        """Close the coroutine; one that refuses to close is left to the garbage collector."""
        with suppress(BaseException):  # a dead process has no say any more
            self._coroutine.close()

    def frames(self) -> Iterator[FrameType]:
        """The coroutine's frame and those of what it awaits."""
        awaited: Any = self._coroutine
        while (frame := getattr(awaited, "cr_frame", None)) is not None:
            yield frame
            awaited = awaited.cr_await

    def _foreign(self, wanted: Any) -> NoReturn:
        self.discard()
        raise ForeignAwait(type(wanted).__name__)


class GreenletStepper:
    """Steps a plain function in a greenlet of its own.

    The function may have an event loop of its own running (`asyncio.run`) when it stops at a port.
    asyncio knows one running loop per thread, so the loop is taken off the thread meanwhile.
    """

    __slots__ = ("_arguments", "_greenlet", "_loop")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._greenlet = greenlet(function)
        self._arguments = arguments
        self._loop: Loop = (None, None)

    def start(self) -> Operation | Finished:
        """Run to the first port call."""
        return self._run(self._greenlet.switch, *self._arguments)

    def resume(self, value: Any) -> Operation | Finished:
        """Answer the port call with `value` and run to the next one."""
        return self._run(self._greenlet.switch, value)

    def throw(self, error: BaseException) -> Operation | Finished:
        """Let the port call raise `error` and run to the next one."""
        return self._run(self._greenlet.throw, error)

    def discard(self) -> None:
        """Kill the greenlet; what it does on its way out has no effect on the world."""
        if self._greenlet and not self._greenlet.dead:
            with suppress(BaseException):  # a dead process has no say any more
                self._run(self._greenlet.throw)

    def frames(self) -> Iterator[FrameType]:
        """The frames of the greenlet's stack."""
        frames = []
        frame = self._greenlet.gr_frame if self._greenlet else None
        while frame is not None:
            frames.append(frame)
            frame = frame.f_back
        return reversed(frames)

    def _run(self, switch: Callable[..., Any], *values: Any) -> Operation | Finished:
        self._greenlet.parent = getcurrent()
        outside = exchange_loop(self._loop)
        try:
            value = switch(*values)
        finally:
            self._loop = exchange_loop(outside)
        if self._greenlet.dead:
            return Finished(value)
        return value  # type: ignore[no-any-return]


#: The event loop that a thread is running, and the task that it is in.
Loop = tuple[asyncio.AbstractEventLoop | None, asyncio.Task[Any] | None]
#: Before Python 3.12 each loop keeps its own task.
_swap_task = getattr(asyncio.tasks, "_swap_current_task", None)


def exchange_loop(new: Loop) -> Loop:
    """Let `new` be what this thread runs; returns what it ran before."""
    loop = asyncio._get_running_loop()
    task = _swap_task(loop, None) if loop and _swap_task else None
    asyncio._set_running_loop(new[0])
    if new[0] and _swap_task:
        _swap_task(*new)
    return loop, task


def in_task() -> bool:
    """Whether plain code is running in a task's greenlet, and so can be stopped at a port call."""
    return getcurrent().parent is not None


def stop_here(operation: Operation) -> Any:
    """Called by a port in plain code: hands `operation` to the stepper and returns the answer."""
    parent = getcurrent().parent
    assert parent is not None
    return parent.switch(operation)
