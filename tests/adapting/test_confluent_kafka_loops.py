"""The stand-in for confluent_kafka: offsets, and the turns of a poll loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from implementations.adapting.confluent_kafka import ConfluentKafka
from implementations.adapting.consumers import Consumers
from implementations.adapting.importing import isolated_import
from implementations.adapting.kafka_messages import Message
from implementations.adapting.modules import remember
from implementations.errors import SETTLED, TargetError
from tests.adapting.kafka_parts import BY_HAND, Broker, Loop, deliver, event


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
    """Pins that `except Exception` around all of a loop does not keep it from ending: what the
    service has survived stays uncommitted."""
    consumer = kafka.Consumer(BY_HAND)
    consumer.subscribe(["Ordered"])
    polled: list[int] = []

    def run() -> None:
        while len(polled) < 10:
            try:
                polled.append(1)
                consumer.poll(1.0)
                raise RuntimeError
            except Exception:
                continue

    assert kafka.consumers(run)["Ordered"].call(event()) == "unacked"
    assert len(polled) == 1 + 2  # once to find the topics; then for the message, and to end


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
