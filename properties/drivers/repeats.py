"""What comes again when all has ended: each message, and then the whole of them once more.

A broker that is restored, a consumer group that is set back, an operator who replays a queue: none
of them asks whether the saga is over. By chance that hardly happens, for it takes a deviation after
everything else; and what forgets after a while, such as a short inbox, has forgotten only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from model.environment import Fault
from properties.drivers.quota import WHOLE, Quota
from properties.drivers.sweep import did_not_fire
from properties.run import Deviation, Recorder, Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode, fault_of
from properties.world.scopes import Scope
from properties.world.subject import Subject
from properties.world.watchdog import watched
from properties.world.world import World


def repeats(subject: Subject, scopes: Iterable[Scope], quota: Quota = WHOLE) -> Iterator[Run]:
    """In each scope, once all is at rest: every message again, and all of them again.

    First where nothing is refused, then where everything is that the gateway is asked for, and
    then what the carrier is.

    Raises:
        FaultDidNotFire: the target did something else than in the run before.
    """
    for schedule in quota.chosen(s for scope in scopes for s in _repeated(subject, scope)):
        yield _run(subject, schedule)


def _repeated(subject: Subject, scope: Scope) -> Iterator[Schedule]:
    """All of a scope."""
    if Fault.DUPLICATE not in scope.faults or not scope.delivery.duplicates:
        return
    seen: list[Schedule] = []
    for refusal in (None, Fault.DECLINE, Fault.CARRIER_REFUSAL):
        setting = evolve(scope, budgets={**scope.budgets, **_enough(scope, refusal)})
        schedule, wait, copies = _at_rest(subject, setting, refusal)
        if schedule not in seen:
            seen.append(schedule)
            yield from _again(schedule, wait, copies)


def _enough(scope: Scope, refusal: Fault | None) -> dict[Fault, int]:
    """A refusal for each order."""
    return {refusal: len(scope.orders)} if refusal else {}


def _again(schedule: Schedule, wait: int, copies: Sequence[Action]) -> Iterator[Schedule]:
    """Each message alone, and all of them one after another."""
    before, scope = schedule.deviations, schedule.scope
    for copy in copies:
        yield evolve(schedule, deviations=(*before, Deviation(wait, copy)))
    if len(copies) > 1:
        whole = [Deviation(0 if n else wait, copy) for n, copy in enumerate(copies)]
        scope = evolve(scope, budgets={**scope.budgets, Fault.DUPLICATE: len(copies)})
        yield Schedule(scope, (*before, *whole))


def _at_rest(
    subject: Subject, scope: Scope, refusal: Fault | None
) -> tuple[Schedule, int, Sequence[Action]]:
    """First in, first out to the end, with refusals wherever there can be one.

    Returns the schedule, the benign steps since its last deviation, and what may come again then.
    """
    wait = 0
    with watched(subject.spec):
        world = World(subject, scope)
        recorder = Recorder(world)
        try:
            while (benign := world.benign()[0]).kind is not Kind.IDLE and not world.exhausted:
                action = _refused(world, refusal) or benign
                wait = wait + 1 if action == benign else 0
                recorder.apply(action, benign)
            return Schedule(scope, tuple(recorder.deviations)), wait, [*world.network.repeatable]
        finally:
            world.dissolve()


def _refused(world: World, refusal: Fault | None) -> Action | None:
    """A refusal that is possible now, of the kind that is asked for."""
    if refusal is None:
        return None
    possible = (action for group in world.faults() for action in group)
    return next((a for a in possible if a.mode == Mode.REFUSED and fault_of(a) is refusal), None)


def _run(subject: Subject, schedule: Schedule) -> Run:
    run = run_schedule(subject, schedule, conformance=subject.conformance())
    if run.skipped or not run.fired.get(Fault.DUPLICATE):
        missed = run.skipped[0] if run.skipped else schedule.deviations[0].action
        raise did_not_fire(missed, schedule.scope, "after everything else")
    return run
