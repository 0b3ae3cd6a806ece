"""One order among any number, with any number of faults: the proof that needs no budget.

Every message once published may be handled at any later time, again and again; the gateway may fail
for ever, the customer cancel as often as he likes, and the stock, which is what other orders leave,
may be there or not at every moment. Each step of a world of any size is a step of this one, or
none. So what never happens here happens nowhere: the invariants of an order hold for any number of
orders, copies, crashes and faults, and the list of what is met without a row (`decisions`) is
exact. What is left to `exploration` is the stock that orders share.

What makes it finite: of each message it is only known whether it was ever published and whether a
copy is *pending*, that is, not acknowledged yet. To handle a message may clear that or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from attrs import define, field, frozen

from model.choreography import TABLE
from model.invariants import broken_by, stuck
from model.semantics import Saga, without_calls
from model.table import Row, Table

#: Counts of effects stop here: one more than any effect may ever happen.
_MANY = 2


class Possible(NamedTuple):
    """Where one order may be; sets of channels are bit masks in the table's order."""

    states: tuple[str, ...]
    published: int
    pending: int
    ledger: tuple[int, ...]


@frozen
class Proof:
    """What was found on the way; a proof if there are no violations."""

    states: int
    transitions: int
    resting: int
    """States with nothing pending."""
    rows: frozenset[Row]
    ignored: frozenset[tuple[str, str, str]]
    violations: tuple[tuple[str, tuple[Row, ...]], ...]
    """Broken invariants, each with a way there: the rows that fired."""


def prove(table: Table = TABLE, *, stop_at: int = 1) -> Proof:
    """Everything that can happen to one order, or as much as breaks `stop_at` invariants."""
    search = _Search(table)
    search.run(stop_at)
    return Proof(
        states=len(search.arrivals),
        transitions=search.transitions,
        resting=sum(not here.pending for here in search.arrivals),
        rows=frozenset(search.rows),
        ignored=frozenset(search.ignored),
        violations=tuple((name, search.way(here)) for name, here in search.broken.items()),
    )


@define
class _Search:
    """A breadth-first search under way."""

    table: Table
    arrivals: dict[Possible, tuple[Possible, Row | None] | None] = field(factory=dict)
    broken: dict[str, Possible] = field(factory=dict)
    rows: set[Row] = field(factory=set)
    ignored: set[tuple[str, str, str]] = field(factory=set)
    transitions: int = 0

    def run(self, stop_at: int) -> None:
        """Level by level, so that the first way to a state is a shortest one."""
        sent = sum(self._bits(message) for message in self.table.start)
        states = tuple(machine.initial for machine in self.table.machines)
        level = [Possible(states, sent, sent, (0,) * len(self.table.effects))]
        self.arrivals[level[0]] = None
        while level and len(self.broken) < stop_at:
            level = [after for here in level for after in self._visit(here)]

    def way(self, here: Possible) -> tuple[Row, ...]:
        """The rows that led to a state."""
        rows: list[Row] = []
        while arrival := self.arrivals[here]:
            here, row = arrival
            rows += [row] if row else []
        return tuple(reversed(rows))

    def _visit(self, here: Possible) -> Iterator[Possible]:
        for row, after in self._steps(here):
            self.transitions += 1
            if after not in self.arrivals:
                self.arrivals[after] = here, row
                self._judge(after)
                yield after

    def _steps(self, here: Possible) -> Iterator[tuple[Row | None, Possible]]:
        for request in self.table.requests:
            for actor in self.table.consumers(request):
                for row in self._met(here, actor, request):
                    yield row, self._fired(here, row)
        for place, (message, actor) in enumerate(self.table.channels):
            bit = 1 << place
            if not here.published & bit:
                continue
            acknowledged = here._replace(pending=here.pending & ~bit)
            rows = self._met(here, actor, message)
            for row in rows:
                yield row, self._fired(here, row)
                if here.pending & bit:
                    yield row, self._fired(acknowledged, row)
                    if not self.table.port_calls.isdisjoint(row.emits):
                        yield row, self._fired(here, without_calls(self.table, row))
            if not rows and here.pending & bit:
                yield None, acknowledged

    def _met(self, here: Possible, actor: str, message: str) -> tuple[Row, ...]:
        state = here.states[self.table.place(actor)]
        rows = self.table.at(actor, state, message)
        self.rows.update(rows)
        if not rows:
            self.ignored.add((actor, state, message))
        return rows

    def _fired(self, here: Possible, row: Row) -> Possible:
        place = self.table.place(row.actor)
        sent = 0
        for message in row.emits:
            sent |= self._bits(message)
        return Possible(
            (*here.states[:place], row.to, *here.states[place + 1 :]),
            here.published | sent,
            here.pending | sent,
            self._booked(here.ledger, row),
        )

    def _booked(self, ledger: tuple[int, ...], row: Row) -> tuple[int, ...]:
        if not row.effects:
            return ledger
        booked = zip(self.table.effects, ledger, strict=True)
        return tuple(min(_MANY, count + row.effects.count(effect)) for effect, count in booked)

    def _bits(self, message: str) -> int:
        channels = self.table.channels
        return sum(1 << channels.index((message, who)) for who in self.table.consumers(message))

    def _judge(self, here: Possible) -> None:
        inbox = tuple(here.pending >> place & 1 for place in range(len(self.table.channels)))
        saga = Saga(here.states, here.ledger, inbox)
        names = [*broken_by(self.table, saga)]
        names += ["progress" for in_stock in (True, False) if stuck(self.table, saga, in_stock)]
        for name in names:
            self.broken.setdefault(name, here)
