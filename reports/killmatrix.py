"""The kill matrix: which bug falls to which property, how soon, and how short the report is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import median

from attrs import frozen

from reports.markdown import escape as escaped

#: A schedule's orders and deviations.
Length = tuple[int, int]


@frozen
class Kill:
    """What became of one bug, over a number of seeds."""

    bug: str
    entries: tuple[str, ...]
    """Of the bug catalogue."""
    without_chance: str
    """The first part of the search that finds it and draws no lots; empty if none does."""
    schedules: dict[str, tuple[int, ...]]
    """For each property, the schedules drawn until it was violated, one number for each seed that
    came so far."""
    first: tuple[int, ...]
    """The schedules drawn until anything was violated."""
    seconds: tuple[float, ...]
    """CPU time until then."""
    seeds: int
    reported: dict[str, tuple[Length, ...]]
    """For each property that fell first, what the reports were shrunk to."""
    least: dict[str, Length]
    """The shortest there is, where the exhaustive search came so far."""

    @property
    def found(self) -> int:
        """On how many seeds it was found by chance."""
        return len(self.first)

    @property
    def runs(self) -> int:
        """On how many seeds a whole run finds it: by chance, or by what draws no lots."""
        return self.seeds if self.without_chance else self.found

    @property
    def measured(self) -> int:
        """How many reports can be compared with the shortest."""
        return sum(len(lengths) for name, lengths in self.reported.items() if name in self.least)

    @property
    def minimal(self) -> int:
        """How many reports are as short as can be."""
        return sum(
            length == self.least[name]
            for name, lengths in self.reported.items()
            if name in self.least
            for length in lengths
        )


def properties_of(kills: Sequence[Kill]) -> list[str]:
    """All that was violated by anything."""
    return sorted({name for kill in kills for name in (*kill.schedules, *kill.reported)})


def totals(kills: Sequence[Kill]) -> list[str]:
    """The figures that matter, a line each."""
    seeds = max((kill.seeds for kill in kills), default=0)
    found = sum(kill.found for kill in kills)
    runs = sum(kill.runs for kill in kills)
    tried = sum(kill.seeds for kill in kills)
    certain = sum(1 for kill in kills if kill.without_chance)
    first = [count for kill in kills for count in kill.first]
    seconds = [took for kill in kills for took in kill.seconds]
    measured = sum(kill.measured for kill in kills)
    minimal = sum(kill.minimal for kill in kills)
    never = [kill.bug for kill in kills if not kill.found and not kill.without_chance]
    lines = [
        f"{len(kills)} bugs, {seeds} seeds: {runs} of {tried} runs find their bug; {found} by "
        f"chance alone, and {certain} bugs fall to the parts of the search that draw no lots",
        f"until the first violation: {median(first or [0]):.0f} schedules in the median, "
        f"{max(first, default=0)} at worst; {median(seconds or [0]):.2f} seconds of CPU time in "
        f"the median, {max(seconds, default=0):.1f} at worst",
        f"as short as can be: {minimal} of {measured} reports that can be compared with the "
        "shortest schedule there is",
    ]
    return [*lines, f"never found: {', '.join(never)}"] if never else lines


def matrix_markdown(kills: Sequence[Kill], command: str) -> str:
    """The matrix as a page; `command` makes it."""
    columns = properties_of(kills)
    head = ["bug", "found", "without chance", "schedules", "CPU s", "minimal", *columns]
    rows = [head, ["---"] * len(head), *([*_row(kill), *_cells(kill, columns)] for kill in kills)]
    return "\n".join(
        [
            "# The kill matrix\n",
            f"Made by `{command}`; do not edit. docs/zoo.md says what each bug is.\n",
            *(f"- {line}" for line in totals(kills)),
            "",
            "`schedules` and `CPU s`: drawn by chance until the first violation, median and worst "
            "of the seeds. `minimal`: reports as short as the shortest schedule there is, of those "
            "that can be compared. Under a property: schedules until it fell, in the median of the "
            "seeds on which it did before the search for others ended; `-` where it fell without "
            "chance.\n",
            *("| " + " | ".join(row) + " |" for row in rows),
            "",
        ]
    )


def _row(kill: Kill) -> list[str]:
    least = f"{kill.minimal}/{kill.measured}" if kill.measured else "-"
    first = f"{median(kill.first):.0f}, {max(kill.first)}" if kill.first else "-"
    seconds = f"{median(kill.seconds):.2f}, {max(kill.seconds):.2f}" if kill.seconds else "-"
    found = f"{kill.found}/{kill.seeds}"
    bug = f"{kill.bug} ({', '.join(kill.entries)})"
    return [escaped(bug), found, kill.without_chance or "-", first, seconds, least]


def _cells(kill: Kill, columns: Sequence[str]) -> list[str]:
    return [_cell(kill, name) for name in columns]


def _cell(kill: Kill, name: str) -> str:
    counts = kill.schedules.get(name)
    return f"{median(counts):.0f}" if counts else "-" if name in kill.reported else ""


_CELL, _LEFT, _TOP = 16, 250, 90
#: Schedules until a property fell, and the colour of that cell, dark for soon.
_SHADES = ((1, "#0b3d2e"), (10, "#1b7a5a"), (100, "#5fb796"), (1000, "#b5dfcd"))
_LATER = "#e5f3ed"


def matrix_svg(kills: Sequence[Kill]) -> str:
    """The matrix as a picture: the darker, the sooner a property falls."""
    columns = properties_of(kills)
    width, height = _LEFT + _CELL * len(columns) + 20, _TOP + _CELL * len(kills) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="10">',
        "<title>Bugs and the properties that they violate</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, name in enumerate(columns):
        x = _LEFT + _CELL * number + _CELL * 0.7
        parts.append(
            f'<text transform="translate({x:.0f},{_TOP - 6}) rotate(-60)">{escape(name)}</text>'
        )
    for line, kill in enumerate(kills):
        y = _TOP + _CELL * line
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 12}" text-anchor="end">{escape(kill.bug)}</text>'
        )
        parts += [
            _square(kill, name, _LEFT + _CELL * number, y)
            for number, name in enumerate(columns)
            if kill.schedules.get(name)
        ]
    foot = _TOP + _CELL * len(kills) + 24
    legend = "median schedules until the property falls: dark 1, then up to 10, 100, 1000, more"
    return "\n".join([*parts, f'<text x="8" y="{foot}">{legend}</text>', "</svg>", ""])


def _square(kill: Kill, name: str, x: int, y: int) -> str:
    soon = median(kill.schedules[name])
    colour = next((shade for limit, shade in _SHADES if soon <= limit), _LATER)
    title = escape(f"{kill.bug}, {name}: {soon:.0f} schedules")
    side = _CELL - 2
    return (
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{colour}">'
        f"<title>{title}</title></rect>"
    )
