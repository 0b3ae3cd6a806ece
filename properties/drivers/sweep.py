"""The port sweep: for each port call of the fault-free paths, each fault that can hit it, one by
one.

A fault that was asked for and did not fire is an error of the kit, not a success of the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from properties.drivers.paths import business_schedules, strikes
from properties.drivers.quota import WHOLE, Quota
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import COMPENSATIONS, Action, fault_of, in_words
from properties.world.scopes import Scope
from properties.world.subject import Subject


class FaultDidNotFire(AssertionError):
    """A fault of the sweep met nothing: the kit would have proved nothing with it."""


def did_not_fire(action: Action, scope: Scope, when: str) -> FaultDidNotFire:
    """The error for a fault that could strike the time before, and what to do about it."""
    return FaultDidNotFire(
        f"{in_words(action)!r} did not fire in scope {scope.name!r} {when}, although it could the "
        "time before\n"
        "  to fix: make the target the same in every run (no random numbers, no clock of its "
        "own, nothing that is left from the run before)"
    )


def sweep(subject: Subject, scopes: Iterable[Scope], quota: Quota = WHOLE) -> Iterator[Run]:
    """Every single fault, at every point of every path.

    Raises:
        FaultDidNotFire: the target did something else than in the run before.
    """
    every = (schedule for scope in scopes for schedule in _single(subject, scope))
    for schedule in quota.chosen(every, rather=_while_undoing):
        yield struck(subject, schedule)


def struck(subject: Subject, schedule: Schedule) -> Run:
    """The run of a schedule whose last deviation is a fault, which must fire.

    Raises:
        FaultDidNotFire: it did not.
    """
    run = run_schedule(subject, schedule, conformance=subject.conformance())
    action = schedule.deviations[-1].action
    fault = fault_of(action)
    if run.skipped or fault is None or not run.fired.get(fault):
        steps = sum(deviation.wait for deviation in schedule.deviations)
        raise did_not_fire(action, schedule.scope, f"after {steps} steps")
    return run


def _while_undoing(schedule: Schedule) -> bool:
    """Few of the faults strike a compensation, and those are the ones that nobody thinks of: where
    only some can be run, these come before others."""
    return schedule.deviations[-1].action.port in COMPENSATIONS


def _single(subject: Subject, scope: Scope) -> Iterator[Schedule]:
    """Each path of a scope with each fault that can strike it."""
    for schedule in business_schedules(subject, scope):
        for wait, actions in enumerate(strikes(subject, schedule)):
            for action in actions:
                deviations = (*schedule.deviations, Deviation(wait, action))
                yield evolve(schedule, deviations=deviations)
