"""Promela, for SPIN: one process, one indivisible step per rule and order.

So a state of SPIN is a world of ours and a transition is a step, and the counts can be compared.
An invariant is an option of the same loop that can be taken only where it is broken: it adds
neither states nor transitions to a right table, and SPIN looks at it once in every state. So a
trail has one step more than the trace of ours: the one that notices.
"""

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
from model.export.words import BUDGETS, Sort, Words, identifier
from model.semantics import Scope
from model.table import Table

_SIGNS = {"and": "&&", "or": "||", "not": "!"}


def render(table: Table, scope: Scope) -> str:
    """The table in this scope as a Promela model."""
    words = Words(table)
    return "\n".join(
        (
            *_head(scope),
            *_variables(words, scope),
            *_definitions(table, words, scope),
            *_steps(table, words, scope),
            *_invariants(words),
            *_loop(scope),
            "",
        )
    )


def _head(scope: Scope) -> Iterator[str]:
    yield f"/* The order saga: {scope}"
    yield " *"
    yield " * Made from model/choreography.py; docs/checkers.md says how to run it. The network is"
    yield " * a bag per channel: a counter for each message and consumer. `stock` and the budgets"
    yield " * are all that the orders share."
    yield " */"


def _variables(words: Words, scope: Scope) -> Iterator[str]:
    yield ""
    yield "/* The states of all actors. */"
    yield "mtype = {"
    yield from (f"  {line}" for line in wrap(", ".join(words.states), width=94))
    yield "};"
    yield ""
    yield "typedef Order {"
    yield "  /* where each actor is */"
    yield from (f"  mtype {actor} = {state};" for actor, state in words.actors.items())
    yield "  /* messages in flight, by message and consumer */"
    yield from (f"  byte {name}{f' = {n}' if n else ''};" for name, n in words.channels.items())
    yield "  /* how often each effect has happened */"
    yield from (f"  byte {effect};" for effect in words.effects)
    yield "};"
    yield ""
    yield f"Order o[{scope.orders}];"
    yield f"short stock = {scope.stock};"
    for budget in BUDGETS:
        if getattr(scope, budget):
            yield f"byte {budget} = {getattr(scope, budget)};"


def _spelled(words: Words, text: str) -> str:
    def name(sort: Sort, each: str) -> str:
        if sort in (Sort.ACTOR, Sort.CHANNEL, Sort.EFFECT):
            return f"o[i].{each}"
        return f"{each}(i)" if sort is Sort.DEFINED else each

    return words.spelled(text, _SIGNS, name)


def _definitions(table: Table, words: Words, scope: Scope) -> Iterator[str]:
    yield ""
    yield "/* What the invariants speak of. */"
    for name, text in (*AMOUNTS.items(), *conditions(table).items()):
        yield _macro(f"{name}(i)", _spelled(words, text))
    yield ""
    yield "/* The invariants. */"
    for name, text in STATEMENTS.items():
        yield _macro(f"{identifier(name)}(i)", _spelled(words, text))
    held = " + ".join(f"pieces_held({order})" for order in range(scope.orders))
    yield f"#define {identifier(NO_OVERSELL)} (stock >= 0)"
    yield f"#define {identifier(STOCK_CONSERVED)} (stock + {held} == {scope.stock})"


def _macro(name: str, text: str) -> str:
    lines = text.replace("\n", " \\\n")
    return f"#define {name} ({lines})"


def _steps(table: Table, words: Words, scope: Scope) -> Iterator[str]:
    yield ""
    yield "/* Every step that order i can take. */"
    yield "inline step(i) {"
    yield "  if"
    section = ""
    for rule in rules(table, scope):
        if rule.section != section:
            section = rule.section
            yield f"  /* --- {section} --- */"
        yield f"  /* {rule.title} */"
        yield f"  :: d_step {{ {_spelled(words, rule.guard)} ->"
        changes = ";\n       ".join(_changes(words, rule))
        yield f"       {changes} }}"
    yield "  fi"
    yield "}"


def _changes(words: Words, rule: Rule) -> Iterator[str]:
    for name, by in rule.changes:
        variable = _spelled(words, name)
        yield (
            f"{variable}{'++' if by > 0 else '--'}"
            if abs(by) == 1
            else (f"{variable} = {variable} {'+' if by > 0 else '-'} {abs(by)}")
        )
    for actor, state in rule.becomes:
        yield f"{_spelled(words, actor)} = {state}"
    if not rule.changes and not rule.becomes:
        yield "skip"


def _invariants(words: Words) -> Iterator[str]:
    yield ""
    yield "/* Can be entered only where an invariant of order i is broken. */"
    yield "inline broken(i) {"
    yield "  if"
    for name in map(identifier, STATEMENTS):
        yield f"  :: {_noticed(name, '(i)')}"
    yield "  fi"
    yield "}"


def _noticed(name: str, of: str = "") -> str:
    said = f'"{name} is broken for order %d\\n", i' if of else f'"{name} is broken\\n"'
    return f"d_step {{ !{name}{of} -> printf({said}); assert({name}{of}) }}"


def _loop(scope: Scope) -> Iterator[str]:
    yield ""
    yield "active proctype world() {"
    yield "end:"
    yield "  do"
    for order in range(scope.orders):
        yield f"  :: step({order})"
        yield f"  :: broken({order})"
    for name in map(identifier, (NO_OVERSELL, STOCK_CONSERVED)):
        yield f"  :: {_noticed(name)}"
    yield "  od"
    yield "}"
