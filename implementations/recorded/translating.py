"""From one line of a log, parsed, to a token: in the user's words or in ours.

The same words give the same token, so each combination of words is translated once and looked up
from then on; that is what makes a long log fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from implementations.errors import nearest
from implementations.recorded.mapping import LogMapping
from implementations.recorded.names import Names
from model.logs.records import Record
from model.logs.showing import Tokens

#: The words of a line, as they stand there: service, consumed, published, effects, state.
Words = tuple[Any, Any, Any, Any, Any]

#: Combinations of words that are remembered, before they are forgotten all at once; and different
#: strange names that are counted one by one.
REMEMBERED, COUNTED = 50_000, 1_000
OTHERS = "other names are not known"
#: Instead of a token: nothing in the line is about the saga.
FOREIGN = -1


class UnfitError(ValueError):
    """A line that is JSON, but not one of this log."""


@define
class Translator:
    """Translates words, and counts those that it does not know."""

    names: Names
    mapping: LogMapping
    tokens: Tokens
    strange: Counter[str] = field(factory=Counter)
    """What was not judged, and why, with the number of lines."""
    _known: dict[Words, tuple[int, tuple[str, ...]]] = field(factory=dict)

    def token(self, words: Words) -> int:
        """The token of a line, or FOREIGN.

        Raises:
            UnfitError: a field holds what it cannot hold.
        """
        known = self._known.get(words)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[words] = self._translate(words)
        token, strange = known
        for what in strange:
            full = len(self.strange) >= COUNTED and what not in self.strange
            self.strange[OTHERS if full else what] += 1
        return token

    def _translate(self, words: Words) -> tuple[int, tuple[str, ...]]:
        service, consumed, published, effects, state = words
        strange: list[str] = []
        role = self._name("service", service, self.mapping.services, self.names.services, strange)
        if role is None:
            return FOREIGN, tuple(strange)
        events = self._names("event", published, self.mapping.events, self.names.events, strange)
        done = self._names("effect", effects, self.mapping.effects, self.names.effects, strange)
        message, known = None, self.names.messages
        if consumed is not None:
            message = self._name("event", consumed, self.mapping.events, known, strange)
            if message is None and not events and not done:
                return FOREIGN, tuple(strange)
        place = None
        if state is not None:
            states = self.mapping.states.get(role, {})
            what = f"state of {role}"
            place = self._name(what, state, states, self.names.states[role], strange)
        record = Record(role, message, events, done, place)
        if record.consumed is None and record.state is None and not events and not done:
            return FOREIGN, tuple(strange)
        return self.tokens.of(record), tuple(strange)

    def _names(
        self,
        what: str,
        words: Any,
        ours: Mapping[str, str],
        known: tuple[str, ...],
        strange: list[str],
    ) -> tuple[str, ...] | None:
        if words is None:
            return None
        listed = (words,) if isinstance(words, str) else words
        if not isinstance(listed, tuple):
            raise UnfitError(f"{what}: expected a list of names, found {words!r}")
        found = (self._name(what, word, ours, known, strange) for word in listed)
        return tuple(sorted(name for name in found if name is not None))

    def _name(
        self,
        what: str,
        word: Any,
        ours: Mapping[str, str],
        known: tuple[str, ...],
        strange: list[str],
    ) -> str | None:
        if not isinstance(word, str):
            raise UnfitError(f"{what}: expected a name, found {word!r}")
        name = ours.get(word, word)
        if name in known:
            return name
        if word not in self.names.messages:  # a call to the gateway is no event, and not strange
            near = nearest(word, [*ours, *known], 0.8)
            hint = f": did you mean {near}?" if near else ""
            strange.append(f"{what} {word!r} is not known{hint}")
        return None


Getter = Callable[[Mapping[str, Any]], Any]


def getter(path: str) -> Getter:
    """What takes a field out of a line; dots lead into objects, unless the whole name is a key."""
    parts = path.split(".")

    def get(line: Mapping[str, Any]) -> Any:
        if path in line:
            return line[path]
        value: Any = line
        for part in parts:
            if not isinstance(value, dict):
                return None
            value = value.get(part)
        return value

    return get


def hashable(value: Any) -> Any:
    """A list as a tuple, so that it can be looked up."""
    return tuple(value) if isinstance(value, list) else value
