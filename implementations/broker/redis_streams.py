"""Redis Streams, through the seam."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis

from implementations.broker.resp import Keys, RespWire
from implementations.broker.seam import LEFT_ALONE, PATIENCE, Message
from implementations.errors import TargetError

#: Environment variable: where Redis is.
VARIABLE = "SAGA_REDIS"
HERE = "redis://127.0.0.1:6379/0"
_numbers = itertools.count(1)


class RedisStreams:
    """The kit's own connection to Redis.

    An entry has the fields type, id, subject and body; further ones go along.
    """

    def __init__(self, url: str = "", left_alone: int = LEFT_ALONE) -> None:
        self._url = url or os.environ.get(VARIABLE) or HERE
        prefix = f"saga-{os.getpid()}-{next(_numbers)}.".encode()
        self._keys = Keys(prefix, prefix + b"out")
        self._left_alone = left_alone
        self._seen = "0"
        parts = urlsplit(self._url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 6379)
        with self._told():
            self._redis: Any = redis.Redis.from_url(self._url, socket_timeout=PATIENCE + 1)
            self._redis.ping()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong at the broker is one message."""
        try:
            yield
        except (redis.RedisError, OSError, ValueError) as error:
            host, port = self.address
            raise TargetError(
                f"Redis does not answer ({type(error).__name__}: {error})",
                f"the broker at redis://{host}:{port}",
                f"start it (apt-get install redis-server), or say where it is in {VARIABLE}",
            ) from None

    def url(self, port: int) -> str:
        """The address that a service is given."""
        parts = urlsplit(self._url)
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{port}"))

    def wire(self, participant: str) -> RespWire:
        """For a new connection."""
        return RespWire(self._keys, participant.encode())

    def begin(self) -> None:
        """Empty the streams."""
        with self._told():
            self._redis.delete(self._keys.out)
            self._seen = "0"
            for stream in self._keys.streams:
                self._redis.xtrim(stream, 0, approximate=False)
                self._redis.pexpire(stream, self._left_alone)

    def lasts(self, queue: str) -> bool:
        """Whether the stream is there: a service that waits for it does not keep it."""
        stream, _ = queue.split(" ")
        with self._told():
            return bool(self._redis.pexpire(stream, self._left_alone))

    def bound(self, queue: str) -> Mapping[str, str]:
        """A stream has no routing keys."""
        return {}

    def deliver(self, queue: str, message: Message) -> None:
        """Put one message into the stream of a participant."""
        stream, _ = queue.split(" ")
        said = {"type": message.type, "id": message.id, "subject": message.subject}
        with self._told():
            both = self._redis.pipeline(transaction=False)
            both.xadd(stream, {**message.extra, **said, "body": message.body})
            both.pexpire(stream, self._left_alone)
            both.execute()

    def take(self) -> Message:
        """Wait for what was published, and take it off."""
        with self._told():
            found = self._redis.xread({self._keys.out: self._seen}, 1, int(PATIENCE * 1000))
            if not found:
                raise TimeoutError("what was published does not come out of the stream")
            self._redis.pexpire(self._keys.out, self._left_alone)
        entry, fields = found[0][1][0]
        self._seen = entry
        own = {name.decode(): value for name, value in fields.items()}
        type_, id_, subject = (own.pop(name, b"").decode() for name in ("type", "id", "subject"))
        return Message(type_, own.pop("body", b""), id_, subject, own)

    def take_back(self, queue: str) -> int:
        """Take off what a consumer has left: whatever it read is still listed as pending."""
        stream, group = queue.split(" ")
        with self._told():
            pending = self._redis.xpending_range(stream, group, "-", "+", 100)
            for entry in pending:
                self._redis.xack(stream, group, entry["message_id"])
            self._redis.xtrim(stream, 0, approximate=False)
        return len(pending)

    def end(self) -> None:
        """Remove all that was made, and disconnect."""
        with suppress(redis.RedisError, OSError):
            self._redis.delete(self._keys.out, *self._keys.streams)
            self._redis.close()
