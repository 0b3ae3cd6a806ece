"""Stands for the module `confluent_kafka` in a service: topics are the types of the world's events.

    kafka = ConfluentKafka()
    till = isolated_import("till", ["app"], instead={"confluent_kafka": kafka})["app"]
    CONSUMERS = Consumers({"till": kafka.consumers(till.SERVICE.run)})  # `run` has the poll loop
    kafka.begin(world)                                                  # in the factory
    kafka.relay(), kafka.forget()                                       # in `relay`, in `restart`

For each message the loop takes one turn: `poll` hands it out, and when it is called again, the loop
is left by a `LoopEnds`. What the service does on its way out (`finally: producer.flush()`) would
happen only when the process is stopped, so it does nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from implementations.adapting.consumers import Answer
from implementations.adapting.consumers import Consumer as Declared
from implementations.adapting.kafka_messages import (
    LIBRARY,
    Error,
    Failure,
    Message,
    Partition,
    as_bytes,
    as_text,
    event_data,
    message_of,
    real_or,
)
from implementations.adapting.kafka_turns import TURN, Turn, is_over
from implementations.adapting.pika import Subject
from implementations.contract import Event, World
from implementations.errors import SETTLED, TargetError

_WHERE = "ConfluentKafka"
#: Headers that hold a message's id.
_ID_HEADERS = ("id", "message_id", "ce_id")
#: Parts of the library that would talk to a broker all the same.
_REAL_CLIENTS = ("SerializingProducer", "DeserializingConsumer")

# -- the module ------------------------------------------------------------------------------------


class _LeftAlone:
    """What `remember` neither copies nor refills, where a service has it in a variable."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Any:
        return self


class ConfluentKafka(_LeftAlone):
    """What one participant takes for `confluent_kafka`: give each participant one of its own."""

    __slots__ = (
        *("Consumer", "Message", "Producer", "__path__"),
        *("_offsets", "_producers", "_subject", "_world"),
    )
    KafkaError = real_or("KafkaError", Error)
    KafkaException = real_or("KafkaException", Failure)
    TopicPartition = real_or("TopicPartition", Partition)
    OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, OFFSET_INVALID = -2, -1, -1000, -1001

    def __init__(self) -> None:
        self._world: World | None = None
        self._subject: Subject | None = None
        self._producers: list[Producer] = []
        """Those that have produced something: a service makes new ones when it starts again."""
        self._offsets: dict[tuple[str, str], int] = {}
        own = {"__slots__": (), "_kafka": self}  # classes: services annotate with them
        self.Message: Any = Message
        self.Producer: Any = type("Producer", (Producer,), own)
        self.Consumer: Any = type("Consumer", (KafkaConsumer,), own)

    def begin(self, world: World, subject: Subject | None = None) -> None:
        """From now on publish to this world, and forget what the last run has left.

        `subject` tells the order's id from the data, where it is not the key of a message.
        """
        self._world, self._subject = world, subject
        self._offsets.clear()
        self.forget()

    def __getattr__(self, name: str) -> Any:
        """Whatever only describes is the real module's, if it is there."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _REAL_CLIENTS:
            fix = "serialise in the service, or give it a class that does, around kafka.Producer"
            raise TargetError(f"there is no stand-in for {name}", _WHERE, fix)
        if LIBRARY is None:
            raise AttributeError(f"confluent_kafka, which has {name!r}, is not installed")
        return getattr(LIBRARY, name)

    # -- for the target ----------------------------------------------------------------------------

    def consumers(self, run: Callable[[], Any], types: Iterable[str] = ()) -> dict[str, Declared]:
        """The consumers that the poll loop in `run` stands for, by the topics it subscribes to.

        `run` is called at once, up to its first `poll`. Where a topic is a pattern (`^order.*`),
        give the `types` that there are.
        """
        turn = Turn(None, ends_at_once=True)
        turn.take(run)
        if not turn.asked:
            fix = "give the function that has the loop: kafka.consumers(service.run)"
            raise TargetError("the loop ended before it polled", _WHERE, fix)
        made = Declared(lambda event: self._handle(run, event))
        return dict.fromkeys(turn.asked[0].matching(tuple(types)), made)

    def idle(self, run: Callable[[], Any]) -> None:
        """A turn of the loop in which `poll` has nothing: for `relay`, where that publishes."""
        Turn(None).take(run)

    def relay(self) -> int:
        """Send the oldest of what waits in memory, as the library's own thread does; how much did.

        What was sent is reported (`on_delivery`) when the service polls or flushes.
        """
        waiting = [each for each in self._producers if each._waiting]
        count = sum(len(each._waiting) for each in waiting)
        if waiting:
            waiting[0]._send_oldest()
        return count

    def forget(self) -> None:
        """What a crash does to what waits in memory."""
        for producer in self._producers:
            producer._waiting.clear()
            producer._reports.clear()
            producer._sender = None
        self._producers.clear()

    def _handle(self, run: Callable[[], Any], event: Event) -> Answer:
        place = event["type"], event["id"]
        counted = sum(topic == event["type"] for topic, _ in self._offsets)
        turn = Turn(message_of(event, self._offsets.setdefault(place, counted)))
        try:
            turn.take(run)
        except Exception as error:  # the process has ended
            self.forget()
            if turn.settled is not None:
                setattr(error, SETTLED, turn.settled)
            raise
        if not turn.handed:
            fix = "kafka.consumers(run) takes the function that polls the consumer of this topic"
            raise TargetError(f"the loop polled no consumer of {event['type']!r}", _WHERE, fix)
        return turn.settled or "unacked"

    def _publish(self, message: Message) -> None:
        if self._world is None:
            fix = "call kafka.begin(world) in the factory"
            raise TargetError("something is published before the run begins", _WHERE, fix)
        data = event_data(message)
        headers = dict(message.headers() or ())
        ids = (as_text(headers[name]) for name in _ID_HEADERS if headers.get(name))
        subject = self._subject(data) if self._subject else as_text(message.key())
        self._world.publish(message.topic(), data, id=next(ids, None), subject=subject)


def _is_true(setting: Any) -> bool:
    return str(setting).lower() in ("true", "1")


# -- producers -------------------------------------------------------------------------------------

Report = Callable[[Any, Message], Any]


class _Part(_LeftAlone):
    """A part of one participant's module."""

    __slots__ = ()
    _kafka: ConfluentKafka

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        place = f"{type(self).__name__}.{name}"
        fix = f"do without it, or say what it does: kafka.{place} = lambda self, *given: …"
        raise TargetError(f"{place} is not modelled", _WHERE, fix)


