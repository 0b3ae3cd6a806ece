"""The broker: what each delivery contract lets through next, and what it does with copies."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from model.environment import Delivery
from properties.world.network import Draft, Message, Network

EVERYBODY: dict[str, int] = defaultdict(lambda: 1)
FIFO = [Delivery.EXACTLY_ONCE_FIFO, Delivery.AT_LEAST_ONCE_FIFO]
ORDERED = [*FIFO, Delivery.AT_LEAST_ONCE_PER_ORDER_FIFO]


def one_queue(participant: str, type_: str) -> str:
    """A queue per participant."""
    return participant


def network(contract: Delivery, *events: tuple[str, str]) -> Network:
    """A broker to which these events (type, order) were published; "b" hears of b-events too."""
    broker = Network(contract, {"a1": ["a"], "a2": ["a"], "b1": ["a", "b"]}, one_queue)
    for type_, order in events:
        publish(broker, type_, order)
    return broker


def publish(broker: Network, type_: str, order: str, **data: Any) -> list[Message]:
    """Publish one event."""
    envelope = {"id": f"{type_}-{order}", "sagaid": order, "data": data}
    return broker.publish(Draft(type_, order, "s", envelope))


def names(broker: Network, free: Any = EVERYBODY) -> list[str]:
    """What may be delivered now: type, order, participant."""
    return [message.name for message in broker.deliverable(free)]


TWO_ORDERS = (("a1", "o1"), ("a1", "o2"), ("a2", "o1"), ("b1", "o1"))
A1_O1, A1_O2, A2_O1 = "a1(o1) to a", "a1(o2) to a", "a2(o1) to a"
B1_O1_A, B1_O1_B = "b1(o1) to a", "b1(o1) to b"


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (Delivery.EXACTLY_ONCE_FIFO, [A1_O1, B1_O1_B]),
        (Delivery.AT_LEAST_ONCE_FIFO, [A1_O1, B1_O1_B]),
        (Delivery.AT_LEAST_ONCE_PER_ORDER_FIFO, [A1_O1, A1_O2, B1_O1_B]),
        (Delivery.AT_LEAST_ONCE_UNORDERED, [A1_O1, A1_O2, A2_O1, B1_O1_A, B1_O1_B]),
    ],
)
def test_what_may_be_next(contract: Delivery, expected: list[str]) -> None:
    """Pins per contract which of five messages in two queues may be delivered, oldest first."""
    assert names(network(contract, *TWO_ORDERS)) == expected


@pytest.mark.parametrize("contract", ORDERED)
def test_a_message_being_handled_holds_up_those_behind_it(contract: Delivery) -> None:
    """Pins that order is kept until the acknowledgement, however many consumers are free."""
    broker = network(contract, ("a1", "o1"), ("a2", "o1"))
    broker.in_flight[0].held = True
    assert names(broker) == []
    broker.acknowledge(broker.in_flight[0])
    assert names(broker) == [A2_O1]


def test_without_order_only_the_message_itself_is_held() -> None:
    """Pins that without a promise of order the next message need not wait."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"), ("a2", "o1"))
    broker.in_flight[0].held = True
    assert names(broker) == [A2_O1]


@pytest.mark.parametrize("contract", list(Delivery))
def test_a_busy_consumer_gets_nothing(contract: Delivery) -> None:
    """Pins that nothing is handed to a participant without a free consumer, and others get on."""
    broker = network(contract, *TWO_ORDERS)
    assert names(broker, {"a": 0, "b": 1}) == [B1_O1_B]


@pytest.mark.parametrize("contract", FIFO)
def test_order_is_kept_per_queue(contract: Delivery) -> None:
    """Pins that the target's own queues decide what waits behind what."""
    broker = network(contract)
    broker.queue_of = lambda participant, type_: f"{participant}/{type_}"
    for type_, order in TWO_ORDERS:
        publish(broker, type_, order)
    assert names(broker) == [A1_O1, A2_O1, B1_O1_A, B1_O1_B]


