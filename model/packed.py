"""The proof of `unbounded` over whole numbers: the same states in a fraction of the time.

A state is one number: a few bits for the state of each actor, for each channel a bit for
*published* and one for *pending*, and above them the number of what the ledger says. A step is "if
all of `need` is set: keep `keep`, add `put`". `unbounded` is the same to be read, and tells the way
to what it finds; a test holds the two together to the last state and transition.

This one can do two things besides: remember in which *order* the ledger was written (`ordered`),
for the automaton; and let a crash tear a row apart (`torn`), for the mutants of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from attrs import define, field, frozen

from model.choreography import TABLE
from model.invariants import INVARIANTS, Sight, movable, obliges
from model.semantics import without_calls
from model.table import Actor, Row, Table

#: What the ledger of one order says: the names of its effects, then the status that is final.
Word = tuple[str, ...]


@frozen
class PackedProof:
    """What was found; a proof if no invariant is broken."""

    states: int
    transitions: int
    rows: frozenset[Row]
    """The rows that fired somewhere."""
    ignored: frozenset[tuple[str, str, str]]
    """The (actor, state, message) that were met without a row."""
    broken: str
    """An invariant that is broken by the fewest steps; empty if none is."""
    words: frozenset[Word]
    """What the ledger can say at any time."""
    endings: frozenset[Word]
    """What it can say when nothing is pending."""


def prove_packed(
    table: Table = TABLE, torn: tuple[Row, ...] = (), *, ordered: bool = False
) -> PackedProof:
    """Everything that can happen to one order, or as much as breaks one invariant.

    Rows in `torn` happen in a crash only: the message stays. With `ordered` two ledgers with the
    same entries in another order are two states.
    """
    return _Search(table, torn, ordered).run()


class _Step(NamedTuple):
    """What may happen in a state, if all bits of `need` are set."""

    need: int
    keep: int
    put: int
    letters: Word
    """What it writes in the ledger."""
    row: Row | None


@define
class _Search:
    """A breadth-first search under way; `code` stands for the states of all actors."""

    table: Table
    torn: tuple[Row, ...]
    ordered: bool
    ledger: list[Word] = field(factory=lambda: [()])
    """What the ledger may say, by its number."""
    steps: dict[int, tuple[_Step, ...]] = field(factory=dict)
    reached: dict[int, int] = field(factory=dict)
    """For each code, all bits that were ever set with it."""
    shifts: tuple[int, ...] = field(init=False)
    published: int = field(init=False)
    """The lowest bit of what was published; then that of what is pending, and of the ledger."""
    pending: int = field(init=False)
    top: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        widths = [(len(machine.states) - 1).bit_length() for machine in self.table.machines]
        self.shifts = tuple(sum(widths[:place]) for place in range(len(widths)))
        self.published = sum(widths)
        self.pending = self.published + len(self.table.channels)
        self.top = self.pending + len(self.table.channels)

    def run(self) -> PackedProof:
        """Level by level, so that what is found first is found by the fewest steps."""
        states = tuple(machine.initial for machine in self.table.machines)
        level = [self._code(states) | self._sent(self.table.start)]
        seen, transitions, broken = {*level}, 0, ""
        judge = self._judge()
        while level and not broken:
            level, taken = self._after(level, seen)
            transitions += taken
            broken = next(filter(None, map(judge, level)), "")
        waiting = (1 << self.top) - (1 << self.pending)
        return PackedProof(
            states=len(seen),
            transitions=transitions,
            rows=frozenset(self._fired()),
            ignored=frozenset(self._ignored()),
            broken=broken,
            words=frozenset(self.ledger),
            endings=frozenset(self.ledger[s >> self.top] for s in seen if not s & waiting),
        )

    def _after(self, level: list[int], seen: set[int]) -> tuple[list[int], int]:
        """The states that were not known before, one step on; and how many steps were taken."""
        control, below, top = (1 << self.published) - 1, (1 << self.top) - 1, self.top
        steps, reached, grown = self.steps, self.reached, self._grown()
        fresh, taken = list[int](), 0
        for here in level:
            code = here & control
            if code not in steps:
                steps[code] = tuple(self._steps(code))
            reached[code] = reached.get(code, 0) | here
            for need, keep, put, letters, _ in steps[code]:
                if here & need == need:
                    taken += 1
                    after = here & keep | put
                    if letters:
                        after = after & below | grown(here >> top, letters) << top
                    if after not in seen:
                        seen.add(after)
                        fresh.append(after)
        return fresh, taken

    def _grown(self) -> Callable[[int, Word], int]:
        known: dict[tuple[int, Word], int] = {}
        numbers = {word: number for number, word in enumerate(self.ledger)}

        def grown(number: int, letters: Word) -> int:
            after = known.get((number, letters))
            if after is None:
                word = self.ledger[number] + letters
                word = word if self.ordered else tuple(sorted(word))
                if word not in numbers:
                    numbers[word] = len(self.ledger)
                    self.ledger.append(word)
                after = known[number, letters] = numbers[word]
            return after

        return grown

    # -- the table in bits -----------------------------------------------------------------------

    def _code(self, states: tuple[str, ...]) -> int:
        places = zip(self.table.machines, states, self.shifts, strict=True)
        return sum(machine.states.index(state) << shift for machine, state, shift in places)

    def _states(self, code: int) -> tuple[str, ...]:
        ends = (*self.shifts[1:], self.published)
        return tuple(
            machine.states[code >> shift & (1 << end - shift) - 1]
            for machine, shift, end in zip(self.table.machines, self.shifts, ends, strict=True)
        )

    def _sent(self, messages: tuple[str, ...]) -> int:
        both = 1 << self.published | 1 << self.pending
        channels = self.table.channels
        places = {
            channels.index((message, actor))
            for message in messages
            for actor in self.table.consumers(message)
        }
        return sum(both << place for place in places)

    def _steps(self, code: int) -> Iterator[_Step]:
        states = self._states(code)
        for actor, message, need, waiting in self._deliveries():
            key = actor, states[self.table.place(actor)], message
            rows = self.table.at(*key)
            for row in rows:
                yield self._fire(states, row, need)
                if waiting:
                    yield self._fire(states, row, need | waiting, clear=waiting)
                    if not self.table.port_calls.isdisjoint(row.emits):
                        yield self._fire(states, without_calls(self.table, row), need | waiting)
            for row in self.torn:
                if row.key == key:
                    yield self._fire(states, row, need)
            if not rows and waiting:
                yield _Step(need | waiting, ~waiting, 0, (), None)

    def _deliveries(self) -> Iterator[tuple[Actor, str, int, int]]:
        """Who may be given what, with the bits for *published* and for *pending*."""
        for request in self.table.requests:
            for actor in self.table.consumers(request):
                yield actor, request, 0, 0
        for place, (message, actor) in enumerate(self.table.channels):
            yield actor, message, 1 << self.published + place, 1 << self.pending + place

    def _fire(self, states: tuple[str, ...], row: Row, need: int, clear: int = 0) -> _Step:
        place = self.table.place(row.actor)
        after = self._code((*states[:place], row.to, *states[place + 1 :]))
        keep = ~((1 << self.published) - 1 | clear)
        return _Step(need, keep, after | self._sent(row.emits), letters(self.table, row), row)

    # -- what is said of it ----------------------------------------------------------------------

    def _fired(self) -> Iterator[Row]:
        known = {*self.table.rows, *self.torn}
        for code, bits in self.reached.items():
            for step in self.steps[code]:
                if step.row in known and bits & step.need == step.need:
                    yield step.row

    def _ignored(self) -> Iterator[tuple[str, str, str]]:
        for code, bits in self.reached.items():
            states = self._states(code)
            for actor, message, need, _ in self._deliveries():
                key = actor, states[self.table.place(actor)], message
                if bits & need == need and not self.table.at(*key):
                    yield key

    def _judge(self) -> Callable[[int], str]:
        """The name of an invariant that a state breaks; empty if there is none."""
        control, below = (1 << self.published) - 1, (1 << self.top) - (1 << self.pending)
        table, judged = self.table, dict[tuple[int, int], str]()
        duties: dict[int, tuple[int, tuple[int, int]]] = {}

        def judge(state: int) -> str:
            code, pending = state & control, state & below
            if code not in duties:
                states = self._states(code)
                met = [table.at(a, states[table.place(a)], m) for m, a in table.channels]
                duties[code] = (
                    self._bits([obliges(table, rows) for rows in met]),
                    (
                        self._bits([movable(rows, in_stock=False) for rows in met]),
                        self._bits([movable(rows, in_stock=True) for rows in met]),
                    ),
                )
            obliging, moving = duties[code]
            key = code << 2 | (pending == 0) << 1 | bool(pending & obliging), state >> self.top
            if key not in judged:
                judged[key] = self._broken(code, not pending, bool(pending & obliging), key[1])
            stuck = pending and not all(pending & bits for bits in moving)
            return judged[key] or ("progress" if stuck else "")

        return judge

    def _bits(self, channels: list[bool]) -> int:
        return sum(1 << self.pending + place for place, yes in enumerate(channels) if yes)

    def _broken(self, code: int, quiet: bool, obliged: bool, ledger: int) -> str:
        word, states = self.ledger[ledger], self._states(code)
        sight = Sight(
            status=states[self.table.place(Actor.ORDER)],
            charged=word.count("charge"),
            refunded=word.count("refund"),
            reserved=word.count("reserve"),
            released=word.count("release"),
            shipped=word.count("ship"),
            resting=all(s in m.resting for s, m in zip(states, self.table.machines, strict=True)),
            quiet=quiet,
            obliged=obliged,
        )
        return next((each.name for each in INVARIANTS if not each.holds(sight)), "")


def letters(table: Table, row: Row) -> Word:
    """What a row adds to the ledger: its effects, and the status if it makes one final."""
    final = row.actor is Actor.ORDER and row.to != row.state and row.to in ENDS
    return (*(effect.name for effect in row.effects), *((row.to,) if final else ()))


#: The statuses with which a saga ends.
ENDS = ("confirmed", "failed")
