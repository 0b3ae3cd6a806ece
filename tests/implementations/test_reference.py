"""The reference saga in a world without faults: every ending of the story."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from typing import Any

import pytest

from implementations.loading import check_target, load
from implementations.observing import Observation, check_observation
from implementations.reference import Parts, Saga, build, make
from implementations.reference.inventory import InventoryService
from model.environment import Delivery
from model.vocabulary import Event, Line, Order, Role, Status

ONE = Order("o1", (Line("apple", 1, 500),))
MANY = Order("o1", (Line("apple", 2, 500), Line("pear", 1, 300), Line("apple", 1, 450)))


def done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something")


class Gateway:
    """Gateway and carrier: they answer at once, once per key, and do as `says` tells them."""

    def __init__(self, says: dict[str, Any]) -> None:
        self.says = says
        self.stored: dict[str, dict[str, Any]] = {}
        self.effects: list[tuple[Any, ...]] = []

    async def _do(self, what: str, order: Any, amount: Any, key: str) -> dict[str, Any]:
        mood = self.says.get(what, "done")
        if isinstance(mood, list):
            mood = mood.pop(0) if mood else "done"
        if mood == "not done":
            raise TimeoutError
        if key not in self.stored:
            refused = mood == "refused"
            self.stored[key] = {"status": "refused" if refused else "done", "id": f"{what}-1"}
            if not refused:
                self.effects.append((what, order, amount))
        if mood == "unknown":
            raise TimeoutError
        return self.stored[key]

    async def charge(self, order: str, amount: int, currency: str, key: str) -> Any:
        """Take money."""
        return await self._do("charge", order, amount, key)

    async def refund(self, charge_id: str, amount: int, key: str) -> Any:
        """Give it back."""
        return await self._do("refund", charge_id, amount, key)

    async def create_shipment(self, order: str, lines: list[dict[str, Any]], key: str) -> Any:
        """Book a parcel."""
        pieces = sum(line["quantity"] for line in lines)
        return await self._do("ship", order, pieces, key)

    async def lookup(self, key: str) -> Any:
        """What was answered."""
        return self.stored.get(key)


class World:
    """A world that answers at once and delivers first in, first out."""

    def __init__(self, stock: dict[str, int], says: dict[str, Any], parts: Parts | None) -> None:
        self.stock = stock
        self.prices: dict[str, int] = {}
        self.gateway = self.payments = self.carrier = Gateway(says)
        self.network: deque[tuple[str, dict[str, Any]]] = deque()
        self.published: list[dict[str, Any]] = []
        world: Any = self
        self.target: Saga = build(world, parts) if parts else make(world)

    async def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """Nothing ever happens here."""

    async def publish(self, type: str, data: Any, **attributes: Any) -> None:
        """To the end of the queue, once per subscriber."""
        event = {"type": type, "data": data, **attributes}
        self.published.append(event)
        for participant, kinds in self.target.subscriptions.items():
            if type in kinds:
                self.network.append((participant, event))

    def place(self, *orders: Order) -> World:
        """Place orders; nothing is published yet."""
        for order in orders:
            done(self.target.place_order(order.as_dict()))  # type: ignore[arg-type]
        return self

    def relay(self) -> World:
        """Empty all outboxes."""
        for participant in self.target.subscriptions:
            while done(self.target.relay(participant)):
                pass
        return self

    def deliver(self, participant: str, kind: str) -> World:
        """Deliver one message out of turn."""
        found = next(m for m in self.network if m[0] == participant and m[1]["type"] == kind)
        self.network.remove(found)
        done(self.target.handle(*found))  # type: ignore[arg-type]
        return self.relay()

    def drain(self) -> World:
        """Deliver until nothing is left."""
        self.relay()
        while self.network:
            done(self.target.handle(*self.network.popleft()))  # type: ignore[arg-type]
            self.relay()
        return self

    @property
    def observed(self) -> Observation:
        """What the target says of itself."""
        return check_observation(self.target.observe(), {"o1", "o2"})

    @property
    def effects(self) -> list[str]:
        """What happened outside, in its order."""
        return [effect[0] for effect in self.gateway.effects]

    def events(self, order: str = "o1") -> list[str]:
        """Event types that were published for an order."""
        return [str(event["type"]) for event in self.published if event["subject"] == order]


def world(parts: Parts | None = None, stock: dict[str, int] | None = None, **says: Any) -> World:
    """A world whose gateway and carrier say `says`."""
    return World({"apple": 5, "pear": 1} if stock is None else stock, says, parts)


def test_good_end() -> None:
    """Paid, reserved, shipped, confirmed; each fact is told once."""
    run = world().place(ONE).drain()
    assert run.observed.orders == {"o1": Status.CONFIRMED}
    assert run.observed.stock == {"apple": 4, "pear": 1}
    assert run.observed.reservations == {("o1", "apple"): 1}
    assert run.gateway.effects == [("charge", "o1", 500), ("ship", "o1", 1)]
    assert run.events() == [
        Event.ORDER_CREATED,
        Event.PAYMENT_PROCESSED,
        Event.INVENTORY_RESERVED,
        Event.SHIPMENT_CREATED,
        Event.SAGA_COMPLETED,
    ]


def test_every_event_can_be_traced() -> None:
    """OBS-1: subject, saga and cause stand on every event, and ids are distinct."""
    run = world(ship="refused").place(ONE).drain()
    assert all(event["subject"] == event["sagaid"] == "o1" for event in run.published)
    ids = [event["id"] for event in run.published]
    assert len(set(ids)) == len(ids) == 9
    assert all(event["causationid"] in ids for event in run.published[1:])


def test_declined() -> None:
    """Nothing was taken, so nothing is undone."""
    run = world(charge="refused").place(ONE).drain()
    assert run.observed.orders == {"o1": Status.FAILED}
    assert run.effects == []
    assert run.events() == [Event.ORDER_CREATED, Event.PAYMENT_FAILED, Event.SAGA_FAILED]


def test_short_stock() -> None:
    """The money goes back; the stock was never touched."""
    run = world(stock={"apple": 0}).place(ONE).drain()
    assert run.observed == Observation({"o1": Status.FAILED}, {"apple": 0}, {})
    assert run.effects == ["charge", "refund"]


def test_carrier_refuses() -> None:
    """Money and stock go back."""
    run = world(ship="refused").place(ONE).drain()
    assert run.observed == Observation({"o1": Status.FAILED}, {"apple": 5, "pear": 1}, {})
    assert run.effects == ["charge", "refund"]


def test_many_lines() -> None:
    """Lines of one SKU are added up, and the whole order is reserved."""
    run = world().place(MANY).drain()
    assert run.observed.reservations == {("o1", "apple"): 3, ("o1", "pear"): 1}
    assert run.observed.stock == {"apple": 2, "pear": 0}
    assert run.gateway.effects == [("charge", "o1", 1750), ("ship", "o1", 4)]


@pytest.mark.parametrize("stock", [{"apple": 2, "pear": 1}, {"apple": 3, "pear": 0}, {"apple": 9}])
def test_all_or_nothing(stock: dict[str, int]) -> None:
    """One SKU short, or unknown: none of the order is reserved."""
    run = world(stock=stock).place(MANY).drain()
    assert run.observed == Observation({"o1": Status.FAILED}, stock, {})


def test_two_orders_want_the_last_piece() -> None:
    """One gets it, the other gets its money back."""
    run = world(stock={"apple": 1}).place(ONE, Order("o2", ONE.lines)).drain()
    assert run.observed.orders == {"o1": Status.CONFIRMED, "o2": Status.FAILED}
    assert run.observed.stock == {"apple": 0}


@pytest.mark.parametrize("what", ["charge", "ship"])
@pytest.mark.parametrize("moods", [["unknown"], ["not done"], ["not done", "unknown"]])
def test_unknown_answers(what: str, moods: list[str]) -> None:
    """A time-out is looked up, and where nothing was done asked again: never guessed."""
    says: dict[str, Any] = {what: moods}
    run = world(None, None, **says).place(ONE).drain()
    assert run.observed.orders == {"o1": Status.CONFIRMED}
    assert run.effects == ["charge", "ship"]


def test_no_answer_at_all_gives_the_message_back() -> None:
    """After some attempts the broker is to try again later; nothing has been decided."""
    run = world(charge="not done").place(ONE).relay()
    with pytest.raises(TimeoutError):
        run.deliver(Role.PAYMENT, Event.ORDER_CREATED)
    run.gateway.says.clear()
    run.network.append((Role.PAYMENT, run.published[0]))
    assert run.drain().observed.orders == {"o1": Status.CONFIRMED}


def test_early_cancel() -> None:
    """The cancel reaches shipping first: all is undone, nothing is shipped."""
    run = world().place(ONE)
    assert done(run.target.cancel_order("o1")) is None
    assert done(run.target.cancel_order("o1")) is None
    assert run.drain().observed == Observation({"o1": Status.FAILED}, {"apple": 5, "pear": 1}, {})
    assert run.effects == ["charge", "refund"]
    assert run.events().count(Event.ORDER_CANCEL_REQUESTED) == 1


def test_cancel_overtakes_everything() -> None:
    """The undoing comes before the doing: tombstones, and no effect at all."""
    run = world().place(ONE)
    done(run.target.cancel_order("o1"))
    run.relay().deliver(Role.SHIPPING, Event.ORDER_CANCEL_REQUESTED)
    run.deliver(Role.PAYMENT, Event.PAYMENT_REFUND_REQUESTED)
    run.deliver(Role.INVENTORY, Event.INVENTORY_RELEASE_REQUESTED)
    assert run.drain().observed.orders == {"o1": Status.FAILED}
    assert run.effects == []


def test_cancel_loses_at_the_pivot() -> None:
    """The parcel is booked before the cancel arrives: the order is confirmed all the same."""
    run = world().place(ONE).relay()
    run.deliver(Role.PAYMENT, Event.ORDER_CREATED)
    run.deliver(Role.INVENTORY, Event.PAYMENT_PROCESSED)
    run.deliver(Role.SHIPPING, Event.INVENTORY_RESERVED)
    assert done(run.target.cancel_order("o1")) is None
    assert run.drain().observed.orders == {"o1": Status.CONFIRMED}
    assert run.effects == ["charge", "ship"]
    assert done(run.target.cancel_order("o1")) == "refused"


def test_copies_change_nothing() -> None:
    """Every message again, when all is over, and the order once more."""
    run = world(ship="refused").place(ONE).drain()
    before = run.target.digest()
    for event in run.published:
        for participant, kinds in run.target.subscriptions.items():
            if event["type"] in kinds:
                run.network.append((participant, event))
    run.drain().place(ONE).drain()
    assert run.target.digest() == before
    assert run.effects == ["charge", "refund"]


def test_restart_forgets_nothing() -> None:
    """All that counts is stored: a saga goes on after all its services were restarted."""
    run = world().place(ONE).relay().deliver(Role.PAYMENT, Event.ORDER_CREATED)
    before = run.target.digest()
    for participant in run.target.subscriptions:
        run.target.restart(participant)
    assert run.target.digest() == before
    assert run.drain().observed.orders == {"o1": Status.CONFIRMED}


def test_digest_tells_states_apart() -> None:
    """A step changes it, and it can be hashed."""
    run = world()
    seen = {run.target.digest(), run.place(ONE).target.digest(), run.relay().target.digest()}
    assert len(seen) == 3
    assert world().target.digest() in seen


def test_a_part_can_be_replaced() -> None:
    """Without the request for a refund the money stays: what a faulty variant is made from."""

    class NoRefund(InventoryService):
        undo = ()

    run = world(Parts(inventory=NoRefund), stock={}).place(ONE).drain()
    assert run.observed.orders == {"o1": Status.OPEN}
    assert run.effects == ["charge"]


def test_shape() -> None:
    """What the reference declares of itself."""
    shape = check_target(world().target)
    assert shape.is_async
    assert shape.idempotent_place
    assert shape.delivery is Delivery.AT_LEAST_ONCE_UNORDERED
    assert shape.roles == {role: role.value for role in Role}
    assert {c.parallel for c in shape.consumers.values()} == {2}
    assert shape.has_cancel
    assert shape.has_relay
    assert shape.has_restart
    assert shape.has_digest
    assert load("implementations.reference:make").factory is make
