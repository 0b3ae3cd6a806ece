"""Names and expressions that every checker can spell.

An expression is written as in Python: `order_created_to_payment > 0 and payment == idle`. Its names
are an actor, for its state; a state; a channel, for the messages in it; an effect, for how often it
has happened; the stock and the budgets. All but the last belong to one order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from functools import cached_property

from attrs import fields, frozen

from model.choreography import EFFECTS
from model.semantics import Budget
from model.table import Channel, Table

#: What the environment may spend; the names of variables in every export.
BUDGETS = tuple(field.name for field in fields(Budget))


class Sort(Enum):
    """What a name in an expression stands for."""

    ACTOR = auto()
    STATE = auto()
    CHANNEL = auto()
    EFFECT = auto()
    WORLD = auto()
    DEFINED = auto()


def identifier(name: str) -> str:
    """A name of ours as every checker takes it."""
    return re.sub(r"\W", "_", name)


def channel_name(channel: Channel) -> str:
    """The name of a queue."""
    message, consumer = channel
    return identifier(f"{message}_to_{consumer}")


@frozen(slots=False)
class Words:
    """All names of a table."""

    table: Table

    @cached_property
    def actors(self) -> Mapping[str, str]:
        """Each actor, and the state that it begins in."""
        return {m.actor.value: identifier(m.initial) for m in self.table.machines}

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state of any actor."""
        named = (identifier(state) for m in self.table.machines for state in m.states)
        return tuple(dict.fromkeys(named))

    @cached_property
    def channels(self) -> Mapping[str, int]:
        """Each channel, and how many messages are in it when an order has been placed."""
        return {channel_name(c): self.table.start.count(c[0]) for c in self.table.channels}

    @cached_property
    def effects(self) -> tuple[str, ...]:
        """Every effect, and those that the invariants speak of though no row may have them."""
        return tuple(dict.fromkeys(e.name for e in (*self.table.effects, *EFFECTS)))

    @cached_property
    def sorts(self) -> Mapping[str, Sort]:
        """What each name stands for."""
        return {
            **dict.fromkeys(self.states, Sort.STATE),
            **dict.fromkeys(self.actors, Sort.ACTOR),
            **dict.fromkeys(self.channels, Sort.CHANNEL),
            **dict.fromkeys(self.effects, Sort.EFFECT),
            **dict.fromkeys(("stock", *BUDGETS), Sort.WORLD),
        }

    def spelled(self, text: str, signs: Mapping[str, str], name: Callable[[Sort, str], str]) -> str:
        """An expression in another language: `signs` for its operators, `name` for its names."""

        def word(found: re.Match[str]) -> str:
            each = found.group()
            if each in signs:
                return signs[each]
            if not each.isidentifier():
                return each
            return name(self.sorts.get(each, Sort.DEFINED), each)

        return re.sub(r"\w+|[=!<>]=", word, text)


def any_of(parts: Iterable[str]) -> str:
    """At least one of these, one a line."""
    return "\n  or ".join(parts)


def all_of(parts: Iterable[str]) -> str:
    """Each of these, one a line."""
    return "\n  and ".join(parts)
