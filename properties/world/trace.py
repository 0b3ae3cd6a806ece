"""The trace of one run: every step with what it brought about, in the words of the reports.

Kept only when a run is to be told to somebody; the search runs without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from model.ledger import Effect, Entry
from model.money import money
from properties.world.actions import AFTER, BENIGN, Action, Kind, fault_of, in_words
from properties.world.network import Draft, Message
from properties.world.stepping import Operation
from properties.world.tasks import Task
from reports.counterexample import Arrow, ArrowKind, Balance, LedgerLine, Shelf, Step, StepKind

if TYPE_CHECKING:
    from properties.world.world import World

_BROKER = "broker"
_OUTSIDE = {"payments": "gateway", "carrier": "carrier", "warehouse": "warehouse"}


@define(eq=False)
class Trace:
    """Steps as they happen; the entries of the ledger are kept to be marked afterwards."""

    steps: list[Step] = field(factory=list)
    entries: list[tuple[int, Entry]] = field(factory=list)
    """Index of the step, entry."""
    draining: bool = False
    deviating: bool = False
    """Set by the driver when the next action is not the benign one."""
    _arrows: list[Arrow] = field(factory=list)
    _notes: list[str] = field(factory=list)
    _lines: list[LedgerLine] = field(factory=list)
    _action: Action | None = None
    _words: str = ""
    _idle: str = ""
    """Who was asked to relay in this step and had nothing."""

    def begin(self, number: int, action: Action) -> None:
        """A step begins."""
        self._flush((), (), number - 1)
        self._action = action
        self._words = in_words(action)

    def end(self, world: World) -> None:
        """The step is over: note how each order stands."""
        self._say_if_nothing_was_relayed(world.last_task)
        balances = tuple(_balance(world, order) for order in world.orders)
        self._flush(balances, _stock(world), world.history.step)

    def _flush(self, balances: tuple[Balance, ...], stock: tuple[Shelf, ...], number: int) -> None:
        action = self._action
        if action is None or (action.kind is Kind.IDLE and not self._lines):
            return
        kind = StepKind.DEFAULT
        if fault_of(action) is not None:
            kind = StepKind.FAULT
        elif self.deviating and action.kind in BENIGN:
            kind = StepKind.DEVIATION
        self.steps.append(
            Step(
                number=number,
                action=self._words,
                kind=kind,
                drained=self.draining,
                arrows=tuple(self._arrows),
                entries=tuple(self._lines),
                notes=tuple(self._notes),
                balances=balances,
                stock=stock,
                idle="" if self._lines or self._notes else self._idle,
            )
        )
        self._action = None
        self._idle = ""
        self.deviating = False
        self._arrows, self._notes, self._lines = [], [], []

    def _say_if_nothing_was_relayed(self, ran: Task | None) -> None:
        """Who may have written is asked to relay: whoever has no outbox, too."""
        relaying = self._action is not None and self._action.kind is Kind.RELAY
        if relaying and ran is not None and ran.result == 0:
            self._idle = ran.participant
            self._words = f"{ran.participant} has nothing to relay"
            self._arrows = []
            self._arrow(ArrowKind.NOTE, ran.participant, ran.participant, "nothing to relay")

    def requested(self, participant: str, what: str) -> None:
        """The customer asks for something."""
        self._arrow(ArrowKind.MESSAGE, "customer", participant, what)

    def relays(self, participant: str) -> None:
        """A participant looks into its outbox."""
        self._arrow(ArrowKind.NOTE, participant, participant, "relay")

    def delivered(self, message: Message) -> None:
        """A message is handed over."""
        self._arrow(ArrowKind.MESSAGE, _BROKER, message.participant, _copy_name(message))

    def published(self, draft: Draft, messages: list[Message]) -> None:
        """An event is published."""
        nobody = "" if messages else " (nobody subscribes)"
        self._arrow(
            ArrowKind.MESSAGE,
            draft.source or _BROKER,
            _BROKER,
            f"{draft.type}({draft.order}){nobody}",
        )

    def copied(self, message: Message) -> None:
        """The broker makes a copy."""
        self._arrow(ArrowKind.NOTE, _BROKER, _BROKER, f"another {_copy_name(message)}")

    def poisoned(self, message: Message) -> None:
        """Something unreadable comes."""
        self._arrow(ArrowKind.NOTE, _BROKER, _BROKER, _copy_name(message))

    def called(self, task: Task, operation: Operation, how: str) -> None:
        """A port call is let through, or fails."""
        lane = _OUTSIDE.get(operation.port.partition(".")[0])
        if lane is None:
            if how or not operation.port.startswith("publish "):
                port = operation.port
                text = f"{port.removeprefix(AFTER)}: {how}" if how else port
                self._arrow(ArrowKind.NOTE, task.participant, task.participant, text)
            return
        what = operation.port.partition(".")[2]
        self._arrow(ArrowKind.CALL, task.participant, lane, f"{what}({task.order})")
        if how and how != "refused":
            self._arrow(ArrowKind.LOST, lane, task.participant, how)

    def answered(self, task: Task, operation: Operation, answer: Any) -> None:
        """A port call is answered."""
        lane = _OUTSIDE.get(operation.port.partition(".")[0])
        if lane is not None:
            text = str(answer.get("status", answer)) if isinstance(answer, dict) else repr(answer)
            self._arrow(ArrowKind.ANSWER, lane, task.participant, text)

    def crashed(self, participant: str) -> None:
        """A participant dies and restarts."""
        self._arrow(ArrowKind.CRASH, participant, participant, "crashes and restarts")

    def note(self, text: str) -> None:
        """Something worth saying happened."""
        self._notes.append(text)

    def effect(self, entry: Entry) -> None:
        """An entry was made in the ledger."""
        self.entries.append((len(self.steps), entry))
        self._lines.append(LedgerLine(entry.order, entry_in_words(entry)))

    def _arrow(self, kind: ArrowKind, source: str, target: str, text: str) -> None:
        self._arrows.append(Arrow(kind, source, target, text))

    def marked(self, guilty: tuple[Entry, ...], last_step: int) -> tuple[Step, ...]:
        """The steps with the guilty entries and the guilty step marked."""
        wrong: dict[int, set[int]] = {}
        position: dict[int, int] = {}
        for index, entry in self.entries:
            line = position.get(index, 0)
            position[index] = line + 1
            if entry in guilty:
                wrong.setdefault(index, set()).add(line)
        marked = []
        for index, step in enumerate(self.steps):
            lines = tuple(
                evolve(line, guilty=number in wrong.get(index, ()))
                for number, line in enumerate(step.entries)
            )
            marked.append(evolve(step, entries=lines, guilty=step.number == last_step))
        return tuple(marked)


def entry_in_words(entry: Entry) -> str:
    """A ledger entry in one phrase."""
    unit = f"{entry.quantity} {entry.unit}"
    if entry.effect.of_money:
        unit = money(entry.quantity, entry.unit)
    ref = f" [{entry.ref}]" if entry.ref else ""
    key = f" key={entry.key}" if entry.key else ""
    no_key = " (no idempotency key)" if entry.effect is Effect.CHARGE and not entry.key else ""
    return f"{entry.effect} {unit}{ref}{key}{no_key}"


def _copy_name(message: Message) -> str:
    if not message.readable:
        return f"unreadable {message.type}"
    name = f"{message.type}({message.order})"
    return name if message.name == message.origin else f"{name}, again"


def _stock(world: World) -> tuple[Shelf, ...]:
    if not world.subject.sight.stock:
        return ()
    return tuple(Shelf(sku, pieces) for sku, pieces in sorted(world.history.stock.items()))


def _balance(world: World, order: str) -> Balance:
    saga = world.history.sagas[order]
    balance = saga.balance
    return Balance(
        order=order,
        status=str(saga.status) if saga.status else "-",
        money=balance.money,
        currency=saga.order.currency,
        reserved=sum(balance.reserved.values()),
        shipped=sum(balance.shipped.values()),
    )
