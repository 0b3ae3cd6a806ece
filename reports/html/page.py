"""The page: one file for one run, with all that it needs inside of it."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from reports.html.case import Case, case_section, room_for
from reports.html.coverage import coverage_section
from reports.html.elements import Markup, element, join
from reports.html.tables import (
    deliveries_section,
    faults_section,
    verdict_mark,
    verdicts_section,
)
from reports.kit import Kit, this_kit
from reports.verdict import RunSummary, Verdict
from reports.wording import count, work_text

#: The name of the file in the report directory.
FILE_NAME = "report.html"
_HERE = Path(__file__).resolve().parent


def report_page(
    summary: RunSummary, cases: Iterable[Case], kit: Kit | None = None, when: str = ""
) -> str:
    """Return the page of a run; `when` says when it was made and how long it took."""
    kit, told = kit or this_kit(), tuple(cases)
    names = {case.name for case in told}
    style, script = asset("report.css"), asset("report.js")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{_headline(summary)} {summary.target}"),
        element("style", style),
    )
    body = element(
        "body",
        element("a", "Skip to the verdicts", href="#verdicts", class_="skip"),
        _header(summary, when),
        _contents(summary, told),
        element(
            "main",
            verdicts_section(summary, names),
            _cases(told, kit),
            deliveries_section(summary, names),
            coverage_section(summary),
            faults_section(summary.fault_counts),
        ),
        element("footer", element("p", f"Order saga verification kit {kit.version}")),
        element("p", id="said", role="status", class_="unseen"),
        element("script", script),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


@cache
def asset(name: str) -> Markup:
    """Return the style or the script, which stand in the page as they are."""
    return Markup((_HERE / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    """Return what the page may do: nothing but show this one style and run this one script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _headline(summary: RunSummary) -> str:
    """Return the one sentence that a reader came for."""
    verdicts = Counter(row.verdict for row in summary.properties)
    judged = len(summary.properties) - verdicts[Verdict.NOT_APPLICABLE]
    violated = verdicts[Verdict.VIOLATED]
    if violated:
        is_or_are = "is" if violated == 1 else "are"
        of = f"{violated} of {judged} properties"
        return f"{of} {is_or_are} violated."
    if verdicts[Verdict.UNKNOWN]:
        return f"Nothing was found, and {count(verdicts[Verdict.UNKNOWN], 'verdict')} unknown."
    return "Nothing was found to be violated."


def _header(summary: RunSummary, when: str) -> Markup:
    facts = [
        ("Target", element("code", summary.target)),
        ("Delivery contract", summary.delivery),
        ("Faults", ", ".join(summary.faults) or "none"),
        ("Profile", f"{summary.profile}, seed {summary.seed}"),
        *([("Share", f"{summary.partial}, to be merged")] if summary.partial else []),
        ("Work", work_text(summary)),
        *([("Schedules", summary.fewer)] if summary.fewer else []),
        *([("Time", when)] if when else []),
    ]
    verdicts = Counter(row.verdict for row in summary.properties)
    tally = (
        element("li", element("b", str(verdicts[each])), " ", verdict_mark(each))
        for each in Verdict
        if verdicts[each]
    )
    return element(
        "header",
        element("p", "Order saga verification", class_="kind"),
        element("h1", _headline(summary)),
        element("ul", *tally, class_="tally"),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", value)) for name, value in facts),
            class_="facts",
        ),
    )


def _contents(summary: RunSummary, cases: tuple[Case, ...]) -> Markup:
    sections = [("verdicts", "Verdicts")]
    sections += [("counterexamples", "Counterexamples")] if cases else []
    sections += [("deliveries", "Delivery contracts")] if summary.deliveries else []
    sections += [("coverage", "Coverage")]
    sections += [("faults", "Faults")] if summary.fault_counts else []
    links = (element("li", element("a", words, href=f"#{name}")) for name, words in sections)
    return element("nav", element("ul", *links), aria_label="Contents")


def _cases(cases: tuple[Case, ...], kit: Kit) -> Markup:
    if not cases:
        return Markup()
    room = room_for(len(cases))
    return element(
        "section",
        element("h2", "Counterexamples", id="counterexamples"),
        element(
            "p",
            "Each was made as short as could be, and run twice. It is told by what differs from "
            "first in, first out without any fault.",
        ),
        join(case_section(case, kit, not place, room) for place, case in enumerate(cases)),
    )
