"""What of the model was visited, and together with which faults: the pairs never seen stand out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reports.html.elements import Markup, element, join, scrolling
from reports.verdict import Coverage, FaultCount, RunSummary, Visits
from reports.wording import count

#: From how many schedules on a cell is darker.
_SHADES = (1, 10, 100, 1000)


def coverage_section(summary: RunSummary) -> Markup:
    """Return the transitions of the model against the faults that could strike."""
    coverage = summary.coverage
    faults = [row.fault for row in summary.fault_counts if _could_strike(row)]
    return element(
        "section",
        element("h2", "Coverage", id="coverage"),
        element("p", _share(coverage)),
        *(_matrix(coverage, faults) if coverage.visits else _missing(coverage)),
    )


def _could_strike(row: FaultCount) -> bool:
    """A fault that had no way to strike makes no pair that could have been seen."""
    return row.asked and (row.fired > 0 or row.reason == "VACUOUS")


def _share(coverage: Coverage) -> str:
    if not coverage.total:
        return f"None: {coverage.reason or 'no transition can be visited'}."
    share = 100 * coverage.visited // coverage.total
    visited = f"{coverage.visited} of {coverage.total} transitions of the model visited ({share} %)"
    return f"{visited}: {coverage.reason}." if coverage.reason else f"{visited}."


def _missing(coverage: Coverage) -> Iterator[Markup]:
    if coverage.missing:
        yield element("p", "Never visited:")
        yield element("ul", *(element("li", each) for each in coverage.missing), class_="rows")


def _matrix(coverage: Coverage, faults: Sequence[str]) -> Iterator[Markup]:
    pairs = len(coverage.visits) * len(faults)
    unseen = [(visits, _unseen(visits, faults)) for visits in coverage.visits]
    never = sum(len(names) for _, names in unseen)
    yield element(
        "p",
        f"Each number says in how many schedules the transition was visited and the fault fired, "
        f"of the {count(coverage.watched, 'schedule')} that were held against the model. "
        f"{never:,} of {count(pairs, 'pair')} never occurred: they are marked.",
    )
    yield scrolling("Transitions and faults", _table(coverage.visits, faults))
    if never:
        yield element(
            "details",
            element("summary", element("h3", "The pairs that never occurred")),
            element(
                "ul",
                *(
                    element("li", element("b", visits.transition), ": ", _named(names, faults))
                    for visits, names in unseen
                    if names
                ),
                class_="rows",
            ),
        )


def _unseen(visits: Visits, faults: Sequence[str]) -> list[str]:
    return [fault for fault in faults if not visits.faults.get(fault)]


def _named(names: Sequence[str], faults: Sequence[str]) -> str:
    return "with no fault at all" if len(names) == len(faults) else f"with {', '.join(names)}"


def _table(visits: Sequence[Visits], faults: Sequence[str]) -> Markup:
    header = element(
        "tr",
        element("th", "Transition", scope="col"),
        element("th", element("span", "all"), scope="col"),
        *(element("th", element("span", fault), scope="col") for fault in faults),
    )
    bodies = []
    for actor, group in groupby(visits, lambda each: each.transition.partition(": ")[0]):
        title = element("th", actor, colspan=len(faults) + 2, scope="rowgroup")
        rows = (_row(each, faults) for each in group)
        bodies.append(element("tbody", element("tr", title), *rows))
    caption = element("caption", "Schedules by transition and fault", class_="unseen")
    return element("table", caption, element("thead", header), join(bodies), class_="matrix")


def _row(visits: Visits, faults: Sequence[str]) -> Markup:
    transition = visits.transition.partition(": ")[2] or visits.transition
    counts = (visits.schedules, *(visits.faults.get(fault, 0) for fault in faults))
    return element(
        "tr", element("th", transition, scope="row"), *(_cell(number) for number in counts)
    )


def _cell(number: int) -> Markup:
    shade = sum(number >= least for least in _SHADES)
    return element("td", f"{number:,}", class_=f"seen-{shade}")
