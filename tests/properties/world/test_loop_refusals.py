"""What a target on the event loop must not do, and what it is told then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from implementations.errors import TargetError
from implementations.shape import check_target
from model.vocabulary import Status
from tests.properties.toys import (
    AsyncToy,
    Looping,
    Toy,
    rest,
    run_of,
    status,
    working,
    world_of,
)

FIRST, SECOND = "worker on job(o1)", "worker on job(o2)"
LEFT = f"{FIRST}, background"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda loop: loop.run_in_executor(None, print), "run_in_executor"),
        (lambda loop: asyncio.to_thread(print), "run_in_executor"),
        (lambda loop: asyncio.open_connection("localhost", 1), "create_connection"),
        (lambda loop: asyncio.create_subprocess_exec("true"), "subprocess_exec"),
        (lambda loop: loop.add_reader(0, print), "add_reader"),
        (lambda loop: loop.run_until_complete(None), "run_until_complete"),
    ],
)
def test_threads_and_networks_are_refused(call: Any, name: str) -> None:
    """Pins one message for all that is not the world's, even where the error is caught."""

    async def body(self: Looping, event: Any) -> None:
        try:
            await call(asyncio.get_running_loop())
        except Exception:
            self.confirm(event)

    with pytest.raises(TargetError, match=f"asks its event loop for {name},") as caught:
        run_of(body)
    assert "cmd:" in caught.value.how_to_fix
    assert caught.value.where == FIRST


def test_a_port_call_that_is_not_awaited_is_an_error_of_the_target() -> None:
    """Pins that it is found at the end of the call; a task may await it until then."""

    async def body(self: Looping, event: Any) -> None:
        forgotten = self.world.checkpoint("here")
        self.log.append(forgotten)

    world = world_of(working(body))
    with pytest.raises(TargetError, match="without awaiting"):
        rest(world)
    world.target.log[0].close()


def test_a_handler_whose_task_is_cancelled_has_failed() -> None:
    """Pins that its message comes again."""

    async def body(self: Looping, event: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self.seen) == 1:
            task.cancel()
        await asyncio.sleep(0)
        self.confirm(event)

    world = run_of(body)
    assert "its asyncio task was cancelled" in world.errors[0]
    assert status(world) is Status.CONFIRMED


@pytest.mark.parametrize("function", [asyncio.sleep, lambda _: asyncio.get_running_loop()])
def test_without_a_loop_the_message_says_how_to_have_one(function: Any) -> None:
    """Pins the way from the error to this member."""

    async def body(self: Looping, event: Any) -> None:
        await function(1)

    toy = type("Other", (working(body),), {"loop": None})
    with pytest.raises(TargetError, match="needs a running asyncio event loop") as caught:
        rest(world_of(toy))
    assert "`loop = 'asyncio'`" in caught.value.how_to_fix


@pytest.mark.parametrize(
    ("toy", "says"),
    [
        (type("Other", (AsyncToy,), {"loop": "trio"}), "'trio'"),
        (type("Other", (Toy,), {"loop": "asyncio"}), "plain function"),
    ],
)
def test_a_loop_that_cannot_be_had(toy: type[Toy], says: str) -> None:
    """Pins what `loop` may be, and that it takes coroutines."""
    with pytest.raises(TargetError, match=says):
        check_target(toy(None))


def test_states_on_a_loop_are_never_taken_to_be_the_same() -> None:
    """Pins that a digest is not relied upon: locks and timers are not in it."""
    toy = type("Other", (Looping,), {"digest": lambda self: 0})
    assert not check_target(toy(None)).has("digest")
