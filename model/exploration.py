"""Every state that a small world can reach, breadth first: the table against its invariants.

Small worlds are enough to be worth it: they contain every interleaving, every place for a crash and
a copy, and what is found is found by the shortest way there.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from model.choreography import TABLE
from model.invariants import broken, sight
from model.semantics import Kind, Scope, Step, World, beginning, steps
from model.table import Row, Table


@frozen
class Violation:
    """A broken invariant, and a shortest way to it."""

    invariant: str
    trace: tuple[Step, ...]

    def __str__(self) -> str:
        lines = (f"  {number}. {step}" for number, step in enumerate(self.trace, 1))
        return "\n".join((f"{self.invariant} is broken after {len(self.trace)} steps:", *lines))


@frozen
class Report:
    """What an exploration found."""

    scope: Scope
    states: int
    transitions: int
    terminals: int
    """States with nothing in flight."""
    depth: int
    """The length of the longest shortest way to a state."""
    rows: frozenset[Row]
    """The rows that fired somewhere."""
    ignored: frozenset[tuple[str, str, str]]
    """The (actor, state, message) that were met without a row."""
    endings: frozenset[tuple[str, ...]]
    """The statuses that the orders have in such a state, in alphabetical order."""
    violations: tuple[Violation, ...]


def explore(scope: Scope, table: Table = TABLE, *, stop_at: int = 1) -> Report:
    """Visit every reachable state, or as many as it takes to break `stop_at` invariants."""
    search = _Search(table, scope)
    search.run(stop_at)
    return Report(
        scope=scope,
        states=len(search.arrivals),
        transitions=search.transitions,
        terminals=search.terminals,
        depth=search.depth,
        rows=frozenset(search.rows),
        ignored=frozenset(search.ignored),
        endings=frozenset(search.endings),
        violations=tuple(Violation(name, search.trace(w)) for name, w in search.broken.items()),
    )


@define
class _Search:
    """A breadth-first search under way."""

    table: Table
    scope: Scope
    #: state -> the state before it, and the step between
    arrivals: dict[World, tuple[World, Step] | None] = field(factory=dict)
    broken: dict[str, World] = field(factory=dict)
    rows: set[Row] = field(factory=set)
    ignored: set[tuple[str, str, str]] = field(factory=set)
    endings: set[tuple[str, ...]] = field(factory=set)
    transitions: int = 0
    terminals: int = 0
    depth: int = 0

    def run(self, stop_at: int) -> None:
        """Level by level, so that the first way to a state is a shortest one."""
        first = beginning(self.table, self.scope)
        self.arrivals[first] = None
        self._judge(first)
        level = [first]
        while level and len(self.broken) < stop_at:
            level = [after for world in level for after in self._visit(world)]
            self.depth += bool(level)

    def trace(self, world: World) -> tuple[Step, ...]:
        """The steps that led to a state."""
        way: list[Step] = []
        while arrival := self.arrivals[world]:
            world, step = arrival
            way.append(step)
        return tuple(reversed(way))

    def _visit(self, world: World) -> Iterator[World]:
        """The states that were not known before, one step from here."""
        for step in steps(self.table, world):
            self.transitions += 1
            self._note(world, step)
            if step.world not in self.arrivals:
                self.arrivals[step.world] = world, step
                self._judge(step.world)
                yield step.world
        if all(saga.quiet for saga in world.sagas):
            self.terminals += 1
            self.endings.add(tuple(sorted(sight(self.table, s).status for s in world.sagas)))

    def _note(self, world: World, step: Step) -> None:
        move = step.move
        if move.row:
            self.rows.add(move.row)
        elif move.kind is not Kind.DUPLICATE:
            state = world.sagas[step.order].states[self.table.place(move.actor)]
            self.ignored.add((move.actor, state, move.message))

    def _judge(self, world: World) -> None:
        for name in broken(self.table, self.scope, world):
            self.broken.setdefault(name, world)
