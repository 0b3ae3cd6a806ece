"""A way through the table as a counterexample: the model's violations in the form of a target's."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from model.choreography import TABLE
from model.semantics import Kind
from model.semantics import Step as TableStep
from model.table import Actor, Effect, Row, Table
from reports.counterexample import (
    Arrow,
    ArrowKind,
    Balance,
    Counterexample,
    LedgerLine,
    Step,
    StepKind,
)

#: What an order costs in the model, which knows no amounts.
PRICE = 100
_CURRENCY = "EUR"
_BROKER = "broker"
#: order, message, who gets it
_Sent = tuple[int, str, str]


@frozen
class Happening:
    """One step of the table, as far as it is to be told."""

    order: int
    kind: Kind
    message: str
    actor: str
    row: Row | None


def of_steps(steps: Iterable[TableStep]) -> tuple[Happening, ...]:
    """The steps of an exploration."""
    moves = [(step.order, step.move) for step in steps]
    return tuple(Happening(n, m.kind, m.message, m.actor, m.row) for n, m in moves)


def of_rows(rows: Iterable[Row], table: Table = TABLE) -> tuple[Happening, ...]:
    """The rows of an unbounded proof, which looks at one order."""
    kinds = ((row, Kind.CANCEL if row.on in table.requests else Kind.DELIVER) for row in rows)
    return tuple(Happening(0, kind, row.on, row.actor, row) for row, kind in kinds)


def table_counterexample(
    invariant: str,
    meaning: str,
    happened: tuple[Happening, ...],
    setting: str,
    orders: int = 1,
    table: Table = TABLE,
) -> Counterexample:
    """What breaks an invariant of the table, step by step."""
    telling = _Telling(table, orders)
    steps = tuple(telling.step(n, each) for n, each in enumerate(happened, start=1))
    if steps:
        steps = (*steps[:-1], telling.guilty(steps[-1]))
    return Counterexample(
        property_id=invariant,
        statement=meaning,
        finding=f"the table itself gets there in {len(steps)} steps",
        order=_name(happened[-1].order if happened else 0),
        target="model/choreography.py",
        delivery="any message in flight may be next",
        setting=setting,
        steps=steps,
        tier="the model",
        seed=0,
        runs=0,
        schedule={},
    )


def _name(order: int) -> str:
    return f"o{order + 1}"


@define
class _Telling:
    """The steps so far: who holds what, and what is on its way, oldest first."""

    table: Table
    orders: int
    sent: list[_Sent] = field(factory=list)
    balances: dict[int, Balance] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for order in range(self.orders):
            self.balances[order] = Balance(_name(order), "open", 0, _CURRENCY, 0, 0)
            self._send(order, self.table.start)

    def step(self, number: int, each: Happening) -> Step:
        """One step with everything that it brings about."""
        kind = self._consume(each)
        row = each.row
        if row is not None:
            self._book(each.order, row)
            if each.kind is not Kind.CRASH_BEFORE_CALL:
                self._send(each.order, row.emits)
        return Step(
            number=number,
            action=self._in_words(each, kind),
            kind=kind,
            arrows=tuple(self._arrows(each)),
            entries=tuple(
                LedgerLine(_name(each.order), effect.name)
                for effect in (row.effects if row else ())
            ),
            notes=(f"to {row.to}",) if row and row.to != row.state else (),
            balances=tuple(self.balances.values()),
        )

    def guilty(self, step: Step) -> Step:
        """The step that breaks it."""
        entries = tuple(LedgerLine(e.order, e.text, guilty=True) for e in step.entries)
        return Step(
            number=step.number,
            action=step.action,
            kind=step.kind,
            guilty=True,
            arrows=step.arrows,
            entries=entries,
            notes=step.notes,
            balances=step.balances,
        )

    def _consume(self, each: Happening) -> StepKind:
        """Take the message, unless it stays; say whether that is first in, first out."""
        if each.kind is Kind.CANCEL:
            return StepKind.FAULT
        message = each.order, each.message, each.actor
        if message not in self.sent:  # it was acknowledged, and comes again
            return StepKind.FAULT
        if each.kind is Kind.DUPLICATE:
            self.sent.append(message)
            return StepKind.FAULT
        first = self.sent[0] == message
        if each.kind is Kind.DELIVER:
            self.sent.remove(message)
        if each.kind is not Kind.DELIVER or (each.row is not None and each.row.fault):
            return StepKind.FAULT
        return StepKind.DEFAULT if first else StepKind.DEVIATION

    def _send(self, order: int, events: tuple[str, ...]) -> None:
        """Calls of a port go before everything else: the caller waits for the answer."""
        for event in events:
            sent = [(order, event, actor.value) for actor in self.table.consumers(event)]
            self.sent = sent + self.sent if event in self.table.port_calls else self.sent + sent

    def _book(self, order: int, row: Row) -> None:
        before = self.balances[order]
        done = [effect.name for effect in row.effects]
        status = row.to if row.actor is Actor.ORDER and row.to in ("confirmed", "failed") else ""
        self.balances[order] = Balance(
            order=before.order,
            status=status or before.status,
            money=before.money + PRICE * (done.count("charge") - done.count("refund")),
            currency=_CURRENCY,
            reserved=before.reserved - _pieces(row.effects),
            shipped=before.shipped + done.count("ship"),
        )

    def _in_words(self, each: Happening, kind: StepKind) -> str:
        about = f"{each.message}({_name(each.order)})"
        if each.kind is Kind.CANCEL:
            return f"the customer asks to cancel {_name(each.order)}"
        if each.kind is Kind.DUPLICATE:
            return f"the broker copies {about} for {each.actor}"
        chosen = f": {each.row.outcome}" if each.row and each.row.outcome else ""
        ignored = ", which ignores it" if each.row is None else ""
        again = ", again" if kind is StepKind.FAULT and each.kind is Kind.DELIVER else ""
        if each.row and each.row.fault:
            again = ""
        crash = {
            Kind.CRASH: ", which dies before it acknowledges",
            Kind.CRASH_BEFORE_CALL: ", which dies before the call",
        }.get(each.kind, "")
        return f"{about} to {each.actor}{again}{chosen}{ignored}{crash}"

    def _arrows(self, each: Happening) -> Iterable[Arrow]:
        name, row, actor = _name(each.order), each.row, str(each.actor)
        if each.kind is Kind.CANCEL:
            yield Arrow(ArrowKind.MESSAGE, "customer", actor, f"cancel({name})")
        elif each.kind is Kind.DUPLICATE:
            yield Arrow(ArrowKind.NOTE, _BROKER, _BROKER, f"another {each.message}({name})")
        elif each.message not in self.table.port_calls:
            yield Arrow(ArrowKind.MESSAGE, _BROKER, actor, f"{each.message}({name})")
        behind = self.table.machine(actor).behind
        for event in row.emits if row else ():
            if each.kind is Kind.CRASH_BEFORE_CALL and event in self.table.port_calls:
                continue
            text = f"{event}({name})"
            if behind is not None:
                yield Arrow(ArrowKind.ANSWER, actor, behind.value, text)
            elif event in self.table.port_calls:
                yield Arrow(ArrowKind.CALL, actor, self.table.consumers(event)[0].value, text)
            else:
                yield Arrow(ArrowKind.MESSAGE, actor, _BROKER, text)
        if each.kind in (Kind.CRASH, Kind.CRASH_BEFORE_CALL):
            yield Arrow(ArrowKind.CRASH, actor, actor, "crashes and restarts")


def _pieces(effects: tuple[Effect, ...]) -> int:
    return sum(effect.stock for effect in effects)
