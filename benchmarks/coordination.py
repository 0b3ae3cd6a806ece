"""Choreography and orchestration side by side: the source document's comparison, measured.

    python -m benchmarks.coordination [--schedules 200]

The same saga twice, in memory, by the same schedules: each business answer first in, first out, and
a slice of the campaign, whose bytes are the same for both. (A byte chooses among what can happen;
what can happen differs.) All figures are counted in these runs: no CPU time, nothing typed in.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from attrs import define, field, frozen

from model.environment import DEFAULT_FAULTS
from model.vocabulary import Status
from properties.drivers.campaign import campaign
from properties.drivers.paths import business_schedules
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.run import Deviation, Schedule
from properties.world.actions import Action, Kind
from properties.world.network import Draft
from properties.world.scopes import SCOPES, SHORT, SINGLE, fitting
from properties.world.subject import Subject
from properties.world.world import World

SEED = 1
KINDS = {
    "choreography": "implementations.reference:make",
    "orchestration": "implementations.orchestrated:make",
}
#: What a refused port call is called in the table.
REFUSALS = {"payments.charge": "card declined", "carrier.create_shipment": "parcel refused"}
CANCEL = Deviation(1, Action(Kind.CANCEL, "o1"))


@frozen
class Path:
    """One saga without faults, from its beginning to its end."""

    messages: int
    hops: int
    """Messages in the chain of causes that ends with the terminal event."""
    messages_back: int = 0
    """Messages since the refusal, and (below) the longest chain of causes among them."""
    hops_back: int = 0


@define
class Coupling:
    """Who has handled whose messages."""

    handled: set[tuple[str, str]] = field(factory=set)
    """Participants, each with a type of message that another one sends."""
    sent: set[tuple[str, str]] = field(factory=set)
    """Participants, each with a type of message that another one handles."""
    links: set[frozenset[str]] = field(factory=set)
    """Pairs of participants between whom messages go, either way."""

    def see(self, world: World) -> None:
        """Note what was published in a run, and for whom."""
        for draft in world.network.published:
            for participant in world.network.subscribers.get(draft.type, ()):
                if participant != draft.source:
                    self.handled.add((participant, draft.type))
                    self.sent.add((draft.source, draft.type))
                    self.links.add(frozenset((participant, draft.source)))

    def partners(self, participant: str) -> int:
        """How many others a participant deals with."""
        return sum(1 for link in self.links if participant in link)


@define
class Stages:
    """What the rows of all stores were, one after the other, at every moment of some sagas."""

    seen: set[tuple[Any, ...]] = field(factory=set)

    def see(self, world: World) -> None:
        """Look at all stores."""
        self.seen.add(tuple(rows_in(store) for store in world.target.digest()))

    def told_apart(self) -> list[int]:
        """How many stages each store can tell from the others, by its own rows."""
        return [len(set(rows)) for rows in zip(*self.seen, strict=True)]


def rows_in(store: Any) -> Any:
    """The business rows in the digest of a store, in which they stand first."""
    while isinstance(store, tuple):
        store = store[0]
    return store


@define
class Measured:
    """All figures of one kind of saga."""

    paths: dict[str, Path] = field(factory=dict)
    coupling: Coupling = field(factory=Coupling)
    stages: dict[str, Stages] = field(factory=dict)
    """Those of each path."""
    drawn: dict[Status, list[int]] = field(factory=dict)
    """Messages of each saga of the campaign, by its end."""


def measure(spec: str, schedules: int) -> Measured:
    """Take a saga through all schedules; none of them may violate anything."""
    subject, measured = probe(spec), Measured()
    for name, schedule in same_schedules(subject):
        stages = measured.stages[name] = Stages()
        world = World(subject, schedule.scope)
        measured.paths[name] = walk(world, schedule, stages)
        measured.coupling.see(world)
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    with fewer_collections():
        for _, run in campaign(subject, scopes, SEED, schedules):
            assert not run.findings, f"{spec} is not right: {', '.join(run.findings)}"
            count_sagas(run.world, measured)
            run.world.dissolve()
    return measured


def same_schedules(subject: Subject) -> Iterator[tuple[str, Schedule]]:
    """Every business answer to one order, by what it means: the schedules' own names differ."""
    for schedule in business_schedules(subject, SINGLE):
        refused = [REFUSALS[deviation.action.port] for deviation in schedule.deviations]
        yield (*refused, "confirmed")[0], schedule
    yield "out of stock", Schedule(SHORT)
    yield "cancelled at once", Schedule(SINGLE, (CANCEL,))


