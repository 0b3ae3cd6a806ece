"""Checking the model itself, without any target: `--saga-model`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cattrs.preconf.json import make_converter

from model.choreography import TABLE
from model.decisions import STALE
from properties.claims import CLAIMS, Checked
from properties.modes.mode import Mode, Outcome
from properties.settings.in_force import Settings
from reports.counterexample import Counterexample
from reports.files import write_file
from reports.markdown import counterexample_markdown
from reports.terminal import counterexample_text
from reports.wording import command, shown_path

if TYPE_CHECKING:
    from properties.session import Verification

_OPTION = "--saga-model"
_JSON = make_converter()
_BY_SENTENCE = {claim.sentence: claim for claim in CLAIMS}


def _do(verification: Verification, item: str) -> tuple[Outcome, str]:
    """Check one claim."""
    checked = _BY_SENTENCE[item].check(TABLE)
    verification.hand_in(item, _JSON.dumps(checked))
    if checked.unanswered:
        return Outcome.NO_ANSWER, checked.said
    if checked.holds:
        return Outcome.PASSED, ""
    directory = verification.settings.report_dir
    told = [
        counterexample_text(each, command(_OPTION), shown_path(directory / _report(each)))
        for each in checked.counterexamples
    ]
    return Outcome.FAILED, "\n\n".join(told) or checked.said


def _report(counterexample: Counterexample) -> str:
    return f"model-{counterexample.property_id}.md"


def _conclude(verification: Verification) -> str:
    """The table of all claims, and what of the table was covered; writes the reports."""
    said = verification.said
    checked = {
        claim.sentence: _JSON.loads(said[claim.sentence], Checked)
        for claim in CLAIMS
        if claim.sentence in said
    }
    for each in checked.values():
        for counterexample in each.counterexamples:
            page = counterexample_markdown(counterexample, command(_OPTION))
            write_file(verification.settings.report_dir, _report(counterexample), page)
    return coverage_text(checked)


def coverage_text(checked: dict[str, Checked]) -> str:
    """What was looked at, claim by claim, and how much of the table that covers."""
    width = max(map(len, checked), default=0)
    lines = [f"{'claim':<{width}}  {'states':>10}  {'transitions':>11}  rows  ignored  result"]
    for sentence, each in checked.items():
        figures = f"{each.states or '':>10,}  {each.transitions or '':>11,}" if each.states else ""
        covered = f"{len(each.rows):>4}  {len(each.ignored):>7}" if each.states else ""
        result = "not checked" if each.unanswered else "holds" if each.holds else "VIOLATED"
        lines.append(
            f"{sentence:<{width}}  {figures:<23}  {covered:<13}  {result}: "
            f"{each.said.splitlines()[0] if each.said else ''}"
        )
    if not any(each.states for each in checked.values()):
        return "\n".join(lines)  # nothing was explored
    rows = {row for each in checked.values() for row in each.rows}
    ignored = {tuple(key) for each in checked.values() for key in each.ignored}
    lines.append(
        f"covered: {len(rows)} of {len(TABLE.rows)} rows fired, {len(ignored)} of {len(STALE)} "
        "messages that may be ignored were"
    )
    lines += [f"never fired: {row}" for row in map(str, TABLE.rows) if row not in rows]
    return "\n".join(lines)


def _header(settings: Settings) -> list[str]:
    return [
        f"saga model: {len(TABLE.machines)} machines, {len(TABLE.rows)} rows, "
        f"{len(TABLE.channels)} queues; no target",
    ]


MODEL = Mode(
    "the model",
    wanted=lambda settings: settings.model,
    items=lambda verification: [*_BY_SENTENCE],
    do=_do,
    needs_target=False,
    header=_header,
    conclude=_conclude,
)
