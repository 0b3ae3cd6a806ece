"""How fast each kind of target is verified: schedules and messages per second, in one run.

    python -m benchmarks.targets [--schedules 100] [--only durable]

The same seeded schedules for every target. Seconds are CPU time of this process, without that of a
database, a broker or other processes, and of the clock. What is not here on this machine is listed
with the reason.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen

from benchmarks.process import REFERENCE
from benchmarks.process import TARGETS as PROCESSES
from implementations.errors import TargetError
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.world.scopes import SCOPES, fitting

SEED = 1


@frozen
class Kind:
    """One kind of target, by the name under which it is verified."""

    name: str
    spec: str


KINDS = (
    Kind("in memory", REFERENCE),
    Kind("orchestrated", "implementations.orchestrated:make"),
    Kind("SQLite", "implementations.durable:make"),
    Kind("PostgreSQL", "implementations.durable:postgresql"),
    Kind("RabbitMQ", "implementations.broker.shop:rabbitmq"),
    Kind("Redis Streams", "implementations.broker.shop:redis"),
    *(Kind(name, spec) for name, spec in PROCESSES.items()),
    Kind("FastStream", "tests.adapting.faststream_adapter:make"),
    Kind("aio-pika", "tests.adapting.aio_pika_adapter:make"),
    Kind("pika", "tests.adapting.pika_adapter:make"),
    Kind("Kafka producer", "tests.adapting.kafka_adapter:make"),
    Kind("outbox table", "tests.adapting.outbox_adapter:make"),
)


@frozen
class Speed:
    """What one kind of target took."""

    schedules: int
    steps: int
    messages: int
    """Handlers, relays and requests that were begun."""
    cpu: float
    clock: float

    def line(self, name: str) -> str:
        """The figures in one line."""
        return (
            f"{name:14} {self.schedules / self.cpu:10.1f} {self.schedules / self.clock:10.1f} "
            f"{self.messages / self.cpu:10.0f} {self.messages / self.clock:10.0f} "
            f"{self.cpu / self.schedules * 1e3:10.2f} {self.steps / self.schedules:8.0f}"
        )


@contextmanager
def stopwatch() -> Iterator[Callable[[], tuple[float, float]]]:
    """Seconds of CPU time and of the clock since the beginning."""
    cpu, clock = time.process_time(), time.perf_counter()
    yield lambda: (time.process_time() - cpu, time.perf_counter() - clock)


def measure(spec: str, schedules: int) -> Speed:
    """Run the campaign on a target; none of its schedules may violate anything."""
    subject = probe(spec)
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    steps = messages = 0
    with fewer_collections(), stopwatch() as elapsed:
        for _, run in campaign(subject, scopes, SEED, schedules):
            steps += run.steps
            messages += run.world.handlings
            run.world.dissolve()
            assert not run.findings, f"{spec} is not right: {', '.join(run.findings)}"
        return Speed(schedules, steps, messages, *elapsed())


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.targets")
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--only", default="", help="part of a target's name or spec")
    options = parser.parse_args()
    print(
        f"{'':14} {'schedules/s':>21} {'messages/s':>21} {'ms CPU per':>10} {'steps':>8}\n"
        f"{'target':14} {'CPU':>10} {'clock':>10} {'CPU':>10} {'clock':>10} {'schedule':>10}"
    )
    for kind in KINDS:
        if options.only not in f"{kind.name} {kind.spec}":
            continue
        try:
            print(measure(kind.spec, options.schedules).line(kind.name), flush=True)
        except TargetError as missing:
            print(f"{kind.name:14} not here: {missing}", flush=True)


if __name__ == "__main__":
    main()
