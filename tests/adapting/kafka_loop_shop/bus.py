# ruff: noqa: D102
# mypy: ignore-errors
"""How a service of this shop talks to Kafka: one loop, an outbox, and offsets committed by hand."""

import json

from books import INBOX, OUTBOX
from confluent_kafka import Consumer, KafkaException, Producer


class Service:
    """A service: its loop, and what it publishes."""

    name = ""
    handlers = {}  # noqa: RUF012
    settings = {"enable.auto.commit": False, "auto.offset.reset": "earliest"}  # noqa: RUF012

    def __init__(self):
        self.producer = Producer({"bootstrap.servers": "kafka:9092", "acks": "all"})
        self.consumer = Consumer(
            {"bootstrap.servers": "kafka:9092", "group.id": self.name, **self.settings}
        )
        self.running = True

    def run(self):
        self.consumer.subscribe(list(self.handlers))
        try:
            while self.running:
                message = self.consumer.poll(1.0)
                if message is None:
                    self.publish_waiting()
                    continue
                if message.error():
                    raise KafkaException(message.error())
                self.process(message)
                self.consumer.commit(message=message, asynchronous=False)
        finally:
            self.producer.flush()
            self.consumer.close()

    def process(self, message):
        headers = dict(message.headers() or [])
        try:
            data = json.loads(message.value())
        except ValueError:
            self.send(f"{self.name}.dlq", message.key(), message.value(), headers)
            return
        if headers["id"] not in INBOX:
            getattr(self, self.handlers[message.topic()])(message.key().decode(), data)
            INBOX.add(headers["id"])

    def say(self, topic, order, **data):
        """Write a row of the outbox, in the transaction of whatever is said."""
        OUTBOX.append([f"{topic}-{order}", topic, order, json.dumps(data), False])

    def publish_waiting(self):
        """Send what waits in the outbox; a row is ticked off when its delivery is confirmed."""
        for row in [row for row in OUTBOX if not row[-1]]:
            self.produce(row, lambda error, message, row=row: self.tick(error, row))
        self.producer.flush(10)

    def produce(self, row, on_delivery=None):
        number, topic, key, value, _ = row
        headers = {"id": number.encode()}
        self.producer.produce(topic, value, key, headers=headers, on_delivery=on_delivery)

    def tick(self, error, row):
        row[-1] = error is None

    def send(self, topic, key, value, headers):
        """Send at once, beside the outbox: what this raises leaves the offset where it is."""
        failed = []
        self.producer.produce(
            topic, value, key, headers=headers, on_delivery=lambda error, _: failed.append(error)
        )
        if self.flushed() or any(failed):
            raise KafkaException(f"not delivered: {failed}")

    def flushed(self):
        return self.producer.flush(10)
