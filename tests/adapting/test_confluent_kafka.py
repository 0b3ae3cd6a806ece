"""The stand-in for confluent_kafka: the producer's buffer, delivery reports, messages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from implementations.adapting.confluent_kafka import ConfluentKafka
from implementations.adapting.kafka_messages import Message
from properties.world.network import UNREADABLE
from tests.adapting.kafka_parts import Broker, Loop, deliver, event


@pytest.fixture
def broker() -> Broker:
    """A world."""
    return Broker()


@pytest.fixture
def kafka(broker: Broker) -> ConfluentKafka:
    """A module that publishes there."""
    kafka = ConfluentKafka()
    kafka.begin(broker)  # type: ignore[arg-type]
    return kafka


# -- the producer ----------------------------------------------------------------------------------


def test_what_is_produced_waits(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that `poll(0)` after `produce` sends nothing; `flush` does, the oldest first."""
    producer = kafka.Producer({})
    producer.produce("Paid", b'{"n": 1}', key=b"o1")
    producer.produce("Paid", '{"n": 2}', "o2")
    assert producer.poll(0) == 0
    assert (len(producer), broker.published) == (2, [])
    assert producer.flush(10) == 0
    assert [(data["n"], subject) for _, data, _, subject in broker.published] == [
        (1, "o1"),
        (2, "o2"),
    ]


def test_a_producer_is_true(kafka: ConfluentKafka) -> None:
    """Pins that `if self.producer:` means whether there is one, with nothing in it as well."""
    assert kafka.Producer({})


def test_the_background_thread_sends_one_by_one(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins what `relay` counts, and that reports wait for a `poll`, in the service's own thread."""
    reported: list[Any] = []
    producers = kafka.Producer(), kafka.Producer()
    for number, producer in enumerate(producers):
        producer.produce("Paid", str(number), callback=lambda *given: reported.append(given))
    assert [kafka.relay(), kafka.relay(), kafka.relay()] == [2, 1, 0]
    assert (len(broker.published), reported) == (2, [])
    assert [producer.poll(0) for producer in producers] == [1, 1]
    assert [(error, message.value()) for error, message in reported] == [(None, b"0"), (None, b"1")]


def test_poll_with_time_waits_for_one_delivery(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that `poll(1)` sees one message go out, and no more."""
    producer = kafka.Producer()
    for number in range(2):
        producer.produce("Paid", str(number), on_delivery=lambda error, message: None)
    assert producer.poll(1.0) == 1
    assert (len(producer), len(broker.published)) == (1, 1)


def test_a_failure_is_reported_and_the_message_gone(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins `(error, message)` where the publish failed, `(None, message)` where it did not, and
    that `on_delivery` of the configuration is taken where the call has none."""
    reported: list[Any] = []
    broker.failures = 1
    producer = kafka.Producer({"on_delivery": lambda *given: reported.append(given)})
    producer.produce("Paid", "1")
    producer.produce("Paid", "2")
    assert producer.flush() == 0
    (error, first), (none, second) = reported
    assert "the broker is down" in str(error)
    assert error.code() == kafka.KafkaError._MSG_TIMED_OUT
    assert (none, first.value(), second.value()) == (None, b"1", b"2")
    assert [data for _, data, _, _ in broker.published] == [{"body": "2"}]
    with pytest.raises(kafka.KafkaException):
        raise kafka.KafkaException(error)


def test_a_crash_forgets_what_waits(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that buffer and reports are memory, also from one run to the next."""
    reported: list[Any] = []
    producer = kafka.Producer()
    producer.produce("Paid", "1", on_delivery=lambda *given: reported.append(given))
    producer.produce("Paid", "2")
    kafka.relay()
    kafka.forget()
    assert (producer.flush(), kafka.relay(), reported, len(broker.published)) == (0, 0, [], 1)
    producer.produce("Paid", "3")
    kafka.begin(broker)  # type: ignore[arg-type]
    assert kafka.relay() == 0


def test_who_comes_while_something_is_sent_waits(kafka: ConfluentKafka) -> None:
    """Pins that a flush and the background thread do not send one message twice."""
    waited: list[str] = []
    producer = kafka.Producer()
    producer.produce("Paid", "1")

    def publish(*given: Any, **named: Any) -> None:
        with pytest.raises(TimeoutError, match="busy"):
            kafka.relay()

    world: Any = SimpleNamespace(publish=publish, blocked=waited.append)
    kafka._world = world
    producer.flush()
    assert (waited, len(producer)) == (["the producer"], 0)


@pytest.mark.parametrize("name", ["id", "message_id", "ce_id"])
@pytest.mark.parametrize("as_pairs", [True, False])
def test_a_header_is_the_id(
    kafka: ConfluentKafka, broker: Broker, name: str, as_pairs: bool
) -> None:
    """Pins which headers are an event's id; without one it is the kit's own."""
    headers: Any = [("other", None), (name, b"x1")] if as_pairs else {name: "x1"}
    producer = kafka.Producer()
    producer.produce("Paid", "{}", headers=headers)
    producer.produce("Paid", "{}")
    producer.flush()
    assert [id for _, _, id, _ in broker.published] == ["x1", None]


def test_the_key_is_the_order_unless_told_otherwise(broker: Broker) -> None:
    """Pins the subject of an event, for services that have another key."""
    kafka = ConfluentKafka()
    kafka.begin(broker, subject=lambda data: data["order"])  # type: ignore[arg-type]
    producer = kafka.Producer()
    producer.produce("Paid", '{"order": "o1"}', key="customer-7")
    producer.flush()
    assert broker.published[0][3] == "o1"


# -- messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [b'{"a": 1}', b"[1, 2]", b"plain", b"\xff\x00", None])
def test_a_message_comes_out_as_it_went_in(
    kafka: ConfluentKafka, broker: Broker, value: bytes | None
) -> None:
    """Pins that value, key and headers travel through the world, whatever bytes they are."""
    producer = kafka.Producer()
    producer.produce("Ordered", value, key=b"\xfe1", headers=[("h", b"\xfd"), ("none", None)])
    producer.flush()
    seen: list[Message] = []
    loop = Loop(kafka, lambda consumer, message: seen.append(message))
    deliver(kafka, loop, event(**broker.published[0][1]))
    (message,) = seen
    assert (message.topic(), message.value(), message.key()) == ("Ordered", value, b"\xfe1")
    assert message.headers() == [("h", b"\xfd"), ("none", None)]
    assert (message.error(), message.partition()) == (None, 0)


def test_a_poisoned_message_is_its_text(kafka: ConfluentKafka) -> None:
    """Pins that what nobody can read arrives, without key and headers."""
    seen: list[Message] = []
    loop = Loop(kafka, lambda consumer, message: seen.append(message))
    poison = {"type": "Ordered", "id": "p1", "data": UNREADABLE}
    deliver(kafka, loop, poison)
    assert seen[0].value() == UNREADABLE.encode()
    assert (seen[0].key(), seen[0].headers()) == (None, None)


def test_offsets_count_and_stay(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that a message that comes again has its offset, and that each topic has its own."""
    seen: list[int] = []
    loop = Loop(kafka, lambda consumer, message: seen.append(message.offset()), "Ordered", "Paid")
    for given in (event("m1"), event("m2"), event("m1"), event("m3", "Paid")):
        deliver(kafka, loop, given)
    assert seen == [0, 1, 0, 0]
    kafka.begin(broker)  # type: ignore[arg-type]
    deliver(kafka, loop, event("m2"))
    assert seen[-1] == 0
