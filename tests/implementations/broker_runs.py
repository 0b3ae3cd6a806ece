"""What the tests of brokers share: the shop on each of them, and searches of a size to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

from attrs import evolve

from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.drivers.paths import paths
from properties.drivers.sweep import sweep
from properties.probing import probe
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action
from properties.world.scopes import SCOPES, SINGLE, Scope, fitting
from properties.world.subject import Subject
from tests.needs import needs

ROOT = Path(__file__).resolve().parents[2]
SHOP = "implementations.broker.shop"
BROKERS = ("rabbitmq", "redis")


@lru_cache
def _probed(spec: str) -> Subject:
    return probe(spec)


def shop(broker: str, variant: str = "") -> Subject:
    """The shop, or one of its variants, on a broker; skipped where that is not there."""
    needs(*([broker] if broker in BROKERS else []))
    return _probed(f"{SHOP}:{broker}{variant}")


def searched(subject: Subject, single: int, drawn: int) -> Iterator[Run]:
    """The beginning of the sweep of one order, and schedules of the seeded campaign."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    swept = chain(paths(subject, scopes[:1]), sweep(subject, scopes[:1]))
    campaigning = (run for _, run in campaign(subject, scopes, 1_000, drawn))
    for run in chain(islice(swept, single), campaigning):
        yield run
        run.world.dissolve()


def after(wait: int, *actions: Action, scope: Scope = SINGLE) -> Schedule:
    """A schedule that deviates after so many benign steps."""
    full = evolve(scope, faults=frozenset(DEFAULT_FAULTS))
    first, *rest = actions
    return Schedule(full, (Deviation(wait, first), *(Deviation(0, each) for each in rest)))


def run_of(subject: Subject, schedule: Schedule) -> tuple[Run, Any]:
    """The run of a schedule, all of which was possible, and its target, which is closed."""
    run = run_schedule(subject, schedule)
    target = run.world.target
    run.world.dissolve()
    assert not run.skipped
    return run, target


def alive(process: int) -> bool:
    """Whether a process lives."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
