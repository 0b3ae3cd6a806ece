"""What one participant may have done, given what was seen of it: an automaton of hypotheses.

A participant of the table is a small machine whose steps cannot be seen; only its surroundings can:
what it is given, what it acknowledges, what it publishes, what the gateway has done for it. The
classical subset construction turns this into a deterministic automaton over the observations. Its
states are the *nodes* below: all hypotheses that are still possible, each with the rows that fired
on every way to it. Nodes are made when they are first needed and kept for the life of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from attrs import evolve, frozen

from model.table import Row, Table


@frozen(cache_hash=True)
class Hypothesis:
    """What one participant may have done: where it is, what it wrote into its outbox.

    The machines behind its ports belong to it; what they say to each other is in `inner`.
    """

    states: tuple[str, ...]
    inner: frozenset[str] = frozenset()
    outbox: frozenset[str] = frozenset()
    """Everything that it has ever committed to publishing."""
    unread: frozenset[str] = frozenset()
    """Messages that it was given and, in this hypothesis, has not consumed yet."""


#: Each hypothesis with the rows that fired on every way to it.
Explanations = dict[Hypothesis, frozenset[Row]]


@frozen(cache_hash=True)
class Seen:
    """What went into a participant and what came out of it."""

    given: frozenset[str] = frozenset()
    published: frozenset[str] = frozenset()


class Node:
    """A state of the deterministic automaton of one participant, with its successors as found."""

    def __init__(self, part: Part, seen: Seen, explanations: Explanations) -> None:
        self.part = part
        self.seen = seen
        self.explanations = explanations
        self.certain = frozenset.intersection(*explanations.values())
        self._successors: dict[tuple[str, str], Node | None] = {}

    def step(self, what: str, event: str) -> Node | None:
        """The node after an observation; `None` if no hypothesis survives it."""
        try:
            return self._successors[what, event]
        except KeyError:
            successor = self._successors[what, event] = self.part.successor(self, what, event)
            return successor

    @property
    def outbox(self) -> frozenset[str]:
        """Everything that it may have committed to publishing."""
        return frozenset().union(*(each.outbox for each in self.explanations))

    @property
    def states(self) -> tuple[str, ...]:
        """The states in which the participant itself may be."""
        return tuple(sorted({hypothesis.states[0] for hypothesis in self.explanations}))

    @property
    def expected(self) -> tuple[str, ...]:
        """What the table allows next, readable: rows that can fire, and what waits to go out."""
        rows = {
            row: None
            for hypothesis in self.explanations
            for row in self.part.enabled(hypothesis, self.seen.given)
            if row.actor == self.part.actors[0] and (row.emits or row.to != row.state)
        }
        waiting = self.outbox - self.seen.published
        return (*map(str, rows), *(f"already committed: {event}" for event in sorted(waiting)))


class Part:
    """A participant with the machines behind its ports: the automaton whose states are nodes."""

    def __init__(self, table: Table, participant: str) -> None:
        inside = [m for m in table.machines if participant in (m.actor, m.behind)]
        self.table = table
        self.actors = tuple(machine.actor for machine in inside)
        self.inner = table.port_calls
        self.effects = _traces(table, self.actors)
        """Effects behind its ports, with the place and state that each one leaves for good."""
        self._interned: dict[object, Node] = {}
        start = Hypothesis(tuple(machine.initial for machine in inside))
        self.initial = self._node(Seen(), {start: frozenset()})

    def successor(self, node: Node, what: str, event: str) -> Node | None:
        """The node after one observation; `None` if no hypothesis survives it."""
        seen = node.seen
        if what == "placed":
            return self._node(seen, self._place(node.explanations))
        if what == "published":
            seen = evolve(seen, published=seen.published | {event})
            return self._keep(node, seen, lambda hypothesis: event in hypothesis.outbox)
        if what == "drained":
            return self._keep(node, seen, lambda hypothesis: hypothesis.outbox <= seen.published)
        if what == "effect":
            left = self.effects[event]
            return self._keep(node, seen, lambda each: left <= {*enumerate(each.states)})
        if event not in seen.given:
            node = self._deliver(node, event)
        if what == "delivered":
            return node
        return self._keep(node, node.seen, lambda hypothesis: event not in hypothesis.unread)

    def enabled(self, hypothesis: Hypothesis, given: frozenset[str]) -> list[Row]:
        """The rows that may fire; any message once given may be handled again."""
        return [
            row
            for actor, state in zip(self.actors, hypothesis.states, strict=True)
            for message in sorted(given | hypothesis.inner)
            for row in self.table.at(actor, state, message)
        ]

    def _place(self, explanations: Explanations) -> Explanations:
        start = frozenset(self.table.start)
        written = _merge(
            (evolve(each, outbox=each.outbox | start), rows) for each, rows in explanations.items()
        )
        return explanations | written  # or the crash came first

    def _keep(self, node: Node, seen: Seen, fits: Callable[[Hypothesis], bool]) -> Node | None:
        kept = {each: rows for each, rows in node.explanations.items() if fits(each)}
        return self._node(seen, kept) if kept else None

    def _deliver(self, node: Node, event: str) -> Node:
        seen = evolve(node.seen, given=node.seen.given | {event})
        unread = _merge(
            (evolve(each, unread=each.unread | {event}), rows)
            for each, rows in node.explanations.items()
        )
        return self._node(seen, self._close(unread, seen.given))

    def _close(self, explanations: Explanations, given: frozenset[str]) -> Explanations:
        """Add whatever the participant may do unseen, keeping only the rows that are certain."""
        found = dict(explanations)
        todo = list(found)
        while todo:
            before = todo.pop()
            for after, row in self._moves(before, given):
                rows = found[before] | ({row} if row else set())
                known = found.get(after)
                if known is None or not known <= rows:
                    found[after] = rows if known is None else known & rows
                    todo.append(after)
        return found

    def _moves(
        self, hypothesis: Hypothesis, given: frozenset[str]
    ) -> Iterator[tuple[Hypothesis, Row | None]]:
        for row in self.enabled(hypothesis, given):
            yield self._fire(hypothesis, row), row
        for message in hypothesis.unread:
            if not self.table.at(self.actors[0], hypothesis.states[0], message):
                yield evolve(hypothesis, unread=hypothesis.unread - {message}), None

    def _fire(self, hypothesis: Hypothesis, row: Row) -> Hypothesis:
        place = self.actors.index(row.actor)
        states = (*hypothesis.states[:place], row.to, *hypothesis.states[place + 1 :])
        emitted = frozenset(row.emits)
        return Hypothesis(
            states,
            inner=hypothesis.inner | (emitted & self.inner),
            outbox=hypothesis.outbox | (emitted - self.inner),
            unread=hypothesis.unread - {row.on},
        )

    def _node(self, seen: Seen, explanations: Explanations) -> Node:
        key = seen, frozenset(explanations.items())
        return self._interned.setdefault(key, Node(self, seen, explanations))


def _traces(table: Table, actors: tuple[str, ...]) -> dict[str, frozenset[tuple[int, str]]]:
    return {
        effect.name: frozenset({(actors.index(row.actor), row.to)})
        for row in table.rows
        if row.actor in actors[1:]
        for effect in row.effects
    }


def _merge(explanations: Iterable[tuple[Hypothesis, frozenset[Row]]]) -> Explanations:
    merged: Explanations = {}
    for hypothesis, rows in explanations:
        merged[hypothesis] = merged[hypothesis] & rows if hypothesis in merged else rows
    return merged


def reachable(part: Part) -> Iterator[Node]:
    """Every node that messages which are handled one after the other can lead to."""
    messages = {
        row.on: None for row in part.table.rows if row.actor == part.actors[0]
    }.keys() - part.inner
    seen = {part.initial}
    todo = [part.initial]
    while todo:
        node = todo.pop()
        yield node
        steps = [("acknowledged", message) for message in messages - node.seen.given]
        steps += [("published", event) for event in node.outbox - node.seen.published]
        steps += [("drained", ""), *(("effect", effect) for effect in part.effects)]
        for what, event in steps:
            after = node.step(what, event)
            if after is not None and after not in seen:
                seen.add(after)
                todo.append(after)


@cache
def part(table: Table, participant: str) -> Part:
    """The automaton of a participant; one per process, since it remembers what it worked out."""
    return Part(table, participant)
