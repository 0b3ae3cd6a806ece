"""What a target is, found out and checked before the first run: `check_target`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from attrs import field, frozen

from implementations.contract import MEMBERS, Member
from implementations.errors import TargetError, did_you_mean, nearest
from model.environment import Delivery
from model.vocabulary import TERMINAL_EVENTS, Role, Status


@frozen
class Consumer:
    """How one participant takes its messages from the broker."""

    acknowledge: Literal["after", "before"] = "after"
    """Before handling, a crash loses the message; after it, the message comes back."""
    on_error: Literal["requeue", "reject", "acknowledge"] = "requeue"
    """What becomes of a message whose handler raised."""
    parallel: int = 1
    """How many handlers may run at once."""
    relays: int = 1
    """How many processes relay the outbox at once."""
    attempts: int | None = None
    """After how many that failed a message goes to the dead letters; None for no limit."""


@frozen
class TargetShape:
    """What a target has, in a form that needs no further checks."""

    subscriptions: dict[str, tuple[str, ...]]
    """Event types per participant, in the target's own order."""
    roles: dict[Role, str]
    """The participant that plays each role; a role that nobody plays is absent."""
    consumers: dict[str, Consumer]
    """One per participant."""
    is_async: bool
    """Whether handlers are coroutines, so that ports are awaited."""
    members: frozenset[str]
    """The names of the contract's members that the target has."""
    coroutines: frozenset[str]
    """Which of its members are coroutine functions."""
    loop: bool = False
    """Whether its coroutines need a running asyncio loop."""
    delivery: Delivery = Delivery.AT_LEAST_ONCE_UNORDERED
    """The delivery contract that the target relies on; the weakest where it says nothing."""
    limits: dict[str, int] = field(factory=dict)
    """What orders it accepts; a limit that is absent is none."""
    currencies: tuple[str, ...] = ("EUR",)
    """What orders may be priced in, by ISO 4217."""
    terminal: dict[str, Status] = field(factory=dict)
    """Terminal event types; empty where the target names none: then status alone is judged."""
    idempotent_place: bool = False
    """Whether the same order may be placed twice."""
    twin: str | None = None
    """The same saga in memory, where runs are slow: counterexamples are made minimal there. Empty
    where there is none; None where runs are fast."""

    @property
    def slow(self) -> bool:
        """Whether the target says that its runs are slow."""
        return self.twin is not None

    @property
    def participants(self) -> tuple[str, ...]:
        """All participants, in the order of the subscriptions."""
        return tuple(self.subscriptions)

    @property
    def events(self) -> frozenset[str]:
        """Every event type that somebody consumes."""
        return frozenset(kind for kinds in self.subscriptions.values() for kind in kinds)

    def has(self, member: str) -> bool:
        """Whether the target has this member of the contract."""
        return member in self.members

    @property
    def has_cancel(self) -> bool:
        """Whether a customer can cancel."""
        return "cancel_order" in self.members

    @property
    def has_relay(self) -> bool:
        """Whether participants publish from an outbox, or poll."""
        return "relay" in self.members

    @property
    def has_restart(self) -> bool:
        """Whether the target wants to be told that a participant starts again."""
        return "restart" in self.members

    @property
    def has_digest(self) -> bool:
        """Whether two states of the target can be told to be the same."""
        return "digest" in self.members


def check_target(target: Any) -> TargetShape:
    """The shape of what a factory returned, or a `TargetError` for the first thing wrong."""
    where = f"the target ({type(target).__name__})"
    if target is None:
        raise TargetError("the factory returned None", "the target", "is the `return` missing?")
    if inspect.iscoroutine(target):
        target.close()
        raise TargetError("the factory returned a coroutine", "the target", "make it a plain `def`")
    present = _members(target, where)
    coroutines = _coroutines(target, present, where)
    subscriptions = _subscriptions(target.subscriptions, where)
    loop = _loop(getattr(target, "loop", None), "handle" in coroutines, where)
    if loop and "digest" in present:
        present.remove("digest")  # locks, events and tasks of the loop are not in it
    return TargetShape(
        subscriptions=subscriptions,
        roles=_roles(getattr(target, "roles", None), subscriptions, where),
        consumers=_consumers(getattr(target, "consumers", None), subscriptions, where),
        is_async="handle" in coroutines,
        members=frozenset(present),
        coroutines=coroutines,
        loop=loop,
        delivery=_delivery(getattr(target, "delivery", None), where),
        limits=_limits(getattr(target, "limits", None), where),
        currencies=_currencies(getattr(target, "currencies", None), where),
        terminal=_terminal(getattr(target, "terminal", None), where),
        idempotent_place=_flag(getattr(target, "idempotent_place", None), where),
        twin=_twin(getattr(target, "twin", None), where),
    )


