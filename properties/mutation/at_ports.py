"""Safeguards that are taken away at the ports: keys, errors, look-ups, ids, what is published."""

from __future__ import annotations

from typing import Any

from properties.mutation.mutation import Arguments, Instead, Mutation, replaced

Parameters = tuple[Any, ...]


class AtOnePort(Mutation):
    """Looks at one port, which is what `where` names."""

    def touches(self, port: str) -> bool:
        """That one."""
        return port == self.where[0]


# -- idempotency keys ------------------------------------------------------------------------------


class KeyDropped(AtOnePort):
    """The port is called without its idempotency key."""

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._sent: set[str] = set()

    def asked(self, port: str, arguments: Arguments) -> Arguments:
        """Leave the key out; it is needed when a request is made once more."""
        key = arguments.get("key")
        if key is None:
            return arguments
        self.tally.count(needed=key in self._sent)
        self._sent.add(key)
        return {**arguments, "key": None}


class KeyPerCall(Mutation):
    """The key is made anew each time that the message is handled; the look-up asks for the same."""

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._sent: dict[str, int] = {}

    def touches(self, port: str) -> bool:
        """The port, and the look-up of its keys."""
        return port in (self.where[0], f"{self.where[0].partition('.')[0]}.lookup")

    def asked(self, port: str, arguments: Arguments) -> Arguments:
        """Let the key belong to the running call; it is needed when another call made it too."""
        key = arguments.get("key")
        if key is None or self.call is None:
            return arguments
        number = self.call.handling
        if port == self.where[0]:
            self.tally.count(needed=self._sent.get(key, number) != number)
            self._sent[key] = number
        elif key not in self._sent:
            return arguments  # a key of another port
        return {**arguments, "key": f"{key}, made in call {number}"}


# -- errors and unknown answers --------------------------------------------------------------------


class ErrorIsSuccess(AtOnePort):
    """An error or a timeout of the port is swallowed, as if all were done."""

    def failed(self, port: str, arguments: Arguments, error: Exception) -> Any:
        """Say that it is done."""
        if not isinstance(error, (ConnectionError, TimeoutError)):
            raise error
        self.tally.count()
        identity = arguments.get("charge_id") or arguments.get("shipment_id")
        return {"status": "done", "id": identity, "reason": None}


class TimeoutIsRefusal(AtOnePort):
    """No answer is taken for a refusal."""

    cause: type[Exception] = TimeoutError

    def failed(self, port: str, arguments: Arguments, error: Exception) -> Any:
        """Say that it is refused."""
        if not isinstance(error, self.cause):
            raise error
        self.tally.count()
        return {"status": "refused", "id": None, "reason": "no answer"}


class BlipIsRefusal(TimeoutIsRefusal):
    """One broken connection is taken for a refusal."""

    cause = ConnectionError


class LookUpBlind(AtOnePort):
    """Whoever looks up what became of a request is told that there was none."""

    def answered(self, port: str, arguments: Arguments, answer: Any) -> Any:
        """Say that nothing was found."""
        if not answer:
            return answer
        self.tally.count()
        return [] if port.endswith("find") else None


# -- what is published -----------------------------------------------------------------------------


class IdPerPublish(Mutation):
    """A message that is sent again has another id, wherever the id stands in it."""

    ports = ("publish",)

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._sent: dict[str, int] = {}

    def asked(self, port: str, arguments: Arguments) -> Arguments:
        """Make another id for what was sent before."""
        identity = arguments.get("id")
        if identity is None or self.participant != self.where[0]:
            return arguments
        times = self._sent[identity] = self._sent.get(identity, 0) + 1
        self.tally.count(needed=times > 1)
        if times == 1:
            return arguments
        renamed: Arguments = replaced(arguments, identity, f"{identity}, sent again {times - 1}")
        return renamed


class PublishErrorSwallowed(Mutation):
    """A message that could not be published counts as sent."""

    ports = ("publish",)

    def failed(self, port: str, arguments: Arguments, error: Exception) -> Any:
        """Be content with it."""
        if self.participant != self.where[0]:
            raise error
        self.tally.count()


class NotAnnouncedAgain(Mutation):
    """Whoever died at a port does not publish, when the same is asked for again."""

    ports = None

    def __init__(self, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._died: set[tuple[str, str]] = set()

    def _request(self) -> tuple[str, str] | None:
        """What the running call is about, if it is one of the participant's and no relay."""
        call = self.call
        if call is None or call.participant != self.where[0] or not call.cause:
            return None
        if call.message is not None:
            return "message", call.message.origin
        return str(call.work), call.order

    def killed(self) -> None:
        """Remember what was interrupted."""
        request = self._request()
        if request is not None:
            self._died.add(request)

    def asked(self, port: str, arguments: Arguments) -> Arguments | Instead:
        """Publish nothing if it was begun before."""
        if port != "publish":
            return arguments
        request = self._request()
        if request is None:
            return arguments
        again = request in self._died
        self.tally.count(needed=again)
        return Instead() if again else arguments


class TimerLost(Mutation):
    """A timer is set, and never goes off."""

    ports = ("timer",)

    def asked(self, port: str, arguments: Arguments) -> Arguments | Instead:
        """Set none."""
        if arguments.get("type") != self.where[0]:
            return arguments
        self.tally.count()
        return Instead()
