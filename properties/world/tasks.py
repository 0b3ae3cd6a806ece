"""Tasks: the target's calls that are under way, and how each of them ends."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from attrs import define

from implementations.errors import TargetError
from properties.world.actions import Action, Kind, made
from properties.world.loop import Loop
from properties.world.loop_stepper import LoopStepper
from properties.world.network import Message
from properties.world.stepping import (
    CoroutineStepper,
    Finished,
    ForeignAwait,
    ForeignCall,
    GreenletStepper,
    Operation,
    ProcessKilled,
    Stepper,
)

#: A call of the target that makes so many port calls is in a loop.
CALLS_PER_TASK = 300
#: A killed call that comes back for the next port call so often does not die.
DEATHS = 20


_ASK_FOR_LOOP = "give the target `loop = 'asyncio'` to have its coroutines run on a loop"
_RESUME = Action(Kind.RESUME)
_KIND = Kind.RESUME


class Work(StrEnum):
    """What a task is about."""

    HANDLE = "handle"
    RELAY = "relay"
    PLACE = "place"
    CANCEL = "cancel"
    ACT = "act"
    BACKGROUND = "background"
    """What a call has left running in an event loop when it came to its end."""


@define(eq=False)
class Task:
    """One call of the target: running, paused at a port call, or waiting to be acknowledged."""

    name: str
    work: Work
    participant: str
    order: str
    stepper: Stepper
    handling: int
    message: Message | None = None
    operation: Operation | None = None
    result: Any = None
    finished: bool = False
    """The target's code has come to its end; only the acknowledgement is missing."""
    acknowledged: bool = False
    """The target has acknowledged the message before it has come to its end."""
    stalled: bool = False
    """It takes long: everything else goes first."""
    waiting: bool = False
    """It waits for what another task holds, and no other task has run since it began to."""
    dead: bool = False
    deaths: int = 0
    """How often it went on after it was killed."""
    since: int = 0
    calls: int = 0
    published: int = 0
    resume: Action = _RESUME

    @property
    def cause(self) -> str:
        """The name under which the ledger enters what this task brings about."""
        if self.message is not None:
            return self.message.origin
        return self.name if self.work is not Work.RELAY else ""

    @property
    def saga_id(self) -> str:
        """The saga that the message being handled belongs to."""
        return self.message.saga_id if self.message is not None else self.order

    @property
    def message_id(self) -> str:
        """The id of the message being handled."""
        return self.message.id if self.message is not None else ""

    @property
    def when(self) -> float:
        """From which time on it can go on: 0 is at once, infinity is not before others have."""
        operation = self.operation
        return operation.when() if operation is not None and operation.when is not None else 0.0

    def stop_waiting(self) -> bool:
        """Go on; whether another task has run meanwhile, so that it is worth another try."""
        moved, self.waiting = not self.waiting, False
        return moved

    def dies_again(self) -> bool:
        """Whether it is worth killing once more; if not, it stops, and `kill` reports it."""
        self.deaths += 1
        return self.deaths < DEATHS

    def stop_at(self, operation: Operation) -> None:
        """The task waits for the answer of `operation`."""
        self.operation = operation
        self.calls += 1
        if self.calls > CALLS_PER_TASK:
            raise TargetError(
                f"made {CALLS_PER_TASK} port calls in one go, the last one {operation.port!r}",
                self.name,
                "it seems to retry for ever: give up after a few attempts and raise, so that the "
                "message is delivered again",
            )
        self.resume = made(_KIND, self.name, operation.port)


def stepper_for(
    function: Callable[..., Any], is_coroutine: bool, loop: Loop | None, *arguments: Any
) -> Stepper:
    """A stepper for a call of the target that has not begun yet."""
    if not is_coroutine:
        return GreenletStepper(function, *arguments)
    if loop is None:
        return CoroutineStepper(function(*arguments))
    return LoopStepper(loop, function(*arguments))


