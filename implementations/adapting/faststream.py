"""Puts a FastStream broker on RabbitMQ into the kit's world: its services run as they are.

    RABBIT = {name: FastStreamBroker(service["app"].broker) for name, service in SERVICES.items()}
    CONSUMERS = Consumers({name: rabbit.consumers() for name, rabbit in RABBIT.items()})
    # in the factory: rabbit.begin(world) for each

Nothing is connected. What is published (`broker.publish`, `@broker.publisher`) goes to the world,
under its routing key, or the exchange where the key is empty. What is delivered goes through
FastStream's own middlewares, parsing and acknowledgement policy. Plain handlers, which FastStream
runs in threads, run in place: the kit has one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import aio_pika
import fast_depends.utils
import faststream._internal.utils.functions
from faststream import AckPolicy
from faststream.message import encode_message
from faststream.rabbit import ExchangeType, RabbitBroker

from implementations.adapting.aio_pika import Way, consumer_of
from implementations.adapting.consumers import Consumer, by_type
from implementations.adapting.pika import Subject
from implementations.contract import World
from implementations.errors import TargetError


class FastStreamBroker:
    """One participant's broker, or its part of one that several share."""

    def __init__(self, broker: RabbitBroker) -> None:
        self._broker, self._way = broker, Way()
        config: Any = broker.config.broker_config
        config.producer = _Producer(self._way, config)
        config.logger.logger = _SILENT
        for name, module in _THREADED:
            setattr(module, name, _in_place)

    def begin(self, world: World, subject: Subject | None = None) -> None:
        """From now on publish to this world.

        `subject` tells the order's id from the data, where it is not that of the message handled.
        """
        config: Any = self._broker.config.broker_config
        config.id_generator = world.new_id  # of correlations; FastStream 0.6 makes its own
        self._way.world, self._way.subject = world, subject

    def consumers(self, *queues: str, types: Iterable[str] = ()) -> dict[str, Consumer]:
        """The subscribers, by what their queues are bound to: all, or those of these queues.

        Where a routing key is a pattern (`order.*`, `order.{id}`), give the `types` that there are.
        """
        # FastStream keeps them in a set: their order must not differ from process to process
        known: Iterable[Any] = self._broker.subscribers
        subscribers = sorted(known, key=_place)
        names = [each.queue.name for each in subscribers]
        for queue in queues:
            if queue not in names:
                fix = f"it has {', '.join(names) or 'none'}: import the module with its handlers"
                raise TargetError(f"no subscriber of {queue!r}", "FastStreamBroker", fix)
        chosen = [each for each in subscribers if not queues or each.queue.name in queues]
        return by_type(((_key(e), self._consumer(e)) for e in chosen), types, "FastStreamBroker")

    def _consumer(self, subscriber: Any) -> Consumer:
        subscriber._build_fastdepends_model()
        first = subscriber.ack_policy is AckPolicy.ACK_FIRST
        return consumer_of(subscriber.process_message, first, lambda: self._way)


def _place(subscriber: Any) -> tuple[str, str]:
    return str(subscriber.queue.name), _key(subscriber)


def _key(subscriber: Any) -> str:
    fanout = subscriber.exchange.type is ExchangeType.FANOUT
    return str(subscriber.exchange.name if fanout else subscriber.routing())


class _Producer:
    """What a broker publishes through."""

    def __init__(self, way: Way, config: Any) -> None:
        self._way, self._config = way, config

    async def publish(self, cmd: Any) -> None:
        """Publish what FastStream's middlewares have let through."""
        given = dict(cmd.message_options, correlation_id=cmd.correlation_id, headers=cmd.headers)
        given["reply_to"], given["type"] = cmd.reply_to, given.pop("message_type", None)
        body: Any = cmd.body
        if isinstance(body, aio_pika.Message):
            given |= {n: value for n in given if (value := getattr(body, n, None))}
            body = body.body
        else:
            body, kind = await self._encoded(body)
            given["content_type"] = given.get("content_type") or kind
        fanout = cmd.exchange.type is ExchangeType.FANOUT
        type = cmd.exchange.name if fanout else cmd.destination or cmd.exchange.name
        await self._way.publish(type, body, given, "FastStreamBroker")

    async def _encoded(self, body: Any) -> Any:
        serializer = self._config.fd_config._serializer
        codec = getattr(self._config, "broker_codec", None)
        return await codec.encode(body, serializer) if codec else encode_message(body, serializer)

    async def request(self, cmd: Any) -> None:
        """Ask and wait for the answer: the kit has no message that is an answer."""
        fix = "put the answer in by hand: replace the function that asks"
        raise TargetError("broker.request() waits for an answer", "FastStreamBroker", fix)


async def _in_place(function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Stands for FastStream's `run_in_threadpool`."""
    return function(*args, **named)


#: Where FastStream looks up what runs plain functions.
_THREADED = (
    ("run_in_threadpool", faststream._internal.utils.functions),
    ("run_in_threadpool", fast_depends.utils),
)

#: A handler may ask for the logger; the world tells of errors.
_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False
_SILENT = SimpleNamespace(logger=_LOGGER, log=lambda *given, **named: None)
