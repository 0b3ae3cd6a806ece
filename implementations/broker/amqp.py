"""AMQP 0-9-1 on its way between a service and RabbitMQ.

Names of queues and exchanges get a prefix on the way, so that nothing of a run can be taken for
something else; what is published goes to the kit's own exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pika.frame
from attrs import define, field
from pika import spec

from implementations.broker.seam import (
    LEFT_ALONE,
    Message,
    Passed,
    Published,
    Said,
    Settled,
    Wrong,
)

_NAMES = ("queue", "exchange", "source", "destination")
_AUTOMATIC = Wrong(
    "consumes with automatic acknowledgements, so that nobody sees when a message has been handled",
    "consume with auto_ack=False, and acknowledge when the work is done",
)
_IN_TRANSACTION = Wrong(
    "uses transactions of AMQP (tx.select), which the kit does not follow",
    "use publisher confirms instead",
)


@define(eq=False)
class Names:
    """What was made at the broker for one set of services."""

    prefix: str
    out: str
    """The exchange that everything published is redirected to."""
    left_alone: int = LEFT_ALONE
    queues: dict[str, None] = field(factory=dict)
    exchanges: dict[str, None] = field(factory=dict)
    exchange_of: dict[str, str] = field(factory=dict)
    """Routing key -> the exchange that it was published to."""
    bound: dict[str, dict[str, str]] = field(factory=dict)
    """Queue -> the routing keys that services have bound it by, each with the exchange."""


@define(eq=False)
class AmqpWire:
    """One connection of a service."""

    names: Names
    queue: str = ""
    _asked: str = ""
    """The queue that it has asked to consume from."""
    _declared: str = ""
    _from_service: bytes = b""
    _from_broker: bytes = b""
    _publishing: dict[int, tuple[list[bytes], int]] = field(factory=dict)
    """Channel -> frames of a publication that is not complete, and bytes of body to come."""
    _confirming: set[int] = field(factory=set)
    _last: int = 0
    """The channel of the last publication."""
    _refused: set[int] = field(factory=set)
    _outstanding: set[tuple[int, int]] = field(factory=set)
    _expected: tuple[Message, bool] | None = None

    # -- what the service says -------------------------------------------------------------------

    def from_service(self, data: bytes) -> list[Said]:
        """What the service says in these bytes, and those before them."""
        self._from_service += data
        said: list[Said] = []
        for raw, frame in self._frames("_from_service"):
            said.extend(self._said(raw, frame))
        return said

    def _frames(self, side: str) -> Iterator[tuple[bytes, Any]]:
        buffer: bytes = getattr(self, side)
        while buffer:
            length, frame = pika.frame.decode_frame(buffer)
            if not length:
                break
            raw, buffer = buffer[:length], buffer[length:]
            yield raw, frame
        setattr(self, side, buffer)

    def _said(self, raw: bytes, frame: Any) -> Iterator[Said]:
        channel = getattr(frame, "channel_number", 0)
        if channel in self._publishing:
            yield from self._published(channel, raw, frame)
            return
        method = getattr(frame, "method", None)
        if isinstance(method, spec.Basic.Publish):
            self.names.exchange_of[method.routing_key] = method.exchange
            method.exchange = self.names.out
            self._publishing[channel] = ([_written(channel, method)], -1)
        elif isinstance(method, spec.Basic.Ack | spec.Basic.Nack | spec.Basic.Reject):
            yield self._settled(channel, raw, method)
        elif isinstance(method, spec.Tx.Select):
            yield _IN_TRANSACTION
        elif isinstance(method, spec.Basic.Consume | spec.Basic.Get) and method.no_ack:
            yield _AUTOMATIC
        else:
            yield Passed(self._renamed(channel, raw, method))

    def _published(self, channel: int, raw: bytes, frame: Any) -> Iterator[Said]:
        frames, missing = self._publishing[channel]
        frames.append(raw)
        if isinstance(frame, pika.frame.Header):
            missing = frame.body_size
        else:
            missing -= len(frame.fragment)
        self._publishing[channel] = (frames, missing)
        if missing == 0:
            del self._publishing[channel]
            self._last = channel
            yield Published(b"".join(frames))

    def _settled(self, channel: int, raw: bytes, method: Any) -> Said:
        tag = (channel, method.delivery_tag)
        if tag not in self._outstanding and not getattr(method, "multiple", False):
            return Passed(raw)
        self._outstanding.clear()
        if isinstance(method, spec.Basic.Ack):
            return Settled("ack", raw)
        if not method.requeue:
            return Settled("reject", raw)
        # The kit delivers it again, when it chooses: the broker would do so at once.
        return Settled("requeue", _written(channel, spec.Basic.Ack(method.delivery_tag)))

    def _renamed(self, channel: int, raw: bytes, method: Any) -> bytes:
        names = self.names
        if isinstance(method, spec.Confirm.Select):
            self._confirming.add(channel)
        elif isinstance(method, spec.Queue.Bind):
            queue = names.prefix + method.queue if method.queue else self._declared
            names.bound.setdefault(queue, {})[method.routing_key or ""] = str(method.exchange)
        changed = False
        for attribute in _NAMES:
            name = getattr(method, attribute, "")
            if name and not name.startswith("amq."):
                setattr(method, attribute, names.prefix + name)
                changed = True
        if isinstance(method, spec.Basic.Consume | spec.Basic.Get):
            self._asked = str(method.queue) or self._declared
            if isinstance(method, spec.Basic.Get):
                self.queue = self._asked
        elif isinstance(method, spec.Queue.Declare) and not method.passive:
            # Is gone by itself, should the kit be killed.
            method.arguments = {**(method.arguments or {}), "x-expires": names.left_alone}
            changed = True
        elif isinstance(method, spec.Exchange.Declare) and not method.passive:
            method.auto_delete = changed = True
            names.exchanges[str(method.exchange)] = None
        return _written(channel, method) if changed else raw

    # -- what the broker says --------------------------------------------------------------------

    def from_broker(self, data: bytes) -> bytes:
        """What of these bytes the service is to hear."""
        self._from_broker += data
        return b"".join(self._heard(raw, frame) for raw, frame in self._frames("_from_broker"))

    def _heard(self, raw: bytes, frame: Any) -> bytes:
        method, channel = getattr(frame, "method", None), getattr(frame, "channel_number", 0)
        names = self.names
        if isinstance(method, spec.Connection.Tune):
            method.heartbeat = 0  # nobody's heart beats while the kit thinks
        elif isinstance(method, spec.Queue.DeclareOk):
            queue = self._declared = str(method.queue)
            names.queues[queue] = None
            method.queue = queue.removeprefix(names.prefix)
        elif isinstance(method, spec.Basic.ConsumeOk):
            self.queue = self._asked
        elif isinstance(method, spec.Basic.Deliver | spec.Basic.GetOk):
            self._outstanding.add((channel, int(method.delivery_tag or 0)))
            self._present(method)
        elif isinstance(method, spec.Basic.Ack) and channel in self._refused:
            self._refused.discard(channel)
            method = spec.Basic.Nack(method.delivery_tag, method.multiple, False)
        else:
            return raw
        return _written(channel, method)

    def _present(self, method: Any) -> None:
        """The message comes straight into the queue: let it look as it was published."""
        if self._expected is not None:
            message, again = self._expected
            method.routing_key = message.extra.get("routing_key", message.type)
            method.exchange = self.names.exchange_of.get(method.routing_key, "")
            method.redelivered = again
            self._expected = None

    def expect(self, message: Message, again: bool) -> None:
        """This message is on its way."""
        self._expected = (message, again)

    def refuse(self) -> bool:
        """Let the confirm of what was published last be a refusal."""
        if self._last not in self._confirming:
            return False
        self._refused.add(self._last)
        return True


def _written(channel: int, method: Any) -> bytes:
    return bytes(pika.frame.Method(channel, method).marshal())
