"""The shop of coroutines as it is when it needs a running event loop: locks, tasks, pauses."""

from __future__ import annotations

import asyncio
from typing import Any

from .express import Express


class Looping(Express):
    """Several consumers; one of them at a time carries out an order, the others wait for it."""

    loop = "asyncio"
    consumers = {"desk": {"parallel": 2}, "back": {"parallel": 2}}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.locks: dict[str, asyncio.Lock] = {}

    async def carry_out(self, order: Any) -> str:
        """Reserve, charge and ship, beside a look at the shelves."""
        async with self.locks.setdefault(order["id"], asyncio.Lock()):
            if order["id"] in self.ended:
                return self.ended[order["id"]]
            work = asyncio.create_task(super().carry_out(order))
            await asyncio.sleep(1)
            _, end = await asyncio.gather(self.world.checkpoint("look at the shelves"), work)
            return str(end)


class Forgetful(Looping):
    """Tells of the end in the background: nobody waits for it."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.telling: set[asyncio.Task[Any]] = set()

    async def handle(self, participant: str, event: Any) -> None:
        """Process one message of the back room without waiting for what it comes to."""
        work = super().handle(participant, event)
        if participant == "desk":
            await work
        else:
            self.telling.add(asyncio.create_task(work))


def make(world: Any) -> Looping:
    """A saga on an event loop."""
    return Looping(world)


def forgetful(world: Any) -> Forgetful:
    """It fires and forgets."""
    return Forgetful(world)
