"""The seam between the kit and a broker: what a second broker has to offer to join.

A service connects to the kit instead of the broker. Its bytes go through a `Wire`, which knows the
broker's protocol and says of each piece whether it may pass, or is one of the two things that the
kit decides about: something published, and a message settled. `Broker` is the kit's own client: it
puts one message into the queue of one participant, takes off what was published, and takes back
what a dead consumer has left.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

#: Seconds that a broker or a service has for anything that is waited for.
PATIENCE = 10.0
#: Milliseconds after which the broker itself removes what is left of a kit that was killed.
LEFT_ALONE = int(os.environ.get("SAGA_LEFT_ALONE", "60000"))


@frozen
class Message:
    """A message as services send it."""

    type: str
    body: bytes
    id: str = ""
    subject: str = ""
    extra: Mapping[str, Any] = field(factory=dict)
    """What else the broker's protocol has to say of it: goes with each copy, unread."""


@frozen
class Passed:
    """Bytes of a service that go on to the broker as they are."""

    data: bytes


@frozen
class Published:
    """A publication, redirected to where only the kit takes it off."""

    data: bytes


@frozen
class Settled:
    """The message being handled is settled: "ack", "requeue", "reject" or "unacked"."""

    verdict: str
    data: bytes
    """What tells the broker so; of an "unacked" message it hears nothing, and this comes next."""
    left: bool = False
    """Whether the broker is told nothing, so that the kit has to take the message back."""


@frozen
class Wrong:
    """Something that the kit cannot stand between."""

    what: str
    how_to_fix: str


Said = Passed | Published | Settled | Wrong


class Wire(Protocol):
    """One connection of a service, as the protocol of its broker has it."""

    @property
    def queue(self) -> str:
        """What it consumes from, as the broker calls it; empty until it does."""

    def from_service(self, data: bytes) -> list[Said]:
        """What the service says in these bytes, and those before them."""

    def from_broker(self, data: bytes) -> bytes:
        """What of these bytes the service is to hear, names put back into its own words."""

    def expect(self, message: Message, again: bool) -> None:
        """This message is on its way to it; `again` if it was on its way before."""

    def refuse(self) -> bool:
        """Let the answer to what was published last be a refusal; whether there is an answer."""


class Broker(Protocol):
    """The kit's own client of a broker, for one run at a time.

    Every method raises `TargetError` when the broker is not there or does not answer in time.
    """

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker."""

    def url(self, port: int) -> str:
        """The address that a service is given: this machine, that port."""

    def wire(self, participant: str) -> Wire:
        """For a new connection of this participant."""

    def begin(self) -> None:
        """A run begins: nothing of another one is left in any queue."""

    def lasts(self, queue: str) -> bool:
        """Whether a queue is still there, and will be for the time of a run: a broker may have
        removed what nobody used for long, and not told who waits at it."""

    def bound(self, queue: str) -> Mapping[str, str]:
        """By which routing keys messages come to a queue, each with its exchange, as services know
        them; empty where the broker has nothing of the kind, or the services ask for nothing."""

    def deliver(self, queue: str, message: Message) -> None:
        """Put one message into a queue that one participant consumes; the broker has it then."""

    def take(self) -> Message:
        """Wait for what was published, and take it off."""

    def take_back(self, queue: str) -> int:
        """Wait until the broker has what a dead consumer left, take it off; how many came back."""

    def end(self) -> None:
        """Remove all that was made, and disconnect."""
