"""The kill matrix: what it counts, and that its two forms are well made."""

from __future__ import annotations

from xml.etree import ElementTree

from attrs import evolve

from reports.killmatrix import Kill, matrix_markdown, matrix_svg, properties_of, totals

SOON = Kill(
    bug="charges_<twice>",
    entries=("B01", "B02"),
    without_chance="sweep",
    schedules={"MONEY-1": (1, 3, 5), "LIVE-0": (40,)},
    first=(1, 3, 5),
    seconds=(0.01, 0.03, 0.05),
    seeds=3,
    reported={"MONEY-1": ((1, 1), (1, 1), (1, 2))},
    least={"MONEY-1": (1, 1)},
)
NEVER = evolve(
    SOON,
    bug="invisible",
    without_chance="",
    schedules={},
    first=(),
    seconds=(),
    reported={},
    least={},
)


def test_counts() -> None:
    """Pins found, measured and minimal, by hand."""
    assert (SOON.found, SOON.measured, SOON.minimal) == (3, 3, 2)
    assert (NEVER.found, NEVER.measured, NEVER.minimal) == (0, 0, 0)


def test_what_cannot_be_compared_is_not_counted() -> None:
    """Pins that a report without a known shortest schedule is neither minimal nor not."""
    assert evolve(SOON, least={}).measured == 0


def test_totals_name_what_was_never_found() -> None:
    """Pins that a bug that escapes is said by name, not lost in a sum."""
    assert "never found: invisible" in totals([SOON, NEVER])
    assert not any("never" in line for line in totals([SOON]))
    assert any("2 of 3 reports" in line for line in totals([SOON]))


def test_markdown_is_a_table() -> None:
    """Pins that every row has as many cells as the head, whatever a bug is called."""
    lines = matrix_markdown([SOON, NEVER], "python -m x").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 4
    assert len({row.count(" | ") for row in rows}) == 1
    assert "| 3, 5 |" in rows[2]
    assert "<twice>" not in rows[2]


def test_svg_is_well_formed_and_escaped() -> None:
    """Pins one square for each property that a bug violated, in XML that can be read."""
    root = ElementTree.fromstring(matrix_svg([SOON, NEVER]))
    squares = [element for element in root.iter() if element.tag.endswith("rect")]
    assert len(squares) - 1 == sum(len(kill.schedules) for kill in (SOON, NEVER))
    assert "charges_<twice>, MONEY-1: 3 schedules" in [element.text for element in root.iter()]


def test_columns_are_what_was_violated() -> None:
    """Pins that there is no empty column."""
    assert properties_of([SOON, NEVER]) == ["LIVE-0", "MONEY-1"]
