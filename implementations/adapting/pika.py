"""Stands for the module `pika` in a service: what it publishes goes to the world.

    pika = Pika(world)
    stock = isolated_import("stock", ["worker"], instead={"pika": pika})["worker"]
    stock.Worker(pika.BlockingConnection()).start()  # basic_consume is noted, and nothing waits
    self.consumers_by_name = Consumers({"stock": pika.consumers()})

A message is published under its routing key, or its exchange where the key is empty. A body that is
a JSON object is the event's data; any other is `{"body": text}`. Properties that a publisher sets
(a message id, headers) travel in the data, under "amqp.properties", and come out at the consumer's.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any, Literal

from attrs import define, field, frozen

from implementations.adapting.consumers import Answer, Consumer, by_type, finish
from implementations.contract import Event, World
from implementations.errors import SETTLED, TargetError

Subject = Callable[[Mapping[str, Any]], str | None]
"""Tells the order's id from the data of an event."""

_PROPERTIES = "amqp.properties"

#: The real module, looked up while nothing stands in its place.
_LIBRARY = importlib.import_module("pika") if importlib.util.find_spec("pika") else None


class BasicProperties:
    """Properties of a message: those that were given; any other is None."""

    def __init__(self, content_type: str | None = None, **given: Any) -> None:
        if content_type is not None:
            given["content_type"] = content_type
        self.__dict__.update({name: value for name, value in given.items() if value is not None})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


@frozen
class _Registered:
    queue: str
    callback: Callable[..., Any]
    auto_ack: bool
    channel: Channel


class Pika:
    """What one participant takes for `pika`: give each participant one of its own."""

    BasicProperties = BasicProperties

    def __init__(self, world: World | None = None, subject: Subject | None = None) -> None:
        self._world, self._subject = world, subject
        self._registered: list[_Registered] = []
        self._bound: dict[str, list[str]] = {}
        self._tags = count(1)

    def begin(self, world: World, subject: Subject | None = None) -> None:
        """From now on publish to this world: for a service that is imported once, not in each run.

        `subject` tells the order's id from the data, where it is not that of the message handled.
        """
        self._world, self._subject = world, subject

    def __getattr__(self, name: str) -> Any:
        """Whatever only describes (parameters, exceptions) is the real module's, if it is there."""
        if name.startswith("__"):
            raise AttributeError(name)
        if _LIBRARY is None:
            raise AttributeError(f"pika, which has {name!r}, is not installed")
        return getattr(_LIBRARY, name)

    def URLParameters(self, url: str) -> SimpleNamespace:
        """Where the broker would be."""
        return SimpleNamespace(url=url)

    def ConnectionParameters(self, *given: Any, **named: Any) -> SimpleNamespace:
        """Where the broker would be, in parts."""
        return SimpleNamespace(given=given, **named)

    def PlainCredentials(self, *given: Any, **named: Any) -> SimpleNamespace:
        """Who one would be there."""
        return SimpleNamespace(given=given, **named)

    def BlockingConnection(self, parameters: Any = None) -> Connection:
        """A connection, to nothing."""
        return Connection(self)

    def publish(self, exchange: str, routing_key: str, body: Any, properties: Any = None) -> None:
        """Publish a message as an event of the world."""
        if self._world is None:
            fix = "call pika.begin(world) in the factory"
            raise TargetError("something is published before the run begins", "Pika", fix)
        given = {k: v for k, v in vars(properties).items() if v is not None} if properties else {}
        data = event_data(body, given)
        self._world.publish(
            routing_key or exchange,
            data,
            id=given.get("message_id"),
            subject=self._subject(data) if self._subject else None,
        )

    def consumers(self, types: Iterable[str] = ()) -> dict[str, Consumer]:
        """The consumers that were registered by `basic_consume`, by what their queues are bound to.

        A queue that is bound to nothing gets what is published under its name. Where a binding is a
        pattern (`order.*`), give the `types` that there are.
        """
        made = [
            (each, Consumer(_delivering(each), "before" if each.auto_ack else "after"))
            for each in {each.queue: each for each in reversed(self._registered)}.values()
        ]  # of several consumers of one queue any may have the message: the first one
        bound = (
            (key, consumer)
            for each, consumer in made
            for key in self._bound.get(each.queue, [each.queue])
        )
        return by_type(bound, types, "Pika")


def _delivering(registered: _Registered) -> Callable[[Event], Any]:
    return lambda event: registered.channel.deliver(registered.callback, event, registered.auto_ack)


class Connection:
    """A connection; it can be closed, and opened again."""

    def __init__(self, pika: Pika) -> None:
        self._pika = pika
        self.is_open = True

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed."""
        return not self.is_open

    def channel(self, channel_number: int | None = None) -> Channel:
        """A channel."""
        return Channel(self._pika)

    def close(self) -> None:
        """Close it."""
        self.is_open = False

    def process_data_events(self, time_limit: float = 0) -> None:
        """Nothing comes this way: the kit delivers."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@define(eq=False)
