"""What the table means: the states of a world with several orders, and every step it can take.

The network is a bag per channel, so any message may overtake any other. A step is one of

* *deliver*: a consumer takes a message; a row fires, or the message is ignored, and it is gone;
* *crash*: the row fires and the consumer dies before it acknowledges, so the message stays
  (a crash before the transaction ends has changed nothing and is no step). What it wrote to its
  outbox is safe; a call it was about to make dies with it, unless it was made already;
* *duplicate*: the broker makes another copy of a message in flight;
* *cancel*: the customer asks for it.

Each of the last three, and each fault row, spends one unit of a budget. Orders meet in nothing but
the stock and the budgets, so steps are worked out for one order (`moves`) and the world only checks
that it can afford them (`steps`).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache

from attrs import evolve, frozen

from model.table import Channel, Guard, Row, Table


@frozen(cache_hash=True)
class Budget:
    """How often the environment may still interfere, over all orders."""

    duplicates: int = 0
    crashes: int = 0
    gateway_faults: int = 0
    cancels: int = 0

    def affords(self, price: Budget) -> bool:
        """Whether this much is left."""
        return (
            self.duplicates >= price.duplicates
            and self.crashes >= price.crashes
            and self.gateway_faults >= price.gateway_faults
            and self.cancels >= price.cancels
        )

    def less(self, price: Budget) -> Budget:
        """What is left after paying."""
        return Budget(
            self.duplicates - price.duplicates,
            self.crashes - price.crashes,
            self.gateway_faults - price.gateway_faults,
            self.cancels - price.cancels,
        )


@frozen
class Scope:
    """How large a world to look at: orders of one piece each, pieces in stock, interference."""

    orders: int = 1
    stock: int = 1
    duplicates: int = 0
    crashes: int = 0
    gateway_faults: int = 0
    cancels: int = 0

    @property
    def budget(self) -> Budget:
        """What the environment may do in this world."""
        return Budget(self.duplicates, self.crashes, self.gateway_faults, self.cancels)


@frozen(cache_hash=True)
class Saga:
    """The part of the world that belongs to one order."""

    states: tuple[str, ...]
    """One state per actor, in the table's order."""
    ledger: tuple[int, ...]
    """How often each effect has happened, in the table's order."""
    inbox: tuple[int, ...]
    """Messages in flight per channel, in the table's order."""

    @property
    def quiet(self) -> bool:
        """Whether nothing is in flight for this order."""
        return not any(self.inbox)


@frozen(cache_hash=True)
class World:
    """A global state."""

    sagas: tuple[Saga, ...]
    stock: int
    left: Budget


class Kind(StrEnum):
    """What sort of step it is."""

    DELIVER = "deliver"
    CRASH = "deliver, crash before the acknowledgement"
    CRASH_BEFORE_CALL = "deliver, crash before the call"
    DUPLICATE = "duplicate"
    CANCEL = "cancel"


@frozen
class Move:
    """A step of one order, as far as it can be told without looking at the others."""

    kind: Kind
    message: str
    actor: str
    row: Row | None
    """The row that fires; none for a copy, and for a message that is ignored."""
    price: Budget
    after: Saga

    @property
    def ignored(self) -> bool:
        """Whether a message is consumed without a row."""
        return self.row is None and self.kind is not Kind.DUPLICATE

    def __str__(self) -> str:
        happens = f" [{self.row}]" if self.row else " (ignored)" if self.ignored else ""
        return f"{self.kind} {self.message} to {self.actor}{happens}"


@frozen
class Step:
    """A move of one of the orders, and the world after it."""

    order: int
    move: Move
    world: World

    def __str__(self) -> str:
        return f"order {self.order}: {self.move}"


def beginning(table: Table, scope: Scope) -> World:
    """All orders placed, nothing consumed.

    Placing them at different times would add nothing: a message that waits in its channel is as
    good as one that was not sent yet.
    """
    saga = Saga(
        states=tuple(machine.initial for machine in table.machines),
        ledger=(0,) * len(table.effects),
        inbox=(0,) * len(table.channels),
    )
    return World((_sent(table, saga, table.start),) * scope.orders, scope.stock, scope.budget)


