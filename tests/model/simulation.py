"""A target made of the table itself, run at random with everything that can go wrong.

It has what a real one has: handlers that are open for a while, commits, outboxes that are relayed
late and twice, crashes between commit and acknowledgement. What an observer would see of it is fed
to a `Conformance`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from attrs import define, field

from model.choreography import CUSTOMER_CANCEL, TABLE
from model.conformance import Conformance, Divergence
from model.table import Actor, Guard, Row, Table

ORDER = "o1"


@define
class Handling:
    """A message that a participant is working on."""

    event: str
    actor: Actor
    committed: bool = False


@define
class Simulation:
    """One order of one run. `table` is what the target does, the oracle judges by `TABLE`."""

    random: Random
    table: Table = TABLE
    stock: int = 1
    cancel: bool = False
    oracle: Conformance = field(factory=Conformance)
    states: dict[Actor, str] = field(factory=dict)
    network: list[tuple[str, Actor]] = field(factory=list)
    consumed: list[tuple[str, Actor]] = field(factory=list)
    outbox: list[tuple[Actor, str]] = field(factory=list)
    handlings: list[Handling] = field(factory=list)
    fired: set[Row] = field(factory=set)
    divergences: list[Divergence] = field(factory=list)
    trouble: int = 6

    def run(self) -> Simulation:
        """From the placing of the order to quiescence."""
        self.states = {machine.actor: machine.initial for machine in self.table.machines}
        self.oracle.placed(ORDER)
        self.outbox = [(Actor.ORDER, event) for event in self.table.start]
        while choices := self._choices():
            self.random.choice(choices)()
        for actor in Actor:
            self._note(self.oracle.drained(ORDER, actor))
        return self

    def _choices(self) -> list[Callable[[], None]]:
        choices: list[Callable[[], None]] = []
        choices += [partial(self._begin, m) for m in self.network]
        choices += [partial(self._relay, o) for o in self.outbox]
        choices += [partial(self._go_on, h) for h in self.handlings]
        if choices and self.trouble:
            choices += [partial(self._redeliver, m) for m in self.consumed[-1:]]
            choices += [partial(self._crash, h.actor) for h in self.handlings[:1]]
            choices += [self._relay_again] if self.outbox else []
            choices += [self._cancel] if self.cancel else []
        return choices

    def _begin(self, message: tuple[str, Actor]) -> None:
        event, actor = message
        self.network.remove(message)
        handling = Handling(event, actor)
        self.handlings.append(handling)
        if self._visible(event):
            self.oracle.delivered(ORDER, actor, event)
        else:
            self._go_on(handling)

    def _go_on(self, handling: Handling) -> None:
        if not handling.committed:
            handling.committed = True
            self._commit(handling.actor, handling.event)
            return
        self.handlings.remove(handling)
        if self._visible(handling.event):
            self.oracle.acknowledged(ORDER, handling.actor, handling.event)
            self.consumed.append((handling.event, handling.actor))

    def _commit(self, actor: Actor, event: str) -> None:
        rows = [row for row in self.table.at(actor, self.states[actor], event) if self._may(row)]
        if not rows:
            return
        row = self.random.choice(rows)
        self.trouble -= row.fault
        self.fired.add(row)
        self.states[actor] = row.to
        self.stock += sum(effect.stock for effect in row.effects)
        self.outbox += [(actor, message) for message in row.emits]
        for effect in row.effects:
            self.oracle.took_effect(ORDER, self.table.machine(actor).behind or actor, effect.name)

    def _may(self, row: Row) -> bool:
        stocked = row.guard is Guard.ALWAYS or (row.guard is Guard.IN_STOCK) == (self.stock > 0)
        return stocked and (not row.fault or self.trouble > 0)

    def _relay(self, item: tuple[Actor, str]) -> None:
        self.outbox.remove(item)
        self._publish(item)

    def _relay_again(self) -> None:
        self.trouble -= 1
        self._publish(self.random.choice(self.outbox))

    def _publish(self, item: tuple[Actor, str]) -> None:
        actor, event = item
        if self._visible(event):
            self._note(self.oracle.published(ORDER, actor, event))
        self.network += [(event, consumer) for consumer in self.table.consumers(event)]

    def _redeliver(self, message: tuple[str, Actor]) -> None:
        self.trouble -= 1
        self.network.append(message)

    def _crash(self, actor: Actor) -> None:
        self.trouble -= 1
        for handling in [each for each in self.handlings if each.actor == actor]:
            self.handlings.remove(handling)
            self.network.append((handling.event, actor))

    def _cancel(self) -> None:
        self.trouble -= 1
        self.oracle.cancelled(ORDER)
        self._commit(Actor.ORDER, CUSTOMER_CANCEL)

    def _visible(self, event: str) -> bool:
        return not event.startswith("gateway.")

    def _note(self, divergence: Divergence | None) -> None:
        if divergence:
            self.divergences.append(divergence)
