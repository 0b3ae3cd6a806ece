"""Step by step against the table: is what this participant publishes explained by what it got?

An oracle for targets that use the model's event names. It keeps, for each order and participant,
the set of all hypotheses about what the participant may have done so far (subset construction),
and calls a publication a divergence when no hypothesis has it in its outbox.

It is made for the middle of a run, where little is known for sure:

* a message whose handling has *started* may have been consumed: now, later, or never, once or
  several times (a crash before the commit, before the acknowledgement, two handlers at once);
* only *acknowledged* says that it has been consumed;
* what a row emits stays explained for ever: outboxes are relayed late, and twice;
* what passes between payment and gateway cannot be seen, and every course of it is kept open; but
  that the gateway has charged stands in the ledger.

Each participant can be judged alone, because what it was given is observed and not guessed. The
automata behind this (`hypotheses`) are made deterministic as they are walked, once per process, so
that an observation costs a few dictionary look-ups.
"""

from __future__ import annotations

from functools import cache

from attrs import frozen

from model.choreography import CUSTOMER_CANCEL, TABLE
from model.hypotheses import Node, part, reachable
from model.table import Actor, Row, Table


@frozen
class Divergence:
    """A publication that the table does not explain, and what it would have explained."""

    order: str
    participant: str
    event: str
    """Empty if the participant should have published something and did not (`drained`)."""
    states: tuple[str, ...]
    """The states in which the participant may have been."""
    expected: tuple[str, ...]
    """The rows that could fire next with the messages it was given, readable; then what it may
    still publish because it has committed to it."""

    def __str__(self) -> str:
        expected = "; ".join(self.expected) or "nothing"
        return (
            f"{self.participant} published {self.event or 'nothing more'} for {self.order} in state"
            f" {' or '.join(self.states)}; the table allows: {expected}"
        )


class Conformance:
    """The oracle of one run. Feed it every delivery and publication, in the order of the run."""

    def __init__(self, table: Table = TABLE) -> None:
        self._table = table
        self._nodes: dict[tuple[str, str], Node] = {}

    def placed(self, order: str) -> None:
        """The customer places the order; call it before the target is told."""
        self._advance(order, Actor.ORDER, "placed", "")

    def cancelled(self, order: str) -> None:
        """The customer asks for a cancel; call it before the target is told.

        If the target then refuses, nothing is lost: the request may have been ignored.
        """
        self._advance(order, Actor.ORDER, "delivered", CUSTOMER_CANCEL)

    def delivered(self, order: str, participant: str, event: str) -> None:
        """A handling has started: from now on the participant may have consumed the message."""
        self._advance(order, participant, "delivered", event)

    def acknowledged(self, order: str, participant: str, event: str) -> None:
        """A handling has ended well: the participant has consumed the message at least once."""
        self._advance(order, participant, "acknowledged", event)

    def published(self, order: str, participant: str, event: str) -> Divergence | None:
        """A message leaves the participant; `None` if the table explains it.

        Names that the table does not know, of events or participants, are not judged. A divergence
        leaves the hypotheses as they were, so that what follows is judged as if it had not been.
        """
        node = self._node(order, participant)
        if node is None or event not in vocabulary(self._table):
            return None
        after = node.step("published", event)
        if after is None:
            return Divergence(order, participant, event, node.states, node.expected)
        self._nodes[order, participant] = after
        return None

    def took_effect(self, order: str, participant: str, effect: str) -> None:
        """The gateway did something for this participant; call it before the gateway answers.

        It is no divergence if nothing explains it: effects are judged by the ledger.
        """
        known = participant in _participants(self._table)
        if known and effect in part(self._table, participant).effects:
            self._advance(order, participant, "effect", effect)

    def drained(self, order: str, participant: str) -> Divergence | None:
        """Nothing is left in the outbox of this participant, and it is handling nothing.

        So what it has not published by now it never committed to, and what it acknowledged without
        a word is a divergence if the table has it speak. To be called at quiescence; optional.
        """
        node = self._node(order, participant)
        if node is None:
            return None
        after = node.step("drained", "")
        if after is None:
            return Divergence(order, participant, "", node.states, node.expected)
        self._nodes[order, participant] = after
        return None

    def rows_visited(self) -> frozenset[Row]:
        """The rows that fired in *every* explanation of what was seen: sound, not complete.

        Steps that leave no trace outside (most of the gateway's, asking again) are never among
        them; `observable_rows` is what can be reached at best.
        """
        return frozenset().union(*(node.certain for node in self._nodes.values()))

    def _node(self, order: str, participant: str) -> Node | None:
        node = self._nodes.get((order, participant))
        if node is None and participant in _participants(self._table):
            node = part(self._table, participant).initial
        return node

    def _advance(self, order: str, participant: str, what: str, event: str) -> None:
        node = self._node(order, participant)
        if node is not None:
            after = node.step(what, event)
            self._nodes[order, participant] = node if after is None else after


@cache
def _participants(table: Table) -> frozenset[str]:
    return frozenset(machine.actor for machine in table.machines if not machine.behind)


@cache
def vocabulary(table: Table) -> frozenset[str]:
    """Every event name that the table knows and that can be seen."""
    emitted = {event for row in table.rows for event in row.emits}
    return frozenset((emitted | {*table.start}) - table.port_calls)


@cache
def observable_rows(table: Table = TABLE) -> frozenset[Row]:
    """The rows of which an observer can ever be certain: what `rows_visited` can reach at best."""
    return frozenset(
        row
        for machine in table.machines
        if not machine.behind
        for node in reachable(part(table, machine.actor))
        for row in node.certain
    )
