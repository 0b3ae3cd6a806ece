"""The invariants that are written for other checkers say what ours say."""

from __future__ import annotations

from functools import cache
from types import CodeType
from typing import Any

from attrs import astuple

from model.choreography import CHARGE, REFUND, RELEASE, RESERVE, SHIP, TABLE
from model.export.statements import AMOUNTS, STATEMENTS, conditions
from model.export.words import Sort, Words, channel_name, identifier
from model.invariants import INVARIANTS, broken_by, stuck
from model.semantics import Saga, Scope, beginning, moves
from model.table import Table
from tests.model.broken_tables import changed, lost_tombstone, repeated, rows, without

STATES = Words(TABLE).states


def sagas(table: Table) -> set[Saga]:
    """Every saga that one order can come to if one thing goes wrong or it is cancelled."""
    first = (beginning(table, Scope()).sagas[0], 1)
    found, todo = {first}, [first]
    while todo:
        saga, left = todo.pop()
        for move in moves(table, saga):
            after = (move.after, left - sum(astuple(move.price)))
            if after[1] >= 0 and after not in found:
                found.add(after)
                todo.append(after)
    return {saga for saga, _ in found}


@cache
def compiled(text: str) -> CodeType:
    """An expression as Python takes it."""
    return compile(f"({text})", text, "eval")


@cache
def definitions(table: Table) -> tuple[tuple[str, str], ...]:
    """What the statements speak of."""
    return (*AMOUNTS.items(), *conditions(table).items())


def values(table: Table, saga: Saga, stock: int) -> dict[str, Any]:
    """What the names in an expression stand for in this saga."""
    names: dict[str, Any] = dict(zip(STATES, STATES, strict=True))
    names |= {a.value: identifier(s) for a, s in zip(table.actors, saga.states, strict=True)}
    names |= dict(zip(map(channel_name, table.channels), saga.inbox, strict=True))
    names |= dict.fromkeys(Words(TABLE).effects, 0)
    names |= {e.name: n for e, n in zip(table.effects, saga.ledger, strict=True)}
    names["stock"] = stock
    for name, text in definitions(table):
        names[name] = eval(compiled(text), {}, names)
    return names


def broken_statements(table: Table, saga: Saga, stock: int) -> set[str]:
    """Which of the statements do not hold, evaluated as Python."""
    names = values(table, saga, stock)
    return {name for name, text in STATEMENTS.items() if not eval(compiled(text), {}, names)}


def broken_invariants(table: Table, saga: Saga, stock: int) -> set[str]:
    """Which of the invariants do not hold."""
    return {*broken_by(table, saga)} | ({"progress"} if stuck(table, saga, stock > 0) else set())


TABLES = {
    "right": TABLE,
    "no tombstone": lost_tombstone("shipping"),
    "a second charge": changed(rows("gateway", "captured", "gateway.charge")[0], effects=(CHARGE,)),
    "a second refund": repeated("payment", "refunded", "payment.refund.requested", REFUND),
    "a second reservation": repeated("inventory", "reserved", "payment.processed", RESERVE),
    "a second release": repeated("inventory", "released", "inventory.release.requested", RELEASE),
    "a second parcel": repeated("shipping", "shipped", "inventory.reserved", SHIP),
    "a refund of nothing": changed(
        rows("payment", "idle", "payment.refund.requested")[0], effects=(REFUND,)
    ),
    "a release of nothing": changed(
        rows("inventory", "idle", "inventory.release.requested")[0], effects=(RELEASE,)
    ),
    "no refund": changed(rows("inventory", "idle", "payment.processed")[1], emits=()),
    "only in stock": without(rows("inventory", "idle", "payment.processed")[1]),
    "only out of stock": without(rows("inventory", "idle", "payment.processed")[0]),
    "only faults": without(*[r for r in rows("gateway", "fresh", "gateway.charge") if not r.fault]),
}


def test_they_mean_the_same() -> None:
    """In every saga that an order can come to, with stock and without: the same are broken.

    Each of them is broken somewhere, so none is compared in vain.
    """
    seen: set[str] = set()
    for name, table in TABLES.items():
        for saga in sagas(table):
            for stock in (0, 1):
                broken = broken_statements(table, saga, stock)
                assert broken == broken_invariants(table, saga, stock), (name, saga)
                seen |= broken
    assert seen == {*STATEMENTS}


def test_each_invariant_is_there() -> None:
    """A new invariant has to be written for the other checkers too."""
    assert [*STATEMENTS] == [*(each.name for each in INVARIANTS), "progress"]


def test_names_are_told_apart() -> None:
    """No two names become one by leaving out dots and dashes."""
    words = Words(TABLE)
    names = [*words.states, *words.actors, *words.channels, *words.effects]
    assert len({*names, *AMOUNTS, *conditions(TABLE)}) == len(names) + len(AMOUNTS) + 4
    assert {*words.sorts.values()} == {*Sort} - {Sort.DEFINED}