def _members(target: Any, where: str) -> list[str]:
    """The members that are there, each one callable with the right arguments or data."""
    present = []
    for member in MEMBERS:
        value = getattr(target, member.name, None)
        if value is None:
            if member.needed:
                raise _missing(target, member, where)
            continue
        present.append(member.name)
        if member.parameters is not None:
            _check_callable(member, value, where)
    if ("act" in present) != ("actions" in present):
        has, lacks = ("act", "actions") if "act" in present else ("actions", "act")
        raise TargetError(f"has {has!r} but no {lacks!r}", where, "the two need each other")
    return present


def _missing(target: Any, member: Member, where: str) -> TargetError:
    known = {m.name for m in MEMBERS}
    own = [name for name in dir(target) if not name.startswith("_") and name not in known]
    close = nearest(member.name, own)
    hint = f"; it has {close!r}, is that the one?" if close else ""
    what = f"has no {member.declaration}"
    return TargetError(what, where, f"add it: {member.meaning}{hint}")


def _check_callable(member: Member, value: Any, where: str) -> None:
    if not callable(value):
        what = f"{member.name!r} is {_shown(value)}, which cannot be called"
        raise TargetError(what, where, f"make it a function: {member.declaration}")
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*(member.parameters or ()))
    except TypeError:
        what = f"{member.name}{signature} cannot be called as {member.declaration}"
        raise TargetError(what, where, f"let it take {member.declaration}") from None


def _coroutines(target: Any, present: Iterable[str], where: str) -> frozenset[str]:
    """Which members are coroutine functions; those that call ports must all be, or none."""
    found = frozenset(name for name in present if _is_coroutine(getattr(target, name)))
    is_async = "handle" in found
    for member in MEMBERS:
        if member.name not in present or not member.callable:
            continue
        if member.name in found and not is_async:
            what = f"'handle' is a plain function, but {member.name!r} is a coroutine function"
            fix = f"make {member.name!r} plain, or 'handle' async (then every port is awaited)"
            raise TargetError(what, where, fix)
        if member.calls_ports and is_async and member.name not in found:
            what = f"'handle' is a coroutine function, but {member.name!r} is a plain one"
            fix = f"write `async def {member.name}`: ports have to be awaited there too"
            raise TargetError(what, where, fix)
    return found


def _is_coroutine(value: Any) -> bool:
    return inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(
        getattr(value, "__call__", None)  # noqa: B004 an object whose __call__ is async
    )


