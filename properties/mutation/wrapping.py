"""A target and its world with a mutation between them; for plain functions and for coroutines.

Neither is changed: whatever the mutation does not look at goes straight through, and a member that
the target does not have the wrapped one does not have either.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import evolve

from properties.mutation.mutation import Arguments, Instead, Mutation
from properties.world.subject import Subject
from properties.world.world import World

#: Ports that belong together, and those that are no port calls.
_GROUPS = ("payments", "carrier", "warehouse")
_NO_CALLS = ("clock", "new_id")

Make = Callable[[World], Mutation]


def wrapped(subject: Subject, make: Make) -> Subject:
    """The subject with the mutation that `make` makes for each run.

    Without a digest: what a mutation remembers would be missing in it.
    """
    shape = subject.shape
    members = shape.members - {"digest"} | {"restart"}

    def factory(ports: Any) -> Any:
        mutation = make(ports._world)
        target = subject.factory(PortsBetween(ports, mutation, shape.is_async))
        return TargetBetween(target, mutation, shape.is_async, "restart" in shape.coroutines)

    return evolve(subject, factory=factory, shape=evolve(shape, members=members))


class PortsBetween:
    """What the target takes for its world, or for one group of the world's ports."""

    def __init__(self, inner: Any, mutation: Mutation, awaited: bool, group: str = "") -> None:
        self._inner, self._mutation, self._awaited, self._group = inner, mutation, awaited, group

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not self._group and name in _GROUPS:
            found = PortsBetween(found, self._mutation, self._awaited, f"{name}.")
        elif callable(found) and name not in _NO_CALLS:
            port = f"{self._group}{name}"
            if self._mutation.touches(port):
                found = self._between(port, found)
        self.__dict__[name] = found
        return found

    def _between(self, port: str, function: Any) -> Callable[..., Any]:
        mutation, names = self._mutation, _parameters(function.__func__)

        def call(*args: Any, **kwargs: Any) -> Any:
            return _call(mutation, port, function, _named(function, names, args, kwargs))

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await _awaited(mutation, port, function, _named(function, names, args, kwargs))

        return awaited if self._awaited else call


@lru_cache
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a port's parameters."""
    return tuple(inspect.signature(function).parameters)[1:]


def _named(
    function: Callable[..., Any],
    names: tuple[str, ...],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Arguments:
    """The arguments by name; those that do not fit are refused as the port itself refuses them."""
    arguments = dict(zip(names, args, strict=False))
    if len(args) > len(names) or arguments.keys() & kwargs.keys():
        function(*args, **kwargs)
    return arguments | kwargs


def _call(mutation: Mutation, port: str, function: Callable[..., Any], given: Arguments) -> Any:
    arguments = mutation.asked(port, given)
    if isinstance(arguments, Instead):
        return arguments.answer
    try:
        answer = function(**arguments)
    except Exception as error:
        return mutation.failed(port, arguments, error)
    except BaseException:
        mutation.killed()
        raise
    return mutation.answered(port, arguments, answer)


async def _awaited(
    mutation: Mutation, port: str, function: Callable[..., Any], given: Arguments
) -> Any:
    arguments = mutation.asked(port, given)
    if isinstance(arguments, Instead):
        return arguments.answer
    try:
        answer = await function(**arguments)
    except Exception as error:
        return mutation.failed(port, arguments, error)
    except BaseException:
        mutation.killed()
        raise
    return mutation.answered(port, arguments, answer)


class TargetBetween:
    """What the world takes for the target."""

    def __init__(
        self, inner: Any, mutation: Mutation, awaited: bool, restart_awaited: bool
    ) -> None:
        self._inner, self._mutation = inner, mutation
        self.handle = self._handle_awaited if awaited else self._handle
        self.restart = self._restart_awaited if restart_awaited else self._restart

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _handle(self, participant: str, event: dict[str, Any]) -> Any:
        mutation = self._mutation
        message = mutation.received(participant, event)
        if message is None:
            return None
        try:
            result = self._inner.handle(participant, message)
        except Exception as error:
            return mutation.raised(participant, event, error)
        except BaseException:
            mutation.interrupted(participant, event)
            raise
        mutation.handled(participant, event)
        return result

    async def _handle_awaited(self, participant: str, event: dict[str, Any]) -> Any:
        mutation = self._mutation
        message = mutation.received(participant, event)
        if message is None:
            return None
        try:
            result = await self._inner.handle(participant, message)
        except Exception as error:
            return mutation.raised(participant, event, error)
        except BaseException:
            mutation.interrupted(participant, event)
            raise
        mutation.handled(participant, event)
        return result

    def _restart(self, participant: str) -> None:
        restart = getattr(self._inner, "restart", None)
        if restart is not None:
            restart(participant)
        self._mutation.restarted(participant, self._inner)

    async def _restart_awaited(self, participant: str) -> None:
        await self._inner.restart(participant)
        self._mutation.restarted(participant, self._inner)
