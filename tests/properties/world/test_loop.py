"""Coroutines that need a running event loop: the kit has one, and says who goes on when."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from attrs import evolve

from implementations.errors import TargetError
from model.environment import Fault
from model.vocabulary import Status
from properties.run import run_bytes, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.loop_stepper import WAIT
from properties.world.trace import Trace
from properties.world.watchdog import watched
from properties.world.world import World
from tests.properties.toys import (
    NOT_CONCURRENT,
    TWO,
    Body,
    Looping,
    act,
    benign,
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


def both_begun(body: Body) -> World:
    """Two handlers, each at the first place where it stops."""
    world = until(world_of(working(body), TWO), Kind.RESUME, FIRST)
    act(act(world, Kind.PLACE, "o2"), Kind.RESUME, "place o2", "publish job")
    return act(world, Kind.DELIVER, "job(o2) to worker")


async def gathers(self: Looping, event: Any) -> None:
    """Two port calls side by side, and what a task gives back."""

    async def told(name: str) -> str:
        self.log.append(await self.world.answer(name, event["subject"]))
        await self.world.checkpoint(f"after {name}")
        return name

    task = asyncio.create_task(told("three"))
    self.log.append(await asyncio.gather(told("one"), told("two")))
    self.log.append(await task)
    self.confirm(event)


def test_tasks_and_gather() -> None:
    """Pins that port calls of several tasks are answered one by one, each where it belongs."""
    world = until(world_of(working(gathers)), Kind.RESUME, FIRST)
    ports = []
    while world.benign()[0].subject == FIRST:
        ports.append(world.benign()[0].port)
        benign(world, 1)
    answers = [f"answer {name}" for name in ("three", "one", "two")]
    assert ports == [*answers, "after three", "after one", "after two", "acknowledge"]
    assert [log["id"] for log in world.target.log[:3]] == ["three-o1", "one-o1", "two-o1"]
    assert world.target.log[3:] == [["one", "two"], "three"]
    assert status(world) is Status.CONFIRMED


async def sleeps(self: Looping, event: Any) -> None:
    """Sleep for a day."""
    before = self.world.clock(), asyncio.get_running_loop().time()
    await asyncio.sleep(86_400)
    self.log += [self.world.clock() - before[0], asyncio.get_running_loop().time() - before[1]]
    self.confirm(event)


def test_a_sleep_takes_the_time_of_the_run() -> None:
    """Pins that a sleep of a day is over at once, and that both clocks of a target show it."""
    world = run_of(sleeps)
    assert world.target.log == [86_400, 86_400]
    assert status(world) is Status.CONFIRMED


def test_time_passes_last() -> None:
    """Pins that whoever sleeps comes after all others, and may come first in another schedule."""
    world = until(world_of(working(sleeps), TWO), Kind.PLACE, "o2")
    wakes = Action(Kind.RESUME, FIRST, WAIT)
    assert world.benign() == [Action(Kind.PLACE, "o2"), wakes]
    assert not world.history.sagas["o1"].reasons
    world.apply(wakes)
    assert world.target.log == [86_400, 86_400]
    assert world.history.sagas["o1"].reasons == {"time passed while others were at work"}
    assert world.fired == {Fault.CONCURRENCY: 1}


def test_time_that_passes_for_want_of_anything_else_is_no_reason_to_fail() -> None:
    """Pins that in a run without deviations a sleep changes nothing for the saga."""
    world = run_of(sleeps)
    assert not world.history.sagas["o1"].reasons
    assert not world.fired


def test_who_sleeps_longer_wakes_later() -> None:
    """Pins that time goes forward: only the next to wake can be chosen."""

    async def body(self: Looping, event: Any) -> None:
        await asyncio.sleep({"o1": 10, "o2": 5}[event["subject"]])
        self.log.append(event["subject"])

    world = until(world_of(working(body), TWO), Kind.RESUME, SECOND, WAIT)
    assert world.benign() == [Action(Kind.RESUME, SECOND, WAIT)]
    assert not world.enabled(Action(Kind.RESUME, FIRST, WAIT))
    rest(world)
    assert world.target.log == ["o2", "o1"]


def test_a_standstill_ends_every_sleep() -> None:
    """Pins that a sleeper whose time has come takes its turn like everybody else."""
    world = until(world_of(working(sleeps), TWO), Kind.PLACE, "o2")
    act(world, Kind.STANDSTILL)
    assert world.benign()[0] == Action(Kind.RESUME, FIRST, WAIT)


async def times_out(self: Looping, event: Any) -> None:
    """Wait for five seconds for what does not come."""
    began = self.world.clock()
    try:
        async with asyncio.timeout(5):
            await self.event.wait()
    except TimeoutError:
        self.log.append(self.world.clock() - began)
    self.log.append(await asyncio.wait_for(asyncio.sleep(1, "in time"), 2))
    self.confirm(event)


def test_timeouts() -> None:
    """Pins that a timeout falls due in the run's own time, or not at all."""
    world = run_of(times_out)
    assert world.target.log == [5, "in time"]
    assert status(world) is Status.CONFIRMED


