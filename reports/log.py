"""What a recorded log says of its sagas: the counts, and one by one those that are not as they
should be. This is the single view over all sagas that a choreography lacks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from model.logs.judgement import Answer
from model.logs.records import View, Window
from model.logs.tracker import SagaReport, Tally
from model.vocabulary import Status
from reports.wording import clip, count, printable

WIDTH = 100
_LABEL = 12
#: How many sagas of each sort are told on the terminal; the Markdown report has more of them.
TOLD = 5
LISTED = 10
TOLD_IN_FILE = 200
_LINES = 14
_ALLOWED = 6


@frozen
class LogReport:
    """All that was found in a log."""

    log: str
    lines: int
    tally: Tally
    view: View
    services: tuple[str, ...]
    """Everybody who could have lines, seen or not."""
    complete: bool
    """Whether every saga must have ended."""
    differing: tuple[SagaReport, ...]
    unended: tuple[SagaReport, ...]
    stuck: Mapping[str, float]
    """Of those, since how many seconds before the end of the log there has been no line."""
    stuck_after: float
    timed: bool
    """Whether the log has times that could be read."""
    malformed: int
    located: tuple[tuple[int, str], ...]
    foreign: int
    strange: Mapping[str, int]
    stock: tuple[str, ...]
    more_stock: int
    stock_seen: str
    undecided: tuple[str, ...]
    cut: str

    @property
    def wrong(self) -> int:
        """How many sagas are not as they should be."""
        answers = self.tally.answers
        unended = answers[Answer.RUNNING] + answers[Answer.BEHIND] if self.complete else 0
        return answers[Answer.DIFFERS] + unended

    @property
    def empty(self) -> bool:
        """Whether there was nothing to judge."""
        return not self.tally.records

    @property
    def holds(self) -> bool:
        """Whether there is nothing to complain of."""
        return not (self.wrong or self.stock or self.cut or self.empty)

    @property
    def worst(self) -> tuple[SagaReport, ...]:
        """The sagas to be told first, the shortest story first."""
        told = (*self.differing, *(self.unended if self.complete else ()))
        return tuple(sorted(told, key=lambda report: (len(report.said), report.saga)))

    @property
    def longest_quiet(self) -> tuple[SagaReport, ...]:
        """Sagas that have not ended, those first that have been quiet for longest."""
        order = sorted(self.unended, key=lambda r: (-self.stuck.get(r.saga, 0), r.lines[-1:]))
        return tuple(order)


def log_text(report: LogReport, file: str = "") -> str:
    """The report for a terminal; `file` is the path of the one with everything."""
    lines = [
        *counts(report),
        *(line for saga in report.worst[:TOLD] for line in ("", *saga_lines(saga))),
    ]
    if len(report.worst) > TOLD or report.wrong > len(report.worst):
        lines += ["", f"... and {report.wrong - min(TOLD, len(report.worst)):,} more that differ"]
    if not report.complete:
        quiet = report.longest_quiet
        lines += [f"{'':<{_LABEL}}  {_running_line(report, each)}" for each in quiet[:LISTED]]
        if len(quiet) > LISTED:
            lines.append(f"{'':<{_LABEL}}  ... and {len(quiet) - LISTED:,} more")
    if file:
        lines += ["", *_labelled("report", file)]
    return "\n".join(lines)


def log_markdown(report: LogReport) -> str:
    """The same as Markdown, with more of it."""
    parts = [f"# Log {printable(report.log)}", _fence(counts(report))]
    if report.worst:
        parts.append("## Sagas that differ from the model")
        for saga in report.worst[:TOLD_IN_FILE]:
            parts.append(_fence(saga_lines(saga, most=0)))
        left = report.wrong - min(TOLD_IN_FILE, len(report.worst))
        parts += [f"{left:,} more are not told."] if left > 0 else []
    if report.stock:
        more = [f"... and {report.more_stock:,} more"] if report.more_stock else []
        parts += ["## Stock", _fence([*report.stock, *more])]
    if report.unended and not report.complete:
        parts.append("## Sagas that have not ended, longest quiet first")
        rows = [_running_line(report, each) for each in report.longest_quiet[:TOLD_IN_FILE]]
        left = len(report.unended) - len(rows)
        parts.append(_fence([*rows, *([f"... and {left:,} more"] if left > 0 else [])]))
    return "\n\n".join(parts) + "\n"


def counts(report: LogReport) -> list[str]:
    """The head: what was read, what it shows, and how many sagas are how."""
    tally, answers = report.tally, report.tally.answers
    read = f"{count(report.lines, 'line')}, {count(tally.sagas, 'saga')}"
    lines = [*_labelled("log", f"{report.log}: {read}"), *_labelled("shows", _shown(report))]
    if report.cut:
        lines += _labelled("CUT OFF", report.cut)
    if report.empty:
        lines += _labelled("NOTHING", "no line is about a saga: see what was not judged, below")
    conform = answers[Answer.CONFORMS]
    ended = ", ".join(
        f"{tally.statuses[status]:,} {status}" for status in Status if tally.statuses[status] > 0
    )
    lines += _labelled("conform", count(conform, "saga") + (f": {ended}" if ended else ""))
    if answers[Answer.DIFFERS]:
        lines += _labelled("DIFFER", count(answers[Answer.DIFFERS], "saga"))
    lines += _unended(report)
    lines += _stock(report)
    if report.malformed:
        where = "; ".join(f"line {number}: {reason}" for number, reason in report.located)
        more = "; ..." if report.malformed > len(report.located) else ""
        lines += _labelled("malformed", f"{count(report.malformed, 'line')}: {where}{more}", 4)
    return lines + _aside(report)


def _unended(report: LogReport) -> Iterator[str]:
    answers = report.tally.answers
    running, behind = answers[Answer.RUNNING], answers[Answer.BEHIND]
    compensating = sum(1 for each in report.unended if each.judgement.compensating)
    label = "NOT ENDED" if report.complete else "running"
    if running + behind:
        said = [f"{compensating:,} compensating"] if compensating else []
        if report.timed and not report.complete:
            said.append(
                f"{len(report.stuck):,} stuck: no line for {report.stuck_after:g} s or more, "
                "counted from the end of the log"
            )
        if behind:
            said.append(
                f"{behind:,} explained only if lines of a service are still to come (or were lost)"
            )
        text = count(running + behind, "saga") + (f": {'; '.join(said)}" if said else "")
        yield from _labelled(label, text, 3)


def _stock(report: LogReport) -> Iterator[str]:
    if report.stock_seen:
        yield from _labelled("stock", report.stock_seen)
    for finding in report.stock[:TOLD]:
        yield from _labelled("STOCK", finding)
    more = len(report.stock) - TOLD + report.more_stock
    if more > 0:
        yield from _labelled("", f"... and {more:,} more")
    for reason in report.undecided[:TOLD]:
        yield from _labelled("not decided", reason)


def _aside(report: LogReport) -> list[str]:
    """What was read and not judged: counted, so that nothing is passed over in silence."""
    tally = report.tally
    said = []
    if tally.repeated:
        said.append(f"{count(tally.repeated, 'line')} said again what was there already")
    if tally.reopened:
        said.append(f"late lines opened {count(tally.reopened, 'saga')} again")
    if tally.unplaced:
        said.append(
            f"{count(tally.unplaced, 'saga')} without a beginning, seen after so many had been "
            "closed that they had to be forgotten: late copies, or sagas of an older log"
        )
    if report.foreign:
        said.append(f"{count(report.foreign, 'line')} not about the saga")
    lines = _labelled("besides", "; ".join(said), 4) if said else []
    for what, times in sorted(report.strange.items(), key=lambda item: -item[1])[:TOLD]:
        lines += _labelled("not judged", f"{what} ({count(times, 'line')})")
    return lines


def saga_lines(saga: SagaReport, most: int = _LINES) -> list[str]:
    """One saga that is not as it should be: its lines, how far they are explained, what then."""
    judgement = saga.judgement
    wrong = {
        Answer.DIFFERS: "differs",
        Answer.BEHIND: "differs, unless lines of a service are missing",
        Answer.RUNNING: "has not ended",
        Answer.CONFORMS: "conforms",
    }[judgement.answer]
    lines = _labelled(
        "SAGA",
        f"{saga.saga} {wrong}: {saga.explained} of {count(len(saga.said), 'line')} explained",
    )
    first, last = 0, len(saga.said)
    if most and last > most:
        middle = saga.unexplained[0] if saga.unexplained else last
        first = max(0, min(middle - most // 2, last - most))
        last = first + most
    if first:
        lines.append(f"{'':<{_LABEL}}  ... {count(first, 'line')} before these")
    for position in range(first, last):
        mark = "?" if position in saga.unexplained else " "
        where = f"line {saga.lines[position]}" if saga.lines[position] else "before"
        text = f"{'':<{_LABEL}}  {mark} {where}: {printable(saga.said[position])}"
        lines.append(clip(text, WIDTH))
    if last < len(saga.said):
        lines.append(f"{'':<{_LABEL}}  ... {count(len(saga.said) - last, 'line')} after these")
    if saga.unexplained:
        lines += _labelled("", "?: the first lines of each service that nothing explains")
    return lines + after_lines(saga)


def after_lines(saga: SagaReport) -> list[str]:
    """Where the longest explanation ends, and what the table allows from there."""
    where = ", ".join(f"{who} {state}" for who, state in saga.judgement.states)
    allowed = saga.judgement.expected
    lines = _labelled("model", f"after what is explained: {where}", 3)
    for row in allowed[:_ALLOWED]:
        lines += _labelled("allows", row)
    if len(allowed) > _ALLOWED:
        lines += _labelled("", f"... and {len(allowed) - _ALLOWED} more")
    return lines if allowed else [*lines, *_labelled("allows", "nothing more")]


def _running_line(report: LogReport, saga: SagaReport) -> str:
    """A saga that has not ended, in one line: since when, and what it waits for."""
    since = f"since {saga.time}, " if saga.time is not None else ""
    stuck = "stuck " if saga.saga in report.stuck else ""
    undoing = "compensating, " if saga.judgement.compensating else ""
    waits = f"waits for {saga.judgement.waits}" if saga.judgement.waits else "nothing is pending"
    line = saga.lines[-1] if saga.lines else 0
    return clip(printable(f"{saga.saga}: {stuck}{since}line {line}: {undoing}{waits}"), WIDTH)


def _shown(report: LogReport) -> str:
    """What the log shows of whom, services alike taken together."""
    alike: dict[str, list[str]] = {}
    for service in report.services:
        window = report.view.windows.get(service)
        alike.setdefault(_of(window) if window else "not seen", []).append(service)
    said = [f"{', '.join(services)}: {what}" for what, services in alike.items()]
    hidden = sorted(report.view.hidden)
    return "; ".join(said) + (f"; never logged: {', '.join(hidden)}" if hidden else "")


def _of(window: Window) -> str:
    parts = [
        *(["messages handled"] if window.handlings else []),
        *(["events"] if window.published or window.event_lines else []),
        *(["effects"] if window.effects or window.effect_lines else []),
    ]
    return ", ".join(parts) or "declared, and nothing seen"


def _labelled(label: str, text: str, most: int = 2) -> list[str]:
    """`label  text`, the text wrapped into at most so many lines."""
    room = WIDTH - _LABEL - 2
    wrapped = textwrap.wrap(printable(text), room, break_on_hyphens=False) or [""]
    if len(wrapped) > most:
        wrapped = [*wrapped[: most - 1], clip(" ".join(wrapped[most - 1 :]), room)]
    indented: Sequence[str] = [" " * (_LABEL + 2) + line for line in wrapped[1:]]
    return [f"{label:<{_LABEL}}  {wrapped[0]}".rstrip(), *indented]


def _fence(lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    ticks = "`" * max(3, 1 + max((len(run) for run in _ticks(body)), default=0))
    return f"{ticks}text\n{body}\n{ticks}"


def _ticks(text: str) -> Iterator[str]:
    run = ""
    for char in text + " ":
        if char == "`":
            run += char
        elif run:
            yield run
            run = ""
