"""The stand-in for confluent_kafka: buffer, delivery reports, offsets, turns of a loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from implementations.adapting.confluent_kafka import ConfluentKafka
from implementations.adapting.consumers import Consumers
from implementations.adapting.importing import isolated_import
from implementations.adapting.kafka_messages import Message
from implementations.adapting.modules import remember
from implementations.errors import SETTLED, TargetError
from properties.world.network import UNREADABLE


class Broker:
    """Stands in for the world: keeps what is published, or fails."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.acknowledged = 0
        self.failures = 0

    def publish(self, type: str, data: Any, id: Any = None, subject: Any = None) -> None:
        """Take an event."""
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the broker is down")
        self.published.append((type, data, id, subject))

    def acknowledge(self) -> None:
        """Take down that it was called."""
        self.acknowledged += 1


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


def event(id: str = "m1", type: str = "Ordered", **data: Any) -> Any:
    """A message."""
    return {"type": type, "id": id, "data": data}


class Loop:
    """A poll loop that does `work(consumer, message)` with each message."""

    def __init__(self, kafka: Any, work: Any, *topics: str, **settings: Any) -> None:
        self.work, self.topics = work, topics or ("Ordered",)
        self.consumer = kafka.Consumer({"group.id": "g", **settings})
        self.on_exit: Callable[[], Any] = lambda: None

    def run(self) -> None:
        """As a service has it."""
        self.consumer.subscribe(list(self.topics))
        try:
            while True:
                message = self.consumer.poll(1.0)
                if message is not None:
                    self.work(self.consumer, message)
        finally:
            self.on_exit()
            self.consumer.close()


BY_HAND = {"enable.auto.commit": False}


def deliver(
    kafka: ConfluentKafka, loop: Loop, given: Any = None, types: tuple[str, ...] = ()
) -> Any:
    """Have a loop handle a message."""
    given = given or event()
    return kafka.consumers(loop.run, types)[given["type"]].call(given)


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


# -- offsets ---------------------------------------------------------------------------------------


def partition(kafka: Any, message: Message, step: int) -> Any:
    """A place before or after a message."""
    return kafka.TopicPartition(message.topic(), message.partition(), message.offset() + step)


STORED = {"enable.auto.commit": "true", "enable.auto.offset.store": "false"}


@pytest.mark.parametrize(
    ("settings", "work", "answer"),
    [
        (BY_HAND, lambda k, c, m: c.commit(m), "ack"),
        (BY_HAND, lambda k, c, m: c.commit(message=m, asynchronous=False), "ack"),
        (BY_HAND, lambda k, c, m: c.commit(), "ack"),
        (BY_HAND, lambda k, c, m: c.commit(offsets=[partition(k, m, 1)]), "ack"),
        (BY_HAND, lambda k, c, m: c.commit(offsets=[partition(k, m, 0)]), "unacked"),
        (BY_HAND, lambda k, c, m: None, "unacked"),
        (BY_HAND, lambda k, c, m: c.seek(partition(k, m, 0)), "requeue"),
        (BY_HAND, lambda k, c, m: c.store_offsets(m), "unacked"),
        (STORED, lambda k, c, m: c.store_offsets(m), "ack"),
        (STORED, lambda k, c, m: None, "unacked"),
        ({}, lambda k, c, m: None, "ack"),
    ],
)
def test_how_a_message_is_settled(
    kafka: ConfluentKafka, broker: Broker, settings: Any, work: Any, answer: str
) -> None:
    """Pins what commits an offset; that of the message itself is the one before it."""
    loop = Loop(kafka, lambda consumer, message: work(kafka, consumer, message), **settings)
    assert deliver(kafka, loop) == answer
    assert broker.acknowledged == (answer == "ack")