def advance(
    task: Task, move: Callable[..., Operation | Finished], *values: Any
) -> Finished | Exception | None:
    """Run a task to its next port call (None), its end, or the error that it raised.

    Raises:
        TargetError: the target did something that no target may do.
    """
    try:
        outcome = move(*values)
    except ProcessKilled:
        raise
    except TargetError:
        raise
    except SystemExit as error:
        raise TargetError(
            f"ended the whole process: {describe_error(error)}",
            task.name,
            "raise an Exception, so that the message is delivered again",
        ) from None
    except ForeignAwait as foreign:
        awaited = "asyncio.sleep(0), or yields" if str(foreign) == "NoneType" else foreign
        raise TargetError(
            f"awaits {awaited}, which is not a port of the world",
            task.name,
            f"await only what `world` offers, or {_ASK_FOR_LOOP}",
        ) from None
    except ForeignCall as foreign:
        raise TargetError(
            f"asks its event loop for {foreign}, which the kit's loop does not do",
            task.name,
            "handlers run in one thread, in the run's own time and without a network: call the "
            "world's ports there, or run the target as a process of its own (`cmd:`)",
        ) from None
    except RuntimeError as error:
        if "no running event loop" in str(error):
            raise TargetError(
                "needs a running asyncio event loop",
                task.name,
                "await only the world's ports (world.clock and world.timer instead of "
                f"asyncio.sleep), or {_ASK_FOR_LOOP}",
            ) from None
        return error
    except Exception as error:
        return error
    if isinstance(outcome, Operation):
        task.stop_at(outcome)
        return None
    if isinstance(outcome, Finished):
        return outcome
    raise TargetError(
        f"paused with {outcome!r}, which is no port call", task.name, "call only ports of `world`"
    )


def kill(task: Task) -> None:
    """Let the task die where it stands.

    Raises:
        TargetError: it does not die.
    """
    task.dead = True
    if task.operation is None or task.finished:
        return
    try:
        task.stepper.throw(ProcessKilled("the process was killed"))
    except (ProcessKilled, Exception) as end:  # whatever the way out: the process is gone
        end.__traceback__ = None
        return
    task.stepper.discard()
    raise TargetError(
        "a crash is raised as a BaseException at a port call, and the target swallowed it",
        task.name,
        "catch Exception rather than BaseException (or a bare `except:`) around port calls, or run "
        "the target as a process of its own",
    )


def describe_error(error: BaseException) -> str:
    """An error of the target in one line, with the place in the target's code."""
    frames = tuple(
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    )
    text = str(error)
    return f"{type(error).__name__}{f': {text}' if text else ''}{_place(frames)}"


def describe_place(task: Task) -> str:
    """Where in the target's code a task stands."""
    return _place(tuple((f.f_code.co_filename, f.f_lineno) for f in task.stepper.frames()))


@lru_cache(maxsize=1 << 10)
def _place(frames: tuple[tuple[str, int], ...]) -> str:
    """The last of these places that is the target's own; many errors of a search share it."""
    others = [frame for frame in frames if not frame[0].startswith(_OURS)]
    own = [frame for frame in others if not _is_of_a_library(frame[0])] or others
    return f" ({Path(own[-1][0]).name}:{own[-1][1]})" if own else ""


def _is_of_a_library(file: str) -> bool:
    """One may be installed elsewhere than in this environment, which sees it all the same."""
    return file.startswith(_LIBRARIES) or not _INSTALLED.isdisjoint(Path(file).parts)


_INSTALLED = {"site-packages", "dist-packages"}
_PROPERTIES = Path(__file__).resolve().parent.parent
#: The world, and what stands in for a target that is a process: it tells the place itself.
_OURS = (str(_PROPERTIES), str(_PROPERTIES.parent / "implementations" / "process"))
#: What a target has from others, the helpers of its adapter included.
_LIBRARIES = (
    *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")),
    str(_PROPERTIES.parent / "implementations" / "adapting"),
    "<",  # code that a library has written: no file has it
)