class Producer(_Part):
    """What is produced waits in memory until `flush`, or until it is its turn (`relay`).

    `poll(0)` sends nothing, it only reports what was sent: `on_delivery` is called here and in
    `flush`. What could not be sent is reported with its error, and is gone.
    """

    __slots__ = ("_report", "_reports", "_sender", "_waiting")

    def __init__(self, config: Mapping[str, Any] = {}, *given: Any, **named: Any) -> None:
        self._report: Report | None = {**config, **named}.get("on_delivery")
        self._waiting: list[tuple[Message, Report | None]] = []
        self._reports: list[Callable[[], Any]] = []
        self._sender: object | None = None
        """Whoever is sending something."""

    def produce(
        self,
        topic: str,
        value: bytes | str | None = None,
        key: bytes | str | None = None,
        partition: int = -1,
        on_delivery: Report | None = None,
        timestamp: int = 0,
        headers: Any = None,
        callback: Report | None = None,
    ) -> None:
        """Put a message in the buffer."""
        if is_over():
            return
        listed = headers.items() if isinstance(headers, Mapping) else headers or ()
        pairs = [(name, as_bytes(each)) for name, each in listed]
        message = Message(topic, as_bytes(value), as_bytes(key), pairs)
        self._waiting.append((message, on_delivery or callback or self._report))
        if self not in self._kafka._producers:
            self._kafka._producers.append(self)

    def poll(self, timeout: float | None = None) -> int:
        """Report what was sent; where there is nothing to report, and time, send the oldest."""
        if not self._reports and timeout != 0 and not is_over():
            self._send_oldest()
        return self._serve()

    def flush(self, timeout: float | None = None) -> int:
        """Send all that waits, and report it; how much is left."""
        while self._waiting and not is_over():
            self._send_oldest()
            self._serve()
        self._serve()
        return len(self)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._reports)

    def __bool__(self) -> bool:
        return True

    def _send_oldest(self) -> None:
        """Send one; who comes while something is being sent waits until it has been."""
        while self._sender is not None:
            if self._kafka._world is None or not self._kafka._world.blocked("the producer"):
                raise TimeoutError("the producer is busy, and whoever is sending waits as well")
        if not self._waiting:
            return
        message, report = sent = self._waiting[0]
        sender = self._sender = object()
        error = None
        try:
            self._kafka._publish(message)
        except ConnectionError as failure:
            error = self._kafka.KafkaError(self._kafka.KafkaError._MSG_TIMED_OUT, str(failure))
        finally:
            if self._sender is sender:
                self._sender = None
        if self._waiting and self._waiting[0] is sent:
            del self._waiting[0]
            if report is not None:
                self._reports.append(lambda: report(error, message))

    def _serve(self) -> int:
        served = 0
        while self._reports and not is_over():
            self._reports.pop(0)()
            served += 1
        return served


