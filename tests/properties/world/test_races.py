"""Two handlers of one participant: plain functions, coroutines, and coroutines on a loop."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, ClassVar

import pytest
from attrs import evolve

from model.environment import Fault
from properties.run import run_bytes
from tests.properties.toys import (
    ONE,
    AsyncToy,
    Toy,
    subject_of,
)

FIRST, SECOND = "worker on job(o1)", "worker on job(o2)"
LEFT = f"{FIRST}, background"


class Once(Toy):
    """Charges without a key, when it has not done so before: two handlers at once both do."""

    consumers: ClassVar[dict[str, Any]] = {"worker": {"parallel": 2}}

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.charged: set[str] = set()
        self.lock = asyncio.Lock()

    def work(self, event: dict[str, Any]) -> None:
        """Charge once."""
        if event["subject"] not in self.charged:
            self.world.payments.charge(event["subject"], 1999, "EUR")
            self.charged.add(event["subject"])
        super().work(event)


class OnceStepped(Once, AsyncToy):
    """The same in coroutines."""

    async def work(self, event: dict[str, Any]) -> None:  # type: ignore[override]
        """Charge once."""
        if event["subject"] not in self.charged:
            await self.world.payments.charge(event["subject"], 1999, "EUR")
            self.charged.add(event["subject"])
        await AsyncToy.work(self, event)


class OnceLooping(OnceStepped):
    """The same on a loop, in a task and after a pause."""

    loop = "asyncio"

    async def work(self, event: dict[str, Any]) -> None:  # type: ignore[override]
        """Charge once."""
        await asyncio.sleep(1)
        await asyncio.create_task(super().work(event))


class OnceLocked(OnceLooping):
    """One handler at a time."""

    async def work(self, event: dict[str, Any]) -> None:  # type: ignore[override]
        """Charge once."""
        async with self.lock:
            await super().work(event)


RACES = evolve(ONE, faults=frozenset({Fault.CONCURRENCY, Fault.DUPLICATE}))


def most_charges(factory: type[Toy], scope: Any = RACES) -> int:
    """The most charges that an order gets, in schedules drawn by chance."""
    subject = subject_of(factory)
    most = 0
    for seed in range(100):
        run = run_bytes(subject, scope, Random(seed).randbytes(60))
        assert "LIVE-0" not in run.findings
        assert set(run.world.target.orders.values()) == {"confirmed"}
        most = max(most, len(run.world.gateway.charges))
    return most


@pytest.mark.parametrize("factory", [Once, OnceStepped, OnceLooping])
def test_two_handlers_of_one_participant_race(factory: type[Toy]) -> None:
    """Pins that `parallel` finds it in plain functions, in coroutines and on a loop."""
    assert most_charges(factory) == 2


@pytest.mark.parametrize("factory", [Once, OnceStepped, OnceLooping])
def test_one_handler_at_a_time_does_not_race(factory: type[Toy]) -> None:
    """Pins that it is the second consumer that the double charge comes from."""
    alone = type("Alone", (factory,), {"consumers": {"worker": {"parallel": 1}}})
    assert most_charges(alone) == 1


def test_a_lock_of_asyncio_ends_the_race() -> None:
    """Pins that the safeguard that production has is one here."""
    assert most_charges(OnceLocked) == 1
