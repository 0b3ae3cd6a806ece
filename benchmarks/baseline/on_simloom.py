"""The saga under simloom: hosts with power cuts, and every choice drawn from its tape."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import simloom

from benchmarks.baseline.measuring import Hunt, Length, Rate
from benchmarks.baseline.services import Service, Shop

#: Draws that say what is ordered and in stock; the others are what happens.
SETTING = "setting."


class OnSimloom:
    """What simloom offers to a test."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def sometimes(self, label: str, percent: int) -> bool:
        """A rare thing, from the tape; drawn so that 0 is the plain one, to which it shrinks."""
        return bool(simloom.draw(label, 100) >= 100 - percent)

    def draw(self, label: str, bound: int) -> int:
        """A number from the tape."""
        return int(simloom.draw(label, bound))

    def start(self, machine: str, services: list[Service]) -> None:
        """Spawn what runs on a host, or turn the host on again, which spawns it once more."""
        host = self.world.host(machine)
        if host.crashed:
            host.restart()
        else:
            for service in services:
                host.spawn(service)

    def crash(self, machine: str) -> None:
        """A power cut."""
        self.world.host(machine).crash()


class Exploration:
    """Universes of one saga, one after the other."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.steps = 0
        self.shop: Shop | None = None

    async def test(self, world: Any) -> None:
        """What simloom runs in each of them."""
        self.shop = Shop(self.make, OnSimloom(world))
        try:
            await self.shop.test()
        finally:
            self.steps += self.shop.steps

    def until(self, deadline: float, first: int) -> Any:
        """The first universe that fails, if one does in time."""
        seed = first
        while time.process_time() < deadline:
            found = simloom.explore(self.test, runs=1, start_seed=seed).first_failure
            if found is not None:
                return failed(found)
            seed += 1
        return None

    def shortest(self, failure: Any) -> Length:
        """The failure as simloom shrinks it."""
        best = simloom.shrink(self.test, failure, interesting=wrong).tape
        simloom.replay(self.test, tape=best, raise_on_error=False)
        assert self.shop is not None
        happened = [draw for draw in best if not draw.label.startswith(SETTING)]
        return Length(self.shop.steps, deviations(happened))


def deviations(tape: Any) -> int:
    """Draws that are not the plain one."""
    return sum(1 for draw in tape if draw.value)


def wrong(result: Any) -> bool:
    """Whether the test has said that something is wrong."""
    return isinstance(result.error, AssertionError)


def failed(result: Any) -> Any:
    """A result that failed for what the test says, and not for a mistake of its own."""
    if not wrong(result):
        raise result.error
    return result


def hunt(make: Callable[[Any], Any], seed: int, seconds: float, shrinking: bool) -> Hunt:
    """Explore until something fails; shrink it if that is wanted."""
    exploration = Exploration(make)
    begun = time.process_time()
    failure = exploration.until(begun + seconds, seed * 1_000_000)
    spent = time.process_time() - begun
    if failure is None:
        return Hunt(spent)
    length = exploration.shortest(failure) if shrinking else None
    return Hunt(spent, str(failure.error), length)


def rate(make: Callable[[Any], Any], seconds: float) -> Rate:
    """How fast it goes while nothing fails."""
    exploration = Exploration(make)
    begun = time.process_time()
    failure = exploration.until(begun + seconds, 0)
    return Rate(exploration.steps, time.process_time() - begun, failure is not None)
