"""Stands for the module `aio_pika` in a service: what it publishes goes to the world.

    aio_pika = AioPika()
    till = isolated_import("till", ["worker"], instead={"aio_pika": aio_pika})["worker"]
    asyncio.run(till.start())                   # queue.consume is noted, and nothing waits
    CONSUMERS = Consumers({"till": aio_pika.consumers()})
    aio_pika.begin(world)                       # in the factory

Messages are the library's own (`Message`, `IncomingMessage`), so `message.process()` settles as it
does there: an error that leaves it rejects, and one that meets no `process()` leaves the message
unacknowledged. What travels in an event's data is as `implementations.adapting.pika` has it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable
from itertools import count
from types import SimpleNamespace
from typing import Any

import aio_pika
from aiormq.abc import DeliveredMessage
from attrs import define, field, frozen
from pamqp import commands
from pamqp.header import ContentHeader

from implementations.adapting.consumers import Answer, Consumer, by_type
from implementations.adapting.pika import Subject, event_data, message_of
from implementations.contract import Event, World
from implementations.errors import SETTLED, TargetError

#: Properties that travel: those that say nothing of the moment or of the broker.
_TRAVELLING = (
    *("content_type", "content_encoding", "headers", "priority", "correlation_id"),
    *("reply_to", "message_id", "type", "user_id", "app_id"),
)


# -- messages --------------------------------------------------------------------------------------


@define
class Way:
    """Where one participant's messages go: to the world of the run, once there is one."""

    world: World | None = None
    subject: Subject | None = None

    async def publish(self, type: str, body: Any, given: Mapping[str, Any], where: str) -> None:
        """Publish an event, with those of the properties `given` that travel."""
        if self.world is None:
            fix = "call begin(world) in the factory"
            raise TargetError("something is published before the run begins", where, fix)
        data = event_data(body, {name: given[name] for name in _TRAVELLING if given.get(name)})
        subject = self.subject(data) if self.subject else None
        await self._call(
            self.world.publish, type, data, id=given.get("message_id"), subject=subject
        )

    async def acknowledge(self) -> None:
        """Acknowledge the message in hand, now, if the world is known."""
        if self.world is not None:
            await self._call(self.world.acknowledge)

    async def _call(self, port: Callable[..., Any], *given: Any, **named: Any) -> None:
        done = port(*given, **named)
        if isawaitable(done):  # on the kit's loop
            await done


#: What a channel's connection says of the broker: it knows `basic_nack`.
_NACKS = SimpleNamespace(basic_nack=True)


@define
class _Delivery:
    """The channel that a message came by: hears how it is settled."""

    way: Way
    answer: Answer | None = None
    is_closed: bool = False
    connection: Any = _NACKS

    async def basic_ack(self, delivery_tag: int, multiple: bool = False) -> None:
        self.answer = "ack"
        await self.way.acknowledge()

    async def basic_nack(
        self, delivery_tag: int, multiple: bool = False, requeue: bool = True
    ) -> None:
        self.answer = "requeue" if requeue else "reject"

    async def basic_reject(self, delivery_tag: int, requeue: bool = False) -> None:
        self.answer = "requeue" if requeue else "reject"


def with_message(
    callback: Callable[[Any], Awaitable[Any]], world: World | None = None, no_ack: bool = False
) -> Consumer:
    """Call `f(message)`, with an `IncomingMessage`: for the body of `async for message in queue`.

    The message is acknowledged when `f` does so; where no `world` is given, when `f` has returned.
    """
    way = Way(world)
    return consumer_of(callback, no_ack, lambda: way)


def consumer_of(
    callback: Callable[[Any], Awaitable[Any]], no_ack: bool, way: Callable[[], Way]
) -> Consumer:
    """Call `f(message)`, which acknowledges to the world that `way()` leads to."""

    async def call(event: Event) -> Answer:
        delivery = _Delivery(way())
        message = _incoming(event, delivery, no_ack)
        try:
            await callback(message)
        except Exception as error:
            setattr(error, SETTLED, delivery.answer or "unacked")
            raise
        return "ack" if no_ack else delivery.answer or "unacked"

    return Consumer(call, "before" if no_ack else "after")


def _incoming(event: Event, delivery: _Delivery, no_ack: bool) -> aio_pika.IncomingMessage:
    body, sent = message_of(event)
    given = {name: value for name, value in vars(sent).items() if name in _TRAVELLING}
    if "type" in given:
        given["message_type"] = given.pop("type")
    delivered = DeliveredMessage(
        delivery=commands.Basic.Deliver("", 1, False, "", event["type"]),
        header=ContentHeader(properties=commands.Basic.Properties(**given)),
        body=body,
        channel=delivery,  # type: ignore[arg-type]
    )
    return aio_pika.IncomingMessage(delivered, no_ack=no_ack)


