"""What is told of a run, step by step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from attrs import evolve

from model.history import Sight
from properties.probing import probe
from properties.run import Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SINGLE
from properties.world.stepping import Operation
from properties.world.trace import Trace
from reports.counterexample import Shelf, Step
from tests.properties.toys import Toy, subject_of


class Direct(Toy):
    """Has no outbox, and says so whenever it is asked."""

    subscriptions: ClassVar[dict[str, list[str]]] = {"order": ["done"], "worker": ["job"]}

    def relay(self, participant: str) -> int:
        """Nothing is ever waiting."""
        return 0


class Outbox(Direct):
    """The order service writes into an outbox."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.waiting: list[str] = []

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Write the one message."""
        self.orders[order["id"]] = "open"
        self.waiting.append(order["id"])
        return None

    def relay(self, participant: str) -> int:
        """Send it."""
        waiting = len(self.waiting) if participant == "order" else 0
        if waiting:
            order = self.waiting[0]
            self.world.publish("job", {"order": order}, subject=order)
            self.waiting.remove(order)
        return waiting


class Fragile(Direct):
    """Cannot look into its outbox the first time."""

    broken = True

    def relay(self, participant: str) -> int:
        """Fail once."""
        if self.broken:
            self.broken = False
            raise OSError("no database")
        return 0


def told(toy: type[Toy]) -> list[Step]:
    """The steps of a run in which nothing goes wrong."""
    trace = Trace()
    run_schedule(subject_of(toy), Schedule(SINGLE), trace)
    return trace.steps


@pytest.mark.parametrize(
    ("toy", "said"),
    [
        (Direct, ["order has nothing to relay", "worker has nothing to relay"]),
        (Outbox, ["order relays its outbox", "worker has nothing to relay"]),
        (Fragile, ["order relays its outbox", "order has nothing to relay"]),
        (Toy, []),
    ],
)
def test_a_relay_says_whether_it_found_anything(toy: type[Toy], said: list[str]) -> None:
    """Pins that no outbox is spoken of where there is none, or where nothing was in it."""
    relays = [step.action for step in told(toy) if " relay" in step.action]
    assert [each for each in relays if ":" not in each][:2] == said


def test_reports_may_leave_out_who_had_nothing_to_relay() -> None:
    """Pins that just those steps say so, and not one in which something was relayed or raised."""
    for toy in (Direct, Outbox, Fragile):
        steps = told(toy)
        assert [each.idle for each in steps if each.idle] == [
            each.action.removesuffix(" has nothing to relay")
            for each in steps
            if each.action.endswith("has nothing to relay")
        ]
        assert not all(each.idle for each in steps)


@pytest.mark.parametrize(("notes", "idle"), [((), "order"), (("it failed",), "")])
def test_a_step_with_something_to_tell_is_not_left_out(notes: tuple[str, ...], idle: str) -> None:
    """Pins that what happened beside the relaying is told, whatever `relay` says it did."""
    asked: Any = SimpleNamespace(participant="order", result=0)
    history = SimpleNamespace(step=1)
    subject = SimpleNamespace(sight=Sight(stock=False))
    world: Any = SimpleNamespace(last_task=asked, orders={}, history=history, subject=subject)
    trace = Trace()
    trace.begin(1, Action(Kind.RELAY, "order"))
    for note in notes:
        trace.note(note)
    trace.end(world)
    assert [step.idle for step in trace.steps] == [idle]


def test_the_diagram_says_so_as_well() -> None:
    """Pins that an empty relay is a note on the lane of whoever was asked."""
    (first, *_) = [step for step in told(Direct) if step.action == "order has nothing to relay"]
    ((source, text),) = [(arrow.source, arrow.text) for arrow in first.arrows]
    assert (source, text) == ("order", "nothing to relay")


def test_what_was_done_and_not_answered_is_named_by_itself() -> None:
    """Pins that the diagram does not speak of the place after it, which nobody calls."""
    task: Any = SimpleNamespace(participant="order", order="o1")
    for how, text in (("", "after commit"), (Mode.UNKNOWN_DONE, "commit: unknown, done")):
        trace = Trace()
        trace.begin(1, Action(Kind.RESUME, "order on job(o1)", "after commit"))
        trace.called(task, Operation("after commit", lambda: None), how)
        trace.begin(2, Action(Kind.RESUME))
        assert [arrow.text for step in trace.steps for arrow in step.arrows] == [text]


def test_each_step_says_what_is_in_stock() -> None:
    """Pins that the stock is told as it is after each step, and not where the target hides it."""
    trace = Trace()
    run_schedule(probe("implementations.reference:make"), Schedule(SINGLE), trace)
    told = [(step.stock, [entry.text for entry in step.entries]) for step in trace.steps]
    (reserved,) = [
        number for number, (_, entries) in enumerate(told) if "reserve 1 book" in entries
    ]
    assert {stock for stock, _ in told[:reserved]} == {(Shelf("book", 1),)}
    assert {stock for stock, _ in told[reserved:-1]} == {(Shelf("book", 0),)}

    blind = evolve(subject_of(Direct), sight=Sight(stock=False))
    hidden = Trace()
    run_schedule(blind, Schedule(SINGLE), hidden)
    assert {step.stock for step in hidden.steps} == {()}
