"""Running a coroutine and all that it starts on the kit's event loop, from port call to port call.

Between port calls a call may stand at `WAIT`: it waits for another call, for its turn, or for time
to pass, as `Operation.when` tells.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from contextvars import copy_context
from math import inf
from types import FrameType
from typing import Any, TypeVar

from properties.world.loop import OWNER, Loop
from properties.world.stepping import (
    CoroutineStepper,
    Finished,
    ForeignCall,
    Operation,
    ProcessKilled,
    exchange_loop,
)

#: Where a call stands that waits for something in the loop which is no port of the world.
WAIT = "wait in asyncio"
#: A call with so many callbacks in one go polls with `sleep(0)`: it has waited for a second.
CALLBACKS = 1000
#: How often a coroutine that was killed may go on, to clean up.
DEATHS = 20
_Result = TypeVar("_Result")


class LoopStepper:
    """Steps a coroutine on the loop."""

    def __init__(self, loop: Loop, running: Coroutine[Any, Any, Any]) -> None:
        self.ready: deque[asyncio.Handle] = deque()
        self.timers: list[asyncio.TimerHandle] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.made = 0
        """Port calls that were made, and (below) those that were awaited."""
        self.awaited = 0
        self.refused = ""
        """What the loop was asked for and refused, whatever the target made of the error."""
        self._loop = loop
        self._running = running
        self._context = copy_context()
        self._context.run(OWNER.set, self)
        self._main: asyncio.Task[Any] | None = None
        """The call itself; None when it is over, and what it has left behind goes on."""
        self._asked: deque[tuple[Operation, asyncio.Future[Any]]] = deque()
        self._answer: asyncio.Future[Any] | None = None
        self._polls_until = 0.0

    def start(self) -> Operation | Finished:
        """Run to the first port call."""
        return self._within(self._begin)

    def resume(self, value: Any) -> Operation | Finished:
        """Answer the port call with `value` and run to the next one."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(value)
        return self._within(self._run)

    def throw(self, error: BaseException) -> Operation | Finished:
        """Let the port call raise `error` and run to the next one; a crash is raised in all tasks.

        Raises:
            ProcessKilled: all are dead. Where one has swallowed it, this returns.
        """
        if isinstance(error, ProcessKilled):
            if self._within(lambda: self._die(error)):
                raise error
            return Finished(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        return self._within(self._run)

    def discard(self) -> None:
        """Close all coroutines without running them any further."""
        for task in self._unfinished():
            with suppress(BaseException):  # a dead process has no say any more
                self._within(_coroutine(task).close)
        self._forget()

    def frames(self) -> Iterator[FrameType]:
        """The frames of all coroutines that are not done, task by task."""
        for task in self._unfinished():
            yield from CoroutineStepper(_coroutine(task)).frames()

    async def asking(self, operation: Operation) -> Any:
        """Wait for the answer to a port call; several are answered in the order of their asking."""
        self.awaited += 1
        answer = self._loop.create_future()
        self._asked.append((operation, answer))
        return await answer

    def when(self) -> float:
        """From which time on a call that stands at no port can go on: 0 is now, inf is never."""
        if any(not handle.cancelled() for handle in self.ready):
            return min(self._polls_until, self._due())
        is_done = self._main is None and not self._more()
        return 0.0 if is_done else self._due()

    def left_behind(self) -> Operation | None:
        """Where the tasks stand that outlive the call, if there are any."""
        self._main = None
        return self._standing() if self._more() or self._lost() else None

    def _within(self, function: Callable[[], _Result]) -> _Result:
        """Call a function with the loop running, for this call of the target."""
        outside, self._loop.running = exchange_loop((self._loop, None)), self
        try:
            return function()
        finally:
            self._loop.running = None
            exchange_loop(outside)

    def _begin(self) -> Operation | Finished:
        self._main = self._loop.create_task(self._running, context=self._context)
        return self._run()

    def _run(self) -> Operation | Finished:
        """Run until everything waits. A timer that is due comes after an answer that is there."""
        now = self._loop.time()
        due = [timer for timer in self.timers if timer.when() <= now]
        self.timers = [timer for timer in self.timers if timer.when() > now]
        due.sort(key=lambda timer: timer.when())
        self.ready.extend(due)
        count = 0
        while self.ready and count < CALLBACKS and not (self._is_over() and self._more()):
            count += 1
            handle = self.ready.popleft()
            if not handle.cancelled():
                handle._run()
        self._polls_until = now + 1 if count == CALLBACKS else 0.0
        if self.refused:
            raise ForeignCall(self.refused)
        return self._outcome()

    def _outcome(self) -> Operation | Finished:
        if self._main is not None and self._main.done():
            if self._main.cancelled():
                raise RuntimeError("its asyncio task was cancelled")
            return Finished(self._main.result())
        if self._main is not None or self._more():
            return self._standing()
        for task in self._lost():
            task.result()
        return Finished(None)

    def _standing(self) -> Operation:
        """The next port call that was asked for, or none."""
        while self._asked:
            operation, self._answer = self._asked.popleft()
            if not self._answer.done():  # cancelled before it was sent
                return operation
        self._answer = None
        return Operation(WAIT, self._pass_time, has_effect=False, when=self.when)

    def _pass_time(self) -> None:
        self._loop.clock.now = max(self._loop.clock.now, self.when())

    def _is_over(self) -> bool:
        return self._main is not None and self._main.done()

    def _more(self) -> bool:
        """Whether there is work besides the call itself."""
        return bool(self._unfinished()) or self._due() < inf

    def _lost(self) -> list[asyncio.Task[Any]]:
        """Tasks that have failed without anybody's asking for their result."""
        return [t for t in self.tasks if t.done() and not t.cancelled() and _unseen(t)]

    def _due(self) -> float:
        return min((timer.when() for timer in self.timers if not timer.cancelled()), default=inf)

    def _unfinished(self) -> list[asyncio.Task[Any]]:
        return [task for task in self.tasks if not task.done()]

    def _die(self, error: ProcessKilled) -> bool:
        """Raise a crash in every task, where it stands; whether all are dead."""
        dead = [
            self._context.copy().run(_dies, _coroutine(task), error) for task in self._unfinished()
        ]
        self._forget()
        return all(dead)

    def _forget(self) -> None:
        for task in self._unfinished():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.ready, self.timers, self.tasks = deque(maxlen=0), [], []


def _coroutine(task: asyncio.Task[Any]) -> Any:
    return task.get_coro()


def _unseen(task: asyncio.Task[Any]) -> bool:
    return bool(task._log_traceback)


def _dies(coroutine: Any, error: ProcessKilled) -> bool:
    """Kill a coroutine; what it awaits on its way out is cut short in the same way."""
    for _ in range(DEATHS):
        try:
            coroutine.throw(error)
        except StopIteration:
            return False
        except (ProcessKilled, Exception):
            return True
    return False