def test_an_event_is_one_message_for_each_subscriber() -> None:
    """Pins that subscribers are served apart, and that an event for nobody is counted."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED)
    assert [message.participant for message in publish(broker, "b1", "o1")] == ["a", "b"]
    assert publish(broker, "unknown", "o1") == []
    assert broker.unheard == {"unknown": 1}


def test_the_same_event_published_twice_is_two_messages() -> None:
    """Pins that messages are told apart by name, and that each is an original of its own."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"), ("a1", "o1"))
    assert names(broker) == [A1_O1, f"{A1_O1}, copy 2"]
    assert list(broker.originals) == names(broker)


def test_a_copy_is_the_same_message_behind_all_others() -> None:
    """Pins that a duplicate has the id and the content of its original, and comes last."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"), ("a1", "o2"))
    original = broker.in_flight[0]
    copy = broker.copy(original)
    assert broker.in_flight[-1] is copy
    assert (copy.event, copy.origin, copy.queue) == (original.event, original.name, original.queue)
    assert copy.name == f"{A1_O1}, copy 2"
    assert broker.copy(copy).name == f"{A1_O1}, copy 3"
    assert list(broker.originals) == [A1_O1, A1_O2]


def test_a_copy_may_come_after_the_acknowledgement() -> None:
    """Pins that the broker remembers what it has delivered."""
    broker = network(Delivery.AT_LEAST_ONCE_FIFO, ("a1", "o1"))
    broker.acknowledge(broker.in_flight[0])
    broker.copy(broker.originals[A1_O1])
    assert names(broker) == [f"{A1_O1}, copy 2"]


def test_a_republished_copy_differs_by_its_id_alone() -> None:
    """Pins that the same content comes under the new id."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"))
    copy = broker.copy(broker.in_flight[0], new_id="again")
    before, after = json.loads(broker.in_flight[0].event), json.loads(copy.event)
    assert after["id"] == "again"
    assert {**after, "id": before["id"]} == before


def test_without_order_a_failed_message_goes_to_the_end() -> None:
    """Pins that a poisonous message does not stop those behind it, as a delay would not."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"), ("a2", "o1"))
    failed = broker.in_flight[0]
    failed.held = True
    broker.give_back(failed, to_the_end=True)
    assert names(broker) == [A2_O1, A1_O1]
    assert failed.place > broker.in_flight[0].place


@pytest.mark.parametrize("contract", ORDERED)
def test_with_order_a_failed_message_keeps_its_place(contract: Delivery) -> None:
    """Pins that an ordered queue redelivers before it goes on."""
    broker = network(contract, ("a1", "o1"), ("a2", "o1"))
    broker.in_flight[0].held = True
    broker.give_back(broker.in_flight[0], to_the_end=True)
    assert names(broker) == [A1_O1]


def test_after_a_crash_a_message_keeps_its_place() -> None:
    """Pins that what was not acknowledged is redelivered first, under any contract."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"), ("a2", "o1"))
    broker.in_flight[0].held = True
    broker.give_back(broker.in_flight[0], to_the_end=False)
    assert names(broker) == [A1_O1, A2_O1]


def test_pending_is_what_may_still_concern_an_order() -> None:
    """Pins that a message of no known order keeps every order pending, held messages included."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"))
    broker.in_flight[0].held = True
    assert broker.pending("o1")
    assert not broker.pending("o2")
    publish(broker, "a1", "")
    assert broker.pending("o2")


def test_only_json_can_be_published() -> None:
    """Pins that an object or a NaN is refused, and that nothing is in flight then."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED)
    with pytest.raises(TypeError):
        publish(broker, "a1", "o1", thing=object())
    with pytest.raises(ValueError, match="JSON"):
        publish(broker, "a1", "o1", number=float("nan"))
    assert broker.in_flight == []


def test_the_handling_of_a_copy_has_a_name_of_its_own() -> None:
    """Pins that two copies handled at once are two tasks."""
    broker = network(Delivery.AT_LEAST_ONCE_UNORDERED, ("a1", "o1"))
    copy = broker.copy(broker.in_flight[0])
    assert broker.in_flight[0].task_name == "a on a1(o1)"
    assert copy.task_name == "a on a1(o1), copy 2"
