"""One saga of a log: a timeline of its lines, and the same as a sequence diagram."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from model.logs.judgement import Answer
from model.logs.records import Record
from model.logs.tracker import SagaReport
from model.table import Table
from reports.log import after_lines
from reports.sequence import mermaid_text
from reports.wording import count, printable

_OUTSIDE = "outside"
#: Mermaid refuses more than 50,000 characters, and nobody reads that many.
MOST_LINES = 200


@frozen
class Moment:
    """One line of the saga."""

    line: int
    time: str
    record: Record
    explained: bool = True


def in_order(table: Table, moments: Sequence[Moment]) -> list[Moment]:
    """The moments so that a message is consumed after it was published, where the log allows it.

    The order inside each service stays; between services it is that of the log, unless a line is
    there before its cause.
    """
    lanes: dict[str, list[Moment]] = {}
    for moment in moments:
        lanes.setdefault(moment.record.service, []).append(moment)
    to_come: dict[str, int] = {}
    for moment in moments:
        for event in _sent(table, moment.record):
            to_come[event] = to_come.get(event, 0) + 1
    published: set[str] = set()
    ordered = []
    while any(lanes.values()):
        heads = sorted((lane[0] for lane in lanes.values() if lane), key=lambda m: m.line)
        caused = (m for m in heads if m.record.consumed in published | {None})
        free = (m for m in heads if not to_come.get(m.record.consumed or ""))
        chosen = min([*caused, *free], key=lambda m: m.line, default=heads[0])
        lanes[chosen.record.service].remove(chosen)
        published.update(_sent(table, chosen.record))
        ordered.append(chosen)
    return ordered


def _sent(table: Table, record: Record) -> tuple[str, ...]:
    """What a line published, and the calls to a port that it must have made."""
    rows = table.rows if record.state is not None else ()
    calls = {
        event
        for row in rows
        if (row.actor, row.on, row.to) == (record.service, record.consumed, record.state)
        for event in row.emits
        if event in table.port_calls
    }
    return (*(record.published or ()), *sorted(calls))


def timeline_text(saga: SagaReport, moments: Sequence[Moment]) -> str:
    """The timeline for a terminal; `?` marks what nothing explains."""
    answer = saga.judgement.answer
    compensating = ", compensating" if saga.judgement.compensating else ""
    status = saga.judgement.status if answer is Answer.CONFORMS else f"{answer}{compensating}"
    times = max((len(printable(moment.time)) for moment in moments), default=0)
    lines = max((len(str(moment.line)) for moment in moments), default=1)
    rows = [
        f"{'  ' if moment.explained else '? '}line {moment.line:>{lines}}  "
        f"{printable(moment.time):<{times}}  {printable(str(moment.record))}".rstrip()
        for moment in moments
    ]
    head = f"saga {printable(saga.saga)}: {status}, {count(len(moments), 'line')}"
    end = [] if answer is Answer.CONFORMS else after_lines(saga)
    return "\n".join([head, *rows, *end])


def timeline_markdown(table: Table, saga: SagaReport, moments: Sequence[Moment]) -> str:
    """Timeline and diagram."""
    text = timeline_text(saga, moments).replace("```", "'''")
    diagram = timeline_diagram(table, moments)
    return (
        f"# One saga of a log\n\n```text\n{text}\n```\n\n```mermaid\n{diagram}```\n\n"
        "Between services, the order is that of the log, except where a message would be consumed\n"
        "before it was published.\n"
    )


def timeline_diagram(table: Table, moments: Sequence[Moment]) -> str:
    """A Mermaid sequence diagram: an arrow for each message consumed, from who published it."""
    drawn = moments[:MOST_LINES]
    sources: dict[str, str] = {}
    body: list[str] = []
    used: dict[str, None] = {}
    for moment in drawn:
        record = moment.record
        used[record.service] = None
        if record.consumed is not None:
            source = sources.get(record.consumed) or _publisher(table, record.consumed)
            used[source] = None
            body.append(f"    {source}-){record.service}: {mermaid_text(record.consumed)}")
        for event in record.published or ():
            sources[event] = record.service
        said = _note(moment)
        if said:
            body.append(f"    Note over {record.service}: {mermaid_text(said)}")
    if len(moments) > len(drawn) and drawn:
        left = count(len(moments) - len(drawn), "line")
        body.append(f"    Note over {drawn[-1].record.service}: and {left} more")
    order = [*(str(actor) for actor in table.actors), _OUTSIDE]
    lanes = [f"    participant {lane}" for lane in sorted(used, key=order.index)]
    return "\n".join(["sequenceDiagram", *lanes, *body]) + "\n"


def _note(moment: Moment) -> str:
    record = moment.record
    said = [
        *(effect.upper() for effect in record.effects or ()),
        *(f"publishes {event}" for event in record.published or ()),
        *([f"is {record.state}"] if record.state is not None else []),
    ]
    return ("" if moment.explained else "NOT EXPLAINED: ") + ", ".join(said)


def _publisher(table: Table, message: str) -> str:
    """Who publishes a message, if there is only one who does."""
    if message in table.start:
        return "order"
    rows = {str(row.actor) for row in table.rows if message in row.emits}
    return rows.pop() if len(rows) == 1 else _OUTSIDE
