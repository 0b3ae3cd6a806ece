"""The paths without faults: every business answer that the environment can give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from properties.drivers.quota import WHOLE, Quota
from properties.run import Deviation, Run, Schedule, deviate, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import Scope
from properties.world.subject import Subject
from properties.world.trace import Trace
from properties.world.watchdog import watched
from properties.world.world import World


def paths(
    subject: Subject,
    scopes: Iterable[Scope],
    conform: bool = True,
    trace: Callable[[], Trace | None] = lambda: None,
    quota: Quota = WHOLE,
) -> Iterator[Run]:
    """All runs in which at most one refusal meets the orders of a scope."""
    for schedule in quota.chosen(s for scope in scopes for s in business_schedules(subject, scope)):
        yield run_schedule(subject, schedule, trace(), subject.conformance(conform))


def business_schedules(subject: Subject, scope: Scope) -> Iterator[Schedule]:
    """First in, first out; and the same with one refusal, wherever one is possible."""
    yield Schedule(scope)
    for wait, actions in enumerate(strikes(subject, Schedule(scope))):
        for action in actions:
            if action.kind is Kind.ANSWER and action.mode == Mode.REFUSED:
                yield Schedule(scope, (Deviation(wait, action),))


def strikes(subject: Subject, schedule: Schedule) -> list[tuple[Action, ...]]:
    """For each step after a schedule's deviations, the faults that could strike just before it."""
    with watched(subject.spec):
        return [
            tuple(action for group in world.faults() for action in group)
            for world in onwards(subject, schedule)
        ]


def alternatives(subject: Subject, schedule: Schedule) -> list[tuple[Action, ...]]:
    """For each step after a schedule's deviations, everything that could happen in its place."""
    with watched(subject.spec):
        return [
            (*world.benign()[1:], *(action for group in world.faults() for action in group))
            for world in onwards(subject, schedule)
        ]


def onwards(subject: Subject, schedule: Schedule) -> Iterator[World]:
    """The world after the deviations of a schedule, and after each benign step from there.

    To be used up at once, before another run begins: real targets keep what they know in modules,
    so only one run at a time is alive.
    """
    world = World(subject, schedule.scope)
    try:
        deviate(world, schedule)
        while True:
            yield world
            action = world.benign()[0]
            if action.kind is Kind.IDLE or world.exhausted:
                return
            world.apply(action)
    finally:
        world.dissolve()
