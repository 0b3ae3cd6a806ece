"""Exhaustive small scopes: every schedule of the same actions, on the target itself.

Depth first, by running each schedule anew: nothing is asked of the target but to be the same twice.
Where it has a `digest`, states that were seen before are not entered again; where it has none, a
bounded number of schedules is all that can be done: those that deviate least.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from attrs import define, evolve, field

from implementations.errors import TargetError
from model.environment import Delivery, Fault
from properties.run import Recorder, Run
from properties.striking import cannot_fire
from properties.world.actions import Action, Kind, in_words
from properties.world.scopes import CONTENTION, SHORT, SINGLE, Scope
from properties.world.state import digest
from properties.world.subject import Subject
from properties.world.watchdog import watched
from properties.world.world import World
from reports.wording import count

#: setting, budgets: at most one of each fault is enough for every bug measured so far.
#: Handlers interleave only where the budget says so, or no scope would be small.
_BUDGETS: tuple[tuple[Scope, dict[Fault, int]], ...] = (
    (SINGLE, {}),
    (SHORT, {}),
    (SINGLE, {Fault.CRASH: 1}),
    (SINGLE, {Fault.DUPLICATE: 1}),
    (SINGLE, {Fault.DUPLICATE: 1, Fault.CRASH: 1}),
    (SINGLE, {Fault.UNKNOWN: 1, Fault.DECLINE: 1, Fault.CARRIER_REFUSAL: 1}),
    (SINGLE, {Fault.TRANSIENT: 1, Fault.CARRIER_REFUSAL: 1}),
    (SINGLE, {Fault.CANCEL: 1, Fault.CRASH: 1}),
    (SHORT, {Fault.DUPLICATE: 1, Fault.CRASH: 1}),
    (CONTENTION, {}),
    (SINGLE, {Fault.CONCURRENCY: 1, Fault.DUPLICATE: 0}),
)
_WORDS: dict[Fault, str] = {
    Fault.CANCEL: "1 cancel",
    Fault.DUPLICATE: "1 duplicate",
    Fault.UNKNOWN: "1 unknown",
    Fault.TRANSIENT: "1 transient",
    Fault.DECLINE: "1 refusal",
    Fault.CARRIER_REFUSAL: "1 refusal",
    Fault.CRASH: "1 crash",
    Fault.CONCURRENCY: "2 handlers at once",
}


#: What adds nothing where every way is tried: a stall stands for many deviations.
_NOTHING_NEW = frozenset({Kind.IDLE, Kind.STALL})
#: Without a digest a schedule is run from its beginning for each state that it adds.
STATES_PER_SCHEDULE = 40


@define
class Exploration:
    """How far an exhaustive scope was explored."""

    name: str
    schedules: int = 0
    states: int = 0
    transitions: int = 0
    complete: bool = False
    hashed: bool = True
    most: int | None = None
    """How many schedules there may be; None for as many as it takes."""
    seen: set[object] = field(factory=set, repr=False)

    def at_its_end(self, max_states: int) -> bool:
        """Whether this is as far as it goes."""
        if self.most is not None and self.schedules >= self.most:
            return True
        if self.hashed:
            return self.states >= max_states
        return self.schedules >= max_states // STATES_PER_SCHEDULE

    def in_words(self) -> str:
        """What was explored, in one line."""
        whole = "all of it" if self.complete else "given up there"
        if not self.hashed:
            schedules = count(self.schedules, "schedule")
            return f"{self.name}: {schedules}, {whole}"
        return f"{self.name}: {self.states} states, {self.transitions} transitions, {whole}"


def small_scopes(
    scopes: tuple[Scope, ...], never: frozenset[Fault] = frozenset()
) -> Iterator[tuple[str, Scope]]:
    """The exhaustive scopes that fit the target: those whose setting is among `scopes`.

    They are named after what can strike in them, which faults that `never` do cannot. None comes
    twice.
    """
    fitting = {scope.name: scope for scope in scopes}
    known: set[str] = set()
    for setting, budgets in _BUDGETS:
        base = fitting.get(setting.name)
        if base is None:
            continue
        strike = {fault for fault, most in budgets.items() if most} & base.faults - never
        words = dict.fromkeys(word for fault, word in _WORDS.items() if fault in strike)
        name = f"{base.name}, {', '.join(words) or 'no fault'}"
        if name not in known:
            known.add(name)
            used = {fault: budgets.get(fault, 0) for fault in base.budgets}
            faults = (
                base.faults if Fault.CONCURRENCY in strike else base.faults - {Fault.CONCURRENCY}
            )
            yield name, evolve(base, budgets=used, faults=faults)


def never_strike(subject: Subject, delivery: Delivery) -> frozenset[Fault]:
    """The faults that no action of the world stands for, with this target and this broker."""
    return frozenset(
        f for f in (Fault.CANCEL, Fault.DUPLICATE) if cannot_fire(f, subject, delivery)
    )


def exhaust(
    subject: Subject, scope: Scope, exploration: Exploration, max_states: int
) -> Iterator[Run]:
    """Yield the run at the end of every path of a scope, and keep count in `exploration`.

    Raises:
        TargetError: the target took another path than it did before.
    """
    stack: deque[list[tuple[Action, Action]]] = deque([[]])
    while stack:
        if exploration.at_its_end(max_states):
            return
        prefix = stack.pop() if exploration.hashed else stack.popleft()
        exploration.schedules += 1
        with watched(subject.spec):
            recorder = Recorder(World(subject, scope))
            _follow(recorder, prefix)
            yield from _descend(recorder, prefix, stack, exploration)
    exploration.complete = True


def _follow(recorder: Recorder, prefix: Iterable[tuple[Action, Action]]) -> None:
    """Take the way to a state that was left for later."""
    for action, default in prefix:
        try:
            recorder.apply(action, default)
        except LookupError:
            if recorder.world.enabled(action):
                raise
            raise TargetError(
                f"behaved differently when the same schedule was run again: {in_words(action)!r} "
                "was possible, and no longer is",
                recorder.world.subject.spec,
                "make it the same in every run: build everything afresh in the factory, take ids "
                "and time from world.new_id() and world.clock(), and leave nothing to chance",
            ) from None


def _descend(
    recorder: Recorder,
    path: list[tuple[Action, Action]],
    stack: deque[list[tuple[Action, Action]]],
    exploration: Exploration,
) -> Iterator[Run]:
    """Go on with the first choice at every state; leave the others for later."""
    world = recorder.world
    path = list(path)
    while True:
        if exploration.hashed:
            state = digest(world)
            if state in exploration.seen:
                world.dissolve()
                return
            exploration.seen.add(state)
        exploration.states += 1
        benign = world.benign()
        default = benign[0]
        faults = [action for group in world.faults() for action in group]
        choices = [action for action in (*benign, *faults) if action.kind not in _NOTHING_NEW]
        exploration.transitions += len(choices)
        for action in reversed(choices[1:] if default.kind is not Kind.IDLE else choices):
            stack.append([*path, (action, default)])
        if default.kind is Kind.IDLE or world.exhausted:
            yield recorder.finish()
            return
        path.append((default, default))
        recorder.apply(default, default)