# -- the module ------------------------------------------------------------------------------------


class AioPika:
    """What one participant takes for `aio_pika`: give each participant one of its own."""

    def __init__(self) -> None:
        self._way = Way()
        self._registered: list[tuple[Queue, Consumer]] = []
        self._names = count(1)

    def begin(self, world: World, subject: Subject | None = None) -> None:
        """From now on publish to this world.

        `subject` tells the order's id from the data, where it is not that of the message handled.
        """
        self._way.world, self._way.subject = world, subject

    def consumers(self, types: Iterable[str] = ()) -> dict[str, Consumer]:
        """The consumers that were registered by `queue.consume`, by what their queues are bound to.

        A queue that is bound to nothing gets what is published under its name. Where a binding is a
        pattern (`order.*`), give the `types` that there are.
        """
        # of several consumers of one queue any may have the message: the first one
        one_each = {each[0].name: each for each in reversed(self._registered)}.values()
        bound = (
            (key, consumer) for queue, consumer in one_each for key in queue.bound or [queue.name]
        )
        return by_type(bound, types, "AioPika")

    def __getattr__(self, name: str) -> Any:
        """Whatever only describes (messages, kinds of exchanges, errors) is the library's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(aio_pika, name)

    async def connect_robust(self, *given: Any, **named: Any) -> Connection:
        """A connection, to nothing."""
        return Connection(self)

    connect = connect_robust


class _Closing:
    """Can be closed, by itself or at the end of `async with`."""

    is_closed = False

    async def close(self, *given: Any) -> None:
        """Close it."""
        self.is_closed = True

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


class Connection(_Closing):
    """A connection."""

    def __init__(self, module: AioPika) -> None:
        self._module = module

    def channel(self, *given: Any, **named: Any) -> Channel:
        """A channel, to be awaited or entered."""
        return Channel(self._module)


class Channel(_Closing):
    """A channel: has exchanges and queues."""

    def __init__(self, module: AioPika) -> None:
        self._module = module
        self.default_exchange = Exchange(module, "")

    def __await__(self) -> Any:
        return self._itself().__await__()

    async def _itself(self) -> Channel:
        return self

    async def set_qos(self, *given: Any, **named: Any) -> None:
        """How many at once is what the target says (`consumers`)."""

    async def declare_exchange(
        self, name: str, type: Any = "direct", *given: Any, **named: Any
    ) -> Exchange:
        """An exchange."""
        return Exchange(self._module, name, getattr(type, "value", type))

    async def get_exchange(self, name: str, *given: Any, **named: Any) -> Exchange:
        """The same, declared elsewhere."""
        return Exchange(self._module, name)

    async def declare_queue(self, name: str | None = None, *given: Any, **named: Any) -> Queue:
        """A queue, named by itself if it gets no name."""
        return Queue(self._module, name or f"amq.gen-{next(self._module._names)}")

    get_queue = declare_queue


@frozen
class Exchange:
    """An exchange: events have its name where there is no routing key, or none that matters."""

    _module: AioPika
    name: str
    kind: str | None = None

    async def publish(
        self, message: aio_pika.Message, routing_key: str = "", *given: Any, **named: Any
    ) -> None:
        """Publish a message."""
        type = self.name if self.kind == "fanout" else routing_key or self.name
        properties = {name: getattr(message, name) for name in _TRAVELLING}
        await self._module._way.publish(type, message.body, properties, "AioPika")


@define(eq=False)
class Queue:
    """A queue: notes what it is bound to, and who consumes it."""

    _module: AioPika
    name: str
    bound: list[str] = field(factory=list)

    async def bind(
        self, exchange: Any, routing_key: str | None = None, *given: Any, **named: Any
    ) -> None:
        """Let it have what is published under a routing key, or to the exchange."""
        name, kind = getattr(exchange, "name", exchange), getattr(exchange, "kind", None)
        otherwise = name if kind in (None, "fanout") else self.name
        self.bound.append(name if kind == "fanout" else routing_key or otherwise)

    async def consume(
        self,
        callback: Callable[[Any], Awaitable[Any]],
        no_ack: bool = False,
        *given: Any,
        **named: Any,
    ) -> str:
        """Note who consumes it."""
        consumer = consumer_of(callback, no_ack, lambda: self._module._way)
        self._module._registered.append((self, consumer))
        return f"consumer-{len(self._module._registered)}"

    async def cancel(self, *given: Any, **named: Any) -> None:
        """The kit delivers, and stops when all is done."""

    def iterator(self, *given: Any, **named: Any) -> Any:
        """A loop over messages cannot be left to the kit, which delivers them one by one."""
        fix = "with_message(f) makes a consumer of the function that has the loop's body"
        raise TargetError(f"the queue {self.name!r} is read in a loop", "AioPika", fix)

    __aiter__ = iterator
