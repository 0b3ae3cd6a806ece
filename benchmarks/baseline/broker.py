"""The broker of a test: which messages are on their way, and which of them may be next."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from attrs import define, field

Event = dict[str, Any]


@define(eq=False)
class Message:
    """One copy of an event on its way to one participant."""

    participant: str
    event: Event
    queue: str
    held: bool = False
    """Somebody is handling it."""
    arrived: bool = True
    failures: int = 0

    @property
    def order(self) -> str:
        """The order that it is about."""
        return str(self.event["subject"])

    def __repr__(self) -> str:
        return f"{self.event['type']} of {self.order} to {self.participant}"


@define
class Broker:
    """Delivers at least once, in the order that the target relies on, if it relies on one."""

    target: Any
    in_flight: list[Message] = field(factory=list)
    sent: list[Message] = field(factory=list)
    """Each message once, for the broker to deliver again."""
    published: list[Event] = field(factory=list)

    def publish(self, event: Event) -> list[Message]:
        """One message for each subscriber."""
        self.published.append(event)
        new = [
            self._new(participant, event)
            for participant, types in self.target.subscriptions.items()
            if event["type"] in types
        ]
        self.sent += new
        return new

    def again(self, message: Message) -> Message:
        """The same message once more."""
        return self._new(message.participant, message.event)

    def _new(self, participant: str, event: Event) -> Message:
        queues = getattr(self.target, "queues", None)
        queue = queues(participant, event["type"]) if queues else f"{participant} {event['type']}"
        message = Message(participant, copy.deepcopy(event), queue)
        self.in_flight.append(message)
        return message

    def deliverable(self, participant: str | None = None) -> Iterator[Message]:
        """Messages that may be next, oldest first."""
        in_order = self.target.delivery == "at-least-once-per-order-fifo"
        before: set[tuple[str, str]] = set()
        for message in self.in_flight:
            lane = message.queue, message.order
            free = message.arrived and not message.held and not (in_order and lane in before)
            if free and participant in (None, message.participant):
                yield message
            before.add(lane)

    def settled(self, message: Message) -> None:
        """It was acknowledged, or dropped."""
        if message in self.in_flight:
            self.in_flight.remove(message)

    def back(self, message: Message) -> None:
        """It was not acknowledged, and waits again, behind the others if order does not matter."""
        message.held = False
        if self.target.delivery == "at-least-once-unordered" and message in self.in_flight:
            self.in_flight.remove(message)
            self.in_flight.append(message)
