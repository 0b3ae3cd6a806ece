"""Safeguards that are taken away where the target is called: inbox, outbox, acknowledgement."""

from __future__ import annotations

from typing import Any

from properties.mutation.mutation import Arguments, Event, Instead, Mutation, replaced, restored

#: A relay that has not emptied its outbox after so many calls never will.
_RELAYS = 100


class OfOneParticipant(Mutation):
    """Looks at what one participant handles, and, where `where` says so, of one type."""

    def concerns(self, participant: str, event: Event) -> bool:
        """Whether it is that participant and that type."""
        return (participant, event["type"])[: len(self.where)] == self.where

    @property
    def readable(self) -> bool:
        """Whether the message being handled can be read: nobody can do right by one that cannot."""
        message = self.call.message if self.call is not None else None
        return message is not None and message.readable


class InboxForgotten(OfOneParticipant):
    """A copy of a message looks like a new one: its id is another, wherever it stands in it.

    What the target makes of that id (an idempotency key, the id of what it publishes) is put right
    on its way out: only the inbox is to be missing.
    """

    ports = None

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._begun: dict[str, int] = {}
        self._done: set[str] = set()
        self._aliases: dict[str, str] = {}

    def received(self, participant: str, event: Event) -> Event:
        """Rename what has come before."""
        if not self.concerns(participant, event) or not self.readable:
            return event
        identity = event["id"]
        times = self._begun[identity] = self._begun.get(identity, 0) + 1
        if times == 1:
            return event
        self.tally.count(needed=identity in self._done)
        alias = f"new-message-{len(self._aliases) + 1}."
        self._aliases[alias] = identity
        renamed: Event = replaced(event, identity, alias)
        return renamed

    def handled(self, participant: str, event: Event) -> None:
        """From now on an inbox would know it."""
        if self.concerns(participant, event):
            self._done.add(event["id"])

    def asked(self, port: str, arguments: Arguments) -> Arguments:
        """Speak of the message by its own id."""
        if not self._aliases:
            return arguments
        return {name: restored(value, self._aliases) for name, value in arguments.items()}


class NotSubscribed(OfOneParticipant):
    """Messages of one type are acknowledged without being looked at."""

    def received(self, participant: str, event: Event) -> Event | None:
        """Drop it."""
        if not self.concerns(participant, event):
            return event
        self.tally.count()
        return None


class AcknowledgedFirst(OfOneParticipant):
    """Messages are acknowledged before they are handled: what ends badly does not come back."""

    def raised(self, participant: str, event: Event, error: Exception) -> Any:
        """It is lost."""
        self._lost(participant, event)
        raise error

    def interrupted(self, participant: str, event: Event) -> None:
        """It is lost."""
        self._lost(participant, event)

    def _lost(self, participant: str, event: Event) -> None:
        if self.concerns(participant, event) and self.readable:
            self.tally.count()


class ErrorAcknowledged(OfOneParticipant):
    """An error of the handler is logged, and the message acknowledged."""

    def raised(self, participant: str, event: Event, error: Exception) -> Any:
        """Be done with it."""
        if not self.concerns(participant, event) or not self.readable:
            raise error
        self.tally.count()


class OutboxForgotten(Mutation):
    """What waits in the outbox when its participant dies is never published."""

    ports = None

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._emptying = False

    def asked(self, port: str, arguments: Arguments) -> Arguments | Instead:
        """While the outbox is emptied nothing gets out, and nothing pauses."""
        if not self._emptying:
            return arguments
        if port == "publish":
            self.tally.count()
        elif port not in ("checkpoint", "done"):
            raise _NoOutbox
        return Instead()

    def restarted(self, participant: str, target: Any) -> None:
        """Have the outbox relayed to nowhere."""
        if participant != self.where[0]:
            return
        self._emptying = True
        try:
            for _ in range(_RELAYS):
                waiting = target.relay(participant)
                if hasattr(waiting, "send"):
                    waiting = _at_once(waiting)
                if not waiting:
                    break
        except _NoOutbox:
            pass
        finally:
            self._emptying = False


class _NoOutbox(Exception):
    """The relay does other things than publishing: it is left alone."""


def _at_once(coroutine: Any) -> Any:
    """What a coroutine returns that never pauses."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise _NoOutbox
