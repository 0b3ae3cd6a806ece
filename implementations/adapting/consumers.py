"""Turns consumer functions, as they were written, into `handle(participant, event)`.

    shop = Consumers({
        "payment": {"order.created": with_body(take_payment)},           # f(body)
        "stock": pika.consumers(),                    # f(channel, method, properties, body)
        "delivery": {"stock.reserved": with_session(send, sessions)},      # f(session, message)
    })
    self.subscriptions, self.consumers, self.handle = shop.subscriptions, shop.declared, shop.handle

Coroutine functions are run to their end, each in a loop of its own.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from implementations.contract import Event
from implementations.errors import TargetError, did_you_mean

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
    return Consumer(lambda event: _nothing(function(decode(event))), acknowledge, on_error)


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
            finish(function(session, decode(event)))
            if commit:
                session.commit()

    return Consumer(call, acknowledge, on_error)


@frozen
class Consumers:
    """All consumers of a target, by participant and event type."""

    by_participant: Mapping[str, Mapping[str, Consumer]] = field()

    @by_participant.validator
    def _agree(self, attribute: object, value: Mapping[str, Mapping[str, Consumer]]) -> None:
        """The contract says for a participant, not for a type, when it acknowledges."""
        for participant, consumers in value.items():
            if len({(each.acknowledge, each.on_error) for each in consumers.values()}) > 1:
                what = f"the consumers of {participant!r} acknowledge in different ways"
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
        return {
            name: {"acknowledge": first.acknowledge, "on_error": first.on_error}
            for name, first in firsts.items()
        }

    def handle(self, participant: str, event: Event) -> Any:
        """The target's member of that name."""
        consumers = self.by_participant[participant]
        if event["type"] not in consumers:
            fix = did_you_mean(event["type"], consumers, f"it has {', '.join(consumers)}")
            raise TargetError(
                f"{participant!r} has no consumer of {event['type']!r}", "Consumers", fix
            )
        return finish(consumers[event["type"]].call(event))


def finish(result: Any) -> Any:
    """What a function returned; what a coroutine function returned is run to its end."""
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _nothing(result: Any) -> None:
    finish(result)
