"""The choreography as Mermaid text: each participant's states, who tells whom what, the ledger."""

from __future__ import annotations

from model.automaton import LEDGER, Automaton
from model.choreography import TABLE
from model.table import Row, Table


def state_diagram(actor: str, table: Table = TABLE) -> str:
    """The states of one actor; resting states lead to the end, faults are marked."""
    machine = table.machine(actor)
    lines = ["stateDiagram-v2"]
    lines += [f"    state {_quoted(state)} as {_id(state)}" for state in machine.states]
    lines.append(f"    [*] --> {_id(machine.initial)}")
    for row in table.rows:
        if row.actor == actor:
            lines.append(f"    {_id(row.state)} --> {_id(row.to)}: {label(row)}")
    lines += [f"    {_id(s)} --> [*]" for s in machine.states if s in machine.resting]
    return "\n".join(lines) + "\n"


def event_flow(table: Table = TABLE) -> str:
    """Who publishes what to whom; requests of the customer and announcements included."""
    lines = ["flowchart LR", "    customer([customer])"]
    lines += [f"    {actor}[{actor}]" for actor in table.actors]
    if table.announcements:
        lines.append("    world([whoever cares])")
    lines += [
        f"    {sender} -- {', '.join(events)} --> {receiver}"
        for (sender, receiver), events in flows(table).items()
    ]
    return "\n".join(lines) + "\n"


def ledger_diagram(automaton: Automaton = LEDGER) -> str:
    """What can happen to the money, the stock and the parcel of one order."""
    lines = ["stateDiagram-v2", "    direction LR", "    [*] --> s0"]
    lines += [
        f"    s{source} --> s{target}: {letter}" for source, letter, target in automaton.arrows
    ]
    lines += [f"    s{state} --> [*]" for state in sorted(automaton.resting)]
    return "\n".join(lines) + "\n"


def compensations(table: Table = TABLE) -> frozenset[str]:
    """The messages that ask for something to be undone, or say that it is."""
    undoing = [row for row in table.rows if any(effect.undoes for effect in row.effects)]
    messages = {event for row in undoing for event in (row.on, *row.emits)}
    return frozenset(messages - table.port_calls)


def flows(table: Table) -> dict[tuple[str, str], list[str]]:
    """The messages of each pair of sender and receiver."""
    sent = [("customer", request) for request in table.requests]
    sent += [("order", event) for event in table.start]
    sent += [(row.actor.value, event) for row in table.rows for event in row.emits]
    flows: dict[tuple[str, str], list[str]] = {}
    for sender, event in dict.fromkeys(sent):
        receivers = [actor.value for actor in table.consumers(event)] or ["world"]
        for receiver in receivers:
            flows.setdefault((sender, receiver), []).append(event)
    return flows


def label(row: Row) -> str:
    """What makes a row fire, and what happens then."""
    choice = f" [{row.outcome or row.guard.value}]" if row.outcome or row.guard != "always" else ""
    effects = "".join(f" {effect.name.upper()}" for effect in row.effects)
    emits = f" / {', '.join(row.emits)}" if row.emits else ""
    return f"{'FAULT ' if row.fault else ''}{row.on}{choice}{effects}{emits}"


def _id(state: str) -> str:
    """Mermaid takes a dash for an arrow."""
    return state.replace("-", "_")


def _quoted(text: str) -> str:
    return f'"{text}"'
