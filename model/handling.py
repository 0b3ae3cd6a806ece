"""A delivery as a real handler carries it out: with the calls to the gateway inside.

In the table payment and gateway exchange messages. A target's handler makes the call and waits for
the answer, so that one delivery is a chain of rows. `handle` follows the chain for a chosen outcome
and crash; it is the table at the grain of something that can be done to a target.

A crash means here: the participant dies after its last transaction, before it acknowledges.
Together with a lost answer it dies earlier, at the call: after the gateway charged ("reply lost"),
or before the request got there ("request lost"); in both cases before it could ask again.
"""

from __future__ import annotations

from attrs import frozen

from model.semantics import in_season
from model.table import Row, Table

REPLY_LOST = "reply lost"
REQUEST_LOST = "request lost"

#: Outcomes that need no mention: what happens if the environment does nothing special.
_BENIGN = ("", "approve", "ship", "replay")
#: How many rows fire before a participant dies at a call; in other crashes all of them do.
_ROWS_BEFORE_DEATH = {REQUEST_LOST: 1, REPLY_LOST: 3}


@frozen
class Handling:
    """What one delivery did: the states after it, what was published, the rows that fired."""

    states: tuple[str, ...]
    published: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def last(self) -> Row:
        """The participant's last transaction, after which a crash hits."""
        return next(row for row in reversed(self.rows) if row.actor == self.rows[0].actor)

    @property
    def stock(self) -> int:
        """What it changed in the stock."""
        return sum(effect.stock for row in self.rows for effect in row.effects)


def outcomes(table: Table, states: tuple[str, ...], actor: str, message: str) -> tuple[str, ...]:
    """What the environment may choose for this delivery; "" stands for the benign choice."""
    rows = table.at(actor, states[table.place(actor)], message)
    answers = [
        answer
        for row in rows
        for call in row.emits
        for port in _ports(table, call)
        for answer in table.at(port, states[table.place(port)], call)
    ]
    chosen = [row.outcome for row in (*rows, *answers) if row.outcome not in _BENIGN]
    return ("", *dict.fromkeys(chosen))


def handle(
    table: Table,
    states: tuple[str, ...],
    actor: str,
    message: str,
    *,
    in_stock: bool = True,
    outcome: str = "",
    crash: bool = False,
) -> Handling | None:
    """One delivery from beginning to end; `None` if the message is ignored."""
    rows: list[Row] = []
    published: list[str] = []
    most = _ROWS_BEFORE_DEATH.get(outcome) if crash else None
    todo = [(actor, message)]
    while todo and len(rows) != most:
        who, what = todo.pop()
        row = _chosen(table.at(who, states[table.place(who)], what), outcome, in_stock)
        if row is None:
            continue
        if row.outcome == outcome:
            outcome = ""
        rows.append(row)
        states = (*states[: table.place(who)], row.to, *states[table.place(who) + 1 :])
        for event in row.emits:
            inner = _ports(table, event)
            todo += [(each, event) for each in inner]
            published += [] if inner else [event]
    return Handling(states, tuple(published), tuple(rows)) if rows else None


def _chosen(rows: tuple[Row, ...], outcome: str, in_stock: bool) -> Row | None:
    """The row that the environment picks: the wanted one, else the one that needs no mention."""
    fitting = [row for row in rows if in_season(row, in_stock)]
    wanted = [row for row in fitting if outcome and row.outcome == outcome]
    return next(iter(wanted + [row for row in fitting if row.outcome in _BENIGN]), None)


def _ports(table: Table, event: str) -> tuple[str, ...]:
    """Who gets this message inside the handler: the machine behind a port, or its caller."""
    return table.consumers(event) if event in table.port_calls else ()