def steps(table: Table, world: World) -> Iterator[Step]:
    """Every step that the world can take."""
    for order, saga in enumerate(world.sagas):
        for move in moves(table, saga):
            if world.left.affords(move.price) and (
                move.row is None or in_season(move.row, world.stock > 0)
            ):
                yield Step(order, move, _after(world, order, move))


def in_season(row: Row, in_stock: bool) -> bool:
    """Whether the guard of a row lets it fire."""
    return row.guard is Guard.ALWAYS or in_stock == (row.guard is Guard.IN_STOCK)


def _after(world: World, order: int, move: Move) -> World:
    sagas = (*world.sagas[:order], move.after, *world.sagas[order + 1 :])
    stock = world.stock + (sum(effect.stock for effect in move.row.effects) if move.row else 0)
    return World(sagas, stock, world.left if move.price == _FREE else world.left.less(move.price))


@cache
def moves(table: Table, saga: Saga) -> tuple[Move, ...]:
    """Every step of one order, whatever it costs and whatever the stock."""
    found = list(_requests(table, saga))
    for place, channel in enumerate(table.channels):
        if saga.inbox[place]:
            found += _deliveries(table, saga, place, channel)
    return tuple(found)


_FREE = Budget()


def _requests(table: Table, saga: Saga) -> Iterator[Move]:
    for request in table.requests:
        for actor in table.consumers(request):
            for row in table.at(actor, _state(table, saga, actor), request) or (None,):
                after = fired(table, saga, row) if row else saga
                yield Move(Kind.CANCEL, request, actor, row, Budget(cancels=1), after)


def _deliveries(table: Table, saga: Saga, place: int, channel: Channel) -> Iterator[Move]:
    message, actor = channel
    taken = _adjusted(saga, place, -1)
    rows = table.at(actor, _state(table, saga, actor), message)
    for row in rows:
        faults = int(row.fault)
        once, again = Budget(gateway_faults=faults), Budget(gateway_faults=faults, crashes=1)
        yield Move(Kind.DELIVER, message, actor, row, once, fired(table, taken, row))
        yield Move(Kind.CRASH, message, actor, row, again, fired(table, saga, row))
        if not table.port_calls.isdisjoint(row.emits):
            silent = fired(table, saga, without_calls(table, row))
            yield Move(Kind.CRASH_BEFORE_CALL, message, actor, row, again, silent)
    if not rows:
        yield Move(Kind.DELIVER, message, actor, None, _FREE, taken)
    copied = _adjusted(saga, place, +1)
    yield Move(Kind.DUPLICATE, message, actor, None, Budget(duplicates=1), copied)


def fired(table: Table, saga: Saga, row: Row) -> Saga:
    """The order after a row: new state, entries in the ledger, messages on their way."""
    place = table.place(row.actor)
    ledger = list(saga.ledger)
    for effect in row.effects:
        ledger[table.effects.index(effect)] += 1
    states = (*saga.states[:place], row.to, *saga.states[place + 1 :])
    return _sent(table, Saga(states, tuple(ledger), saga.inbox), row.emits)


@cache
def without_calls(table: Table, row: Row) -> Row:
    """The row of a participant that dies between its transaction and its call."""
    return evolve(row, emits=tuple(event for event in row.emits if event not in table.port_calls))


def _sent(table: Table, saga: Saga, messages: tuple[str, ...]) -> Saga:
    for message in messages:
        for actor in table.consumers(message):
            saga = _adjusted(saga, table.channels.index((message, actor)), +1)
    return saga


def _adjusted(saga: Saga, place: int, by: int) -> Saga:
    inbox = list(saga.inbox)
    inbox[place] += by
    return Saga(saga.states, saga.ledger, tuple(inbox))


def _state(table: Table, saga: Saga, actor: str) -> str:
    return saga.states[table.place(actor)]
