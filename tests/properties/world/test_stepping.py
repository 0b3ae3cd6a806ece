"""Target code runs from one port call to the next, and ends as the world decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from implementations.errors import TargetError
from properties.world.stepping import (
    CoroutineStepper,
    Finished,
    ForeignAwait,
    GreenletStepper,
    Operation,
    ProcessKilled,
    Stepper,
    in_task,
    pause,
    stop_here,
)
from properties.world.tasks import CALLS_PER_TASK, Task, Work, advance, describe_error, kill

#: What a piece of target code does at a port: given its name, gets the answer.
Log = list[Any]


def nothing() -> None:
    """What these ports do."""


def operation(port: str) -> Operation:
    """A port call."""
    return Operation(port, nothing)


async def two_calls(log: Log) -> str:
    """Two port calls, one after the other."""
    log.append(await pause(operation("first")))
    try:
        log.append(await pause(operation("second")))
    except TimeoutError as error:
        log.append(error)
        log.append(await pause(operation("third")))
    return "result"


def two_plain_calls(log: Log) -> str:
    """The same in a plain function."""
    log.append(stop_here(operation("first")))
    try:
        log.append(stop_here(operation("second")))
    except TimeoutError as error:
        log.append(error)
        log.append(stop_here(operation("third")))
    return "result"


BOTH = pytest.mark.parametrize(
    "begin",
    [
        lambda log: CoroutineStepper(two_calls(log)),
        lambda log: GreenletStepper(two_plain_calls, log),
    ],
    ids=["coroutine", "plain"],
)


def port(outcome: Operation | Finished) -> str:
    """The port that a task has stopped at."""
    assert isinstance(outcome, Operation)
    return outcome.port


def task_of(stepper: Stepper) -> Task:
    """A task that runs it."""
    return Task("payment on job(o1)", Work.HANDLE, "payment", "o1", stepper, 1)


@BOTH
def test_it_stops_at_each_port_call(begin: Callable[[Log], Stepper]) -> None:
    """Pins that the code runs to its next port call and no further, and gets the answers."""
    log: Log = []
    stepper = begin(log)
    assert log == []
    assert port(stepper.start()) == "first"
    assert log == []
    assert port(stepper.resume(1)) == "second"
    assert log == [1]
    assert stepper.resume(2) == Finished("result")
    assert log == [1, 2]


@BOTH
def test_an_error_is_raised_at_the_port_call(begin: Callable[[Log], Stepper]) -> None:
    """Pins that the target can catch what a port raises, and go on with other calls."""
    log: Log = []
    stepper = begin(log)
    stepper.start()
    stepper.resume(1)
    error = TimeoutError()
    assert port(stepper.throw(error)) == "third"
    assert log == [1, error]
    assert stepper.resume(3) == Finished("result")


@BOTH
def test_an_error_that_is_not_caught_comes_out(begin: Callable[[Log], Stepper]) -> None:
    """Pins that the error is the task's end and reaches whoever steps it."""
    stepper = begin([])
    stepper.start()
    with pytest.raises(ConnectionError):
        stepper.throw(ConnectionError())


@BOTH
def test_two_tasks_interleave(begin: Callable[[Log], Stepper]) -> None:
    """Pins that each task keeps its own place while others run."""
    logs: tuple[Log, Log] = ([], [])
    one, other = begin(logs[0]), begin(logs[1])
    assert port(one.start()) == port(other.start()) == "first"
    assert port(other.resume("b1")) == "second"
    assert port(one.resume("a1")) == "second"
    assert one.resume("a2") == Finished("result")
    assert other.resume("b2") == Finished("result")
    assert logs == (["a1", "a2"], ["b1", "b2"])


@BOTH
def test_a_discarded_task_runs_no_further(begin: Callable[[Log], Stepper]) -> None:
    """Pins that forgetting a task does not finish it."""
    log: Log = []
    stepper = begin(log)
    stepper.start()
    stepper.discard()
    stepper.discard()
    assert log == []


@BOTH
def test_frames_show_where_it_stands(begin: Callable[[Log], Stepper]) -> None:
    """Pins that the local values of paused code can be read, outermost frame first."""
    stepper = begin(["seen"])
    stepper.start()
    frames = [frame for frame in stepper.frames() if frame.f_code.co_name.startswith("two_")]
    assert [frame.f_locals["log"] for frame in frames] == [["seen"]]


@BOTH
def test_a_crash_kills(begin: Callable[[Log], Stepper]) -> None:
    """Pins that a killed task is over: `except TimeoutError` does not survive it."""
    log: Log = []
    task = task_of(begin(log))
    assert advance(task, task.stepper.start) is None
    assert advance(task, lambda: task.stepper.resume(1)) is None
    kill(task)
    assert task.dead
    assert log == [1]


async def catches_exception() -> None:
    """Catches what it may."""
    try:
        await pause(operation("first"))
    except Exception:
        await pause(operation("second"))


def test_except_exception_does_not_survive_a_crash() -> None:
    """Pins that a crash is no Exception."""
    task = task_of(CoroutineStepper(catches_exception()))
    advance(task, task.stepper.start)
    kill(task)
    with pytest.raises(RuntimeError, match="already awaited"):
        task.stepper.resume(None)


async def swallows_and_returns() -> None:
    """Catches everything and ends well."""
    try:
        await pause(operation("first"))
    except BaseException:
        return


async def swallows_and_goes_on() -> None:
    """Catches everything and calls another port."""
    try:
        await pause(operation("first"))
    except BaseException:
        await pause(operation("second"))


