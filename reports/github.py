"""What GitHub Actions shows of a run: annotations, and a summary of the step in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from reports.counterexample import Counterexample
from reports.markdown import code, escape, fenced
from reports.place import Place
from reports.verdict import PropertyVerdict, RunSummary, Verdict
from reports.wording import clip, count, named, printable, sentence, work_text

#: Counterexamples that the summary of a step tells; GitHub takes a mebibyte of it.
TOLD = 25
_LENGTH = 2_000
_BAD = (Verdict.VIOLATED,)
_UNSURE = (Verdict.UNKNOWN, Verdict.VACUOUS)


def workflow_commands(summary: RunSummary, place: Place | None = None) -> list[str]:
    """Return workflow commands: an error for each violated property, and warnings, for each reason.

    Where the search was shared, what a shard cannot know is no warning.
    """
    lines = [
        command("error", f"{row.id} VIOLATED", _message(row), place)
        for row in summary.properties
        if row.verdict in _BAD
    ]
    unsure: dict[tuple[Verdict, str], list[str]] = {}
    for row in summary.properties if not summary.partial else ():
        if row.verdict in _UNSURE:
            unsure.setdefault((row.verdict, row.reason), []).append(row.id)
    for (verdict, reason), ids in unsure.items():
        title = f"{verdict}: {count(len(ids), 'verdict')}"
        lines.append(command("warning", title, f"{', '.join(ids)}: {reason}", place))
    return lines


def _message(row: PropertyVerdict) -> str:
    report = f"; see {row.counterexample}" if row.counterexample else ""
    return f"{row.statement}. Found: {row.reason}{report}"


def command(name: str, title: str, message: str, place: Place | None = None) -> str:
    """Return one workflow command, on one line, whatever is in its strings."""
    properties = {"title": title}
    if place is not None:
        properties |= {"file": place.path, "line": str(place.line)}
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    return clip(printable(text), _LENGTH).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(
    summary: RunSummary,
    counterexamples: Mapping[str, Counterexample],
    replay_command: Callable[[PropertyVerdict, Counterexample], str],
) -> str:
    """Return the summary of a step: the verdicts, and how each violated property is violated."""
    verdicts = Counter(row.verdict for row in summary.properties)
    counted = ", ".join(f"{verdicts[each]} {each}" for each in Verdict if verdicts[each])
    violated = [row for row in summary.properties if row.verdict in _BAD]
    rows = [*violated, *(row for row in summary.properties if row.verdict not in _BAD)]
    told = [row for row in violated if row.id in counterexamples]
    parts = [
        f"## Order saga: {counted}\n",
        f"{_facts(summary)}\n",
        *(_case(row, counterexamples[row.id], replay_command) for row in told[:TOLD]),
    ]
    if len(told) > TOLD:
        parts.append(f"And {len(told) - TOLD} more: see the report.\n")
    parts.append(f"<details><summary>All verdicts</summary>\n\n{_table(rows)}\n</details>\n")
    return "\n".join(parts)


def _facts(summary: RunSummary) -> str:
    share = f"; {escape(summary.partial)}, to be merged" if summary.partial else ""
    fewer = f"; {escape(summary.fewer)}" if summary.fewer else ""
    return (
        f"{code(summary.target)}, {code(summary.delivery)}, profile {escape(summary.profile)}, "
        f"seed {summary.seed}; {work_text(summary)}{fewer}{share}"
    )


def _case(
    row: PropertyVerdict,
    c: Counterexample,
    replay_command: Callable[[PropertyVerdict, Counterexample], str],
) -> str:
    lines = [
        f"### {escape(row.id)}: {escape(row.statement)}\n",
        f"Found: {escape(c.finding)}\n",
        f"> {escape(sentence(c))}\n",
    ]
    if c.safeguard is not None:
        why, how = escape(c.safeguard.reason), escape(c.safeguard.advice)
        lines.append(f"Missing safeguard: **{escape(named(c.safeguard))}**. {why} {how}\n")
    lines.append(fenced(printable(replay_command(row, c)), "sh"))
    return "\n".join(lines)


def _table(rows: Sequence[PropertyVerdict]) -> str:
    lines = ["| property | verdict | checked | statement, or reason |", "|---|---|---|---|"]
    lines += [
        f"| {escape(row.id)} | {row.verdict} | {row.checked:,} | "
        f"{escape(row.reason or row.statement)} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
