"""A port call: where the target's code stops, and the kit says how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from properties.world.stepping import Operation, in_task, pause, stop_here

if TYPE_CHECKING:
    from properties.world.world import World


def call(
    world: World,
    port: str,
    details: tuple[Any, ...],
    perform: Callable[[], Any],
    modes: tuple[str, ...] = (),
    refuse: Callable[[], Any] | None = None,
    settled: Callable[[], bool] | None = None,
    has_effect: bool = True,
) -> Any:
    """Stop at a port call, in whichever way the target's code can be stopped."""
    task = world.running
    if task is None:
        answer = perform()
        return _answered(answer) if world.asynchronous else answer
    if task.dead and task.dies_again():
        return world.answer_of_the_dead()
    operation = Operation(port, perform, modes, refuse, settled, has_effect, details)
    if world.asynchronous:
        if world.loop is not None:
            return world.loop.ask(operation)
        world.calls_made += 1
        return pause(operation)
    if not in_task():
        return perform()
    return stop_here(operation)


async def _answered(answer: Any) -> Any:
    """An answer that is there already, for code that awaits it."""
    return answer
