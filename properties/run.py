"""One run of a target: by a schedule, or by bytes that choose.

A schedule is the list of its deviations from first in, first out: "after so many benign steps, as
soon as it is possible, this". What it does not say, the benign choice decides. That is what makes
a counterexample short, and what makes it survive a change of the target.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from model.conformance import Conformance
from model.environment import Fault
from model.history import Finding
from properties.transparency import judge_outcomes
from properties.world.actions import Action, Kind, fault_of
from properties.world.scopes import Scope, scope_from_json
from properties.world.subject import Subject
from properties.world.trace import Trace
from properties.world.watchdog import watched
from properties.world.world import World

#: A byte from here on (256 excluded) asks for a fault: about 10 % of the choices.
FAULT_BYTES = 230
_IDLE = Kind.IDLE


#: orders, deviations, faults, size of the scope, length
Score = tuple[int, int, int, int, int]


@frozen
class Deviation:
    """After `wait` benign steps, and then as soon as it is possible: `action`."""

    wait: int
    action: Action


@frozen
class Schedule:
    """A scope and what deviates in it from first in, first out."""

    scope: Scope
    deviations: tuple[Deviation, ...] = ()

    @property
    def score(self) -> Score:
        """How simple it is, least first: orders, deviations, faults, size of the scope, length.

        Deviations before faults: one crash is easier to follow than seven messages out of order.
        """
        length = sum(deviation.wait for deviation in self.deviations)
        return (
            len(self.scope.orders),
            len(self.deviations),
            self.faults,
            self.scope.size,
            length,
        )

    @property
    def identity(self) -> Hashable:
        """What makes it the same schedule as another one."""
        scope = self.scope
        return (
            scope.name,
            tuple(order.id for order in scope.orders),
            tuple(scope.stock.items()),
            scope.delivery,
            scope.faults,
            tuple(scope.budgets.items()),
            self.deviations,
        )

    @property
    def faults(self) -> int:
        """How many of the deviations are faults."""
        return sum(1 for deviation in self.deviations if fault_of(deviation.action))

    def as_json(self) -> dict[str, Any]:
        """The schedule as JSON data."""
        return {
            "scope": self.scope.as_json(),
            "delivery": str(self.scope.delivery),
            "actions": [
                [str(deviation.wait), *map(str, deviation.action)] for deviation in self.deviations
            ],
        }


def schedule_from_json(data: Mapping[str, Any]) -> Schedule:
    """The schedule that `as_json` described.

    Raises:
        KeyError, ValueError, TypeError: the data is no schedule.
    """
    deviations = []
    for wait, kind, subject, port, mode in data["actions"]:
        deviations.append(Deviation(int(wait), Action(Kind(kind), subject, port, mode)))
    return Schedule(scope_from_json(data["scope"]), tuple(deviations))


@define
class Run:
    """What came of a run."""

    schedule: Schedule
    findings: dict[str, Finding]
    checked: dict[str, int]
    fired: dict[Fault, int]
    steps: int
    world: World = field(repr=False)
    skipped: tuple[Action, ...] = ()
    """Deviations that never became possible."""


def run_schedule(
    subject: Subject,
    schedule: Schedule,
    trace: Trace | None = None,
    conformance: Conformance | None = None,
    *,
    compared: bool = True,
) -> Run:
    """Run `subject` by a schedule to its end; and, to compare outcomes, without its faults."""
    with watched(subject.spec):
        world = World(subject, schedule.scope, trace, conformance)
        world.is_baseline = not compared
        done, skipped = deviate(world, schedule)
        return _finish(world, done, skipped)


def deviate(world: World, schedule: Schedule) -> tuple[Schedule, tuple[Action, ...]]:
    """Take a new world through all deviations of a schedule.

    Returns the schedule under the names of what has happened (a call is let go on wherever it
    stands: not always at the port where it stood when the schedule was made), and what was
    impossible.
    """
    done, skipped = [], []
    for deviation in schedule.deviations:
        for _ in range(deviation.wait):
            if not _one_benign_step(world):
                break
        while not world.enabled(deviation.action):
            if not _one_benign_step(world):
                skipped.append(deviation.action)
                done.append(deviation)
                break
        else:
            action = _as_it_stands(world, deviation.action)
            done.append(
                deviation if action == deviation.action else evolve(deviation, action=action)
            )
            _deviate(world, action)
    return evolve(schedule, deviations=tuple(done)), tuple(skipped)


def _as_it_stands(world: World, action: Action) -> Action:
    """The action under the name of the port call that it lets go on."""
    return world.tasks[action.subject].resume if action.kind is Kind.RESUME else action


def _one_benign_step(world: World) -> bool:
    action = world.benign()[0]
    if action.kind is _IDLE or world.exhausted:
        return False
    world.apply(action)
    return True


def _deviate(world: World, action: Action) -> None:
    if world.trace is not None:
        world.trace.deviating = True
    world.apply(action)


class Recorder:
    """Notes the deviations of a run while somebody else chooses its actions."""

    __slots__ = ("deviations", "wait", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.deviations: list[Deviation] = []
        self.wait = 0

    def apply(self, action: Action, default: Action) -> None:
        """Let `action` happen where `default` would have been the benign one."""
        if action == default:
            if action.kind is not _IDLE:
                self.wait += 1
        else:
            self.deviations.append(Deviation(self.wait, action))
            self.wait = 0
        self.world.apply(action)

    def finish(self) -> Run:
        """Drain the run and say what came of it."""
        schedule = Schedule(self.world.scope, tuple(self.deviations))
        return _finish(self.world, schedule, ())


def run_bytes(
    subject: Subject, scope: Scope, data: bytes, conformance: Conformance | None = None
) -> Run:
    """Run `subject` in a scope; each byte chooses an action, 0 the benign one."""
    with watched(subject.spec):
        recorder = Recorder(World(subject, scope, None, conformance))
        drive(recorder, iter(data))
        return recorder.finish()


def drive(
    recorder: Recorder,
    choices: Iterator[int],
    faults: Callable[[World], list[list[Action]]] = World.faults,
    look: Callable[[], None] | None = None,
) -> None:
    """Let the bytes choose until they are used up, among these faults; look before each choice."""
    world = recorder.world
    for choice in choices:
        if look is not None:
            look()
        benign = world.benign()
        if choice >= FAULT_BYTES and (groups := faults(world)):
            group = groups[(choice - FAULT_BYTES) % len(groups)]
            action = group[next(choices, 0) % len(group)]
        else:
            action = benign[choice % len(benign)]
        recorder.apply(action, benign[0])


def _finish(world: World, schedule: Schedule, skipped: Sequence[Action]) -> Run:
    world.drain()
    judge_outcomes(world)
    history = world.history
    return Run(
        schedule,
        history.findings,
        history.checked,
        world.fired,
        history.step,
        world,
        tuple(skipped),
    )
