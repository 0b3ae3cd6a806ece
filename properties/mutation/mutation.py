"""A mutation: one safeguard that is taken away, seen from where target and world meet.

The target's code stays as it is. What it asks of a port, what the port answers, which messages it
gets and what becomes of its errors all pass by here; a kind of mutation overrides one or two of
these. One object serves one run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define, frozen

if TYPE_CHECKING:
    from properties.world.tasks import Task
    from properties.world.world import World

Arguments = dict[str, Any]
Event = dict[str, Any]


@define
class Tally:
    """How often a safeguard was taken away, and how often it would have had something to do."""

    removed: int = 0
    needed: int = 0

    def count(self, needed: bool = True) -> None:
        """It was taken away once more; `needed` if that was a moment that it is there for."""
        self.removed += 1
        self.needed += needed


@frozen
class Instead:
    """A port is not called; this is its answer."""

    answer: Any = None


class Mutation:
    """Takes nothing away: what every kind of mutation is made from."""

    ports: ClassVar[tuple[str, ...] | None] = ()
    """The ports that it looks at, by the beginnings of their names; None for all."""

    def __init__(self, world: World, where: tuple[str, ...], tally: Tally) -> None:
        self.world = world
        self.where = where
        self.tally = tally

    @property
    def call(self) -> Task | None:
        """The call of the target that is running; None while the target is set up."""
        return self.world.running

    @property
    def participant(self) -> str:
        """The participant whose code is running."""
        return self.call.participant if self.call is not None else ""

    def touches(self, port: str) -> bool:
        """Whether calls of a port pass by here."""
        return self.ports is None or port.startswith(self.ports)

    # -- what the target asks of the world --------------------------------------------------------

    def asked(self, port: str, arguments: Arguments) -> Arguments | Instead:
        """With what a port is called, or what is answered without calling it."""
        return arguments

    def answered(self, port: str, arguments: Arguments, answer: Any) -> Any:
        """What the target gets for an answer."""
        return answer

    def failed(self, port: str, arguments: Arguments, error: Exception) -> Any:
        """What the target gets for an error: an answer, or an error raised here."""
        raise error

    def killed(self) -> None:
        """The running call dies at a port."""

    # -- what the world asks of the target --------------------------------------------------------

    def received(self, participant: str, event: Event) -> Event | None:
        """The message that is handled; None for one that is dropped."""
        return event

    def handled(self, participant: str, event: Event) -> None:
        """The handler has come to its end."""

    def raised(self, participant: str, event: Event, error: Exception) -> Any:
        """What the handler returns after an error, or an error raised here."""
        raise error

    def interrupted(self, participant: str, event: Event) -> None:
        """The handler has died."""

    def restarted(self, participant: str, target: Any) -> None:
        """A participant has started again."""


def replaced(value: Any, old: str, new: str) -> Any:
    """`value` with every text that is `old` become `new`, however deep in dicts and lists."""
    if isinstance(value, str):
        return new if value == old else value
    if isinstance(value, dict):
        return {key: replaced(inner, old, new) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(replaced(inner, old, new) for inner in value)
    return value


def restored(value: Any, aliases: dict[str, str]) -> Any:
    """`value` with every alias, also in the middle of a text, become what it stands for."""
    if isinstance(value, str):
        for alias, name in aliases.items():
            value = value.replace(alias, name)
        return value
    if isinstance(value, dict):
        return {key: restored(inner, aliases) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(restored(inner, aliases) for inner in value)
    return value
