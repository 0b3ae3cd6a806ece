"""The language of a choreography: machines, rows, effects, and the table that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property

from attrs import frozen


class Actor(StrEnum):
    """Who can take a step: the four participants, and the gateway that payment asks."""

    ORDER = "order"
    PAYMENT = "payment"
    INVENTORY = "inventory"
    SHIPPING = "shipping"
    GATEWAY = "gateway"


class Guard(StrEnum):
    """When a row may fire. The stock is all that one order can notice of another."""

    ALWAYS = "always"
    IN_STOCK = "in stock"
    OUT_OF_STOCK = "out of stock"


@frozen(cache_hash=True)
class Effect:
    """One entry of the ledger: money, stock or a parcel moves."""

    name: str
    stock: int = 0
    """What it adds to the stock that is available to all orders."""
    undoes: str = ""
    """The effect that it compensates."""
    pivot: bool = False
    """Whether it is beyond undoing: after it only forward recovery is right."""


@frozen(cache_hash=True)
class Row:
    """One transition: its key (actor, state, message), and what happens in its transaction."""

    actor: Actor
    state: str
    on: str
    to: str
    emits: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    guard: Guard = Guard.ALWAYS
    outcome: str = ""
    """The environment's choice, where one key has several rows."""
    fault: bool = False
    """Whether the row is a fault of the environment: it may happen, nothing may need it."""

    @property
    def key(self) -> tuple[Actor, str, str]:
        """What selects the row, before guard and outcome."""
        return self.actor, self.state, self.on

    def __str__(self) -> str:
        choice = self.outcome or ("" if self.guard is Guard.ALWAYS else self.guard.value)
        message = f"{self.on} ({choice})" if choice else self.on
        happens = ", ".join((*(effect.name.upper() for effect in self.effects), *self.emits))
        then = f" / {happens}" if happens else ""
        return f"{self.actor}: {self.state} --{message}--> {self.to}{then}"


@frozen(cache_hash=True)
class Machine:
    """The states of one actor; the first one is where it begins."""

    actor: Actor
    states: tuple[str, ...]
    resting: frozenset[str]
    """Where it may be when nothing of the saga is pending."""
    behind: Actor | None = None
    """The participant through whose port calls alone it can be reached."""

    @property
    def initial(self) -> str:
        """The state before anything has been consumed."""
        return self.states[0]


#: A queue: all messages of one type on their way to one consumer.
Channel = tuple[str, Actor]


@frozen(cache_hash=True)
class Table:
    """A choreography: machines, rows, and where it touches the outside world."""

    machines: tuple[Machine, ...]
    rows: tuple[Row, ...]
    start: tuple[str, ...]
    """Published by the order service when a customer places an order."""
    requests: tuple[str, ...]
    """What the environment asks of the order service at any time after that."""
    announcements: frozenset[str]
    """Published for whoever cares; no row needs them."""

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """All actors, in the order of the machines."""
        return tuple(machine.actor for machine in self.machines)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Every (message, consumer) pair; a message with two subscribers is two channels."""
        pairs = {(row.on, row.actor): None for row in self.rows if row.on not in self.requests}
        return tuple(pairs)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """Every effect that a row has."""
        return tuple({effect: None for row in self.rows for effect in row.effects})

    @cached_property
    def port_calls(self) -> frozenset[str]:
        """What passes between a participant and the machine behind its port, unseen by others."""
        behind = {machine.actor for machine in self.machines if machine.behind}
        calls = {row.on for row in self.rows if row.actor in behind}
        return frozenset(calls | {e for row in self.rows if row.actor in behind for e in row.emits})

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str, str], tuple[Row, ...]]:
        """The rows of each (actor, state, message)."""
        found: dict[tuple[str, str, str], tuple[Row, ...]] = {}
        for row in self.rows:
            found[row.key] = (*found.get(row.key, ()), row)
        return found

    @cached_property
    def _consumers(self) -> Mapping[str, tuple[Actor, ...]]:
        found: dict[str, dict[Actor, None]] = {}
        for row in self.rows:
            found.setdefault(row.on, {})[row.actor] = None
        return {message: tuple(actors) for message, actors in found.items()}

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {actor: place for place, actor in enumerate(self.actors)}

    def place(self, actor: str) -> int:
        """The number of an actor: where its state stands in a tuple of all states."""
        return self._places[actor]

    def machine(self, actor: str) -> Machine:
        """The machine of an actor."""
        return next(machine for machine in self.machines if machine.actor == actor)

    def at(self, actor: str, state: str, message: str) -> tuple[Row, ...]:
        """The rows for a message in a state; none means that it is ignored."""
        return self.by_key.get((actor, state, message), ())

    def consumers(self, message: str) -> tuple[Actor, ...]:
        """Who subscribes to a message."""
        return self._consumers.get(message, ())

    def ignored(self) -> Iterator[tuple[Actor, str, str]]:
        """Every (actor, state, message) without a row: each one is a decision."""
        for machine in self.machines:
            messages = {row.on: None for row in self.rows if row.actor == machine.actor}
            for state in machine.states:
                for message in messages:
                    if not self.at(machine.actor, state, message):
                        yield machine.actor, state, message
