"""Ports as a target sees them: paused, failed, or let through at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from implementations.errors import TargetError
from model.vocabulary import Order
from properties.world import choices
from properties.world.actions import Kind, Mode
from properties.world.envelopes import draft
from properties.world.scopes import BASKET
from properties.world.stepping import Operation
from properties.world.world import World
from tests.properties.toys import ONE, AsyncToy, Toy, act, rest, until, world_of


def doing(work: Callable[[Any, dict[str, Any]], Any]) -> type[Toy]:
    """A toy whose handler does this."""
    return type("Doing", (Toy,), {"work": work})


def at_port(work: Callable[[Any, dict[str, Any]], Any]) -> tuple[World, Operation]:
    """A world in which the handler stands at its first port call."""
    world = world_of(doing(work))
    until(world, Kind.RESUME, "worker on")
    (task,) = world.tasks.values()
    assert task.operation is not None
    return world, task.operation


UNKNOWN: set[str] = {Mode.UNKNOWN_DONE, Mode.UNKNOWN_NOT_DONE, Mode.TRANSIENT}

PORTS: dict[str, tuple[Callable[[Any], Any], set[str], bool]] = {
    "publish x": (lambda w: w.publish("x"), {Mode.TRANSIENT}, True),
    "timer x": (lambda w: w.timer(1, "x"), set(), True),
    "here": (lambda w: w.checkpoint("here"), set(), False),
    "commit": (lambda w: w.checkpoint("commit", may_fail=True), {Mode.TRANSIENT}, False),
    "after it": (lambda w: w.done("it"), {Mode.UNKNOWN_DONE}, False),
    "answer pay": (lambda w: w.answer("pay", "o1"), {Mode.REFUSED}, False),
    "payments.authorise": (
        lambda w: w.payments.authorise("o1", 1, "EUR"),
        {Mode.REFUSED, *UNKNOWN},
        True,
    ),
    "payments.charge": (
        lambda w: w.payments.charge("o1", 1, "EUR"),
        {Mode.REFUSED, *UNKNOWN},
        True,
    ),
    "payments.capture": (lambda w: w.payments.capture("o1", 1, "EUR"), UNKNOWN, True),
    "payments.refund": (lambda w: w.payments.refund("c", 1), UNKNOWN, True),
    "payments.void": (lambda w: w.payments.void("c"), UNKNOWN, True),
    "payments.lookup": (lambda w: w.payments.lookup("k"), {Mode.TRANSIENT}, False),
    "carrier.create_shipment": (
        lambda w: w.carrier.create_shipment("o1"),
        {Mode.REFUSED, *UNKNOWN},
        True,
    ),
    "carrier.cancel": (lambda w: w.carrier.cancel("s"), UNKNOWN, True),
    "carrier.lookup": (lambda w: w.carrier.lookup("k"), {Mode.TRANSIENT}, False),
    "warehouse.reserve": (lambda w: w.warehouse.reserve("o1", "book", 1), UNKNOWN, True),
    "warehouse.release": (lambda w: w.warehouse.release("o1", "book", 1), UNKNOWN, True),
    "warehouse.available": (lambda w: w.warehouse.available("book"), {Mode.TRANSIENT}, False),
}


@pytest.mark.parametrize("name", PORTS)
def test_each_port_is_a_place_to_stop(name: str) -> None:
    """Pins for each port its name, how it can fail, and whether a crash after it differs."""
    call, modes, has_effect = PORTS[name]
    _, operation = at_port(lambda self, event: call(self.world))
    assert operation.port == name
    assert set(choices.modes(operation)) == modes
    assert operation.has_effect is has_effect


@pytest.mark.parametrize("name", PORTS)
def test_each_port_call_can_be_let_through(name: str) -> None:
    """Pins that every port comes back with an answer, none of them with an error of the kit."""
    world = world_of(doing(lambda self, event: PORTS[name][0](self.world) and None))
    rest(world)
    assert world.errors == []


def test_clock_and_new_id_never_stop() -> None:
    """Pins that time and ids are at hand at once, and that ids are new."""
    got: list[Any] = []

    def work(self: Any, event: dict[str, Any]) -> None:
        got.extend([self.world.clock(), self.world.new_id(), self.world.new_id()])

    rest(world_of(doing(work)))
    assert got[1] != got[2]
    again, got = got, []
    rest(world_of(doing(work)))
    assert again == got


@pytest.mark.parametrize(
    ("mode", "error", "charged"),
    [
        (Mode.TRANSIENT, ConnectionError, 0),
        (Mode.UNKNOWN_NOT_DONE, TimeoutError, 0),
        (Mode.UNKNOWN_DONE, TimeoutError, 1),
    ],
)
def test_how_a_port_call_fails(mode: Mode, error: type[Exception], charged: int) -> None:
    """Pins that only an unknown answer may have been done, and that lookup then tells."""
    caught: list[Any] = []

    def work(self: Any, event: dict[str, Any]) -> None:
        try:
            self.world.payments.charge("o1", 1999, "EUR", key="k")
        except (ConnectionError, TimeoutError) as raised:
            caught.extend([type(raised), self.world.payments.lookup("k")])

    world, _ = at_port(work)
    act(world, Kind.ANSWER, "worker on job(o1)", "payments.charge", mode)
    rest(world)
    assert caught[0] is error
    assert (caught[1] is not None) == bool(charged)
    assert world.history.sagas["o1"].balance.captures == charged


def test_a_refusal_is_an_answer_and_a_reason() -> None:
    """Pins that refusing raises nothing and excuses the failure of the order."""
    got: list[Any] = []

    def work(self: Any, event: dict[str, Any]) -> None:
        got.append(self.world.payments.charge(event["data"]["order"], 1999, "EUR"))

    world, _ = at_port(work)
    rest(act(world, Kind.ANSWER, "worker on job(o1)", "payments.charge", Mode.REFUSED))
    assert got[0]["status"] == "refused"
    assert world.history.sagas["o1"].reasons == {"payment declined"}


def test_what_was_done_cannot_be_refused_any_more() -> None:
    """Pins that the gateway cannot decline under a key that it has answered; the rest stays."""

    def work(self: Any, event: dict[str, Any]) -> None:
        for _ in range(2):
            self.world.payments.charge("o1", 1999, "EUR", key="k")

    world, operation = at_port(work)
    assert Mode.REFUSED in choices.modes(operation)
    world.apply(world.benign()[0])
    (task,) = world.tasks.values()
    assert task.operation is not None
    assert set(choices.modes(task.operation)) == UNKNOWN


def test_a_repeated_capture_may_still_time_out_although_it_was_done() -> None:
    """Pins that only refusals are ruled out by a settled key."""

    def work(self: Any, event: dict[str, Any]) -> None:
        for _ in range(2):
            self.world.payments.capture("o1", 1999, "EUR", key="k")

    world, _ = at_port(work)
    world.apply(world.benign()[0])
    (task,) = world.tasks.values()
    assert task.operation is not None
    assert set(choices.modes(task.operation)) == UNKNOWN


def test_a_key_used_for_something_else_raises_in_the_target() -> None:
    """Pins that the target's own misuse of a key is a ValueError at its port call."""
    caught: list[Any] = []

    def work(self: Any, event: dict[str, Any]) -> None:
        self.world.payments.charge("o1", 1999, "EUR", key="k")
        try:
            self.world.payments.charge("o1", 1, "EUR", key="k")
        except ValueError as error:
            caught.append(error)

    rest(world_of(doing(work)))
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda w: w.carrier.create_shipment("o1", [{"product": "book"}]), "with the lines"),
        (lambda w: w.carrier.create_shipment("o1", ["book"]), "with the lines"),
        (lambda w: w.payments.charge("o1", "1999", "EUR"), "the amount is '1999'"),
        (lambda w: w.payments.charge("o1", None, "EUR"), "the amount is None"),
        (lambda w: w.payments.refund("ch", "1999"), "the amount is '1999'"),
    ],
)
def test_what_no_gateway_or_carrier_could_read_is_an_error_of_the_target(
    call: Callable[[Any], Any], says: str
) -> None:
    """Pins that a malformed request is explained, and is not the kit's end."""
    with pytest.raises(TargetError, match=says):
        rest(world_of(doing(lambda self, event: call(self.world))))


