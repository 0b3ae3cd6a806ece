"""Reports for a terminal: plain text, aligned, without colour codes."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from reports.counterexample import Counterexample, LedgerLine, Step
from reports.safeguards import others
from reports.selection import Gap, idle_text, left_out, select
from reports.verdict import (
    ELSEWHERE,
    Coverage,
    DeliveryTable,
    FaultCount,
    PropertyVerdict,
    RunSummary,
    Verdict,
)
from reports.wording import (
    DRAIN_LINE,
    GUILTY_MARK,
    balance_text,
    clip,
    clip_message,
    count,
    last_balances,
    marked,
    marks,
    named,
    printable,
    sentence,
    work_text,
)

WIDTH = 100
COUNTEREXAMPLE_LINES = 30
_LABEL = 11
_ADVICE_LINES = 4
_INSTEAD_LINES = 2
_MISSING_SHOWN = 6
_ORDERS_SHOWN = 2
_INJECTED = ("ConnectionError", "TimeoutError")


def counterexample_text(c: Counterexample, replay_command: str, report: str = "") -> str:
    """Return a counterexample in at most 30 lines; `report` is the path of the Markdown report.

    Where the schedule is longer, steps in order and without a fault are left out, with their
    number; marked steps stay.
    """
    for advice_lines, instead_lines in (
        (_ADVICE_LINES, _INSTEAD_LINES),
        (_ADVICE_LINES, 0),
        (0, 0),
    ):
        head, tail = _head(c), _tail(c, replay_command, report, (advice_lines, instead_lines))
        room = COUNTEREXAMPLE_LINES - len(head) - len(tail)
        entries = _entries(c)
        guilty = sum(1 for _, entry in entries if entry.guilty)
        wanted = min(len(entries), guilty + 1 if not advice_lines else max(guilty + 2, room // 3))
        wanted = min(wanted, room // 2)
        selection = select(c, room - wanted, lambda s: len(_schedule_lines(c, s)))
        if not any(isinstance(item, Gap) and item.marked for item in selection):
            break  # else once more with less advice: all of it stands in the report, too
    schedule = _schedule_lines(c, selection)
    return "\n".join([*head, *schedule, *_ledger_lines(entries, room - len(schedule)), *tail])


def counterexample_brief(c: Counterexample, same_as: str = "", report: str = "") -> str:
    """Return a counterexample in a few lines, for one that is not the first to be told.

    `same_as` is the id of the property whose report tells the very same schedule.
    """
    lines = [
        *textwrap.wrap(printable(f"{c.property_id} VIOLATED: {c.statement}"), WIDTH)[:2],
        *_labelled("found", c.finding),
    ]
    if same_as:
        lines += _labelled("schedule", f"the same as for {same_as}", 1)
    else:
        lines += _labelled("schedule", sentence(c), 3)
        if c.safeguard is not None:
            lines += _labelled("missing", named(c.safeguard), 1)
    if report:
        lines.append(f"{'report':<{_LABEL}}  {printable(report)}")
    return "\n".join(lines)


def _labelled(label: str, text: str, lines: int = 2) -> list[str]:
    """Return `label  text`, the text wrapped into at most `lines` lines of the full width."""
    width, left = WIDTH - _LABEL - 2, printable(text)
    wrapped = textwrap.wrap(left, width) or [""]
    if len(wrapped) > lines:
        wrapped = wrapped[: lines - 1]
        for line in wrapped:
            left = left.removeprefix(line).lstrip()
        wrapped.append(clip_message(left, width))
    first, *rest = wrapped
    return [f"{label:<{_LABEL}}  {first}".rstrip(), *(" " * (_LABEL + 2) + line for line in rest)]


def _head(c: Counterexample) -> list[str]:
    """Return what was violated, where, and the sentence."""
    return [
        *textwrap.wrap(printable(f"{c.property_id} VIOLATED: {c.statement}"), WIDTH)[:2],
        *_labelled("target", f"{c.target}, {c.delivery}; {c.setting}"),
        *_labelled("found", c.finding),
        *_labelled("schedule", sentence(c), 3),
        *_error(c),
    ]


def _error(c: Counterexample) -> list[str]:
    """Return the first error that no fault of ours brought about: often the cause of it all."""
    notes = (note for step in c.steps for note in step.notes if " raised " in note)
    own = (note for note in notes if not any(f" raised {ours}" in note for ours in _INJECTED))
    first = next(own, "")
    return _labelled("error", first) if first else []


def _schedule_lines(c: Counterexample, selection: list[Step | Gap]) -> list[str]:
    """Return one line per step or gap, one where the run only comes to rest, one for the quiet."""
    lines: list[str] = []
    drained = False
    for item in selection:
        first = item.steps[0] if isinstance(item, Gap) else item
        if first.drained and not drained:
            if lines:  # where nothing deviates, there is nothing to come to rest from
                lines.append(f"         -- {DRAIN_LINE} --")
            drained = True
        lines.append(f"         {item.text}" if isinstance(item, Gap) else _step_line(item))
    idle = left_out(c, selection)
    return [*lines, clip(f"         -- {idle_text(idle)} --", WIDTH)] if idle else lines


def _step_line(step: Step) -> str:
    """Return a step with its number and marks; the notes of a marked step stand beside it."""
    line = f"{step.number:>5} {marks(step):<2} {printable(step.action)}"
    return clip(line, WIDTH) + (_beside(step.notes, WIDTH - len(line)) if marked(step) else "")


def _beside(notes: Sequence[str], room: int) -> str:
    """Return the notes that fit, each as a whole: what is left of one cut in two says nothing.

    Of an error it is enough that who raised what fits, and where.
    """
    told: list[str] = []
    room -= len(" ()")
    for note in map(printable, notes):
        short = clip_message(note, room)
        who_raised_what, _, _ = note.partition(": ")
        if short != note and not (who_raised_what in short and short.endswith(")")):
            break
        told.append(short)
        room -= len(short) + len("; ")
    return f" ({'; '.join(told)})" if told else ""


def _entries(c: Counterexample) -> list[tuple[int, LedgerLine]]:
    """Return all ledger entries with the number of their step."""
    return [(step.number, entry) for step in c.steps for entry in step.entries]


def _ledger_lines(entries: list[tuple[int, LedgerLine]], room: int) -> list[str]:
    """Return the ledger in at most `room` lines: the guilty entries, then as many as fit."""
    if len(entries) > room:
        ranked = sorted(range(len(entries)), key=lambda i: (not entries[i][1].guilty, i))
        chosen = sorted(ranked[: max(room - 1, 0)])
        left_out = len(entries) - len(chosen)
        entries = [entries[i] for i in chosen]
        more = [f"{'':<{_LABEL}}  ... and {left_out} more: see the report"][:room]
    else:
        more = []
    width = max((len(str(number)) for number, _ in entries), default=1)
    lines = [
        clip(
            f"{'' if i else 'ledger':<{_LABEL}}  {GUILTY_MARK if entry.guilty else ' '} "
            f"step {number:>{width}}: {printable(entry.order)} {printable(entry.text)}",
            WIDTH,
        )
        for i, (number, entry) in enumerate(entries)
    ]
    return lines + more


def _tail(
    c: Counterexample, replay_command: str, report: str, advice_lines: tuple[int, int]
) -> list[str]:
    """Return what follows from the violation: divergence, safeguard, what to do next.

    `advice_lines` are for the safeguard that is missing, and for each that would do instead.
    """
    lines: list[str] = []
    balances = last_balances(c)
    for number, balance in enumerate(balances[:_ORDERS_SHOWN]):
        more = len(balances) - _ORDERS_SHOWN if number == _ORDERS_SHOWN - 1 else 0
        text = balance_text(balance) + (f"; {count(more, 'order')} more" if more > 0 else "")
        lines += _labelled("" if number else "in the end", text, 1)
    if c.divergence is not None:
        allowed = " or ".join(c.divergence.expected) or "nothing"
        lines += _labelled(
            "model",
            f"at step {c.divergence.step} the target did: {c.divergence.did}; the model "
            f"allows: {allowed}",
        )
    if c.safeguard is not None:
        lines += _labelled("missing", f"{named(c.safeguard)}: {c.safeguard.reason}", 2)
        own, instead = advice_lines
        if own:
            lines += _labelled("", c.safeguard.advice, own)
        for other in others(c.safeguard) if instead else ():
            lines += _labelled("", f"Or {other.name}: {other.advice}", instead)
    if c.also:
        lines += _labelled("also breaks", ", ".join(c.also), 1)
    # Never wrapped or clipped: these are there to be copied.
    if c.besides:
        lines.append(f"{'also fails':<{_LABEL}}  {printable(c.besides)}")
    lines.append(f"{'replay':<{_LABEL}}  {printable(replay_command)}")
    if report:
        lines.append(f"{'report':<{_LABEL}}  {printable(report)}")
    return lines


def summary_text(summary: RunSummary) -> str:
    """Return the closing table of a run: settings, verdicts, faults, coverage, amount of work."""
    sections = [
        _settings(summary),
        _property_table(summary.properties),
        _fault_table(summary.fault_counts),
        _delivery_lines(summary.deliveries),
        _closing(summary),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _settings(summary: RunSummary) -> list[str]:
    """Return what was verified and under which conditions."""
    return [
        *_labelled("target", summary.target),
        *_labelled("delivery", summary.delivery),
        *_labelled("faults", ", ".join(summary.faults) or "none", 4),
        *_labelled("profile", f"{summary.profile}, seed {summary.seed}"),
        *(_labelled("share", _partial(summary)) if summary.partial else []),
    ]


def _partial(summary: RunSummary) -> str:
    return f"{summary.partial}; the verdicts come with --saga-merge, once all are there"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], right: int) -> list[str]:
    """Return aligned columns; column `right` is flush right, the last one is wrapped."""
    cells = [[printable(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header) - 1)]
    room = max(WIDTH - sum(widths) - 2 * len(widths), 20)
    lines: list[str] = []
    for row in cells:
        first = "  ".join(
            cell.rjust(width) if i == right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        )
        text = textwrap.wrap(row[-1], room) or [""]
        lines.append(f"{first}  {text[0]}".rstrip())
        lines += [" " * (len(first) + 2) + line for line in text[1:]]
    return lines


def _property_table(properties: Sequence[PropertyVerdict]) -> list[str]:
    """Return one row per property: its verdict, how often it was checked, and why."""
    rows = []
    for row in properties:
        text = row.reason or row.statement
        if row.counterexample:
            text += f" (see {row.counterexample})"
        checked = "-" if row.verdict is Verdict.NOT_APPLICABLE else f"{row.checked:,}"
        rows.append([row.id, row.verdict.value, checked, text])
    return _table(["property", "verdict", "checked", "statement, or reason"], rows, 2)


def _fault_table(faults: Sequence[FaultCount]) -> list[str]:
    """Return one row per fault: how often it was proved to have fired, or why it did not."""
    if not faults:
        return []
    rows = []
    for row in faults:
        if not row.asked:
            rows.append([row.fault, "-", f"not asked for{': ' if row.reason else ''}{row.reason}"])
        elif not row.fired:
            rows.append([row.fault, "0", _never(row)])
        else:
            rows.append([row.fault, f"{row.fired:,}", row.meaning])
    return _table(["fault", "fired", "what it does"], rows, 1)


def _never(row: FaultCount) -> str:
    """A fault that had no way to strike is no cause for alarm, one that had is."""
    if row.reason == ELSEWHERE:
        return f"{ELSEWHERE}: {row.meaning}"
    if row.reason and row.reason != "VACUOUS":
        return f"cannot strike: {row.reason}"
    return f"NEVER FIRED: {row.meaning}"


def _delivery_lines(deliveries: DeliveryTable | None) -> list[str]:
    """Return what holds under which of the broker's promises, and which one the saga depends on."""
    if deliveries is None:
        return []
    rows = [[row.contract, ", ".join(row.violated) or "none"] for row in deliveries.contracts]
    lines = _table(["delivery contract", "violated"], rows, -1)
    lines += _labelled("depends on", deliveries.conclusion, 3)
    # Never wrapped or clipped: these are there to be copied.
    lines += [f"{name:<{_LABEL}}  {printable(path)}" for name, path in deliveries.reports.items()]
    return lines