def walk(world: World, schedule: Schedule, stages: Stages) -> Path:
    """Take a new world through a schedule, and look at its stores after each step."""
    actions = chain.from_iterable((*[None] * d.wait, d.action) for d in schedule.deviations)
    before = None
    for planned in chain(actions, iter(lambda: None, 0)):
        action = planned or world.benign()[0]
        if action.kind is Kind.IDLE:
            break
        if action.kind is Kind.ANSWER:
            before = len(world.network.published)
        world.apply(action)
        stages.see(world)
    world.drain()
    assert not world.history.findings, world.history.findings
    published = world.network.published
    ends = [draft for draft in published if draft.type in world.subject.shape.terminal]
    back = [] if before is None else published[before:]
    return Path(len(published), longest(published, ends), len(back), longest(back, back))


def longest(messages: Iterable[Draft], ends: Iterable[Draft]) -> int:
    """How many of `messages` the longest chain of causes to one of `ends` has."""
    by_id = {draft.attributes["id"]: draft for draft in messages}

    def length(draft: Draft | None) -> int:
        return 1 + length(by_id.get(draft.attributes["causationid"])) if draft else 0

    return max(map(length, ends), default=0)


def count_sagas(world: World, measured: Measured) -> None:
    """Count the messages of each saga of a run; one that was relayed twice is sent twice."""
    measured.coupling.see(world)
    for order, saga in world.history.sagas.items():
        if saga.status is not None:
            sent = sum(1 for draft in world.network.published if draft.order == order)
            measured.drawn.setdefault(saga.status, []).append(sent)


def rows_of(measured: Measured, participants: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The rows of the table for one kind of saga: what was measured, and the figure."""
    for name, path in measured.paths.items():
        yield f"messages, {name}", str(path.messages)
    for status, counts in sorted(measured.drawn.items()):
        yield f"messages on average under faults, {status}", f"{sum(counts) / len(counts):.1f}"
    for name, path in measured.paths.items():
        yield f"hops to completion, {name}", str(path.hops)
    worst = max(measured.paths.values(), key=lambda path: (path.hops_back, path.messages_back))
    yield "longest compensation path", f"{worst.hops_back} hops, {worst.messages_back} messages"
    coupling = measured.coupling
    yield "types of another's messages that are handled", str(len(coupling.handled))
    yield "… by each", by_each(coupling.handled, participants)
    both = coupling.handled | coupling.sent
    yield "types that each shares with others, sent or handled", by_each(both, participants)
    yield "pairs of participants that deal with each other", str(len(coupling.links))
    yield "others that each deals with", listed({n: coupling.partners(n) for n in participants})
    every = Stages({rows for stages in measured.stages.values() for rows in stages.seen})
    for which, stages in (("a confirmed saga", measured.stages["confirmed"]), ("all paths", every)):
        yield f"stages of {which}, all stores together", str(len(stages.seen))
        apart = dict(zip(participants, stages.told_apart(), strict=True))
        yield f"stages of {which} that one store tells apart", listed(apart)


def by_each(pairs: Iterable[tuple[str, str]], participants: Sequence[str]) -> str:
    """How many of the pairs each participant is in, in one line."""
    counted = Counter(participant for participant, _ in pairs)
    return listed({name: counted[name] for name in participants})


def listed(figures: dict[str, int]) -> str:
    """Figures by participant, in one line."""
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())


def table(schedules: int = 200) -> str:
    """The comparison, as Markdown."""
    columns = []
    for spec in KINDS.values():
        participants = probe(spec).shape.participants
        columns.append(dict(rows_of(measure(spec, schedules), participants)))
    assert len({tuple(column) for column in columns}) == 1, "not the same schedules"
    head = f"| measured | {' | '.join(KINDS)} |\n|---|{'---|' * len(KINDS)}\n"
    lines = (f"| {what} | {' | '.join(c[what] for c in columns)} |\n" for what in columns[0])
    return head + "".join(lines)


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.coordination")
    parser.add_argument("--schedules", type=int, default=200, help="of the campaign")
    print(table(parser.parse_args().schedules), end="")


if __name__ == "__main__":
    main()
