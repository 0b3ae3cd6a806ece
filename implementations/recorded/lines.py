"""The formats: what a line of each says, as words that can be translated.

*JSON lines*: an object a line, with our field names or those of the mapping. *CloudEvents*: an
envelope a line, which is one published event; its saga is `sagaid`, else `subject`; its service
is the end of `source`, else whoever is the only one to publish such an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from implementations.recorded.mapping import FIELDS, LogMapping
from implementations.recorded.translating import UnfitError, Words, getter, hashable
from model.table import Table

#: What a line says: saga, words, time, id, and of the stock if it speaks of it.
Said = tuple[str, Words, Any, str | None, "Stock | None"]


@frozen
class Stock:
    """What a line says of the stock: pieces by SKU that were moved, or not to be had."""

    moved: Mapping[str, int]
    wanted: Mapping[str, int]
    instance: str


Format = Callable[[dict[str, Any]], Said]


def format_of(line: Mapping[str, Any], mapping: LogMapping, table: Table) -> Format:
    """The format of a log, by the mapping or else by its first line."""
    name = mapping.format or ("cloudevents" if "specversion" in line else "json")
    if name == "cloudevents":
        return cloud_events(mapping, table)
    return json_lines(mapping)


def json_lines(mapping: LogMapping) -> Format:
    """Lines with a field for each thing that they say."""
    paths = [mapping.fields.get(name, name) for name in FIELDS]
    if not any("." in path for path in paths):
        return _plain_lines(*paths)
    getters = [getter(path) for path in paths]

    def said(line: dict[str, Any]) -> Said:
        saga, service, consumed, published, effects, state, time, id_, *stock = (
            get(line) for get in getters
        )
        words = service, consumed, hashable(published), hashable(effects), state
        return _identity(saga, "saga"), words, time, _optional(id_), _stock(*stock)

    return said


def _plain_lines(
    saga: str,
    service: str,
    consumed: str,
    published: str,
    effects: str,
    state: str,
    time: str,
    id_: str,
    instance: str,
    stock: str,
    wanted: str,
) -> Format:
    """The same where no field is inside of another one, as fast as can be."""

    def said(line: dict[str, Any]) -> Said:
        get = line.get
        whose, events, done, name = get(saga), get(published), get(effects), get(id_)
        words = (
            get(service),
            get(consumed),
            tuple(events) if type(events) is list else events,
            tuple(done) if type(done) is list else done,
            get(state),
        )
        return (
            whose if type(whose) is str else _identity(whose, saga),
            words,
            get(time),
            name if name is None else str(name),
            _stock(get(instance), get(stock), get(wanted))
            if stock in line or wanted in line
            else None,
        )

    return said


def cloud_events(mapping: LogMapping, table: Table) -> Format:
    """Envelopes of published events."""
    fields = mapping.fields
    saga = getter(fields.get("saga", "sagaid"))
    subject = getter("subject")
    type_ = getter(fields.get("published", "type"))
    source = getter(fields.get("service", "source"))
    rest = [
        getter(fields.get(name, name)) for name in ("time", "id", "instance", "stock", "wanted")
    ]
    known = {str(machine.actor) for machine in table.machines} | {*mapping.services}
    publishers = _publishers(table)

    def said(line: dict[str, Any]) -> Said:
        event = type_(line)
        name = _source(source(line), known)
        if name is None and isinstance(event, str):
            name = publishers.get(mapping.events.get(event, event))
        if name is None:
            raise UnfitError(f"source {source(line)!r} names no service; map it under [services]")
        time, id_, *stock = (get(line) for get in rest)
        identity = saga(line)
        return (
            _identity(subject(line) if identity is None else identity, "sagaid or subject"),
            (name, None, (event,), None, None),
            time,
            _optional(id_),
            _stock(*stock),
        )

    return said


def _publishers(table: Table) -> dict[str, str]:
    """Events that only one participant publishes, and which one it is."""
    found: dict[str, set[str]] = {event: {"order"} for event in table.start}
    for row in table.rows:
        for event in row.emits:
            found.setdefault(event, set()).add(str(row.actor))
    return {event: who.pop() for event, who in found.items() if len(who) == 1}


def _source(source: Any, known: set[str]) -> str | None:
    """The service in a source, which is a URI reference: all of it, or one of its segments."""
    if not isinstance(source, str):
        return None
    if source in known:
        return source
    segments = source.replace(":", "/").split("/")
    return next((segment for segment in reversed(segments) if segment in known), None)


def _identity(value: Any, field: str) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        return ""
    raise UnfitError(f"{field} is {value!r}, and should be the id of a saga")


def _optional(value: Any) -> str | None:
    return None if value is None else str(value)


def _stock(instance: Any, moved: Any, wanted: Any) -> Stock | None:
    if moved is None and wanted is None:
        return None
    return Stock(_pieces(moved), _pieces(wanted), _optional(instance) or "")


def _pieces(value: Any) -> Mapping[str, int]:
    if value is None:
        return {}
    if isinstance(value, dict) and all(type(pieces) is int for pieces in value.values()):
        return value
    raise UnfitError(f"expected pieces by SKU, found {value!r}")
