"""What the pipe costs: the same schedules in process, through a process in Python, and in Node.

    python -m benchmarks.process [--schedules 300]

The reference saga runs in the kit's process, and, unchanged, behind the Python client; the Node
example decides the same in JavaScript. Messages are handlings of an event (relays and requests from
outside come on top). CPU time of the kit and of its children together: kit and process take turns,
so that on a machine that has nothing else to do it is the wall time, but for the switching. Then
the same by the clock as a run of the kit has it (`-n auto`): one campaign on every core at once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shlex
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import evolve, frozen

from implementations.loading import load
from implementations.process.connection import end_all
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.probing import probe
from properties.world.scopes import SCOPES, fitting

_HERE = Path(__file__).resolve().parent.parent
_EXAMPLES = _HERE / "implementations" / "process" / "examples"
#: The same saga in the process of the kit.
REFERENCE = "implementations.reference:make"
TARGETS = {
    "cmd: Python": f"cmd: {shlex.quote(sys.executable)} {_EXAMPLES / 'python' / 'reference.py'}",
    "cmd: Node": f"cmd: node {_EXAMPLES / 'right' / 'saga.js'}",
    "a process for each": str(_EXAMPLES / "routed" / "saga.toml"),
}


@frozen
class Measured:
    """One target under one campaign."""

    messages: int
    steps: int
    kit: float
    process: float
    wall: float

    @property
    def cpu(self) -> float:
        """Seconds that both have worked."""
        return self.kit + self.process

    @property
    def rate(self) -> float:
        """Handled messages per second of CPU time."""
        return self.messages / self.cpu


def measure(spec: str, schedules: int) -> Measured:
    """Run a campaign against a target."""
    subject = probe(spec)
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    handled, steps = [0], 0
    subject = evolve(subject, factory=_counting(subject.factory, handled))
    end_all()
    wall, kit, process = time.perf_counter(), time.process_time(), _children()
    for _, run in campaign(subject, scopes, 1, schedules):
        steps += run.steps
        run.world.dissolve()
    kit, wall = time.process_time() - kit, time.perf_counter() - wall
    end_all()
    return Measured(handled[0], steps, kit, _children() - process, wall)


def _counting(factory: Callable[[Any], Any], handled: list[int]) -> Callable[[Any], Any]:
    """The factory of targets that count what they are given, in runs to compare with as well."""

    def make(world: Any) -> Any:
        target = factory(world)
        handle = target.handle

        def counted(participant: str, event: Any) -> Any:
            handled[0] += 1
            return handle(participant, event)

        target.handle = counted
        return target

    return make


def on_every_core(spec: str, schedules: int) -> float:
    """Handled messages per second of the clock, by one campaign on each core."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as workers:
        found = list(workers.map(measure, [spec] * cores, [schedules] * cores))
    return sum(each.messages / each.wall for each in found)


def _children() -> float:
    """CPU seconds of all processes that have been started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def through_the_pipe(spec: str, messages: int) -> tuple[float, float]:
    """Handled messages per second of CPU time, and of wall time, without the kit's own work.

    The same message again and again: the service asks for its commit, and finds it in its inbox.
    """
    world: Any = SimpleNamespace(
        stock={"book": 1}, prices={}, clock=lambda: 0.0, checkpoint=lambda name, may_fail: None
    )
    target = load(spec).factory(world)
    order = {"order": "o1", "lines": [{"sku": "book", "quantity": 1}]}
    event = {"id": "e1", "type": "inventory.release.requested", "subject": "o1", "data": order}
    target.handle("inventory", event)
    wall, kit, before = time.perf_counter(), time.process_time(), _children()
    for _ in range(messages):
        target.handle("inventory", event)
    kit, wall = time.process_time() - kit, time.perf_counter() - wall
    end_all()
    return messages / (kit + _children() - before), messages / wall


def main() -> None:
    """Print a line for each target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=300)
    schedules = parser.parse_args().schedules
    base: Measured | None = None
    for name, spec in {"in process (Python)": REFERENCE, **TARGETS}.items():
        found = measure(spec, schedules)
        base = base or found
        print(
            f"{name:20} {found.messages} messages, {found.steps} steps: "
            f"{found.rate:6,.0f} messages/s, {found.steps / found.cpu:7,.0f} steps/s, "
            f"{base.rate / found.rate:4.2f} times the time of in process "
            f"(kit {found.kit:.2f} s, process {found.process:.2f} s, wall {found.wall:.1f} s)"
        )
        together = on_every_core(spec, schedules)
        print(f"{'':20} on {os.cpu_count()} cores at once: {together:,.0f} messages/s by the clock")
        if spec.startswith("cmd:"):  # one process, and so one pipe
            cpu, wall = through_the_pipe(spec, schedules * 20)
            print(f"{'':20} pipe alone: {cpu:,.0f} messages/s ({wall:,.0f} by the wall clock)")


if __name__ == "__main__":
    main()
