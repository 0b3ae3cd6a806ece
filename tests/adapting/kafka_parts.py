"""What the tests of the stand-in for confluent_kafka share: a world, messages, a poll loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from implementations.adapting.confluent_kafka import ConfluentKafka


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