def test_an_inexact_amount_is_for_the_properties_to_find() -> None:
    """Pins that a float reaches the ledger, and that MONEY-4 names it as it is."""
    work = doing(lambda self, event: self.world.payments.charge("o1", 19.99, "EUR") and None)
    world = rest(world_of(work))
    assert "19.99 minor units" in world.history.findings["MONEY-4"].text


def test_ports_outside_a_call_are_let_through() -> None:
    """Pins that a factory may ask the warehouse and the gateway at once, and observe() too."""

    class Asks(Toy):
        def __init__(self, world: Any) -> None:
            super().__init__(world)
            self.books = 0

        def seed(self) -> None:
            """Ask, as a factory would."""
            self.books = self.world.warehouse.available("book")

        def observe(self) -> dict[str, Any]:
            """Ask again."""
            return {"orders": dict(self.orders), "stock": {"x": self.books}}

    world = world_of(Asks)
    world.target.seed()
    world.sighting.look()
    assert world.sighting.last is not None
    assert world.sighting.last.stock == {"x": 1}


def test_ports_outside_a_call_are_awaited_where_handlers_are_coroutines() -> None:
    """Pins that an async target awaits ports everywhere, also while it is set up."""
    world = world_of(AsyncToy)
    waiting = world.target.world.warehouse.available("book")
    with pytest.raises(StopIteration) as stop:
        waiting.send(None)
    assert stop.value.value == 1


def test_a_forgotten_await_is_an_error_of_the_target() -> None:
    """Pins that a port called and not awaited is found at the end of the step."""

    class Forgets(AsyncToy):
        async def work(self, event: dict[str, Any]) -> None:
            """Forget to await."""
            self.world.publish("x", {})

    with pytest.raises(TargetError, match="without awaiting"):
        rest(world_of(Forgets))


