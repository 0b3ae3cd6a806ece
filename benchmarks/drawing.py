"""Other ways to choose what happens next than by the bytes of a campaign, to measure it against.

- `priorities`: probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): who acts next
  has a priority drawn by lot, which falls at a few places, and faults strike at a few.
- `owing`: faults are likelier while an order holds money or stock that it has not shipped, which is
  when there is something to lose.
- `learned`: kinds of faults are likelier, the more often they led to books never seen before.
"""

from __future__ import annotations

from random import Random

from attrs import define, field

from model.environment import Fault
from model.vocabulary import Status
from properties.run import Recorder, Run
from properties.world.actions import Action, fault_of
from properties.world.scopes import Scope
from properties.world.subject import Subject
from properties.world.world import World

#: Choices in a schedule, and the share of faults among them, as in the campaign.
CHOICES = 90
FAULT_SHARE = 0.1
#: While something is owed, and while nothing is.
OWING_SHARES = (0.15, 0.05)
#: Places at which the highest priority falls, and at which a fault is tried.
CHANGES, STRIKES = 3, 4


def priorities(subject: Subject, scope: Scope, random: Random) -> Run:
    """A run in which whoever has the highest priority acts."""
    recorder = Recorder(World(subject, scope))
    world = recorder.world
    ranks: dict[tuple[str, str], float] = {}
    changes = set(random.sample(range(CHOICES), CHANGES))
    strikes = set(random.sample(range(CHOICES), random.randint(0, STRIKES)))
    for place in range(CHOICES):
        benign = world.benign()
        groups = world.faults() if place in strikes else []
        if groups:
            recorder.apply(random.choice(random.choice(groups)), benign[0])
            continue
        first = max(benign, key=lambda action: _rank(ranks, action, random))
        if place in changes:
            ranks[_actor(first)] = -random.random()
            first = max(benign, key=lambda action: _rank(ranks, action, random))
        recorder.apply(first, benign[0])
    return recorder.finish()


def _actor(action: Action) -> tuple[str, str]:
    """Who acts: a handler, a relay, or a message that is to be delivered."""
    return str(action.kind), action.subject


def _rank(ranks: dict[tuple[str, str], float], action: Action, random: Random) -> float:
    return ranks.setdefault(_actor(action), random.random())


def owing(subject: Subject, scope: Scope, random: Random) -> Run:
    """A run in which faults strike rather where there is something to lose."""
    recorder = Recorder(World(subject, scope))
    world = recorder.world
    much, little = OWING_SHARES
    for _ in range(CHOICES):
        benign = world.benign()
        share = much if _owes(world) else little
        groups = world.faults() if random.random() < share else []
        group = random.choice(groups) if groups else benign
        recorder.apply(random.choice(group), benign[0])
    return recorder.finish()


def _owes(world: World) -> bool:
    return any(
        saga.status is Status.OPEN and (saga.balance.money or not saga.balance.empty_handed)
        for saga in world.history.sagas.values()
    )


@define
class Learned:
    """What the schedules so far have taught of each kind of fault."""

    seen: set[tuple[object, ...]] = field(factory=set)
    tried: dict[Fault | None, int] = field(factory=dict)
    useful: dict[Fault | None, int] = field(factory=dict)

    def run(self, subject: Subject, scope: Scope, random: Random) -> Run:
        """A run in which the kind of fault is drawn by what it was good for."""
        recorder = Recorder(World(subject, scope))
        world = recorder.world
        struck: set[Fault | None] = set()
        for _ in range(CHOICES):
            benign = world.benign()
            groups = world.faults() if random.random() < FAULT_SHARE else []
            if groups:
                weights = [self._weight(fault_of(group[0])) for group in groups]
                (group,) = random.choices(groups, weights)
                struck.add(fault_of(group[0]))
            else:
                group = benign
            recorder.apply(random.choice(group), benign[0])
        run = recorder.finish()
        self._learn(run, struck)
        return run

    def _weight(self, kind: Fault | None) -> float:
        return (1 + self.useful.get(kind, 0)) / (1 + self.tried.get(kind, 0)) + 0.05

    def _learn(self, run: Run, struck: set[Fault | None]) -> None:
        books = tuple(
            (entry.order, entry.effect, entry.quantity)
            for entry in run.world.history.ledger.entries
        )
        new = books not in self.seen
        self.seen.add(books)
        for kind in struck:
            self.tried[kind] = self.tried.get(kind, 0) + 1
            self.useful[kind] = self.useful.get(kind, 0) + new
