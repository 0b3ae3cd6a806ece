"""The paths without faults: every business answer that the environment can give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.environment import Fault
from properties.actions import Action, Kind, Mode, fault_of
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.scopes import Scope
from properties.subject import Subject
from properties.world import World


def paths(subject: Subject, scopes: Iterable[Scope], conform: bool = True) -> Iterator[Run]:
    """All runs in which at most one refusal, or one cancel, meets the orders of a scope."""
    for scope in scopes:
        for schedule in business_schedules(subject, scope):
            yield run_schedule(subject, schedule, conformance=subject.conformance(conform))


def business_schedules(subject: Subject, scope: Scope) -> Iterator[Schedule]:
    """First in, first out; and the same with one refusal, wherever one is possible."""
    yield Schedule(scope)
    for wait, actions in enumerate(strikes(subject, Schedule(scope))):
        for action in actions:
            if action.kind is Kind.ANSWER and action.mode == Mode.REFUSED:
                yield Schedule(scope, (Deviation(wait, action),))


def strikes(subject: Subject, schedule: Schedule) -> Iterator[tuple[Action, ...]]:
    """For each step of a run, the faults that could strike just before it (and after the last)."""
    world = World(subject, schedule.scope)
    for deviation in schedule.deviations:
        for _ in range(deviation.wait):
            world.apply(world.benign()[0])
        world.apply(deviation.action)
    while True:
        yield tuple(action for group in world.faults() for action in group)
        action = world.benign()[0]
        if action.kind is Kind.IDLE or world.exhausted:
            return
        world.apply(action)


def is_business(action: Action) -> bool:
    """Whether an action is an answer of the business and no failure of technology."""
    return fault_of(action) in (Fault.DECLINE, Fault.CARRIER_REFUSAL)
