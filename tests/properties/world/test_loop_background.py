"""What handlers leave running on the event loop, and how all of it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from implementations.errors import TargetError
from model.vocabulary import Status
from properties.run import run_bytes, run_schedule
from properties.world.actions import Kind, Mode
from properties.world.loop_stepper import WAIT
from properties.world.trace import Trace
from tests.properties.toys import (
    TWO,
    Body,
    Looping,
    act,
    rest,
    run_of,
    status,
    subject_of,
    until,
    working,
    world_of,
)

FIRST, SECOND = "worker on job(o1)", "worker on job(o2)"
LEFT = f"{FIRST}, background"


async def leaves(self: Looping, event: Any) -> None:
    """Leave something to be done in the background."""

    async def more() -> None:
        await self.world.checkpoint("later")
        await self.world.publish("done", {})
        self.confirm(event)

    self.background.append(asyncio.create_task(more()))


def test_what_a_handler_leaves_running_goes_on() -> None:
    """Pins that it is work of the participant's own, after the handler's end and beside others."""
    world = until(world_of(working(leaves)), Kind.RESUME, FIRST)
    assert list(world.tasks) == [FIRST, LEFT]
    act(world, Kind.RESUME, FIRST, "acknowledge")
    assert world.network.in_flight == []
    assert world.free["worker"] == 2
    rest(world)
    assert status(world) is Status.CONFIRMED
    assert [(draft.type, draft.order) for draft in world.network.published] == [
        ("job", "o1"),
        ("done", "o1"),
    ]
    assert world.free["worker"] == 2


def test_a_crash_takes_what_runs_in_the_background() -> None:
    """Pins that what was acknowledged is lost with it: the fault of firing and forgetting."""
    world = until(world_of(working(leaves)), Kind.RESUME, FIRST)
    act(world, Kind.RESUME, FIRST, "acknowledge")
    act(act(world, Kind.RESUME, LEFT, WAIT), Kind.CRASH, LEFT, "later", Mode.BEFORE)
    world.drain()
    assert "LIVE-1" in world.history.findings


def test_a_crash_before_the_acknowledgement_begins_all_anew() -> None:
    """Pins that handler and background die together and the message comes once."""
    world = until(world_of(working(leaves)), Kind.RESUME, FIRST)
    act(world, Kind.CRASH, FIRST, "acknowledge", Mode.BEFORE)
    assert not world.tasks
    assert len(world.network.in_flight) == 1
    rest(world)
    assert len(world.target.seen) == 2
    assert status(world) is Status.CONFIRMED


@pytest.mark.parametrize("wait", [-1, 0, 1])
def test_an_error_in_the_background_is_told(wait: int) -> None:
    """Pins that it fails no message, and is not lost."""

    async def fails() -> None:
        raise KeyError("nobody listens")

    async def body(self: Looping, event: Any) -> None:
        self.background.append(asyncio.create_task(fails()))
        if wait >= 0:
            await asyncio.sleep(wait)

    world = run_of(body)
    assert [error.partition(" (")[0] for error in world.errors] == [
        f"{LEFT} raised KeyError: 'nobody listens'"
    ]
    assert len(world.target.seen) == 1


def test_a_background_task_that_waits_for_ever_is_no_fault() -> None:
    """Pins that a worker with an empty queue keeps no run from its end."""

    async def body(self: Looping, event: Any) -> None:
        self.background.append(asyncio.create_task(self.event.wait()))
        self.confirm(event)

    world = world_of(working(body))
    world.drain()
    assert "LIVE-0" not in world.history.findings
    assert list(world.tasks) == [LEFT]


async def cleans_up(self: Looping, event: Any) -> None:
    """Tasks that die in three places, and code on the way out."""

    async def stands(where: Coroutine[Any, Any, Any]) -> None:
        try:
            await where
        except Exception:
            self.log.append("an Exception")
        finally:
            self.log.append("out")
            await asyncio.sleep(0)
            self.log.append("never here")

    async with asyncio.TaskGroup() as group:
        group.create_task(stands(self.world.checkpoint("here")))
        group.create_task(stands(self.event.wait()))
        group.create_task(stands(asyncio.sleep(5)))


def test_a_crash_strikes_every_task_where_it_stands() -> None:
    """Pins the crash of other handlers: no Exception, `finally` runs, what it awaits is cut off."""
    world = until(world_of(working(cleans_up)), Kind.RESUME, FIRST, "here")
    act(world, Kind.CRASH, FIRST, "here", Mode.BEFORE)
    assert world.target.log == ["out"] * 3
    assert not world.tasks


def test_at_the_end_of_a_run_what_still_waits_dies_in_silence() -> None:
    """Pins that no coroutine is left to be closed by chance, with a warning on the terminal."""
    world = until(world_of(working(cleans_up)), Kind.RESUME, FIRST, "here")
    target = world.target
    world.dissolve()
    assert target.log == ["out"] * 3


def test_a_task_that_swallows_a_crash_is_an_error_of_the_target() -> None:
    """Pins that it is found in a task that is not the handler, too."""

    async def survives(self: Looping) -> None:
        try:
            await self.event.wait()
        except BaseException:
            self.log.append("still here")

    async def body(self: Looping, event: Any) -> None:
        self.background.append(asyncio.create_task(survives(self)))
        await self.world.checkpoint("here")

    world = until(world_of(working(body)), Kind.RESUME, FIRST, "here")
    with pytest.raises(TargetError, match="swallowed"):
        act(world, Kind.CRASH, FIRST, "here", Mode.BEFORE)


@pytest.mark.parametrize("body", [leaves, cleans_up])
def test_the_same_schedule_is_the_same_run(body: Body) -> None:
    """Pins determinism, with crashes and all other faults in the schedule."""
    subject = subject_of(working(body))
    for seed in range(20):
        run = run_bytes(subject, TWO, Random(seed).randbytes(60))
        run.world.dissolve()
        traces = Trace(), Trace()
        for trace in traces:
            run_schedule(subject, run.schedule, trace).world.dissolve()
        assert traces[0].steps == traces[1].steps
        assert len(traces[0].steps) > 10
