"""What must be true in every state that the table can reach.

These judge the *model*, to show that the choreography is right; the properties that judge a target
by its ledger are in `specification` and know nothing of this table.

Eventual consistency is the sum of three of them and one check of `lint`: at rest all stories agree
(`quiescent-consistent`), something can always move (`progress`), and no chain of messages can run
in a circle (`lint`, cycle): so the saga comes to rest, and rest is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from attrs import frozen

from model.semantics import Saga, Scope, World, in_season
from model.table import Actor, Row, Table


@frozen
class Sight:
    """One order as the invariants see it."""

    status: str
    charged: int
    refunded: int
    reserved: int
    released: int
    shipped: int
    resting: bool
    """Whether every actor is in a state in which it may stay."""
    quiet: bool
    obliged: bool
    """Whether a message is in flight from which a refund or a reservation can follow."""

    @property
    def paid(self) -> int:
        """Money that is held for the order."""
        return self.charged - self.refunded

    @property
    def held(self) -> int:
        """Pieces that are reserved for the order, or shipped."""
        return self.reserved - self.released


@frozen
class Invariant:
    """A statement about every order in every reachable state."""

    name: str
    meaning: str
    holds: Callable[[Sight], bool]


INVARIANTS = (
    Invariant("no-double-charge", "an order is charged at most once", lambda s: s.charged <= 1),
    Invariant("no-double-reserve", "stock is reserved at most once", lambda s: s.reserved <= 1),
    Invariant("no-double-ship", "at most one parcel is sent", lambda s: s.shipped <= 1),
    Invariant(
        "no-over-refund",
        "no more is refunded than was charged",
        lambda s: s.refunded <= s.charged,
    ),
    Invariant(
        "no-over-release",
        "no more is released than was reserved",
        lambda s: s.released <= s.reserved,
    ),
    Invariant(
        "ship-needs-money-and-stock",
        "a parcel that was sent is paid for and taken from the stock",
        lambda s: s.shipped <= s.paid and s.shipped <= s.held,
    ),
    Invariant(
        "money-without-stock-is-owed",
        "while money is held without stock, a message is in flight that leads to either",
        lambda s: s.paid <= 0 or s.held > 0 or s.obliged,
    ),
    Invariant(
        "terminal-status-is-settled",
        "confirmed means paid, reserved and shipped; failed means that nothing is held",
        lambda s: (
            s.status not in ("confirmed", "failed")
            or (s.paid, s.held, s.shipped) == ((1, 1, 1) if s.status == "confirmed" else (0, 0, 0))
        ),
    ),
    Invariant(
        "quiescent-consistent",
        "with nothing in flight the saga has ended and no actor waits for an answer",
        lambda s: not s.quiet or (s.status in ("confirmed", "failed") and s.resting),
    ),
)

#: Statements about the world that no single order can break.
WORLD_INVARIANTS = {
    "no-oversell": "the stock never runs below zero",
    "stock-conserved": "stock and reservations add up to what there was",
    "progress": "what is in flight can be delivered without any fault",
}


def broken(table: Table, scope: Scope, world: World) -> tuple[str, ...]:
    """The names of the invariants that this state breaks."""
    names = [name for saga in world.sagas for name in broken_by(table, saga)]
    if world.stock < 0:
        names.append("no-oversell")
    if world.stock + sum(sight(table, saga).held for saga in world.sagas) != scope.stock:
        names.append("stock-conserved")
    if any(stuck(table, saga, world.stock > 0) for saga in world.sagas):
        names.append("progress")
    return tuple(dict.fromkeys(names))


@cache
def sight(table: Table, saga: Saga) -> Sight:
    """An order as the invariants see it."""
    done = {effect.name: n for effect, n in zip(table.effects, saga.ledger, strict=True)}
    states = dict(zip(table.actors, saga.states, strict=True))
    return Sight(
        status=states[Actor.ORDER],
        charged=done.get("charge", 0),
        refunded=done.get("refund", 0),
        reserved=done.get("reserve", 0),
        released=done.get("release", 0),
        shipped=done.get("ship", 0),
        resting=all(states[machine.actor] in machine.resting for machine in table.machines),
        quiet=saga.quiet,
        obliged=_obliged(table, saga),
    )


@cache
def broken_by(table: Table, saga: Saga) -> tuple[str, ...]:
    """The names of the invariants that one order breaks by itself."""
    seen = sight(table, saga)
    return tuple(each.name for each in INVARIANTS if not each.holds(seen))


def stuck(table: Table, saga: Saga, in_stock: bool) -> bool:
    """Whether messages are in flight of which none can be consumed unless something goes wrong."""
    return not saga.quiet and not any(movable(rows, in_stock) for rows in _waiting(table, saga))


def movable(rows: tuple[Row, ...], in_stock: bool) -> bool:
    """Whether a message that meets these rows can be consumed without a fault."""
    return not rows or any(not row.fault and in_season(row, in_stock) for row in rows)


def _obliged(table: Table, saga: Saga) -> bool:
    """Whether a message in flight meets a row that settles the money.

    The state counts: a copy that its consumer would ignore obliges nobody.
    """
    return any(obliges(table, rows) for rows in _waiting(table, saga))


def obliges(table: Table, rows: tuple[Row, ...]) -> bool:
    """Whether one of these rows settles the money, at once or by what it emits."""
    settles = discharging(table)
    return any(settles_money(row) or settles.intersection(row.emits) for row in rows)


def _waiting(table: Table, saga: Saga) -> Iterator[tuple[Row, ...]]:
    """For each channel with messages in flight, the rows that its consumer has for them now."""
    for (message, actor), pending in zip(table.channels, saga.inbox, strict=True):
        if pending:
            yield table.at(actor, saga.states[table.place(actor)], message)


@cache
def discharging(table: Table) -> frozenset[str]:
    """The messages from which a refund or a reservation can follow: a least fixpoint."""
    found: frozenset[str] = frozenset()
    while True:
        more = found | {r.on for r in table.rows if settles_money(r) or found & {*r.emits}}
        if more == found:
            return found
        found = more


def settles_money(row: Row) -> bool:
    """Whether a row gives money back or gets the stock that was paid for."""
    return any(effect.name in ("refund", "reserve") for effect in row.effects)
