"""Turns consumer functions, as they were written, into `handle(participant, event)`.

    shop = Consumers({
        "payment": {"order.created": with_body(take_payment)},           # f(body)
        "stock": pika.consumers(),                    # f(channel, method, properties, body)
        "delivery": {"stock.reserved": with_session(send, sessions)},      # f(session, message)
    })
    self.subscriptions, self.consumers, self.handle = shop.subscriptions, shop.declared, shop.handle

Coroutine functions are run to their end, each in a loop of its own. Where they need one for all
(locks, tasks), the target says `loop = "asyncio"` and takes `handle_on_loop` instead of `handle`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from attrs import field, frozen

from implementations.contract import Event
from implementations.errors import SETTLED, SETTLED_ON_ERROR, TargetError, did_you_mean

Answer = Literal["ack", "requeue", "reject", "unacked"]
When = Literal["after", "before"]
OnError = Literal["requeue", "reject", "acknowledge"]


@frozen
class Consumer:
    """What is done with the messages of one type, and what becomes of them."""

    call: Callable[[Event], Any]
    acknowledge: When = "after"
    """Before handling (RabbitMQ's `auto_ack`), a crash loses the message."""
    on_error: OnError = "requeue"
    """What becomes of a message whose function raised."""


def with_body(
    function: Callable[..., Any],
    decode: Callable[[Event], Any] = lambda event: event["data"],
    acknowledge: When = "after",
    on_error: OnError = "requeue",
) -> Consumer:
    """Call `f(body)`; what it returns is no answer. `decode` makes the body of the event."""
    return Consumer(lambda event: _silent(function(decode(event))), acknowledge, on_error)


def with_session(
    function: Callable[..., Any],
    sessions: Callable[[], Any],
    decode: Callable[[Event], Any] = lambda event: event["data"],
    commit: bool = False,
    acknowledge: When = "after",
    on_error: OnError = "requeue",
) -> Consumer:
    """Call `f(session, message)` in a session of its own, which is closed whatever happens.

    With `commit`, it is committed if the function returns; without, that is the function's affair.
    """

    def call(event: Event) -> None:
        with sessions() as session:
            function(session, decode(event))
            if commit:
                session.commit()

    async def awaited(event: Event) -> None:
        with sessions() as session:
            await function(session, decode(event))
            if commit:
                session.commit()

    chosen = awaited if inspect.iscoroutinefunction(function) else call
    return Consumer(chosen, acknowledge, on_error)


@frozen
class Consumers:
    """All consumers of a target, by participant and event type."""

    by_participant: Mapping[str, Mapping[str, Consumer]] = field()
    attempts: int | None = None
    """After so many failed attempts a message goes to the dead letters; without it, never."""

    @by_participant.validator
    def _agree(self, attribute: object, value: Mapping[str, Mapping[str, Consumer]]) -> None:
        """The contract says for a participant, not for a type, when it acknowledges."""
        for participant, consumers in value.items():
            if len({each.acknowledge for each in consumers.values()}) > 1:
                what = f"some consumers of {participant!r} acknowledge before handling, some after"
                fix = "split it into two participants, one for each way"
                raise TargetError(what, "Consumers", fix)

    @property
    def subscriptions(self) -> dict[str, list[str]]:
        """The target's member of that name."""
        return {participant: list(types) for participant, types in self.by_participant.items()}

    @property
    def declared(self) -> dict[str, dict[str, Any]]:
        """The target's member `consumers`."""
        firsts = {
            name: next(iter(each.values())) for name, each in self.by_participant.items() if each
        }
        limit = {} if self.attempts is None else {"attempts": self.attempts}
        return {
            name: {"acknowledge": first.acknowledge, "on_error": first.on_error, **limit}
            for name, first in firsts.items()
        }

    def handle(self, participant: str, event: Event) -> Any:
        """The target's member of that name."""
        consumer = self._consumer(participant, event)
        with _settling(consumer):
            return finish(consumer.call(event))

    async def handle_on_loop(self, participant: str, event: Event) -> Any:
        """The same, for a target with `loop = "asyncio"`: ports are awaited."""
        consumer = self._consumer(participant, event)
        with _settling(consumer):
            result = consumer.call(event)
            return await result if inspect.isawaitable(result) else result

    def _consumer(self, participant: str, event: Event) -> Consumer:
        consumers = self.by_participant[participant]
        if event["type"] not in consumers:
            fix = did_you_mean(event["type"], consumers, f"it has {', '.join(consumers)}")
            raise TargetError(
                f"{participant!r} has no consumer of {event['type']!r}", "Consumers", fix
            )
        return consumers[event["type"]]


@contextmanager
def _settling(consumer: Consumer) -> Iterator[None]:
    """An error says what becomes of its message: consumers of one participant may differ."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, SETTLED):
            setattr(error, SETTLED, SETTLED_ON_ERROR[consumer.on_error])
        raise


def by_type(
    bound: Iterable[tuple[str, Consumer]], types: Iterable[str] = (), where: str = "consumers"
) -> dict[str, Consumer]:
    """Consumers by event type, from the keys that their queues are bound to.

    In a topic's key, `*` stands for one word and `#` for any number; `types` are those there are.
    """
    found: dict[str, Consumer] = {}
    for key, consumer in bound:
        for type in _matching(key, tuple(types), where):
            if found.setdefault(type, consumer) is not consumer:
                what = f"two consumers of {type!r} in one participant"
                fix = "each has a queue of its own, and gets a copy: make them two participants"
                raise TargetError(what, where, fix)
    return found


def _matching(key: str, types: tuple[str, ...], where: str) -> list[str]:
    words = key.split(".")
    if not {"*", "#"} & set(words):
        return [key]
    if not types:
        fix = 'say which types there are: consumers(types=["order.created", …])'
        raise TargetError(f"{key!r} is a pattern", where, fix)
    return [type for type in types if _fits(words, type.split("."))]


def _fits(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_fits(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _fits(pattern[1:], words[1:])


def finish(result: Any) -> Any:
    """What a function returned; what a coroutine function returned is run to its end."""
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _silent(result: Any) -> Awaitable[None] | None:
    """What a function returns is no answer; a coroutine is still to run."""
    return _dropped(result) if inspect.isawaitable(result) else None


async def _dropped(result: Awaitable[Any]) -> None:
    await result
