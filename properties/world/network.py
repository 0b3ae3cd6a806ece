"""The broker: messages in flight, and which of them the delivery contract lets through next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from model.environment import Delivery
from properties.world.actions import Action, Kind, made


@define(eq=False)
class Draft:
    """An event about to be published, with what it inherits from the message being handled."""

    type: str
    order: str
    source: str
    attributes: dict[str, Any]


@define(eq=False)
class Message:
    """One copy of an event on its way to one participant."""

    name: str
    origin: str
    """Name of the first copy: all copies of a message share it."""
    type: str
    order: str
    participant: str
    queue: str
    event: str
    """The envelope as JSON text: every handling gets a fresh one."""
    id: str
    saga_id: str
    place: int = 0
    """Position in the order of publication."""
    handled: int = 0
    held: bool = False
    readable: bool = True
    failures: int = 0
    deliver: Action = field(init=False)
    duplicate: Action = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.deliver = made(_DELIVER, self.name)
        self.duplicate = made(_DUPLICATE, self.name)

    @property
    def task_name(self) -> str:
        """What the handling of this copy is called."""
        head, _, tail = self.name.partition(f" to {self.participant}")
        return f"{self.participant} on {head}{tail}"


QueueOf = Callable[[str, str], str]
_DELIVER, _DUPLICATE = Kind.DELIVER, Kind.DUPLICATE
_UNORDERED = Delivery.AT_LEAST_ONCE_UNORDERED
#: What a message holds that nobody can read.
UNREADABLE = "\ufffd\ufffd not an event \ufffd"
_as_json = json.JSONEncoder(allow_nan=False).encode


@define(eq=False)
class Network:
    """At-least-once delivery under one of the four contracts."""

    contract: Delivery
    subscribers: Mapping[str, list[str]]
    """Event type -> participants that subscribe to it."""
    queue_of: QueueOf
    late: frozenset[str] = frozenset()
    """Participants that acknowledge only after handling: to them a message may come again."""
    in_flight: list[Message] = field(factory=list)
    """Waiting or being handled, in the order of publication."""
    originals: dict[str, Message] = field(factory=dict)
    """First copy of every message so far, acknowledged ones included."""
    repeatable: list[Action] = field(factory=list)
    """For each first copy that may come again, oldest first, its coming again."""
    kinds: dict[tuple[str, str], Message] = field(factory=dict)
    """By participant and event type, the first message."""
    published: list[Draft] = field(factory=list)
    """Every event so far, relayed twice or not."""
    unheard: dict[str, int] = field(factory=dict)
    """Event types that nobody subscribes to."""
    _copies: dict[str, int] = field(factory=dict)
    _place: int = 0

    def publish(self, draft: Draft) -> list[Message]:
        """Put one message in flight for each subscriber.

        Raises:
            TypeError, ValueError: the event is not plain JSON data.
        """
        event = _as_json(draft.attributes)
        self.published.append(draft)
        participants = self.subscribers.get(draft.type, ())
        if not participants:
            self.unheard[draft.type] = self.unheard.get(draft.type, 0) + 1
        return [self._first(draft, event, participant) for participant in participants]

    def _first(self, draft: Draft, event: str, participant: str) -> Message:
        name = self._name(f"{draft.type}({draft.order}) to {participant}")
        message = Message(
            name,
            name,
            draft.type,
            draft.order,
            participant,
            self.queue_of(participant, draft.type),
            event,
            str(draft.attributes["id"]),
            str(draft.attributes["sagaid"]),
        )
        self.originals[name] = message
        self.kinds.setdefault((participant, draft.type), message)
        if participant in self.late:
            self.repeatable.append(message.duplicate)
        return self._enqueue(message)

    def _name(self, base: str) -> str:
        count = self._copies.get(base, 0) + 1
        self._copies[base] = count
        return base if count == 1 else f"{base}, copy {count}"

    def _enqueue(self, message: Message) -> Message:
        self._place += 1
        message.place = self._place
        self.in_flight.append(message)
        return message

    def copy(self, message: Message, new_id: str | None = None) -> Message:
        """Put another copy of `message` in flight, behind everything else."""
        name = self._name(message.origin.partition(", copy ")[0])
        event = message.event
        if new_id is not None:
            event = _as_json({**json.loads(event), "id": new_id})
        copy = Message(
            name,
            message.origin,
            message.type,
            message.order,
            message.participant,
            message.queue,
            event,
            new_id or message.id,
            message.saga_id,
        )
        return self._enqueue(copy)

    def poison(self, message: Message) -> Message:
        """Put a message in flight that comes as `message` did, and that nobody can read."""
        name = self._name(f"unreadable {message.type} to {message.participant}")
        envelope = {
            attribute: value
            for attribute, value in json.loads(message.event).items()
            if attribute in ("specversion", "type", "source", "time")
        }
        envelope |= {"id": name, "data": UNREADABLE}
        poison = Message(
            name,
            name,
            message.type,
            "",
            message.participant,
            message.queue,
            _as_json(envelope),
            name,
            "",
            readable=False,
        )
        return self._enqueue(poison)

    def deliverable(self, free: Mapping[str, int]) -> list[Message]:
        """Messages that may be handed to participants with a free consumer, oldest first."""
        contract = self.contract
        waiting = self.in_flight
        if contract is not _UNORDERED:
            waiting = self._heads(per_order=contract is Delivery.AT_LEAST_ONCE_PER_ORDER_FIFO)
        return [
            message for message in waiting if not message.held and free[message.participant] > 0
        ]

    def _heads(self, per_order: bool) -> list[Message]:
        """The first message of each queue, or of each order in each queue."""
        heads: dict[tuple[str, str], Message] = {}
        for message in self.in_flight:
            heads.setdefault((message.queue, message.order if per_order else ""), message)
        return list(heads.values())

    def acknowledge(self, message: Message) -> None:
        """The consumer has acknowledged: the broker forgets this copy."""
        self.in_flight.remove(message)

    def give_back(self, message: Message, to_the_end: bool) -> None:
        """The consumer did not acknowledge: the message waits again.

        Without a promise of order it goes behind the others after an error, as it would with a
        delay; otherwise it keeps its place.
        """
        message.held = False
        if to_the_end and self.contract is _UNORDERED:
            self.in_flight.remove(message)
            self._place += 1
            message.place = self._place
            self.in_flight.append(message)

    def pending(self, order: str) -> bool:
        """Whether a message of `order`, or one of no known order, is in flight."""
        return any(message.order == order or not message.order for message in self.in_flight)


def subscribers_of(subscriptions: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Event type -> participants that subscribe to it."""
    subscribers: dict[str, list[str]] = {}
    for participant, types in subscriptions.items():
        for type_ in types:
            subscribers.setdefault(type_, []).append(participant)
    return subscribers


def queue_per_pair(participant: str, type_: str) -> str:
    """The queue that a message waits in where the target says nothing."""
    return f"{participant}/{type_}"