def plain_swallows() -> None:
    """Catches everything in a plain function."""
    try:
        stop_here(operation("first"))
    except BaseException:
        stop_here(operation("second"))


@pytest.mark.parametrize(
    "begin",
    [
        lambda: CoroutineStepper(swallows_and_returns()),
        lambda: CoroutineStepper(swallows_and_goes_on()),
        lambda: GreenletStepper(plain_swallows),
    ],
    ids=["returns", "goes on", "plain"],
)
def test_a_swallowed_crash_is_an_error_of_the_target(begin: Callable[[], Stepper]) -> None:
    """Pins that a target that survives a crash is told what to do instead."""
    task = task_of(begin())
    advance(task, task.stepper.start)
    with pytest.raises(TargetError, match="swallowed") as caught:
        kill(task)
    assert "process of its own" in caught.value.how_to_fix
    assert caught.value.where == "payment on job(o1)"


def test_an_error_on_the_way_out_is_a_death_too() -> None:
    """Pins that a `finally` that fails changes nothing: the process is gone."""

    async def fails() -> None:
        try:
            await pause(operation("first"))
        finally:
            raise RuntimeError("on the way out")

    task = task_of(CoroutineStepper(fails()))
    advance(task, task.stepper.start)
    kill(task)


def test_a_task_that_has_not_paused_need_not_be_killed() -> None:
    """Pins that a task that only waits for its acknowledgement runs no code when it dies."""
    log: Log = []
    task = task_of(GreenletStepper(two_plain_calls, log))
    task.finished = True
    task.operation = operation("acknowledge")
    kill(task)
    assert task.dead
    assert log == []


async def sleeps() -> None:
    """Waits for a clock that does not run here."""
    await asyncio.sleep(1)


async def yields_to_the_loop() -> None:
    """Awaits what only an event loop can make sense of."""
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("function", "says"),
    [(sleeps, "running asyncio event loop"), (yields_to_the_loop, "not a port of the world")],
)
def test_a_foreign_await_is_an_error_of_the_target(
    function: Callable[[], Coroutine[Any, Any, None]], says: str
) -> None:
    """Pins that awaiting something else than a port is explained, and not run."""
    task = task_of(CoroutineStepper(function()))
    with pytest.raises(TargetError, match=says) as caught:
        advance(task, task.stepper.start)
    assert "await only" in caught.value.how_to_fix


def test_the_stepper_itself_names_what_was_awaited() -> None:
    """Pins that ForeignAwait carries the type of what came instead of a port call."""
    with pytest.raises(ForeignAwait, match="NoneType"):
        CoroutineStepper(yields_to_the_loop()).start()


def test_a_port_call_loop_is_an_error_of_the_target() -> None:
    """Pins that retrying for ever is found after a bounded number of calls."""

    def retries() -> None:
        while True:
            stop_here(operation("payments.charge"))

    task = task_of(GreenletStepper(retries))
    advance(task, task.stepper.start)
    with pytest.raises(TargetError, match=r"payments\.charge"):  # noqa: PT012
        while True:
            advance(task, lambda: task.stepper.resume(None))
    assert task.calls == CALLS_PER_TASK + 1


def test_errors_of_the_target_are_its_end() -> None:
    """Pins that an Exception is handed back, and that the kit's own errors pass through."""

    def fails(error: BaseException) -> None:
        raise error

    for error in (KeyError("x"), RuntimeError("y")):
        task = task_of(GreenletStepper(fails, error))
        assert advance(task, task.stepper.start) is error
    for through in (TargetError("what", "where", "how"), ProcessKilled("dead")):
        task = task_of(GreenletStepper(fails, through))
        with pytest.raises(type(through)):
            advance(task, task.stepper.start)


def test_an_error_is_described_with_its_place() -> None:
    """Pins that reports name file and line in the target, and the type where there is no text."""

    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError) as caught:
        fails()
    assert describe_error(caught.value).startswith("KeyError (test_stepping.py:")


def test_the_place_is_in_no_library_wherever_it_is_installed(tmp_path: Path) -> None:
    """Pins that a library outside of this environment is not named, but who called it."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "library.py").write_text("def use():\n    raise KeyError\n")
    use = run_path(str(folder / "library.py"))["use"]
    with pytest.raises(KeyError) as caught:
        use()
    assert describe_error(caught.value).startswith("KeyError (test_stepping.py:")


def test_only_code_in_a_task_can_be_stopped() -> None:
    """Pins that the kit's own code is told from the target's."""
    assert not in_task()
    seen = GreenletStepper(in_task).start()
    assert seen == Finished(True)


def runs_a_loop(log: Log) -> str:
    """A plain function around coroutines, as adapters of asynchronous services are."""

    async def service() -> str:
        log.append(stop_here(operation("publish")))
        await asyncio.sleep(0)
        assert asyncio.current_task() is not None
        return "result"

    return asyncio.run(service())


def test_a_paused_event_loop_is_out_of_the_way() -> None:
    """Pins that calls of asyncio.run interleave, and that one that dies leaves no loop behind."""
    log: Log = []
    first, second, third = (GreenletStepper(runs_a_loop, log) for _ in range(3))
    assert [port(stepper.start()) for stepper in (first, second, third)] == ["publish"] * 3
    assert asyncio.run(asyncio.sleep(0, "the kit's own")) == "the kit's own"
    assert first.resume(1) == Finished("result")
    with pytest.raises(ProcessKilled):
        second.throw(ProcessKilled("dead"))
    third.discard()
    assert asyncio._get_running_loop() is None
    assert log == [1]
    assert GreenletStepper(runs_a_loop, log).start() == operation("publish")
