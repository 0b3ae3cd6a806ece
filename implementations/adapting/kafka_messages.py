"""Messages of Kafka, as `confluent_kafka` has them, and the events of the world that they are.

Key and headers travel in an event's data, under "kafka.message".
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Sequence
from typing import Any

from attrs import define, frozen

from implementations.adapting.pika import data_of
from implementations.contract import Event

#: Where in an event's data key and headers travel.
_TRAVELLING = "kafka.message"

#: The real module, looked up while nothing stands in its place.
LIBRARY = (
    importlib.import_module("confluent_kafka")
    if importlib.util.find_spec("confluent_kafka")
    else None
)


class Error:
    """The library's `KafkaError`, for where it is not installed."""

    _ALL_BROKERS_DOWN, _MSG_TIMED_OUT, _PARTITION_EOF, _TRANSPORT = -187, -192, -191, -195
    UNKNOWN_TOPIC_OR_PART = 3

    def __init__(self, error: int, reason: str = "") -> None:
        self._code, self._reason = error, reason
        self.str = lambda: reason

    def code(self) -> int:
        """Which error it is."""
        return self._code

    def retriable(self) -> bool:
        """The library has tried again for long enough."""
        return False

    fatal = retriable

    def __str__(self) -> str:
        return f"KafkaError({self._code}): {self._reason}"


class Failure(Exception):
    """The library's `KafkaException`."""


@define
class Partition:
    """The library's `TopicPartition`."""

    topic: str
    partition: int = -1
    offset: int = -1001


def real_or(name: str, own: Any) -> Any:
    """What the library has under a name, or else what stands for it."""
    return getattr(LIBRARY, name, own)


@frozen
class Message:
    """A message, as the library's: everything is asked by a call."""

    _topic: str
    _value: bytes | None = None
    _key: bytes | None = None
    _headers: Sequence[tuple[str, bytes | None]] | None = None
    _offset: int = 0
    _error: Any = None

    def topic(self) -> str:
        """The topic: the event's type."""
        return self._topic

    def value(self) -> bytes | None:
        """The value; None in a tombstone."""
        return self._value

    def key(self) -> bytes | None:
        """The key."""
        return self._key

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        """The headers, or None where there are none."""
        return list(self._headers) if self._headers else None

    def offset(self) -> int:
        """Counts the messages of its topic; a message that comes again has the same one."""
        return self._offset

    def partition(self) -> int:
        """There is one partition."""
        return 0

    def timestamp(self) -> tuple[int, int]:
        """None that the broker would know."""
        return (0, 0)

    def error(self) -> Any:
        """None: the broker tells of no errors."""
        return self._error

    def __len__(self) -> int:
        return len(self._value or b"")


def as_bytes(value: Any) -> bytes | None:
    """As Kafka has it."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def as_text(value: bytes | None) -> str | None:
    """As JSON can hold it, whatever bytes they are."""
    return None if value is None else value.decode("utf-8", "surrogateescape")


def event_data(message: Message) -> dict[str, Any]:
    """The data of an event, with the key and the headers in it."""
    value, headers = message.value(), message.headers()
    beside: dict[str, Any] = {"tombstone": True} if value is None else {}
    if message.key() is not None:
        beside["key"] = as_text(message.key())
    if headers:
        beside["headers"] = [[name, as_text(each)] for name, each in headers]
    data = {} if value is None else data_of(as_text(value))
    return data | ({_TRAVELLING: beside} if beside else {})


def message_of(event: Event, offset: int = 0) -> Message:
    """The message that an event was; a poisoned one has its text."""
    data: Any = event["data"]
    if not isinstance(data, dict):
        return Message(event["type"], as_bytes(str(data)), offset=offset)
    beside = data.get(_TRAVELLING, {})
    rest = {name: each for name, each in data.items() if name != _TRAVELLING}
    is_text = rest.keys() == {"body"} and isinstance(rest["body"], str)
    value = as_bytes(rest["body"] if is_text else json.dumps(rest))
    headers = [(name, as_bytes(each)) for name, each in beside.get("headers", ())]
    value = None if "tombstone" in beside else value
    return Message(event["type"], value, as_bytes(beside.get("key")), headers, offset)
