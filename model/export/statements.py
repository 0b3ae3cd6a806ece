"""The invariants as expressions: the same statements as in `invariants`, for any checker.

They are written a second time on purpose, so that a slip in one of the two shows; a test holds them
against each other for every place that an order can come to.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.export.words import all_of, any_of, channel_name, identifier
from model.invariants import discharging, settles_money
from model.table import Guard, Table

#: name -> what must hold for each order
STATEMENTS: Mapping[str, str] = {
    "no-double-charge": "charge <= 1",
    "no-double-reserve": "reserve <= 1",
    "no-double-ship": "ship <= 1",
    "no-over-refund": "refund <= charge",
    "no-over-release": "release <= reserve",
    "ship-needs-money-and-stock": "ship <= money_held and ship <= pieces_held",
    "money-without-stock-is-owed": "money_held <= 0 or pieces_held > 0 or obliged",
    "terminal-status-is-settled": (
        "(order != confirmed or (money_held == 1 and pieces_held == 1 and ship == 1))\n"
        "  and (order != failed or (money_held == 0 and pieces_held == 0 and ship == 0))"
    ),
    "quiescent-consistent": "not quiet or ((order == confirmed or order == failed) and resting)",
    "progress": "quiet or movable",
}

#: The two that speak of all orders at once; each export says how to add up `pieces_held`.
NO_OVERSELL, STOCK_CONSERVED = "no-oversell", "stock-conserved"

#: name -> a number that the statements speak of
AMOUNTS: Mapping[str, str] = {"money_held": "charge - refund", "pieces_held": "reserve - release"}


def conditions(table: Table) -> Mapping[str, str]:
    """What the statements call an order: name -> when it is so."""
    return {
        "quiet": all_of(f"{channel_name(channel)} == 0" for channel in table.channels),
        "resting": all_of(
            f"{machine.actor} != {identifier(state)}"
            for machine in table.machines
            for state in machine.states
            if state not in machine.resting
        ),
        "obliged": any_of(_obliging(table)),
        "movable": any_of(_movable(table)),
    }


def _obliging(table: Table) -> list[str]:
    """A message in flight meets a row from which a refund or a reservation can follow."""
    settles = discharging(table)
    meetings = {
        f"{channel_name((row.on, row.actor))} > 0 and {row.actor} == {identifier(row.state)}": None
        for row in table.rows
        if (row.on, row.actor) in table.channels
        and (settles_money(row) or settles.intersection(row.emits))
    }
    return [f"({meeting})" for meeting in meetings] or ["0 == 1"]


def _movable(table: Table) -> list[str]:
    """A message in flight can be consumed without any fault: by a row, or ignored."""
    ways = []
    for message, actor in table.channels:
        rows = [row for row in table.rows if (row.on, row.actor) == (message, actor)]
        guards: dict[str, set[Guard]] = {}
        for row in rows:
            guards.setdefault(identifier(row.state), set()).update(() if row.fault else {row.guard})
        blocked = [_blocked(f"{actor} == {state}", guards[state]) for state in guards]
        free = all_of(f"not ({condition})" for condition in blocked if condition)
        waiting = f"{channel_name((message, actor))} > 0"
        ways.append(f"({waiting} and {free})" if free else f"({waiting})")
    return ways


def _blocked(in_state: str, guards: set[Guard]) -> str:
    """When no row of a state can fire without a fault; empty if one always can."""
    if Guard.ALWAYS in guards or guards == {Guard.IN_STOCK, Guard.OUT_OF_STOCK}:
        return ""
    if not guards:
        return in_state
    return f"{in_state} and " + ("stock <= 0" if Guard.IN_STOCK in guards else "stock > 0")