def test_automatic_commits_come_before_the_work(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins the client's default: when the message is handed out, its offset counts as committed."""
    told: list[int] = []
    deliver(kafka, Loop(kafka, lambda consumer, message: told.append(broker.acknowledged)))
    assert told == [1]


def test_an_error_ends_the_process(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that what waited in memory is gone with it, and that what was committed stays so."""
    producer = kafka.Producer()

    def work(consumer: Any, message: Message) -> None:
        producer.produce("Paid", "1")
        if message.offset():
            consumer.commit(message)
        raise RuntimeError

    loop = Loop(kafka, work, **BY_HAND)
    for id, settled in (("m1", None), ("m2", "ack")):
        with pytest.raises(RuntimeError) as raised:
            deliver(kafka, loop, event(id))
        assert getattr(raised.value, SETTLED, None) == settled
        assert len(producer) == 0


# -- turns of a loop -------------------------------------------------------------------------------


def test_what_is_done_on_the_way_out_is_not_done(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that the end of a turn is no shutdown: a flush there would hide that one is missing."""
    producer = kafka.Producer()
    loop = Loop(kafka, lambda consumer, message: producer.produce("Paid", "1"), **BY_HAND)

    def on_exit() -> None:
        producer.produce("Stopped", "1")
        producer.flush()
        loop.consumer.commit()

    loop.on_exit = on_exit
    assert deliver(kafka, loop) == "unacked"
    assert (broker.published, broker.acknowledged, len(producer)) == ([], 0, 1)


def test_a_loop_that_survives_errors_ends(kafka: ConfluentKafka) -> None:
    """Pins that `except Exception` in a loop does not keep it from ending after its turn."""

    def work(consumer: Any, message: Message) -> None:
        try:
            raise RuntimeError
        except Exception:
            return

    assert deliver(kafka, Loop(kafka, work, **BY_HAND)) == "unacked"


def test_messages_may_be_taken_in_batches(kafka: ConfluentKafka) -> None:
    """Pins `consume`: a batch of one, and then the end."""
    consumer = kafka.Consumer(BY_HAND)
    consumer.subscribe(["Ordered"])
    seen: list[Any] = []

    def run() -> None:
        while True:
            for message in consumer.consume(100, timeout=1.0):
                seen.append(message.value())
            consumer.commit(asynchronous=False)

    assert kafka.consumers(run)["Ordered"].call(event(a=1)) == "ack"
    assert seen == [b'{"a": 1}']


def test_an_idle_turn_is_one_with_nothing(kafka: ConfluentKafka) -> None:
    """Pins that `idle` runs what the loop does when `poll` returns None, once."""
    seen: list[Any] = []
    consumer = kafka.Consumer()
    consumer.subscribe(["Ordered"])

    def run() -> None:
        while True:
            seen.append(consumer.poll(1.0))
            consumer.commit()

    kafka.idle(run)
    assert seen == [None]


def test_a_loop_may_poll_several_consumers(kafka: ConfluentKafka) -> None:
    """Pins that a message goes to the consumer that subscribes to its topic."""
    seen: list[Any] = []
    consumers = [kafka.Consumer() for _ in range(2)]
    for consumer, topic in zip(consumers, ("Paid", "Ordered"), strict=True):
        consumer.subscribe([topic])

    def run() -> None:
        while True:
            seen.extend((each.topics, each.poll(0)) for each in consumers)

    kafka._handle(run, event())
    assert [(topics, message and message.topic()) for topics, message in seen[:2]] == [
        (["Paid"], None),
        (["Ordered"], "Ordered"),
    ]


def test_handlers_that_interleave_have_a_turn_each(kafka: ConfluentKafka, broker: Broker) -> None:
    """Pins that of two instances of a service each has its message, and commits that."""

    def work(consumer: Any, message: Message) -> None:
        value = message.value() or b""
        getcurrent().parent.switch(value)  # type: ignore[union-attr]
        if b"1" in value:
            consumer.commit(message)

    consumer = kafka.consumers(Loop(kafka, work, **BY_HAND).run)["Ordered"]
    first, second = (greenlet(consumer.call) for _ in range(2))
    assert first.switch(event("m1", n=1)) == b'{"n": 1}'
    assert second.switch(event("m2", n=2)) == b'{"n": 2}'
    assert (first.switch(), broker.acknowledged) == ("ack", 1)
    assert (second.switch(), broker.acknowledged) == ("unacked", 1)


def test_patterns_need_the_types(kafka: ConfluentKafka) -> None:
    """Pins that topics by pattern are found among the types that there are."""
    loop = Loop(kafka, lambda consumer, message: None, "^order[.].*", "paid")
    types = ["order.created", "paid", "orders"]
    assert set(kafka.consumers(loop.run, types)) == {"paid", "order.created"}
    with pytest.raises(TargetError, match="is a pattern"):
        kafka.consumers(loop.run)


def test_what_cannot_be_done_is_said(kafka: ConfluentKafka) -> None:
    """Pins one message for each mistake, with what to do."""
    consumer = kafka.Consumer()
    consumer.subscribe(["Ordered"])
    with pytest.raises(TargetError, match="ended before it polled"):
        kafka.consumers(lambda: None)
    with pytest.raises(TargetError, match="where no message is handled"):
        consumer.poll(1.0)
    with pytest.raises(TargetError, match="polled no consumer of 'Paid'"):
        kafka._handle(lambda: consumer.poll(1.0), event(type="Paid"))
    with pytest.raises(TargetError, match="init_transactions is not modelled"):
        kafka.Producer({"transactional.id": "t"}).init_transactions()
    kafka.Producer.init_transactions = lambda self: None
    kafka.Producer().init_transactions()
    with pytest.raises(TargetError, match="SerializingProducer"):
        kafka.SerializingProducer  # noqa: B018
    early = ConfluentKafka().Producer()
    early.produce("Paid", "1")
    with pytest.raises(TargetError, match="before the run begins"):
        early.flush()


SERVICE = """
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
consumer = Consumer({"enable.auto.commit": False})
def run():
    consumer.subscribe(["Ordered"])
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        consumer.commit(message)
"""


STATEFUL = """
import confluent_kafka
from confluent_kafka import Consumer, Message, Producer
class Wrapped(Producer):
    pass
PRODUCER, KEPT = Wrapped({"acks": "all"}), []
def tell(message: str, producer: Producer | None = None, seen: Message | None = None):
    KEPT.append(message)
    PRODUCER.produce("Paid", message)
class Service:
    def __init__(self):
        self.producer, self.consumer, self.kept = Producer(), Consumer(), []
SERVICE = Service()
"""


def test_a_module_that_holds_clients_can_be_restored(
    kafka: ConfluentKafka, broker: Broker, tmp_path: Path
) -> None:
    """Pins that names are classes, to annotate and to inherit from, and that `remember` brings
    back what a service has beside its clients, which stay those that the stand-in knows."""
    (tmp_path / "telling.py").write_text(STATEFUL)
    telling = isolated_import(tmp_path, ["telling"], {"confluent_kafka": kafka})["telling"]
    remembered, clients = remember(telling), (telling.PRODUCER, telling.SERVICE.producer)
    telling.tell("1")
    telling.SERVICE.kept.append("1")
    remembered.restore()
    assert (telling.KEPT, telling.SERVICE.kept) == ([], [])
    assert (telling.PRODUCER, telling.SERVICE.producer) == clients
    telling.tell("2")
    assert kafka.relay() == 2
    assert telling.PRODUCER.flush() == 0
    assert [data for _, data, _, _ in broker.published] == [{"body": "1"}, {"body": "2"}]


def test_a_service_is_imported_as_it_is(kafka: ConfluentKafka, tmp_path: Path) -> None:
    """Pins that a service takes the names from the module, and is called as `Consumers` are."""
    (tmp_path / "loop.py").write_text(SERVICE)
    loop = isolated_import(tmp_path, ["loop"], {"confluent_kafka": kafka})["loop"]
    shop = Consumers({"till": kafka.consumers(loop.run)})
    assert shop.subscriptions == {"till": ["Ordered"]}
    assert shop.declared == {"till": {"acknowledge": "after", "on_error": "requeue"}}
    assert shop.handle("till", event()) == "ack"