class Channel:
    """A channel: publishes, notes who consumes what, and which deliveries are settled how."""

    _pika: Pika
    is_open: bool = True
    _settled: dict[int, Answer | None] = field(factory=dict)
    """Each delivery under way, by its tag, and how it was settled."""

    # -- publishing ------------------------------------------------------------------------------

    def basic_publish(
        self,
        exchange: str,
        routing_key: str,
        body: Any,
        properties: Any = None,
        mandatory: bool = False,
    ) -> None:
        """Publish a message."""
        self._pika.publish(exchange, routing_key, body, properties)

    # -- queues ----------------------------------------------------------------------------------

    def queue_declare(self, queue: str = "", *given: Any, **named: Any) -> SimpleNamespace:
        """Name a queue, by itself if it gets no name."""
        name = queue or f"amq.gen-{next(self._pika._tags)}"
        return SimpleNamespace(method=SimpleNamespace(queue=name, message_count=0))

    def queue_bind(
        self, queue: str, exchange: str, routing_key: str | None = None, arguments: Any = None
    ) -> None:
        """Let a queue have what is published under a routing key, or to the exchange."""
        self._pika._bound.setdefault(queue, []).append(routing_key or exchange)

    def exchange_declare(self, *given: Any, **named: Any) -> None:
        """Exchanges need no declaration here."""

    def basic_qos(self, *given: Any, **named: Any) -> None:
        """How many at once is what the target says (`consumers`)."""

    def confirm_delivery(self) -> None:
        """What is published is always taken, or an error is raised."""

    # -- consuming -------------------------------------------------------------------------------

    def basic_consume(
        self,
        queue: str,
        on_message_callback: Callable[..., Any],
        auto_ack: bool = False,
        *given: Any,
        **named: Any,
    ) -> str:
        """Note who consumes a queue."""
        registered = _Registered(queue, on_message_callback, auto_ack, self)
        self._pika._registered.append(registered)
        return f"consumer-{len(self._pika._registered)}"

    def start_consuming(self) -> None:
        """Return at once: the kit delivers."""

    def stop_consuming(self, consumer_tag: str | None = None) -> None:
        """Nothing is waiting."""

    def close(self, *given: Any) -> None:
        """Close it."""
        self.is_open = False

    def deliver(self, callback: Callable[..., Any], event: Event, auto_ack: bool = False) -> Answer:
        """Hand a message to a callback; answers how it was settled.

        What a callback raises is raised to the world. Where it had acknowledged before, it has
        acknowledged; where it had settled nothing, the message comes again.
        """
        tag = next(self._pika._tags)
        method = SimpleNamespace(
            delivery_tag=tag, routing_key=event["type"], exchange="", redelivered=False
        )
        self._settled[tag] = None
        body, properties = message_of(event)
        try:
            finish(callback(self, method, properties, body))
        except Exception as error:
            if not auto_ack and self._settled[tag] is not None:
                setattr(error, SETTLED, self._settled[tag])
            raise
        finally:
            settled = self._settled.pop(tag)
        return "ack" if auto_ack else settled or "unacked"

    def basic_ack(self, delivery_tag: int = 0, multiple: bool = False) -> None:
        """A message has been dealt with; whatever else is done for it no crash brings it back."""
        self._settle(delivery_tag, "ack", multiple)
        if self._pika._world is not None:
            self._pika._world.acknowledge()

    def basic_nack(
        self, delivery_tag: int = 0, multiple: bool = False, requeue: bool = True
    ) -> None:
        """A message has not been dealt with."""
        self._settle(delivery_tag, "requeue" if requeue else "reject", multiple)

    def basic_reject(self, delivery_tag: int = 0, requeue: bool = True) -> None:
        """The same, for one message."""
        self._settle(delivery_tag, "requeue" if requeue else "reject", False)

    def _settle(
        self, tag: int, answer: Literal["ack", "requeue", "reject"], multiple: bool
    ) -> None:
        if self._settled.get(tag, answer) is not None:
            raise ValueError(f"unknown delivery tag {tag}: settled before, or never delivered here")
        for other in self._settled if multiple else (tag,):
            if other <= tag and self._settled[other] is None:
                self._settled[other] = answer


def data_of(body: Any) -> dict[str, Any]:
    """The data of an event, from a body: a JSON object as it is, anything else as `body`."""
    text = body.decode() if isinstance(body, bytes) else body
    if isinstance(text, dict):
        return dict(text)
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    return data if isinstance(data, dict) else {"body": text}


def event_data(body: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with the properties of the message in it."""
    return data_of(body) | ({_PROPERTIES: dict(properties)} if properties else {})


def message_of(event: Event) -> tuple[bytes, BasicProperties]:
    """Body and properties of a message, as they were published; a poisoned one has its text."""
    data: Any = event["data"]
    if not isinstance(data, dict):
        return str(data).encode(), BasicProperties()
    properties = BasicProperties(**data.get(_PROPERTIES, {}))
    rest = {name: value for name, value in data.items() if name != _PROPERTIES}
    if rest.keys() == {"body"} and isinstance(rest["body"], str):
        return rest["body"].encode(), properties
    return json.dumps(rest).encode(), properties
