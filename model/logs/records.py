"""What a line of a log says, and how much of the saga a whole log shows.

A service may write one line for each message that it handled (what it consumed, what it published,
which effects it had, the state it went to), one for each event that it published, or one for each
entry of its ledger. Lines of one kind from one service are a *lane*. Only the order inside a lane
is trusted: services have clocks of their own, and an outbox is relayed later than it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from attrs import evolve, field, frozen


@frozen(cache_hash=True)
class Record:
    """One line. A field that is `None` was not said, which is not the same as empty."""

    service: str
    consumed: str | None = None
    published: tuple[str, ...] | None = None
    """Sorted."""
    effects: tuple[str, ...] | None = None
    """Sorted."""
    state: str | None = None

    @property
    def handling(self) -> bool:
        """Whether it speaks of a message that was handled, not only of what came of it."""
        return self.consumed is not None or self.state is not None

    @property
    def bundle(self) -> bool:
        """Whether it tells several things as one."""
        return (
            self.handling
            or (self.published is not None and self.effects is not None)
            or len(self.published or ()) > 1
            or len(self.effects or ()) > 1
        )

    def __str__(self) -> str:
        said = [f"consumed {self.consumed}"] if self.consumed is not None else []
        said += [f"published {', '.join(self.published)}"] if self.published else []
        said += [f"had the effect {', '.join(self.effects)}"] if self.effects else []
        said += [f"went to {self.state}"] if self.state is not None else []
        return f"{self.service} {', '.join(said) or 'did nothing'}"


class Kind(IntEnum):
    """The kinds of lanes."""

    MAIN = 0
    """Handlings, or changes told as one."""
    EVENTS = 1
    """Events, each on a line of its own."""
    EFFECTS = 2
    """Entries of a ledger, each on a line of its own."""


#: A service and a kind.
Lane = tuple[str, Kind]


@frozen(cache_hash=True)
class Window:
    """What the log shows of one service."""

    handlings: bool = False
    """Whether every message that it handles has a line."""
    published: bool = False
    """Whether the lines of the main lane say what was published."""
    effects: bool = False
    """Whether they say which effects there were."""
    event_lines: bool = False
    """Whether each published event has a line of its own."""
    effect_lines: bool = False
    """Whether each effect has a line of its own."""
    named: frozenset[str] = frozenset()
    """Every event and effect that a line has named."""

    def shows(self, record: Record) -> Window:
        """The window, opened as far as this line needs it."""
        seen = evolve(self, named=self.named.union(record.published or (), record.effects or ()))
        if record.handling:
            seen = evolve(seen, handlings=True)
        if record.bundle and record.published is not None:
            seen = evolve(seen, published=True, event_lines=False)
        elif record.published is not None and not seen.published:
            seen = evolve(seen, event_lines=True)
        if record.bundle and record.effects is not None:
            seen = evolve(seen, effects=True, effect_lines=False)
        elif record.effects is not None and not seen.effects:
            seen = evolve(seen, effect_lines=True)
        return seen

    def kind(self, record: Record) -> Kind:
        """The lane of a line."""
        if record.bundle:
            return Kind.MAIN
        if record.published is not None:
            return Kind.MAIN if self.published else Kind.EVENTS
        return Kind.MAIN if self.effects else Kind.EFFECTS


@frozen(cache_hash=True)
class View:
    """How much of the saga a log shows. Services without a window are not seen at all."""

    windows: Mapping[str, Window] = field(factory=dict, hash=False)
    hidden: frozenset[str] = frozenset()
    """Events that are never logged, whoever publishes them."""
    lossy: bool = False
    """Whether a handling may have no line: its service died after the commit, before it wrote."""

    def widened(self, records: Iterable[Record]) -> View:
        """The view that shows these lines too; the same one if it did already."""
        windows = dict(self.windows)
        for record in records:
            windows[record.service] = windows.get(record.service, Window()).shows(record)
        return self if windows == self.windows else evolve(self, windows=windows)

    def lane(self, record: Record) -> Lane:
        """The lane of a line of a service that is seen."""
        return record.service, self.windows[record.service].kind(record)