# -- consumers -------------------------------------------------------------------------------------


class KafkaConsumer(_Part):
    """Hands out the message of the turn, and tells the world when its offset is committed.

    With `enable.auto.commit`, as it comes, that is when it is handed out: in production a little
    later, so that a crash loses it or not. Without, what is not committed comes after a restart.
    """

    __slots__ = ("commits_itself", "commits_stored", "topics")

    def __init__(self, config: Mapping[str, Any] = {}, *given: Any, **named: Any) -> None:
        settings = {**config, **named}
        self.commits_stored = _is_true(settings.get("enable.auto.commit", True))
        stores = _is_true(settings.get("enable.auto.offset.store", True))
        self.commits_itself = self.commits_stored and stores
        self.topics: list[str] = []

    def subscribe(self, topics: Iterable[str], *given: Any, **named: Any) -> None:
        """Note the topics."""
        self.topics = list(topics)

    def assign(self, partitions: Iterable[Any]) -> None:
        """The same, by partitions."""
        self.topics = [each.topic for each in partitions]

    def unsubscribe(self, *given: Any) -> None:
        """The loop will subscribe again."""

    close = pause = resume = unassign = unsubscribe

    def assignment(self) -> list[Any]:
        """One partition for each topic."""
        return [self._kafka.TopicPartition(topic, 0) for topic in self.topics]

    def takes(self, topic: str) -> bool:
        """Whether it subscribes to a topic."""
        return any(
            re.match(each, topic) is not None if each.startswith("^") else each == topic
            for each in self.topics
        )

    def matching(self, types: tuple[str, ...]) -> list[str]:
        """The topics by name."""
        patterns = [each for each in self.topics if each.startswith("^")]
        if patterns and not types:
            fix = 'say which types there are: consumers(run, types=["order.created", …])'
            raise TargetError(f"{patterns[0]!r} is a pattern", _WHERE, fix)
        names = [each for each in self.topics if each not in patterns]
        return [*names, *(each for each in types if each not in names and self.takes(each))]

    def poll(self, timeout: float | None = None) -> Message | None:
        """The message of this turn; when that is done, the loop ends."""
        turn = TURN.get()
        if turn is None:
            fix = "let kafka.consumers(run) call the function that has the loop"
            raise TargetError("a consumer is polled where no message is handled", _WHERE, fix)
        message = turn.next(self)
        if message is not None and self.commits_itself:
            turn.settle(self._kafka._world, "ack")
        return message

    def consume(self, num_messages: int = 1, timeout: float | None = None) -> list[Message]:
        """The same, in a list."""
        message = self.poll(timeout)
        return [] if message is None else [message]

    def commit(
        self, message: Message | None = None, offsets: Any = None, asynchronous: bool = True
    ) -> Any:
        """Commit the offset after a message, those given, or that of all that was handed out."""
        turn = TURN.get()
        if turn is not None and self._covers(turn, message, offsets):
            turn.settle(self._kafka._world, "ack")
        return None if asynchronous else list(offsets or self.assignment())

    def store_offsets(self, message: Message | None = None, offsets: Any = None) -> None:
        """Let the next automatic commit have them: it may come at once."""
        if self.commits_stored:
            self.commit(message, offsets)

    def seek(self, partition: Any) -> None:
        """Have a message again, at once."""
        turn = TURN.get()
        if turn is not None and not self._covers(turn, None, [partition]):
            turn.settle(self._kafka._world, "requeue")

    def _covers(self, turn: Turn, message: Message | None, offsets: Any) -> bool:
        """Whether what is committed goes beyond the message in hand: an offset is the next."""
        hand = turn.message
        if hand is None or offsets is None:
            return hand is not None and message in (None, hand)
        return any(each.topic == hand.topic() and each.offset > hand.offset() for each in offsets)
