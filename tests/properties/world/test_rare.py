"""What happens rarely: unreadable messages, late timers, standstills, webhooks, several relays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from implementations.errors import TargetError
from model.environment import DEFAULT_FAULTS, Delivery, Fault
from model.ledger import Effect
from properties.world.actions import Action, Kind, Mode
from properties.world.endings import POISON_ATTEMPTS
from properties.world.world import World
from tests.properties.toys import (
    AsyncToy,
    Everything,
    Toy,
    act,
    delivering,
    rest,
    until,
    world_of,
)

POISON = Action(Kind.POISON, "worker", "job")


def of(world: World, kind: Kind) -> list[Action]:
    """The faults of one kind that could strike now."""
    return [action for group in world.faults() for action in group if action.kind is kind]


# -- poison ----------------------------------------------------------------------------------------


class Reads(Toy):
    """Needs what the message says."""

    def work(self, event: dict[str, Any]) -> Any:
        """Confirm the order that the data names."""
        self.orders[event["data"]["order"]] = "confirmed"
        return self.says(event)

    def says(self, event: dict[str, Any]) -> Any:
        """How the message is settled."""
        return None


class Requeues(Toy):
    """Gives back what it cannot read, for ever."""

    def work(self, event: dict[str, Any]) -> Any:
        """Confirm, or give back."""
        if "subject" not in event:
            return "requeue"
        return super().work(event)


@pytest.mark.parametrize("factory", [Reads, Requeues])
@pytest.mark.parametrize("contract", list(Delivery))
def test_poison_is_dropped_and_holds_nobody_up(
    factory: Callable[[Any], Any], contract: Delivery
) -> None:
    """Pins that an unreadable message is tried a number of times, dropped, and blamed on nobody."""
    world = rest(world_of(factory, delivering(contract)))
    rest(act(world, *POISON[:3]))
    world.drain()
    assert [message.handled for message in world.dead_letters] == [POISON_ATTEMPTS]
    assert world.history.findings == {}
    assert world.fired[Fault.POISON] == 1


def test_poison_looks_like_a_message_that_has_come() -> None:
    """Pins that it has the type of a real one and its place in the queue, and nothing to act on."""
    world = until(world_of(Toy), Kind.DELIVER)
    (poison,) = of(world, Kind.POISON)
    assert poison == POISON
    world.apply(poison)
    real, unreadable = world.network.in_flight
    assert unreadable.queue == real.queue
    assert "subject" not in unreadable.event
    assert "o1" not in unreadable.event
    assert unreadable.name not in world.network.originals


def test_poison_is_not_copied() -> None:
    """Pins that one unreadable message stays one: two at once would be another fault."""
    world = act(until(world_of(Everything), Kind.DELIVER), *POISON[:3])
    assert all("unreadable" not in action.subject for action in of(world, Kind.TWICE))
    assert all("unreadable" not in action.subject for action in of(world, Kind.DUPLICATE))


class TakesIt(Toy):
    """Takes whatever comes for a job that failed."""

    def work(self, event: dict[str, Any]) -> Any:
        """Fail all orders when anything is wrong."""
        if "subject" in event:
            return super().work(event)
        self.orders = dict.fromkeys(self.orders, "failed")
        return None


def test_poison_that_does_harm_is_found() -> None:
    """Pins that what an unreadable message does to an order is judged like anything else."""
    world = act(until(world_of(TakesIt), Kind.DELIVER), *POISON[:3])
    act(world, Kind.DELIVER, "unreadable job to worker")
    world.drain()
    assert world.history.findings


class KeepsIt(Toy):
    """Keeps whatever comes as the order that it is about."""

    def work(self, event: dict[str, Any]) -> Any:
        """Confirm what the data names, whatever it is."""
        data = event["data"]
        self.orders[data if isinstance(data, str) else data["order"]] = "confirmed"


class Stumbles(KeepsIt):
    """Looks up what it shows."""

    def observe(self) -> dict[str, Any]:
        """A snapshot, where all orders are known."""
        known = {"o1": "o1"}
        return {"orders": {known[order]: self.orders[order] for order in self.orders}, "stock": {}}


@pytest.mark.parametrize("factory", [KeepsIt, Stumbles])
def test_poison_in_the_snapshot_is_named(factory: Callable[[Any], Any]) -> None:
    """Pins that the message says whose text it is, shown by observe() or in its error."""
    world = act(until(world_of(factory), Kind.DELIVER), *POISON[:3])
    with pytest.raises(TargetError, match=r"not an event(.|\n)*the kit's own(.|\n)*`poison`"):
        rest(act(world, Kind.DELIVER, "unreadable job to worker"))


# -- late timers -----------------------------------------------------------------------------------


def test_a_timer_is_late_only_while_something_is_under_way() -> None:
    """Pins that a timer with nothing to race against is no fault: it goes off in its time."""
    world = world_of(Everything)
    until(world, Kind.DELIVER)
    assert [action.subject for action in of(world, Kind.LATE)] == ["job(o1)"]
    until(world, Kind.FIRE)
    assert of(world, Kind.LATE) == []
    assert not world.enabled(Action(Kind.LATE, "job(o1)"))


def test_people_may_be_too_late_for_a_timer() -> None:
    """Pins that a timer may go off although somebody was about to act."""
    world = until(world_of(Everything), Kind.ACT)
    assert world.network.in_flight == []
    assert world.enabled(Action(Kind.LATE, "job(o1)"))


# -- standstill ------------------------------------------------------------------------------------


class Holds(Toy):
    """Puts money on hold, and takes it when the job comes."""

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Put it on hold."""
        self.world.payments.authorise(order["id"], 1999, "EUR", "hold")
        return super().place_order(order)

    def work(self, event: dict[str, Any]) -> Any:
        """Take it."""
        took = self.world.payments.capture(event["subject"], 1999, "EUR", "take")
        self.orders[event["subject"]] = {"done": "confirmed"}.get(took["status"], "failed")


