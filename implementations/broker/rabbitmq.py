"""RabbitMQ, through the seam."""

from __future__ import annotations

import copy
import itertools
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pika
from pika.exceptions import AMQPError, UnroutableError

from implementations.broker.amqp import AmqpWire, Names
from implementations.broker.seam import LEFT_ALONE, PATIENCE, Message
from implementations.errors import TargetError

#: Environment variable: where RabbitMQ is.
VARIABLE = "SAGA_RABBITMQ"
HERE = "amqp://guest:guest@127.0.0.1:5672/%2F"
_numbers = itertools.count(1)


class RabbitMq:
    """The kit's own connection to RabbitMQ."""

    def __init__(self, url: str = "", left_alone: int = LEFT_ALONE) -> None:
        self._url = url or os.environ.get(VARIABLE) or HERE
        prefix = f"saga-{os.getpid()}-{next(_numbers)}."
        self._names = Names(prefix, f"{prefix}out", left_alone)
        self._taken: deque[Message] = deque()
        with self._told():
            parameters = pika.URLParameters(self._url)
            parameters.heartbeat = 0
            parameters.socket_timeout = parameters.blocked_connection_timeout = PATIENCE
            self.address = (parameters.host, parameters.port)
            self._connection = pika.BlockingConnection(parameters)
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
            out = self._names.out
            self._channel.exchange_declare(out, "fanout", auto_delete=True)  # type: ignore[arg-type]
            queue = f"{out}.kit"
            self._channel.queue_declare(queue, exclusive=True)
            self._channel.queue_bind(queue, out)
            self._channel.basic_consume(queue, self._take, auto_ack=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong at the broker is one message."""
        try:
            yield
        except (AMQPError, OSError, ValueError) as error:
            said = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise TargetError(
                f"RabbitMQ does not answer ({said})",
                f"the broker at {_without_password(self._url)}",
                f"start it (apt-get install rabbitmq-server), or say where it is in {VARIABLE}",
            ) from None

    def url(self, port: int) -> str:
        """The address that a service is given."""
        parts = urlsplit(self._url)
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{port}"))

    def wire(self, participant: str) -> AmqpWire:
        """For a new connection."""
        return AmqpWire(self._names)

    def begin(self) -> None:
        """Empty the queues."""
        with self._told():
            for queue in self._names.queues:
                self._channel.queue_purge(queue)
        self._taken.clear()

    def lasts(self, queue: str) -> bool:
        """A queue that is consumed from stays."""
        return True

    def bound(self, queue: str) -> Mapping[str, str]:
        """By which routing keys messages come to a queue, each with its exchange."""
        return self._names.bound.get(queue, {})

    def deliver(self, queue: str, message: Message) -> None:
        """Put one message into a queue."""
        with self._told():
            try:
                properties = copy.copy(message.extra.get("properties") or _properties(message))
                properties.message_id = message.id
                self._channel.basic_publish("", queue, message.body, properties, mandatory=True)
            except UnroutableError:
                raise TargetError(
                    f"the queue {queue.removeprefix(self._names.prefix)!r} is gone, although it is "
                    "consumed from",
                    "the broker",
                    "do not delete it while services run",
                ) from None

    def _take(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        self._taken.append(
            Message(
                properties.type or method.routing_key,
                body,
                properties.message_id or "",
                str(headers.get("subject") or properties.correlation_id or ""),
                {"routing_key": method.routing_key, "properties": properties},
            )
        )

    def take(self) -> Message:
        """Wait for what was published, and take it off."""
        deadline = time.monotonic() + PATIENCE
        with self._told():
            while not self._taken:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("what was published does not come out of the exchange")
                self._connection.process_data_events(left)  # type: ignore[arg-type]  # a float will do
        return self._taken.popleft()

    def take_back(self, queue: str) -> int:
        """Wait for the message that a dead consumer has left, and take it off."""
        with self._told():
            channel = self._connection.channel()
            method, _, _ = next(channel.consume(queue, inactivity_timeout=PATIENCE))
            if method is None:
                raise TimeoutError(f"the unacknowledged message of {queue} does not come back")
            channel.basic_ack(method.delivery_tag or 0)
            channel.cancel()
            channel.close()
            return int(method.redelivered)

    def end(self) -> None:
        """Remove all that was made, and disconnect."""
        with suppress(AMQPError, OSError):
            for queue in self._names.queues:
                self._channel.queue_delete(queue)
            for exchange in (*self._names.exchanges, self._names.out):
                self._channel.exchange_delete(exchange)
        with suppress(AMQPError, OSError):  # also where the broker has closed the channel
            self._connection.close()


def _properties(message: Message) -> pika.BasicProperties:
    """Of a message that comes from the kit: an order that is placed or cancelled."""
    headers = {"subject": message.subject}
    return pika.BasicProperties("application/json", type=message.type, headers=headers)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
