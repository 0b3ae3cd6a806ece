"""What one participant can do at once, at the grain of a log.

A handler calls the gateway and waits: one line may stand for a chain of rows, those of the machine
behind the port among them. It may also stand for a part of the chain: the handler died at a call,
or the answer comes as a message. All of this is a `Step` here. If the gateway has lines of its own,
every row is a step by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from attrs import evolve, frozen

from model.table import Actor, Row, Table


@frozen(cache_hash=True)
class Local:
    """Where a participant is, with the machines behind its ports."""

    states: tuple[str, ...]
    inner: frozenset[str] = frozenset()
    """All that they ever said to each other."""
    placed: bool = False
    """Of the order service: whether the order was placed."""


@frozen(cache_hash=True)
class Step:
    """Something that a participant may do, and how it shows."""

    message: str
    """What it needs: a message that was published; empty if nothing."""
    consumed: str | None
    """What a line would name as consumed."""
    published: tuple[str, ...]
    effects: tuple[str, ...]
    after: Local
    row: Row | None = None
    """The first row; none for the placing, and for a message that is ignored."""
    line: bool = True
    """Whether it can have a line, where handlings have lines."""
    silent: bool = False
    """Whether it can be without one even there: the handler died."""
    asked: bool = False
    """Whether the customer brings it about, so that a log of messages need not have it."""


@frozen
class _Chain:
    """A handling under way: where it is, what is said inside and not heard yet."""

    local: Local
    pending: tuple[str, ...]
    published: frozenset[str] = frozenset()
    effects: tuple[str, ...] = ()
    called: bool = False
    """Whether a machine behind the port has done anything."""


class Part:
    """A participant, alone or with the machines behind its ports."""

    def __init__(self, table: Table, actors: tuple[Actor, ...], inner: frozenset[str]) -> None:
        self.table = table
        self.actors = actors
        self.inner = inner
        self.name = str(actors[0])
        machines = [table.machine(actor) for actor in actors]
        self.resting = tuple(machine.resting for machine in machines)
        self.starts = actors[0] == Actor.ORDER
        states = tuple(machine.initial for machine in machines)
        self.initial = Local(states, placed=not self.starts)
        rows = [row for row in table.rows if row.actor == actors[0]]
        self.messages = tuple({row.on: None for row in rows if row.on not in inner})
        self._steps: dict[Local, tuple[Step, ...]] = {}

    def rests(self, local: Local) -> bool:
        """Whether it may stay here for ever, if nothing is pending."""
        return all(s in rest for s, rest in zip(local.states, self.resting, strict=True))

    def steps(self, local: Local) -> tuple[Step, ...]:
        """Everything that it may do from here, given the messages for it."""
        found = self._steps.get(local)
        if found is None:
            found = self._steps[local] = tuple(dict.fromkeys(self._all(local)))
        return found

    def _all(self, local: Local) -> Iterator[Step]:
        if not local.placed:
            after = evolve(local, placed=True)
            yield Step("", None, tuple(sorted(self.table.start)), (), after, asked=True)
            return
        for message in self.messages:
            yield from self._handlings(local, message, message)
        for message in sorted(local.inner):
            yield from self._handlings(local, "", message)
            yield from self._answers(local, message)

    def _handlings(self, local: Local, needed: str, message: str) -> Iterator[Step]:
        asked = message in self.table.requests
        if asked:
            needed = ""
        rows = self.table.at(self.actors[0], local.states[0], message)
        if not rows:
            yield Step(needed, message, (), (), local, asked=asked)
        for row in rows:
            for chain in self._chains(_Chain(local, ()), row):
                yield Step(
                    needed,
                    message,
                    tuple(sorted(chain.published)),
                    tuple(sorted(chain.effects)),
                    chain.local,
                    row,
                    line=not (chain.pending and chain.called),
                    silent=bool(chain.pending),
                    asked=asked,
                )

    def _answers(self, local: Local, message: str) -> Iterator[Step]:
        """A machine behind the port takes a call by itself: the caller does not wait."""
        for place, actor in enumerate(self.actors[1:], 1):
            for row in self.table.at(actor, local.states[place], message):
                after = self._fired(_Chain(local, ()), row)
                yield Step("", None, (), after.effects, after.local, row, line=False, silent=True)

    def _chains(self, start: _Chain, row: Row) -> Iterator[_Chain]:
        """Every way on from a row, to each point where the handler may stop."""
        todo = [self._fired(start, row)]
        seen = set(todo)
        while todo:
            chain = todo.pop()
            yield chain
            for after in self._further(chain):
                if after not in seen:
                    seen.add(after)
                    todo.append(after)

    def _further(self, chain: _Chain) -> Iterator[_Chain]:
        if not chain.pending:
            return
        message, rest = chain.pending[0], chain.pending[1:]
        waiting = evolve(chain, pending=rest)
        for actor, state in zip(self.actors, chain.local.states, strict=True):
            for row in self.table.at(actor, state, message):
                yield self._fired(waiting, row)

    def _fired(self, chain: _Chain, row: Row) -> _Chain:
        place = self.actors.index(row.actor)
        states = (*chain.local.states[:place], row.to, *chain.local.states[place + 1 :])
        said = tuple(event for event in row.emits if event in self.inner)
        effects = tuple(effect.name for effect in row.effects)
        return _Chain(
            evolve(chain.local, states=states, inner=chain.local.inner | {*said}),
            chain.pending + said,
            chain.published | {event for event in row.emits if event not in self.inner},
            chain.effects + effects,
            chain.called or place > 0,
        )


@cache
def parts(table: Table, apart: bool) -> tuple[Part, ...]:
    """The participants; with `apart` the machines behind ports have lines of their own."""
    if apart:
        return tuple(Part(table, (machine.actor,), frozenset()) for machine in table.machines)
    inside: dict[Actor, tuple[Actor, ...]] = {}
    for machine in table.machines:
        owner = machine.behind or machine.actor
        inside[owner] = (*inside.get(owner, ()), machine.actor)
    return tuple(Part(table, actors, table.port_calls) for actors in inside.values())