def test_a_standstill_ends_authorisations_and_forgets_keys() -> None:
    """Pins that money on hold is let go of, as a reason to fail, and that a key means nothing."""
    world = until(world_of(Holds), Kind.DELIVER)
    assert world.gateway.keys.known("hold")
    rest(act(world, Kind.STANDSTILL))
    assert not world.gateway.keys.known("hold")
    assert [entry.effect for entry in world.history.ledger.entries] == [
        Effect.AUTHORISE,
        Effect.VOID,
    ]
    assert "authorisation expired" in world.history.sagas["o1"].reasons
    world.drain()
    assert world.history.findings == {}


def test_a_standstill_is_on_request() -> None:
    """Pins that few sagas are made to outlive their idempotency keys: nobody is asked to."""
    assert Fault.STANDSTILL not in DEFAULT_FAULTS
    assert {Fault.POISON, Fault.LATE} <= DEFAULT_FAULTS


class Finds(Toy):
    """Looks before it charges."""

    def work(self, event: dict[str, Any]) -> Any:
        """Charge once, whatever becomes of the key."""
        if not self.world.payments.find(event["subject"]):
            self.world.payments.charge(event["subject"], 1999, "EUR", "key")
        return super().work(event)


def test_what_was_charged_is_found_without_a_key() -> None:
    """Pins that a target can survive a standstill: charges are found by order."""
    world = until(world_of(Finds), Kind.RESUME, "worker", "acknowledge")
    act(world, Kind.STANDSTILL)
    act(world, Kind.CRASH, "worker on job(o1)", "acknowledge", Mode.BEFORE)
    world.drain()
    assert [entry.effect for entry in world.history.ledger.entries] == [Effect.CHARGE]


# -- webhooks --------------------------------------------------------------------------------------


class Told(Toy):
    """Is told by the gateway what became of its charge."""

    subscriptions: ClassVar[dict[str, list[str]]] = {
        "order": [],
        "worker": ["job"],
        "desk": ["gateway.charged"],
    }

    def handle(self, participant: str, event: dict[str, Any]) -> Any:
        """Charge; or hear of it."""
        if participant == "desk":
            self.seen.append(event["data"]["status"])
            self.orders[event["subject"]] = "confirmed"
        else:
            self.world.payments.charge(
                event["subject"], 1999, "EUR", key="once", notify="gateway.charged"
            )


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (Mode.UNKNOWN_DONE, ["done"]),
        (Mode.UNKNOWN_NOT_DONE, ["done"]),
        (Mode.REFUSED, ["refused"]),
        (None, ["done"]),
    ],
)
def test_the_gateway_tells_each_outcome_once(mode: Mode | None, told: list[str]) -> None:
    """Pins that an event comes for what the gateway did, lost answers and retries or not."""
    world = until(world_of(Told), Kind.RESUME, "worker", "payments")
    if mode is not None:
        act(world, Kind.ANSWER, "worker on job(o1)", "payments.charge", mode)
    rest(world)
    assert world.target.seen == told
    (event,) = [draft for draft in world.network.published if draft.type == "gateway.charged"]
    assert (event.source, event.order) == ("gateway", "o1")
    assert event.attributes["data"]["key"] == "once"


# -- relays ----------------------------------------------------------------------------------------


class Relays(AsyncToy):
    """Two processes relay one outbox."""

    consumers: ClassVar[dict[str, Any]] = {"order": {"relays": 2}}

    async def place_order(self, order: dict[str, Any]) -> str | None:  # type: ignore[override]
        """Write the message down."""
        self.orders[order["id"]] = "open"
        self.outbox = [order["id"]]
        return None

    async def relay(self, participant: str) -> int:
        """Publish what is first."""
        waiting = list(self.outbox) if participant == "order" and self.orders else []
        for order in waiting[:1]:
            await self.world.publish("job", {"order": order}, subject=order)
            self.outbox = [other for other in self.outbox if other != order]
        return len(waiting)


def test_two_relays_publish_one_message_twice() -> None:
    """Pins that a second relay may begin while the first is about to publish, and no third."""
    world = until(world_of(Relays), Kind.RESUME, "order relay")
    again = Action(Kind.RELAY, "order")
    assert world.enabled(again)
    assert again in world.benign()
    world.apply(again)
    assert set(world.tasks) == {"order relay", "order relay 2"}
    assert not world.enabled(again)
    assert world.fired[Fault.CONCURRENCY] == 1
    rest(world)
    assert [draft.type for draft in world.network.published] == ["job", "job"]


def test_one_relay_is_the_default() -> None:
    """Pins that nobody's outbox is relayed by two processes unless the target says so."""

    class Alone(Relays):
        consumers: ClassVar[dict[str, Any]] = {}

    world = until(world_of(Alone), Kind.RESUME, "order relay")
    assert not world.enabled(Action(Kind.RELAY, "order"))
