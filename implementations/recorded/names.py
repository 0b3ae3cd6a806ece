"""All names that a log can use, in the kit's words."""

from __future__ import annotations

from attrs import frozen

from model.table import Table


@frozen
class Names:
    """The words of a table."""

    services: tuple[str, ...]
    events: tuple[str, ...]
    messages: tuple[str, ...]
    """What can be consumed: events, requests, and what passes between a service and its port."""
    effects: tuple[str, ...]
    states: dict[str, tuple[str, ...]]


def names(table: Table) -> Names:
    """The words of a table."""
    emitted = {event: None for row in table.rows for event in row.emits}
    events = {event: None for event in (*table.start, *emitted) if event not in table.port_calls}
    messages = {row.on: None for row in table.rows}
    return Names(
        services=tuple(map(str, table.actors)),
        events=tuple(map(str, events)),
        messages=tuple(map(str, messages)),
        effects=tuple(effect.name for effect in table.effects),
        states={str(m.actor): m.states for m in table.machines},
    )
