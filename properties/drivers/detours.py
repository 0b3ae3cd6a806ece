"""Detours: each single fault at those port calls that no path of the sweep makes.

Some calls are made only where messages come in another order: the refund of a charge that met a
cancel on its way, the release of what was reserved too late. A fault of chance rarely strikes just
these. So schedules are drawn that have no fault at a port call, and each call which the sweep does
not know is struck by each fault, one at a time, in the first few schedules that come to it. A call
is another one where the customer had cancelled before it; one that undoes something also where
anything else had gone wrong before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from attrs import define, field

from model.environment import Fault
from properties.drivers.campaign import LENGTH, WATCHED
from properties.drivers.paths import business_schedules, onwards
from properties.drivers.quota import WHOLE, Quota
from properties.drivers.sweep import struck
from properties.run import Deviation, Recorder, Run, Schedule, drive
from properties.world.actions import COMPENSATIONS, Action, Kind, Mode, fault_of, made
from properties.world.choices import modes
from properties.world.scopes import Scope
from properties.world.stepping import Operation
from properties.world.subject import Subject
from properties.world.tasks import Task
from properties.world.watchdog import watched
from properties.world.world import World

#: What is left out of a detour: each of these is what one would be struck by.
_STRIKING = frozenset({Fault.CRASH, Fault.TRANSIENT, Fault.UNKNOWN, Fault.POISON, Fault.STANDSTILL})
#: What a handler may decide by: whether the customer has cancelled.
_CANCELLED = frozenset({Fault.CANCEL})
_ANYTHING = frozenset(Fault)
#: A place is struck in so many runs that come by: what is at stake there is not always the same.
LOOKS = 3


class Place(NamedTuple):
    """Where a port call is made, whichever order it is about, and how it is struck there."""

    participant: str
    about: str
    """The type of the message that is handled, or what else is done."""
    after: str
    """The call before it; empty for the first one."""
    port: str
    kind: Kind
    mode: str
    fired: frozenset[Fault]
    """What had gone wrong before, as far as it makes a difference."""

    @property
    def call(self) -> tuple[str, str, str]:
        """The port call, and for which message."""
        return self.participant, self.about, self.port


@define
class Lookout:
    """Sees, in one run, where port calls are made."""

    _calls: dict[Task, Operation] = field(factory=dict)
    _seen: set[Place] = field(factory=set)

    def new(self, world: World) -> Iterator[tuple[Place, Action]]:
        """The places that this run has just come to, with what can strike there."""
        for task in world.tasks.values():
            operation, before = task.operation, self._calls.get(task)
            if operation is None or operation is before:
                continue
            self._calls[task] = operation
            about = task.message.type if task.message is not None else str(task.work)
            after, port = before.port if before is not None else "", operation.port
            fired = frozenset(world.fired) & telling(port)
            for action in _strikes(world, task, operation):
                kind, mode = action.kind, action.mode
                place = Place(task.participant, about, after, port, kind, mode, fired)
                if place not in self._seen:
                    self._seen.add(place)
                    yield place, action


def telling(port: str) -> frozenset[Fault]:
    """The faults that make another place of a port call, where they came before it.

    All of them for what undoes something: it is there for what has gone wrong, and every way there
    is one that somebody had to think of.
    """
    return _ANYTHING if port in COMPENSATIONS else _CANCELLED


def _strikes(world: World, task: Task, operation: Operation) -> Iterator[Action]:
    """The faults that can strike a call; a refusal is an answer, and no fault."""
    ways = [(Kind.ANSWER, mode) for mode in modes(operation) if mode != Mode.REFUSED]
    ways += [(Kind.CRASH, Mode.BEFORE), (Kind.CRASH, Mode.AFTER)]
    actions = (made(kind, task.name, operation.port, mode) for kind, mode in ways)
    return filter(world.enabled, actions)


def detours(
    subject: Subject,
    scopes: Sequence[Scope],
    swept: int,
    seed: int,
    drawn: int,
    quota: Quota = WHOLE,
) -> Iterator[Run]:
    """Schedules by chance without such faults, and then what strikes the calls found in them.

    The sweep goes through the first `swept` of the scopes. Where there is a limit, each half has
    half of it.

    Raises:
        FaultDidNotFire: the target did something else than in the run before.
    """
    random, drawing, striking = Random(seed), *quota.halves()
    looks = dict.fromkeys(_swept(subject, scopes[:swept]), LOOKS)
    calls = {place.call for place in looks}
    found: list[tuple[Place, Schedule]] = []
    for number in range(drawing.number(drawn)):
        scope, data = random.choice(scopes), random.randbytes(LENGTH)
        run, there = _draw(subject, scope, data, number % WATCHED == 0)
        for place, schedule in there:
            looks[place] = looks.get(place, 0) + 1
            if looks[place] <= LOOKS:
                found.append((place, schedule))
        yield run

    def rather(one: tuple[Place, Schedule]) -> bool:
        """Where only some can be run: what undoes something where no path of the sweep does."""
        return one[0].port in COMPENSATIONS and one[0].call not in calls

    for _, schedule in striking.chosen(found, rather):
        yield struck(subject, schedule)
    quota.whole += drawing.whole + striking.whole


def _swept(subject: Subject, scopes: Iterable[Scope]) -> Iterator[Place]:
    """The places on the paths that the sweep goes through."""
    for scope in scopes:
        for schedule in business_schedules(subject, scope):
            lookout = Lookout()
            with watched(subject.spec):
                for world in onwards(subject, schedule):
                    yield from [place for place, _ in lookout.new(world)]


def _draw(
    subject: Subject, scope: Scope, data: bytes, watching: bool
) -> tuple[Run, list[tuple[Place, Schedule]]]:
    """One schedule by chance, and what would strike each place that it comes to, when it does."""
    found: list[tuple[Place, Schedule]] = []
    with watched(subject.spec):
        world = World(subject, scope, None, subject.conformance(watching))
        recorder, lookout = Recorder(world), Lookout()

        def look() -> None:
            for place, action in lookout.new(world):
                strike = Deviation(recorder.wait, action)
                found.append((place, Schedule(scope, (*recorder.deviations, strike))))

        drive(recorder, iter(data), _harmless, look)
        return recorder.finish(), found


def _harmless(world: World) -> list[list[Action]]:
    """What may go wrong now without striking a port call, one list for each kind."""
    groups = ([a for a in group if fault_of(a) not in _STRIKING] for group in world.faults())
    return [group for group in groups if group]
