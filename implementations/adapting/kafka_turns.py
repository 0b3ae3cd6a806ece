"""One turn of a poll loop: a message is handed out once, and when the loop polls again it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from attrs import define, field

from implementations.adapting.consumers import Answer, finish
from implementations.adapting.kafka_messages import Message
from implementations.contract import World


class LoopEnds(BaseException):
    """Ends a poll loop after its turn. No Exception: loops live on after those."""


class Taker(Protocol):
    """A consumer that is polled."""

    def takes(self, topic: str) -> bool:
        """Whether it subscribes to a topic."""


@define(eq=False)
class Turn:
    """One turn of a poll loop, for a message or for none."""

    message: Message | None
    ends_at_once: bool = False
    handed: bool = False
    over: bool = False
    settled: Answer | None = None
    asked: list[Any] = field(factory=list)
    """Consumers that were polled and had nothing."""

    def take(self, run: Callable[[], Any]) -> None:
        """Run the loop until it polls again."""
        token = TURN.set(self)
        try:
            finish(run())
        except LoopEnds:
            pass
        finally:
            TURN.reset(token)

    def next(self, consumer: Taker) -> Message | None:
        """The message, once; None, once, for whoever waits for others."""
        wanted = self.message is not None and consumer.takes(self.message.topic())
        if wanted and not self.handed:
            self.handed = True
            return self.message
        known = consumer in self.asked
        self.asked.append(consumer)
        self.over = self.over or self.handed or self.ends_at_once or known
        if self.over:
            raise LoopEnds
        return None

    def settle(self, world: World | None, answer: Answer) -> None:
        """How the message was settled: what was acknowledged stays so."""
        if self.handed and not self.over and self.settled != "ack":
            self.settled = answer
            if answer == "ack" and world is not None:
                world.acknowledge()


#: The turn that is being taken. Handlers that interleave have one each: each greenlet has its own.
TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


def is_over() -> bool:
    """Whether the service is on its way out of the loop, as if it were being stopped."""
    turn = TURN.get()
    return turn is not None and turn.over