def _subscriptions(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    example = "give a dict such as {'payment': ['order.created']}"
    if not isinstance(value, Mapping):
        raise TargetError(f"'subscriptions' is {_shown(value)}, not a dict", where, example)
    if not value:
        what = "'subscriptions' names no participant"
        raise TargetError(what, where, example + "; a participant that only polls has []")
    checked = {}
    for participant, kinds in value.items():
        at = f"{where}, subscriptions[{participant!r}]"
        if not isinstance(participant, str):
            raise TargetError("the participant is not a string", at, example)
        if isinstance(kinds, (str, bytes)) or not isinstance(kinds, Iterable):
            raise TargetError(f"is {_shown(kinds)}, not a list of event types", at, example)
        types = tuple(kinds)
        for kind in types:
            if not isinstance(kind, str):
                raise TargetError(f"the event type {_shown(kind)} is not a string", at, example)
        checked[participant] = tuple(dict.fromkeys(map(str, types)))
    return checked


def _roles(value: Any, participants: Mapping[str, Any], where: str) -> dict[Role, str]:
    if value is None:
        return {role: role.value for role in Role if role in participants}
    at = f"{where}, roles"
    names = [role.value for role in Role]
    if not isinstance(value, Mapping):
        fix = "give a dict of role to participant: {'payment': 'billing'}"
        raise TargetError(f"is {_shown(value)}, not a dict", at, fix)
    checked = {}
    for role, participant in value.items():
        if role not in names:
            listed = f"the roles are {', '.join(names)}"
            raise TargetError(
                f"there is no role {role!r}", at, did_you_mean(str(role), names, listed)
            )
        _check_participant(participant, participants, f"{at}[{role!r}]")
        checked[Role(role)] = str(participant)
    return checked


def _check_participant(name: Any, participants: Mapping[str, Any], where: str) -> None:
    if name not in participants:
        listed = f"the subscriptions name {', '.join(participants)}"
        fix = did_you_mean(str(name), participants, f"{listed}; one that consumes nothing has []")
        raise TargetError(f"there is no participant {name!r}", where, fix)


_CURRENCY = re.compile("[A-Z]{3}")
_CHOICES: dict[str, tuple[str, ...]] = {
    "acknowledge": ("after", "before"),
    "on_error": ("requeue", "reject", "acknowledge"),
}
_NUMBERS = ("parallel", "relays", "attempts")


def _consumers(value: Any, participants: Mapping[str, Any], where: str) -> dict[str, Consumer]:
    policies = dict.fromkeys(participants, Consumer())
    if value is None:
        return policies
    at = f"{where}, consumers"
    if not isinstance(value, Mapping):
        fix = "give a dict such as {'payment': {'parallel': 2}}"
        raise TargetError(f"is {_shown(value)}, not a dict", at, fix)
    for participant, settings in value.items():
        _check_participant(participant, participants, at)
        policies[participant] = _consumer(settings, f"{at}[{participant!r}]")
    return policies


def _consumer(settings: Any, where: str) -> Consumer:
    if not isinstance(settings, Mapping):
        fix = "give a dict such as {'acknowledge': 'after', 'on_error': 'requeue', 'parallel': 1}"
        raise TargetError(f"is {_shown(settings)}, not a dict", where, fix)
    for name, value in settings.items():
        at = f"{where}[{name!r}]"
        if name in _NUMBERS:
            if type(value) is not int or value < 1:
                raise TargetError(f"is {_shown(value)}", at, "give a whole number from 1")
        elif name not in _CHOICES:
            known = [*_CHOICES, *_NUMBERS]
            fix = did_you_mean(str(name), known, f"use {', '.join(known)}")
            raise TargetError(f"there is no setting {name!r}", where, fix)
        elif value not in _CHOICES[name]:
            choices = _CHOICES[name]
            fix = did_you_mean(str(value), choices, f"use one of {', '.join(choices)}")
            raise TargetError(f"is {_shown(value)}", at, fix)
    return Consumer(**cast("dict[str, Any]", settings))


def _delivery(value: Any, where: str) -> Delivery:
    if value is None:
        return Delivery.AT_LEAST_ONCE_UNORDERED
    try:
        return Delivery(value)
    except ValueError:
        names = [d.value for d in Delivery]
        fix = did_you_mean(str(value), names, f"use one of {', '.join(names)}")
        raise TargetError(f"is {_shown(value)}", f"{where}, delivery", fix) from None


def _limits(value: Any, where: str) -> dict[str, int]:
    if value is None:
        return {}
    fix = "give a dict of whole numbers from 1: {'lines': 1, 'quantity': 10}"
    if not isinstance(value, Mapping):
        raise TargetError(f"is {_shown(value)}, not a dict", f"{where}, limits", fix)
    for name, limit in value.items():
        if type(limit) is not int or limit < 1:
            raise TargetError(f"is {_shown(limit)}", f"{where}, limits[{name!r}]", fix)
    return dict(value)


def _currencies(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ("EUR",)
    fix = "give the codes of the currencies that it accepts: ('EUR', 'JPY')"
    if isinstance(value, str) or not isinstance(value, Iterable) or not (codes := tuple(value)):
        raise TargetError(f"is {_shown(value)}", f"{where}, currencies", fix)
    for code in codes:
        if not isinstance(code, str) or not _CURRENCY.fullmatch(code):
            raise TargetError(f"{_shown(code)} is no code", f"{where}, currencies", fix)
    return codes


def _terminal(value: Any, where: str) -> dict[str, Status]:
    if value is None:
        return {}
    at = f"{where}, terminal"
    example = {kind.value: str(s) for kind, s in TERMINAL_EVENTS.items()}  # type: ignore[attr-defined]
    if not isinstance(value, Mapping):
        raise TargetError(f"is {_shown(value)}, not a dict", at, f"give a dict such as {example}")
    final = [status.value for status in Status if status.final]
    for kind, status in value.items():
        if status not in final:
            fix = f"a saga ends in one of {', '.join(final)}"
            raise TargetError(f"is {_shown(status)}", f"{at}[{kind!r}]", fix)
    return {str(kind): Status(status) for kind, status in value.items()}


def _loop(value: Any, is_async: bool, where: str) -> bool:
    if value is None:
        return False
    if value != "asyncio":
        fix = "give 'asyncio', or leave it out"
        raise TargetError(f"is {_shown(value)}", f"{where}, loop", fix)
    if not is_async:
        fix = "write `async def handle`, or leave 'loop' out: a plain function may use asyncio.run"
        raise TargetError("'handle' is a plain function, which no loop runs", where, fix)
    return True


def _flag(value: Any, where: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    at = f"{where}, idempotent_place"
    raise TargetError(f"is {_shown(value)}, not True or False", at, "give True or False")


def _twin(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    fix = "give it as 'module:factory', or '' if there is none"
    raise TargetError(f"is {_shown(value)}, not a text", f"{where}, twin", fix)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