def test_a_forgotten_await_before_another_port_call_is_found_too() -> None:
    """Pins that an awaited port after the forgotten one does not hide it."""

    class Forgets(AsyncToy):
        async def work(self, event: dict[str, Any]) -> None:
            """Forget one of two."""
            self.world.publish("x", {})
            await self.world.publish("y", {})

    with pytest.raises(TargetError, match="without awaiting"):
        rest(world_of(Forgets))


def test_what_is_published_takes_its_defaults_from_the_message_being_handled() -> None:
    """Pins subject, saga, cause and source of an event that says nothing about them."""
    events: list[dict[str, Any]] = []

    class Chain(Toy):
        subscriptions = {"order": [], "worker": ["job"], "last": ["next"]}  # noqa: RUF012

        def handle(self, participant: str, event: dict[str, Any]) -> None:
            """Pass on."""
            events.append(event)
            if participant == "worker":
                self.world.publish("next", {"n": 1})

    rest(world_of(Chain))
    job, following = events
    assert following["subject"] == following["sagaid"] == "o1"
    assert following["causationid"] == job["id"]
    assert (job["source"], following["source"]) == ("order", "worker")
    assert following["id"] != job["id"]
    assert following["data"] == {"n": 1}
    assert following["specversion"] == "1.0"


def test_what_the_target_says_itself_is_kept() -> None:
    """Pins that a given id, subject, saga and cause are published as they are."""

    def work(self: Any, event: dict[str, Any]) -> None:
        self.world.publish("job", {}, "my-id", "o1", "my-saga", "my-cause")

    world, operation = at_port(work)
    operation.perform()
    event = world.network.in_flight[-1].event
    assert all(f'"my-{word}"' in event for word in ("id", "saga", "cause"))


@pytest.mark.parametrize("bad", [None, "", 7])
def test_an_event_without_a_type_is_an_error_of_the_target(bad: Any) -> None:
    """Pins that the type of an event is checked when it is published."""
    with pytest.raises(TargetError, match="event of type"):
        rest(world_of(doing(lambda self, event: self.world.publish(bad, {}))))


def test_data_that_is_no_json_is_an_error_of_the_target() -> None:
    """Pins that what cannot be sent is explained with the name of the event."""
    with pytest.raises(TargetError, match="published x with data"):
        rest(world_of(doing(lambda self, event: self.world.publish("x", {"a": {1, 2}}))))


def test_an_event_about_an_order_in_its_data_belongs_to_it() -> None:
    """Pins that a relay, which handles no message, need not name the order besides."""
    world = world_of(Toy)
    assert draft(world, "x", {"order": "o1"}).order == "o1"
    assert draft(world, "x", {"order": "nobody's"}).order == ""


def test_a_target_is_given_stock_and_prices_by_value() -> None:
    """Pins that a target that counts down world.stock itself does not change the scope."""
    scope = evolve(BASKET, budgets={})
    world = world_of(Toy, scope)
    assert world.target.world.prices == {"book": 1999, "pen": 250}
    world.target.world.stock["book"] = 0
    assert scope.stock["book"] == 2
    assert world.history.initial["book"] == 2


def test_the_dead_call_no_port() -> None:
    """Pins that a call that was killed dies again at its next port call, without effect."""

    def work(self: Any, event: dict[str, Any]) -> None:
        try:
            self.world.checkpoint("here")
        finally:
            self.world.payments.charge("o1", 1999, "EUR")

    world, _ = at_port(work)
    act(world, Kind.CRASH, "worker on job(o1)", "here", Mode.BEFORE)
    assert world.history.ledger.entries == []


def test_the_order_may_be_given_as_a_whole() -> None:
    """Pins that ports take the dict that place_order was given."""
    order: Order = ONE.orders[0]

    def work(self: Any, event: dict[str, Any]) -> None:
        self.world.payments.charge(order.as_dict(), order.total, "EUR")

    world = rest(world_of(doing(work)))
    assert world.history.sagas["o1"].balance.captured == order.total


@pytest.mark.parametrize("refused", [False, True])
def test_a_simulated_step_says_again_what_it_has_said(refused: bool) -> None:
    """Pins that a step asked again for the same order cannot turn around; another one still may."""
    got: list[Any] = []

    def work(self: Any, event: dict[str, Any]) -> None:
        for step in ("pay", "pay", "ship"):
            got.append(self.world.answer(step, "o1")["status"])

    world, operation = at_port(work)
    assert set(choices.modes(operation)) == {Mode.REFUSED}
    if refused:
        act(world, Kind.ANSWER, "worker on job(o1)", "answer pay", Mode.REFUSED)
    else:
        world.apply(world.benign()[0])
    (task,) = world.tasks.values()
    assert task.operation is not None
    assert choices.modes(task.operation) == ()
    world.apply(world.benign()[0])
    assert task.operation is not None
    assert set(choices.modes(task.operation)) == {Mode.REFUSED}
    rest(world)
    assert got == ["refused" if refused else "done"] * 2 + ["done"]
