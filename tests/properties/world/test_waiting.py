"""A handler that waits for a lock: others go first, and nobody waits for ever."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar

import pytest

from model.environment import Fault
from properties.run import FAULT_BYTES, run_bytes
from properties.world.actions import Action, Kind, Mode
from properties.world.world import World
from tests.properties.toys import TWO, AsyncToy, Toy, act, rest, status, subject_of, until, world_of

#: Bytes that choose no fault.
CALM = bytes(byte % FAULT_BYTES for byte in range(256))
FIRST, SECOND = "worker on job(o1)", "worker on job(o2)"


class Locking(Toy):
    """Two handlers, and locks that each of them takes one after the other."""

    consumers: ClassVar[dict[str, Any]] = {"worker": {"parallel": 2}}
    wanted: ClassVar[dict[str, str]] = {"o1": "a", "o2": "a"}

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.held: dict[str, str] = {}
        self.tries: list[str] = []

    def work(self, event: dict[str, Any]) -> None:
        """Take the locks, confirm, and let go of them, whatever happens."""
        order = event["subject"]
        try:
            for lock in self.wanted[order]:
                self.take(lock, order)
                self.world.checkpoint(f"holding {lock}")
            super().work(event)
        finally:
            self.held = {lock: owner for lock, owner in self.held.items() if owner != order}

    def take(self, lock: str, order: str) -> None:
        """Take a lock as soon as it is free."""
        self.tries.append(order)
        while self.held.setdefault(lock, order) != order:
            if not self.world.blocked(lock):
                raise RuntimeError("deadlock")
            self.tries.append(order)


class Crossing(Locking):
    """Each order takes the locks in another order."""

    wanted: ClassVar[dict[str, str]] = {"o1": "ab", "o2": "ba"}


class AsyncLocking(AsyncToy, Locking):
    """The same in coroutines."""

    async def work(self, event: dict[str, Any]) -> None:  # type: ignore[override]
        """Take the one lock."""
        order = event["subject"]
        while self.held.setdefault("a", order) != order:
            if not await self.world.blocked("a"):
                raise RuntimeError("deadlock")
        await self.world.checkpoint("holding a")
        del self.held["a"]
        await super().work(event)


def blocked(factory: type[Toy] = Locking) -> World:
    """The first handler holds a lock, and the second has just found that it has to wait."""
    world = until(world_of(factory, TWO), Kind.RESUME, FIRST, "holding a")
    act(act(world, Kind.PLACE, "o2"), Kind.RESUME, "place o2", "publish job")
    return act(world, Kind.DELIVER, "job(o2) to worker")


@pytest.mark.parametrize("factory", [Locking, AsyncLocking])
def test_who_waits_is_passed_over(factory: type[Toy]) -> None:
    """Pins that the holder is chosen before the one that waits, which then goes on by itself."""
    world = blocked(factory)
    waits = world.tasks[SECOND].resume
    assert waits == Action(Kind.RESUME, SECOND, "wait for a")
    assert waits not in world.benign()
    assert not world.enabled(waits)
    act(world, Kind.RESUME, FIRST, "holding a")
    assert waits in world.benign()
    assert world.enabled(waits)
    rest(world)
    assert status(world, "o1") == status(world, "o2") == "confirmed"


def test_trying_again_takes_the_others_one_step() -> None:
    """Pins that the one that waits tries again only when another one has moved."""
    world = rest(blocked())
    assert world.target.tries == ["o1", "o2", "o2"]


def test_a_deadlock_ends_in_an_error() -> None:
    """Pins that where all wait for each other, one of them gives up, and all is done in the end."""
    world = blocked(Crossing)
    act(world, Kind.RESUME, FIRST, "holding a")
    assert [task.waiting for task in world.tasks.values()] == [True, False]
    act(world, Kind.RESUME, SECOND, "holding b")
    assert [task.waiting for task in world.tasks.values()] == [False, True]
    act(world, Kind.RESUME, FIRST, "wait for b")
    assert [task.waiting for task in world.tasks.values()] == [True, True]
    assert world.tasks[FIRST].resume in world.benign()
    rest(world)
    assert [error.partition(" (")[0] for error in world.errors] == [
        f"{FIRST} raised RuntimeError: deadlock"
    ]
    assert status(world, "o1") == status(world, "o2") == "confirmed"


def test_alone_there_is_nobody_to_wait_for() -> None:
    """Pins that a lock which nobody under way holds is given up at once, not waited for."""

    class Forgotten(Locking):
        def __init__(self, world: Any) -> None:
            super().__init__(world)
            self.held["a"] = "somebody who is gone"

    world = world_of(Forgotten)
    act(until(world, Kind.RESUME, FIRST, "wait for a"), Kind.RESUME, FIRST, "wait for a")
    assert len(world.errors) == 1
    assert not world.tasks


def test_a_holder_that_takes_long_is_waited_for() -> None:
    """Pins that a stalled holder goes before the one that waits for it."""
    world = act(blocked(), Kind.STALL, FIRST)
    assert world.benign()[0] == world.tasks[FIRST].resume
    rest(world)
    assert not world.errors


def test_trying_in_vain_is_no_reason_to_relay() -> None:
    """Pins that a stalled holder has its turn: who waits does not keep the relays busy for ever."""

    class Relaying(Locking):
        def relay(self, participant: str) -> int:
            """Nothing to relay."""
            return 0

    world = act(blocked(Relaying), Kind.STALL, FIRST)
    rest(world)
    assert not world.errors
    assert world.target.tries == ["o1", "o2", "o2", "o2", "o2"]  # after two relays, and the holder


def test_a_crash_lets_go_of_the_lock() -> None:
    """Pins that both handlers can die, waiting or not, and that their messages come again."""
    world = blocked()
    act(world, Kind.CRASH, SECOND, "wait for a", Mode.BEFORE)
    assert not world.tasks
    rest(world)
    assert status(world, "o1") == status(world, "o2") == "confirmed"
    assert world.fired[Fault.CRASH] == 1


def test_nothing_can_fail_while_it_waits() -> None:
    """Pins that a wait is neither refused nor unanswered, and that a crash has no second side."""
    world = blocked()
    operation = world.tasks[SECOND].operation
    assert operation is not None
    assert not operation.modes
    assert not operation.has_effect


@pytest.mark.parametrize("factory", [Locking, Crossing])
def test_no_schedule_hangs(factory: type[Toy]) -> None:
    """Pins that schedules drawn by chance come to rest, with every order confirmed."""
    subject = subject_of(factory)
    waited = 0
    for seed in range(200):
        data = Random(seed).randbytes(60).translate(CALM)
        run = run_bytes(subject, TWO, data)
        assert "LIVE-0" not in run.findings
        waited += len(run.world.target.tries) > 2
    assert waited > 20
