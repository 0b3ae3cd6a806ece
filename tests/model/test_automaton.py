"""The ledger automaton: derived, the same for all faults, and able to differ."""

from __future__ import annotations

import pytest

from model.automaton import LEDGER, derived, hiding, smallest
from model.choreography import TABLE
from model.packed import Word, letters
from model.semantics import Budget, Saga, Scope, beginning, moves
from tests.model.broken_tables import lost_tombstone, rows, without


def spoken(budget: Budget) -> tuple[set[Word], set[Word]]:
    """What one order can say within a budget, stock there or not: all words, and the endings."""
    saga = beginning(TABLE, Scope(orders=1)).sagas[0]
    start: tuple[Saga, Budget, Word] = saga, budget, ()
    seen, todo = {start}, [start]
    words, endings = set[Word](), set[Word]()
    for saga, left, word in todo:
        words.add(word)
        if saga.quiet:
            endings.add(word)
        for move in moves(TABLE, saga):
            if left.affords(move.price):
                said = (*word, *(letters(TABLE, move.row) if move.row else ()))
                after = move.after, left.less(move.price), said
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
    return words, endings


def test_what_is_committed_is_what_the_table_says() -> None:
    """Derived from the unbounded exploration: for every number of orders and faults."""
    assert derived() == LEDGER
    assert LEDGER.states == 9


@pytest.mark.parametrize(
    "budget",
    [
        Budget(cancels=1),
        Budget(duplicates=1, cancels=1),
        Budget(crashes=1, cancels=1),
        Budget(gateway_faults=1, cancels=1),
        Budget(1, 1, 0, 1),
    ],
    ids=str,
)
def test_faults_add_nothing(budget: Budget) -> None:
    """Copies, crashes and lost answers: the same automaton, hence the same ledgers."""
    assert smallest(*spoken(budget)) == LEDGER


@pytest.mark.parametrize("budget", [Budget(), Budget(1, 1, 1)], ids=str)
def test_without_a_cancel_compensations_wait_for_their_action(budget: Budget) -> None:
    """Two states and the reservation after the refund are there for cancels only."""
    uncancelled = smallest(*spoken(budget))
    assert {*uncancelled.words()} < {*LEDGER.words()}
    assert ("charge", "refund", "reserve") not in {*uncancelled.words()}


def test_another_table_has_another_automaton() -> None:
    """A tombstone that does not hold, and a compensation that is gone, show in the words."""
    assert derived(lost_tombstone("inventory")) != LEDGER
    assert derived(without(*rows("order", "awaiting", "customer.cancel"))) != LEDGER


def test_words_and_states_belong_together() -> None:
    """An automaton made of the words of another one is the same one."""
    words = {*LEDGER.words()}
    endings = {word for word in words if LEDGER.end(word) in LEDGER.resting}
    assert smallest(words, endings) == LEDGER
    assert len(endings) == 6


def test_what_cannot_be_seen_is_left_out() -> None:
    """For who sees no stock, a cancelled order looks like a refunded one."""
    blind = hiding(frozenset({"reserve", "release"}))
    assert {w for w in blind.words() if blind.end(w) in blind.resting} == {
        ("failed",),
        ("charge", "refund", "failed"),
        ("charge", "ship", "confirmed"),
    }
