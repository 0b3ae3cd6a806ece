"""The table with one row wrong: the mutants, what becomes of them, and a sample on each push."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from attrs import evolve

from model.choreography import TABLE
from model.mutants import OPERATORS, Fate, Mutant, judged, mutants
from tests.model.broken_tables import rows

#: Every so many-th mutant is judged here; all of them by `python -m benchmarks.mutation`.
EVERY = 67


@cache
def everything() -> tuple[Mutant, ...]:
    """All mutants, made once."""
    return tuple(mutants())


def test_every_operator_makes_mutants() -> None:
    """None of them repeats another, and none is the table itself; their number is pinned."""
    assert {*OPERATORS} == {mutant.operator for mutant in everything()}
    keys = Counter((frozenset(m.table.rows), frozenset(m.torn)) for m in everything())
    assert set(keys.values()) == {1}
    assert (frozenset(TABLE.rows), frozenset()) not in keys
    assert len(everything()) == MUTANTS


MUTANTS = 673


@pytest.mark.parametrize("number", range(0, MUTANTS, EVERY))
def test_a_sample_is_caught_or_explained(number: int) -> None:
    """No survivor without an explanation."""
    mutant = everything()[number]
    assert judged(mutant).fate is not Fate.UNEXPLAINED, str(mutant)


def made(operator: str, text: str) -> Mutant:
    """The first mutant of an operator whose description has this text."""
    return next(m for m in everything() if m.operator == operator and text in str(m))


FATES = [
    ("row gone", "gateway: fresh --gateway.charge (decline)", Fate.LINT, "unreachable-state"),
    ("row gone", "order: awaiting --customer.cancel", Fate.NARROWER, ""),
    ("row gone", "inventory: idle --payment.processed (out of stock)", Fate.LINT, ""),
    (
        "message gone",
        "order: awaiting --shipment.created--> confirmed",
        Fate.LINT,
        "unsaid",
    ),
    ("effect gone", "payment: paid --payment.refund", Fate.PROOF, "money-without-stock-is-owed"),
    ("effect twice", "payment: paid --payment.refund", Fate.PROOF, "no-over-refund"),
    ("message mistaken", "gateway.charge.unknown--> declined", Fate.PROOF, ""),
    ("effect not in the transaction", "shipping: idle", Fate.PROOF, "no-double-ship"),
    ("message after the commit", "shipping: idle --inventory.reserved (ship)", Fate.PROOF, ""),
    ("not ignored", "payment: declined --gateway.approved", Fate.UNREACHABLE, ""),
    ("not ignored", "payment: paid --gateway.charge.unknown", Fate.SAME_LEDGER, ""),
]


@pytest.mark.parametrize(("operator", "text", "fate", "by"), FATES, ids=[f[1] for f in FATES])
def test_what_becomes_of_a_mutant(operator: str, text: str, fate: Fate, by: str) -> None:
    """One of each fate, and the check that should see it does."""
    found = judged(made(operator, text))
    assert found.fate is fate, (str(found.mutant), found.fate, found.by)
    assert not by or found.by == by
    assert bool(found.by) is fate.caught


def test_a_survivor_of_another_kind_is_reported() -> None:
    """Fewer ledgers are explained only where the environment chooses; and what is less is told."""
    mutant = made("row gone", "order: awaiting --customer.cancel")
    not_the_environments = rows("payment", "charging", "gateway.approved")[0]
    found = judged(evolve(mutant, row=not_the_environments))
    assert found.fate is Fate.UNEXPLAINED
    assert found.by == "less: charge refund reserve release failed"
