"""The ledger automaton: all that can happen to the money, the stock and the parcel of one order.

Hide everything of the table but the effects and the final status, and a small automaton is left.
It says what an order saga does, whatever its events are called. `derived` makes it from the
unbounded exploration: so it is the same for any number of orders, copies, crashes and lost answers,
or: *the faults add nothing to what the ledger can say*. What is committed here, to be read and to
be used, is held against that by a test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property

from attrs import frozen

from model.choreography import TABLE
from model.packed import PackedProof, Word, prove_packed
from model.table import Table


@frozen
class Automaton:
    """States are numbers; 0 is where an order begins."""

    arrows: tuple[tuple[int, str, int], ...]
    """From, what happens, to."""
    resting: frozenset[int]
    """The states in which nothing need follow."""

    @cached_property
    def _after(self) -> Mapping[tuple[int, str], int]:
        return {(source, letter): target for source, letter, target in self.arrows}

    def step(self, state: int, letter: str) -> int | None:
        """The state after something has happened; `None` if it may not happen here."""
        return self._after.get((state, letter))

    def allowed(self, state: int) -> tuple[str, ...]:
        """What may happen next."""
        return tuple(letter for source, letter, _ in self.arrows if source == state)

    @property
    def states(self) -> int:
        """How many states there are."""
        return 1 + max((max(source, target) for source, _, target in self.arrows), default=0)

    def words(self, state: int = 0) -> Iterator[Word]:
        """Everything that it can say from a state on, up to an ending or not."""
        yield ()
        for source, letter, target in self.arrows:
            if source == state:
                yield from ((letter, *word) for word in self.words(target))

    def end(self, word: Word) -> int:
        """The state after a word that it can say."""
        state = 0
        for letter in word:
            state = self._after[state, letter]
        return state


#: The automaton of the table of this kit.
LEDGER = Automaton(
    arrows=(
        (0, "charge", 1),
        (0, "failed", 2),
        (1, "refund", 3),
        (1, "reserve", 4),
        (3, "failed", 2),
        (3, "reserve", 5),  # a cancel was faster, and the stock is given back at once
        (4, "refund", 5),
        (4, "release", 6),
        (4, "ship", 7),
        (5, "release", 8),
        (6, "refund", 8),
        (7, "confirmed", 2),
        (8, "failed", 2),
    ),
    resting=frozenset({2}),
)


@cache
def hiding(hidden: frozenset[str]) -> Automaton:
    """The automaton of the kit's table for an observer who cannot see everything."""
    told = {word: tuple(x for x in word if x not in hidden) for word in LEDGER.words()}
    endings = {told[word] for word in told if LEDGER.end(word) in LEDGER.resting}
    return smallest({*told.values()}, endings)


def derived(table: Table = TABLE) -> Automaton:
    """The automaton of a table, for every number of orders and faults."""
    return automaton_of(prove_packed(table, ordered=True))


def automaton_of(proof: PackedProof) -> Automaton:
    """The automaton of what an ordered proof has found."""
    return smallest(proof.words, proof.endings)


def smallest(words: Collection[Word], endings: Collection[Word]) -> Automaton:
    """The least automaton that can say these words, and may stop after the endings.

    No word is infinite, since no effect happens more than once. So the words are a tree, in which
    two places are one state if the same can follow; states are numbered from the beginning, breadth
    first.
    """
    follows: dict[Word, list[str]] = {word: [] for word in words}
    for word in sorted(words):
        if word:
            follows[word[:-1]].append(word[-1])
    kinds: dict[Word, object] = {}
    for word in sorted(words, key=len, reverse=True):
        then = tuple((letter, kinds[*word, letter]) for letter in follows[word])
        kinds[word] = (word in endings, then)
    numbers: dict[object, int] = {kinds[()]: 0}
    arrows: list[tuple[int, str, int]] = []
    todo: list[Word] = [()]
    for word in todo:
        for letter in follows[word]:
            after = (*word, letter)
            if kinds[after] not in numbers:
                numbers[kinds[after]] = len(numbers)
                todo.append(after)
            arrows.append((numbers[kinds[word]], letter, numbers[kinds[after]]))
    return Automaton(tuple(sorted(arrows)), frozenset(numbers[kinds[word]] for word in endings))