def test_an_answer_comes_before_a_timeout() -> None:
    """Pins that a port call which is answered late is answered: the limit is looked at after it."""

    async def body(self: Looping, event: Any) -> None:
        try:
            async with asyncio.timeout(5):
                self.log.append((await self.world.answer("check", event["subject"]))["status"])
        except TimeoutError:
            self.log.append("too late")

    world = until(world_of(working(body)), Kind.RESUME, FIRST, "answer check")
    rest(act(world, Kind.STANDSTILL))
    assert world.target.log == ["done"]


def test_a_cancelled_port_call_is_not_made() -> None:
    """Pins that a call which was asked for and cancelled before its turn has no effect."""

    async def late(self: Looping, event: Any) -> None:
        charge = asyncio.create_task(self.world.payments.charge(event["subject"], 1999, "EUR"))
        await asyncio.sleep(0)
        charge.cancel()

    async def body(self: Looping, event: Any) -> None:
        await asyncio.gather(self.world.checkpoint("first"), late(self, event))
        await self.world.checkpoint("second")

    world = run_of(body)
    assert not world.gateway.charges
    assert not world.errors


async def locked(self: Looping, event: Any) -> None:
    """Hold the lock over a port call."""
    async with self.lock:
        self.log.append(event["subject"])
        await self.world.checkpoint("holding")
        self.log.append(event["subject"])
    self.confirm(event)


def test_a_lock_holds_the_other_handler_up() -> None:
    """Pins that it cannot go on before the lock is free, and does then."""
    world = both_begun(locked)
    waits = Action(Kind.RESUME, SECOND, WAIT)
    assert world.tasks[SECOND].resume == waits
    assert not world.enabled(waits)
    assert waits not in world.benign()
    act(world, Kind.RESUME, FIRST, "holding")
    assert world.enabled(waits)
    assert waits in world.benign()
    rest(world)
    assert world.target.log == ["o1", "o1", "o2", "o2"]
    assert status(world, "o2") is Status.CONFIRMED


def test_a_crash_lets_go_of_the_lock() -> None:
    """Pins that all handlers of the participant die, waiting or not, and begin again."""
    world = both_begun(locked)
    act(world, Kind.CRASH, SECOND, WAIT, Mode.BEFORE)
    assert not world.tasks
    assert not world.target.lock.locked()
    rest(world)
    assert world.target.log == ["o1", "o1", "o1", "o2", "o2"]
    assert status(world, "o1") is status(world, "o2") is Status.CONFIRMED


async def waits_for_the_other(self: Looping, event: Any) -> None:
    """The first waits until the second has been there."""
    if event["subject"] == "o2":
        self.event.set()
    await self.event.wait()
    self.confirm(event)


@pytest.mark.parametrize("faults", [frozenset(Fault), NOT_CONCURRENT])
def test_an_event_that_another_handler_sets(faults: frozenset[Fault]) -> None:
    """Pins that others move first, even where handlers are not meant to interleave."""
    world = run_of(waits_for_the_other, evolve(TWO, faults=faults))
    assert status(world, "o1") is status(world, "o2") is Status.CONFIRMED


def test_what_never_comes_is_waited_for_in_vain() -> None:
    """Pins that the run comes to its end with a verdict that names the handler and its place."""
    world = world_of(working(waits_for_the_other))
    world.drain()
    assert world.history.findings["LIVE-0"].text.startswith(
        f"{FIRST} waits for what never comes (test_loop.py:"
    )
    assert "LIVE-1" in world.history.findings


def test_polling_lets_others_go_first() -> None:
    """Pins that sleep(0) in a loop takes time: it neither hangs nor keeps others waiting."""

    async def body(self: Looping, event: Any) -> None:
        if event["subject"] == "o2":
            self.event.set()
        while not self.event.is_set():
            await asyncio.sleep(0)
        self.confirm(event)

    world = run_of(body, TWO)
    assert status(world, "o1") is status(world, "o2") is Status.CONFIRMED
    alone = world_of(working(body))
    alone.drain()
    assert "still moving" in alone.history.findings["LIVE-0"].text


def test_code_that_does_not_come_back_is_interrupted() -> None:
    """Pins that the watchdog's interruption is not lost in a task or a callback."""

    def hangs() -> None:
        while True:
            pass

    async def in_a_task(self: Looping, event: Any) -> None:
        hangs()

    async def in_a_callback(self: Looping, event: Any) -> None:
        asyncio.get_running_loop().call_soon(hangs)
        await asyncio.sleep(0)

    for body in (in_a_task, in_a_callback):
        with pytest.raises(TargetError, match=r"did not come back.*in hangs"), watched("it", 0.05):
            run_of(body)


async def fails_once(self: Looping, event: Any) -> None:
    """Catch what a port call raises in a task."""
    try:
        await asyncio.gather(self.world.payments.charge(event["subject"], 1999, "EUR", key="k"))
    except ConnectionError:
        self.log.append("not available")
    self.confirm(event)


def test_a_port_call_fails_in_its_task() -> None:
    """Pins that faults reach the code that made the call."""
    world = until(world_of(working(fails_once)), Kind.RESUME, FIRST, "payments.charge")
    act(world, Kind.ANSWER, FIRST, "payments.charge", Mode.TRANSIENT)
    rest(world)
    assert world.target.log == ["not available"]


@pytest.mark.parametrize("body", [gathers, times_out, locked, fails_once])
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