def _closing(summary: RunSummary) -> list[str]:
    """Return coverage, amount of work, and the verdicts counted."""
    verdicts = Counter(row.verdict for row in summary.properties)
    counted = ", ".join(f"{verdicts[v]} {v.value}" for v in Verdict if verdicts[v])
    return [
        *_coverage_lines(summary.coverage),
        *_labelled("work", work_text(summary)),
        *(_labelled("schedules", summary.fewer, 4) if summary.fewer else []),
        *_labelled("verdicts", counted or "none"),
    ]


def _coverage_lines(coverage: Coverage) -> list[str]:
    """Return how much of the model was visited, and the first of what was not."""
    if not coverage.total:
        return _labelled("coverage", f"none: {coverage.reason or 'no transition can be visited'}")
    share = 100 * coverage.visited // coverage.total
    text = f"{coverage.visited} of {coverage.total} transitions of the model visited ({share} %)"
    lines = _labelled("coverage", f"{text}: {coverage.reason}" if coverage.reason else text)
    if coverage.missing:
        more = len(coverage.missing) - _MISSING_SHOWN
        shown = "; ".join(coverage.missing[:_MISSING_SHOWN])
        lines += _labelled("", f"missing: {shown}{f'; and {more} more' if more > 0 else ''}", 4)
    return lines
