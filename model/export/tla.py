"""TLA+, for TLC: the same rules as named actions, the same invariants as named formulas.

TLC also needs a configuration, which says what to check: `configuration()`.
"""

from __future__ import annotations

from collections.abc import Iterator

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

MODULE = "OrderSaga"

_SIGNS = {"and": "/\\", "or": "\\/", "not": "~", "==": "=", "!=": "#"}
#: Where the variables of an order are.
_HOMES = {Sort.ACTOR: "at", Sort.CHANNEL: "inbox", Sort.EFFECT: "done"}


def render(table: Table, scope: Scope) -> str:
    """The table in this scope as a module."""
    words = Words(table)
    actions = rules(table, scope)
    return "\n".join(
        (
            f"---- MODULE {MODULE} ----",
            *_head(words, scope),
            *_actions(words, actions),
            *_definitions(table, words, scope),
            "====",
            "",
        )
    )


def configuration() -> str:
    """What TLC shall check."""
    names = "\n".join(f"  {_formula(n)}" for n in (*STATEMENTS, NO_OVERSELL, STOCK_CONSERVED))
    return f"INIT Init\nNEXT Next\nINVARIANTS\n{names}\n"


def _head(words: Words, scope: Scope) -> Iterator[str]:
    yield f"\\* The order saga: {scope}"
    yield "\\*"
    yield "\\* Made from model/choreography.py; docs/checkers.md says how to run it. The network is"
    yield "\\* a bag per channel: a counter for each message and consumer. `stock` and the budgets"
    yield "\\* in `left` are all that the orders share."
    yield "EXTENDS Integers"
    yield ""
    yield "VARIABLES"
    yield "  at,     \\* of each order: the state of each actor"
    yield "  inbox,  \\* of each order: how many messages are in flight, by message and consumer"
    yield "  done,   \\* of each order: how often each effect has happened"
    yield "  stock,  \\* pieces that are available to all orders"
    yield "  left    \\* what the environment may still do to them"
    yield ""
    yield f"Orders == 1..{scope.orders}"
    yield ""
    yield "Init =="
    states = {actor: f'"{state}"' for actor, state in words.actors.items()}
    yield f"  /\\ at = [o \\in Orders |-> {_record(states)}]"
    yield f"  /\\ inbox = [o \\in Orders |-> {_record(dict(words.channels))}]"
    yield f"  /\\ done = [o \\in Orders |-> {_record(dict.fromkeys(words.effects, 0))}]"
    yield f"  /\\ stock = {scope.stock}"
    yield f"  /\\ left = {_record({name: getattr(scope, name) for name in BUDGETS})}"


def _record(values: dict[str, str] | dict[str, int]) -> str:
    return "[" + ",\n      ".join(f"{name} |-> {value}" for name, value in values.items()) + "]"


def _spelled(words: Words, text: str) -> str:
    def name(sort: Sort, each: str) -> str:
        match sort:
            case Sort.STATE:
                return f'"{each}"'
            case Sort.WORLD:
                return each if each == "stock" else f"left.{each}"
            case Sort.DEFINED:
                return f"{_formula(each)}(o)"
        return f"{_HOMES[sort]}[o].{each}"

    return words.spelled(text, _SIGNS, name)


def _formula(name: str) -> str:
    """no-double-charge becomes NoDoubleCharge."""
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-"))


def _actions(words: Words, actions: tuple[Rule, ...]) -> Iterator[str]:
    section = ""
    for rule in actions:
        if rule.section != section:
            section = rule.section
            yield f"\n\\* ---- {section} ----"
        yield f"\n\\* {rule.title}"
        yield f"{rule.name}(o) =="
        yield f"  /\\ {_spelled(words, rule.guard)}"
        yield from _updates(words, rule)
    yield "\nNext =="
    yield "  \\E o \\in Orders:"
    yield from (f"    \\/ {rule.name}(o)" for rule in actions)


def _updates(words: Words, rule: Rule) -> Iterator[str]:
    """One line for each variable, changed or not."""
    parts: dict[str, list[str]] = {"at": [], "inbox": [], "done": [], "stock": [], "left": []}
    for actor, state in rule.becomes:
        parts["at"].append(f'![o].{actor} = "{state}"')
    for name, by in rule.changes:
        change = f"{'+' if by > 0 else '-'} {abs(by)}"
        sort = words.sorts[name]
        if name == "stock":
            parts["stock"].append(change)
        elif sort is Sort.WORLD:
            parts["left"].append(f"!.{name} = @ {change}")
        else:
            parts[_HOMES[sort]].append(f"![o].{name} = @ {change}")
    for variable, changes in parts.items():
        if variable == "stock" and changes:
            yield f"  /\\ stock' = stock {changes[0]}"
        elif changes:
            joined = ",\n       ".join(changes)
            yield f"  /\\ {variable}' = [{variable} EXCEPT\n       {joined}]"
    same = [variable for variable, changes in parts.items() if not changes]
    yield f"  /\\ UNCHANGED <<{', '.join(same)}>>"


def _definitions(table: Table, words: Words, scope: Scope) -> Iterator[str]:
    yield "\n\\* ---- what the invariants speak of ----\n"
    for name, text in (*AMOUNTS.items(), *conditions(table).items()):
        yield f"{_formula(name)}(o) ==\n  {_spelled(words, text)}"
    yield "\n\\* ---- the invariants ----\n"
    for name, text in STATEMENTS.items():
        yield f"{_formula(name)} == \\A o \\in Orders: {_spelled(words, text)}"
    held = " + ".join(f"PiecesHeld({order})" for order in range(1, scope.orders + 1))
    yield f"{_formula(NO_OVERSELL)} == stock >= 0"
    yield f"{_formula(STOCK_CONSERVED)} == stock + {held} = {scope.stock}"
