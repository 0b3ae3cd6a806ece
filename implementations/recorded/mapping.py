"""The mapping file: a user's own field names and event names, and what the log shows.

A small TOML file in which everything may be left out (docs/logs.md has an example): `[fields]` says
where each of our fields is found; `[services]`, `[events]`, `[effects]` and `[states.SERVICE]`
translate their names into ours; `[shows]` says what the log shows of the saga; `[stock]` how many
pieces there were at the beginning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from implementations.errors import TargetError, did_you_mean
from implementations.recorded.names import Names
from model.logs.records import View, Window

FIELDS = (
    *("saga", "service", "consumed", "published", "effects", "state"),
    *("time", "id", "instance", "stock", "wanted"),
)
FORMATS = ("json", "cloudevents")
KEYS = ("format", "stuck_after", "fields", "services", "events", "effects", "states", "shows")
SHOWS = ("services", "hidden", "lossy")
#: Seconds.
STUCK_AFTER = 900.0


@frozen
class LogMapping:
    """What a mapping file says; without one, everything is called as the kit calls it."""

    format: str = ""
    """Empty: told from the first line."""
    fields: Mapping[str, str] = field(factory=dict)
    services: Mapping[str, str] = field(factory=dict)
    events: Mapping[str, str] = field(factory=dict)
    effects: Mapping[str, str] = field(factory=dict)
    states: Mapping[str, Mapping[str, str]] = field(factory=dict)
    view: View = field(factory=View)
    stock: Mapping[str, int] = field(factory=dict)
    stuck_after: float = STUCK_AFTER
    """So long without a line, counted from the last line of the log, makes a saga stuck."""


def read_mapping(path: Path, names: Names) -> LogMapping:
    """The mapping in a file.

    Raises:
        TargetError: it cannot be read, or says something that cannot be right.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise TargetError(
            f"the mapping cannot be read: {reason}", str(path), "give the path of a TOML file"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise TargetError(
            f"the mapping is not TOML: {error}", str(path), "see the example in docs/logs.md"
        ) from None
    return _Reader(path, names).read(data)


@frozen
class _Reader:
    """Takes a mapping apart, and says where something is wrong."""

    path: Path
    names: Names

    def read(self, data: dict[str, Any]) -> LogMapping:
        """The mapping that the data describes."""
        self._known("", data, (*KEYS, "stock"))
        given = data.get("format", "")
        if given and given not in FORMATS:
            raise self._error(f"no such format: {given!r}", "format", self._hint(given, FORMATS))
        fields = self._texts(data, "fields")
        self._known("fields", fields, FIELDS)
        states = self._table(data, "states")
        self._known("states", states, self.names.services)
        return LogMapping(
            format=given,
            fields=fields,
            services=self._names(data, "services", self.names.services),
            events=self._names(data, "events", (*self.names.messages, *self.names.events)),
            effects=self._names(data, "effects", self.names.effects),
            states={
                service: self._names(states, service, self.names.states[service], "states.")
                for service in states
            },
            view=self._view(self._table(data, "shows")),
            stock=self._stock(self._table(data, "stock")),
            stuck_after=self._seconds(data.get("stuck_after", STUCK_AFTER)),
        )

    def _view(self, shows: Mapping[str, Any]) -> View:
        self._known("shows", shows, SHOWS)
        lossy = shows.get("lossy", False)
        if not isinstance(lossy, bool):
            raise self._error(f"expected true or false, found {lossy!r}", "shows.lossy")
        services = self._list(shows, "services", self.names.services)
        hidden = self._list(shows, "hidden", self.names.events)
        return View({service: Window() for service in services}, frozenset(hidden), lossy)

    def _stock(self, stock: Mapping[str, Any]) -> dict[str, int]:
        for sku, pieces in stock.items():
            if isinstance(pieces, bool) or not isinstance(pieces, int) or pieces < 0:
                raise self._error(f"expected a number of pieces, found {pieces!r}", f"stock.{sku}")
        return dict(stock)

    def _seconds(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self._error(f"expected a number of seconds, found {value!r}", "stuck_after")
        return float(value)

    def _table(self, data: Mapping[str, Any], key: str, above: str = "") -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self._error(f"expected a table, found {value!r}", above + key)
        return value

    def _texts(self, data: Mapping[str, Any], key: str, above: str = "") -> dict[str, str]:
        table = self._table(data, key, above)
        for name, value in table.items():
            if not isinstance(value, str) or not value:
                raise self._error(f"expected text, found {value!r}", f"{above}{key}.{name}")
        return table

    def _names(
        self, data: Mapping[str, Any], key: str, ours: Iterable[str], above: str = ""
    ) -> dict[str, str]:
        table = self._texts(data, key, above)
        known = tuple(ours)
        for name, value in table.items():
            if value not in known:
                hint = self._hint(value, known)
                raise self._error(f"no such name: {value!r}", f"{above}{key}.{name}", hint)
        return table

    def _list(self, shows: Mapping[str, Any], key: str, ours: Iterable[str]) -> list[str]:
        value, known = shows.get(key, []), tuple(ours)
        if not isinstance(value, list):
            raise self._error(f"expected a list, found {value!r}", f"shows.{key}")
        for name in value:
            if name not in known:
                hint = self._hint(str(name), known)
                raise self._error(f"no such name: {name!r}", f"shows.{key}", hint)
        return value

    def _known(self, above: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        names = tuple(known)
        for name in table:
            if name not in names:
                where = f"[{above}]" if above else "the top level"
                raise self._error(f"no such key: {name!r}", where, self._hint(name, names))

    def _hint(self, word: str, known: Iterable[str]) -> str:
        names = tuple(dict.fromkeys(known))
        return did_you_mean(word, names, f"one of {', '.join(names)}")

    def _error(self, what: str, where: str, hint: str = "see docs/logs.md") -> TargetError:
        return TargetError(what, f"{self.path}, {where}", hint)
