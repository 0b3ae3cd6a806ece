"""The saga under simloop: hosts, crashes, and faults by its seeded random numbers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from simloop import SimLoop, explore, sim
from simloop._run import finish, run_once

from benchmarks.baseline.measuring import Hunt, Length, Rate
from benchmarks.baseline.services import Service, Shop


class OnSimloop:
    """What simloop offers to a test."""

    def sometimes(self, label: str, percent: int) -> bool:
        """A rare thing, by lot."""
        return bool(sim.random.random() * 100 < percent)

    def draw(self, label: str, bound: int) -> int:
        """A number, by lot."""
        return int(sim.random.randrange(bound))

    def start(self, machine: str, services: list[Service]) -> None:
        """Boot a machine, for the first time or again."""
        network: Any = asyncio.get_running_loop().net  # type: ignore[attr-defined]
        host = network.host(machine)
        if not network._alive[machine]:
            host.restart()
        for service in services:
            host.create_task(service())

    def crash(self, machine: str) -> None:
        """Kill what runs on a machine."""
        network: Any = asyncio.get_running_loop().net  # type: ignore[attr-defined]
        network.crash(machine)


class Exploration:
    """Runs of one saga under one seed after the other."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.steps = 0
        self.shop: Shop | None = None

    async def test(self) -> None:
        """What simloop runs under each of them."""
        self.shop = Shop(self.make, OnSimloop())
        try:
            await self.shop.test()
        finally:
            self.steps += self.shop.steps

    def until(self, deadline: float, first: int) -> Any:
        """The report of the first seed that fails, if one does in time."""

        def seeds() -> Iterator[int]:
            seed = first
            while time.process_time() < deadline:
                yield seed
                seed += 1

        report: Any = explore(self.test, seeds())
        if report is not None and not isinstance(report.exception, AssertionError):
            raise report.exception
        return report

    def shortest(self, seed: int) -> Length:
        """The failure as simloop shrinks it: its schedule, not what its random numbers did."""
        report: Any = explore(self.test, [seed], shrink=True)
        loop = SimLoop._from_choices(report.shrunk.choices, seed)
        run_once(loop, self.test)
        finish(loop)
        assert self.shop is not None
        return Length(self.shop.steps, len(report.shrunk.kept) + self.shop.faults)


def hunt(make: Callable[[Any], Any], seed: int, seconds: float, shrinking: bool) -> Hunt:
    """Explore until something fails; shrink it if that is wanted."""
    exploration = Exploration(make)
    begun = time.process_time()
    report = exploration.until(begun + seconds, seed * 1_000_000)
    spent = time.process_time() - begun
    if report is None:
        return Hunt(spent)
    length = exploration.shortest(report.seed) if shrinking else None
    return Hunt(spent, str(report.exception), length)


def rate(make: Callable[[Any], Any], seconds: float) -> Rate:
    """How fast it goes while nothing fails."""
    exploration = Exploration(make)
    begun = time.process_time()
    report = exploration.until(begun + seconds, 0)
    return Rate(exploration.steps, time.process_time() - begun, report is not None)
