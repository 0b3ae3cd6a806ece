"""Tables with one thing wrong: to show that what judges tables can fail."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from model.choreography import RELEASE, TABLE
from model.table import Actor, Effect, Row, Table


def rows(actor: str, state: str, message: str, outcome: str = "") -> list[Row]:
    """The rows of a key, or the one with this outcome; there is at least one."""
    found = [r for r in TABLE.at(actor, state, message) if not outcome or r.outcome == outcome]
    assert found, (actor, state, message, outcome)
    return found


def without(*dropped: Row) -> Table:
    """The table without these rows."""
    return evolve(TABLE, rows=tuple(row for row in TABLE.rows if row not in dropped))


def plus(*added: Row) -> Table:
    """The table with further rows."""
    return evolve(TABLE, rows=(*TABLE.rows, *added))


def changed(row: Row, **changes: Any) -> Table:
    """The table with one row changed."""
    new = evolve(row, **changes)
    return evolve(TABLE, rows=tuple(new if each == row else each for each in TABLE.rows))


def repeated(actor: str, state: str, message: str, *effects: Effect) -> Table:
    """The table with a copy of a message handled again where it should be ignored."""
    return plus(Row(Actor(actor), state, message, state, effects=effects))


def with_wrong_release() -> Table:
    """The table with a release that puts back two pieces for one."""
    wrong = evolve(RELEASE, stock=2)
    return evolve(
        TABLE,
        rows=tuple(
            evolve(row, effects=tuple(wrong if e == RELEASE else e for e in row.effects))
            for row in TABLE.rows
        ),
    )


def lost_tombstone(actor: str) -> Table:
    """The table whose participant acts although it was asked to undo before."""
    tombstone, message = {
        "payment": ("refused", "order.created"),
        "inventory": ("refused", "payment.processed"),
        "shipping": ("cancelled", "inventory.reserved"),
    }[actor]
    return plus(*(evolve(row, state=tombstone) for row in rows(actor, "idle", message)))
