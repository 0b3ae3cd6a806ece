"""Murphi, for rumur: the same rules, and orders as a scalar set, so that rumur can use symmetry."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from model.export.rules import Rule, rules
from model.export.statements import (
    AMOUNTS,
    NO_OVERSELL,
    STATEMENTS,
    STOCK_CONSERVED,
    conditions,
)
from model.export.words import BUDGETS, Sort, Words
from model.semantics import Scope
from model.table import Table

_SIGNS = {"and": "&", "or": "|", "not": "!", "==": "="}


def render(table: Table, scope: Scope) -> str:
    """The table in this scope as a Murphi model."""
    words = Words(table)
    return "\n".join(
        (
            *_head(scope),
            *_variables(words, scope),
            *_definitions(table, words),
            *_beginning(words, scope),
            *_rules(words, rules(table, scope)),
            *_invariants(words, scope),
            "",
        )
    )


def _head(scope: Scope) -> Iterator[str]:
    yield f"-- The order saga: {scope}"
    yield "--"
    yield "-- Made from model/choreography.py; docs/checkers.md says how to run it. The network is"
    yield "-- a bag per channel: a counter for each message and consumer. `stock` and the budgets"
    yield "-- are all that the orders share."


def _variables(words: Words, scope: Scope) -> Iterator[str]:
    yield "\ntype"
    yield f"  Order: scalarset({scope.orders});"
    yield f"  Count: 0..{_most(scope)};"
    yield f"  Number: -{_most(scope)}..{_most(scope)};"
    yield "  -- the states of all actors"
    yield "  State: enum {"
    yield from wrap(
        ", ".join(words.states), width=98, initial_indent="    ", subsequent_indent="    "
    )
    yield "  };"
    yield "\nvar"
    yield "  o: array[Order] of record"
    yield "    -- where each actor is"
    yield from (f"    {actor}: State;" for actor in words.actors)
    yield "    -- messages in flight, by message and consumer"
    yield from (f"    {name}: Count;" for name in words.channels)
    yield "    -- how often each effect has happened"
    yield from (f"    {effect}: Count;" for effect in words.effects)
    yield "  end;"
    yield "  stock: Number;"
    yield from (f"  {budget}: Count;" for budget in BUDGETS)


def _most(scope: Scope) -> int:
    """More than any counter can reach: each copy or crash adds one to what is there."""
    budgets: list[int] = [getattr(scope, budget) for budget in BUDGETS]
    return 8 + scope.stock + 2 * sum(budgets)


def _spelled(words: Words, text: str) -> str:
    def name(sort: Sort, each: str) -> str:
        if sort in (Sort.ACTOR, Sort.CHANNEL, Sort.EFFECT):
            return f"o[i].{each}"
        return f"{each}(i)" if sort is Sort.DEFINED else each

    return words.spelled(text, _SIGNS, name)


def _definitions(table: Table, words: Words) -> Iterator[str]:
    yield "\n-- What the invariants speak of."
    for name, text in AMOUNTS.items():
        yield from _function(name, "Number", _spelled(words, text))
    for name, text in conditions(table).items():
        yield from _function(name, "boolean", _spelled(words, text))


def _function(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"function {name}(i: Order): {kind};"
    yield "begin"
    yield f"  return {text};"
    yield "end;"


def _beginning(words: Words, scope: Scope) -> Iterator[str]:
    yield "\nstartstate"
    yield "begin"
    yield "  for i: Order do"
    yield from (f"    o[i].{actor} := {state};" for actor, state in words.actors.items())
    yield from (f"    o[i].{name} := {count};" for name, count in words.channels.items())
    yield from (f"    o[i].{effect} := 0;" for effect in words.effects)
    yield "  end;"
    yield f"  stock := {scope.stock};"
    yield from (f"  {budget} := {getattr(scope, budget)};" for budget in BUDGETS)
    yield "end;"


def _rules(words: Words, found: tuple[Rule, ...]) -> Iterator[str]:
    yield "\nruleset i: Order do"
    section = ""
    for rule in found:
        if rule.section != section:
            section = rule.section
            yield f"\n  -- ---- {section} ----\n"
        yield f'  rule "{rule.title}"'
        yield f"    {_spelled(words, rule.guard)}"
        yield "  ==> begin"
        for name, by in rule.changes:
            variable = _spelled(words, name)
            yield f"    {variable} := {variable} {'+' if by > 0 else '-'} {abs(by)};"
        yield from (f"    o[i].{actor} := {state};" for actor, state in rule.becomes)
        yield "  end;"
    yield "\nend;"


def _invariants(words: Words, scope: Scope) -> Iterator[str]:
    yield "\n-- The invariants."
    for name, text in STATEMENTS.items():
        yield f'invariant "{name}" forall i: Order do {_spelled(words, text)} end;'
    yield f'invariant "{NO_OVERSELL}" stock >= 0;'
    yield "function all_pieces(): Number;"
    yield "var total: Number;"
    yield "begin"
    yield "  total := stock;"
    yield "  for i: Order do total := total + pieces_held(i); end;"
    yield "  return total;"
    yield "end;"
    yield f'invariant "{STOCK_CONSERVED}" all_pieces() = {scope.stock};'
