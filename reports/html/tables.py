"""The tables of a run: verdicts, faults, delivery contracts."""

from __future__ import annotations

from collections.abc import Container
from pathlib import PurePath

from reports.html.elements import Markup, classes, element, scrolling, table
from reports.verdict import (
    ELSEWHERE,
    VERDICT_MEANING,
    FaultCount,
    PropertyVerdict,
    RunSummary,
    Verdict,
)

_CLASS = {verdict: verdict.lower().replace(" ", "-") for verdict in Verdict}


def verdict_mark(verdict: Verdict) -> Markup:
    """Return a verdict as a word with a shape of its own."""
    return element("span", verdict.value, class_=f"verdict {_CLASS[verdict]}")


def verdicts_section(summary: RunSummary, cases: Container[str]) -> Markup:
    """Return a row for each property, and what the verdicts that occur mean."""
    rows = (_verdict_row(row, cases) for row in summary.properties)
    header = ("Property", "Verdict", "Checked", "Statement, and reason")
    occur = {row.verdict for row in summary.properties}
    meanings = (
        element("div", element("dt", verdict_mark(verdict)), element("dd", meaning))
        for verdict, meaning in VERDICT_MEANING.items()
        if verdict in occur
    )
    return element(
        "section",
        element("h2", "Verdicts", id="verdicts"),
        scrolling("Verdicts", table(header, rows, "The verdict on each property")),
        element("dl", *meanings, class_="meanings"),
    )


def _verdict_row(row: PropertyVerdict, cases: Container[str]) -> Markup:
    linked = _linked(row.id, row.counterexample, cases)
    said = row.reason if row.reason != row.statement else ""
    checked = "-" if row.verdict is Verdict.NOT_APPLICABLE else f"{row.checked:,}"
    return element(
        "tr",
        element("th", linked, scope="row", class_="id"),
        element("td", verdict_mark(row.verdict)),
        element("td", checked, class_="number"),
        element("td", row.statement, element("p", said, class_="finding") if said else Markup()),
    )


def faults_section(faults: tuple[FaultCount, ...]) -> Markup:
    """Return how often each fault took effect, and why one did not."""
    if not faults:
        return Markup()
    header = ("Fault", "Fired", "What it does")
    return element(
        "section",
        element("h2", "Faults", id="faults"),
        element("p", "A fault is counted when it takes effect, not when it is tried."),
        scrolling("Faults", table(header, map(_fault_row, faults), "How often each fault fired")),
    )


def _linked(property_id: str, report: str, cases: Container[str]) -> str:
    """Return a property's id, as a link where its counterexample is on the page."""
    name = PurePath(report).stem
    return element("a", property_id, href=f"#{name}") if name in cases else property_id


def _fault_row(row: FaultCount) -> Markup:
    reason = row.reason if row.reason != "VACUOUS" else ""
    why = ""
    if not row.asked:
        why = "not asked for"
    elif not row.fired:
        why = "cannot strike" if reason else "never fired"
        why = why if reason != ELSEWHERE else ""
    note = ": ".join(filter(None, (why, reason)))
    return element(
        "tr",
        element("th", row.fault, scope="row", class_="id"),
        element("td", f"{row.fired:,}" if row.asked else "-", class_="number"),
        element("td", row.meaning, element("p", note, class_="finding") if note else Markup()),
        class_=classes(alarm=why == "never fired", quiet=bool(note) and why != "never fired"),
    )


def deliveries_section(summary: RunSummary, cases: Container[str]) -> Markup:
    """Return what becomes of each property under each contract; nothing where one was run."""
    deliveries = summary.deliveries
    if deliveries is None:
        return Markup()
    own = {row.id: row.counterexample for row in summary.properties}
    reports = own | deliveries.reports
    ids = dict.fromkeys(name for each in deliveries.contracts for name in each.verdicts)
    header = ("Property", *(each.contract for each in deliveries.contracts))
    rows = (
        element(
            "tr",
            element("th", _linked(name, reports.get(name, ""), cases), scope="row", class_="id"),
            *(_contract_cell(each.verdicts.get(name)) for each in deliveries.contracts),
        )
        for name in ids
    )
    promises = (
        element("div", element("dt", each.contract), element("dd", each.promise))
        for each in deliveries.contracts
    )
    return element(
        "section",
        element("h2", "Delivery contracts", id="deliveries"),
        element("p", f"What the saga depends on: {deliveries.conclusion}", class_="sentence"),
        scrolling("Delivery contracts", table(header, rows, "Verdicts under each contract")),
        element("dl", *promises, class_="facts promises"),
    )


def _contract_cell(verdict: Verdict | None) -> Markup:
    return element("td", verdict_mark(verdict) if verdict else "-")
