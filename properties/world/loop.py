"""An asyncio event loop that the kit advances, for coroutines that need a running one.

`asyncio.create_task`, locks, events, queues, `gather`, `sleep` and `timeout` work as in production,
in one thread and in the run's own time. What a call of the target starts belongs to that call, and
runs only when the schedule lets that call go on: what is ready is kept by its stepper.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVarTuple

from properties.world.stepping import ForeignCall, Operation

if TYPE_CHECKING:
    from properties.world.loop_stepper import LoopStepper

_Ts = TypeVarTuple("_Ts")


class Clock(Protocol):
    """What the loop's time is taken from."""

    now: float


class Loop(asyncio.AbstractEventLoop):
    """The loop of one run. What cannot be done in one thread and without a network, it refuses."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.running: LoopStepper | None = None
        """The call whose code is running."""

    def time(self) -> float:
        """The run's own time."""
        return self.clock.now

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Have a callback run when the call that its context belongs to goes on."""
        context = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, context)
        owner = context.get(OWNER, self.running)
        if owner is not None:
            owner.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # there is no other thread

    def call_later(
        self,
        delay: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have a callback run after so many seconds of the run's own time."""
        return self.call_at(self.clock.now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have a callback run at a time of the run."""
        context = copy_context() if context is None else context
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        owner = context.get(OWNER, self.running)
        if owner is not None:
            owner.timers.append(handle)
        return handle

    def detach(self) -> None:
        """Forget the world: the run is over, whatever of the target lives on."""
        del self.clock

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **more: Any) -> asyncio.Task[Any]:
        """A task that belongs to the call that is running."""
        task = asyncio.Task(coro, loop=self, **more)
        if self.running is not None:
            self.running.tasks.append(task)
        return task

    def ask(self, operation: Operation) -> Coroutine[Any, Any, Any]:
        """A port call of the code that is running, to be awaited."""
        stepper = self.running
        assert stepper is not None
        stepper.made += 1
        return stepper.asking(operation)

    def is_running(self) -> bool:
        """It always is, for whoever can ask."""
        return True

    def is_closed(self) -> bool:
        """It ends with the run."""
        return False

    def get_debug(self) -> bool:
        """No: debugging measures time by the clock."""
        return False

    def get_task_factory(self) -> None:
        """Tasks are asyncio's own."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What nobody asks for is told when the call is over; the watchdog's bark goes through."""
        error = context.get("exception")
        if isinstance(error, BaseException) and not isinstance(error, Exception):
            raise error

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Its call passes it over."""


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refuse(loop: Loop, *_: Any, **__: Any) -> NoReturn:
        if loop.running is not None:
            loop.running.refused = loop.running.refused or name
        raise ForeignCall(name)

    return refuse


#: The call of the target that code belongs to: asyncio hands it on to tasks and callbacks.
OWNER: ContextVar[LoopStepper] = ContextVar("owner")

for _name, _member in vars(asyncio.AbstractEventLoop).items():
    if callable(_member) and _name not in vars(Loop) and not _name.startswith("__"):
        setattr(Loop, _name, _refusing(_name))
