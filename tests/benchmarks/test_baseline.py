"""The rivals of the benchmark are no straw men: they hold on the reference, and they find bugs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.baseline.__main__ import options_of
from benchmarks.baseline.comparing import Cell, Comparison, exceptions, table, totals
from benchmarks.baseline.measuring import KIT, TOOLS, Hunt, Length, MissingTool, Rate, tool
from implementations import faulty, reference
from properties.garbage import fewer_collections
from tests.needs import needs

RIVALS = tuple(name for name in TOOLS if name != KIT)


@pytest.fixture(autouse=True)
def as_measured() -> Iterator[None]:
    """simloom collects all garbage after each run: without this, that of the test session too."""
    with fewer_collections():
        yield


def rival(name: str) -> Any:
    """The module that hunts with a tool; the test is skipped where it is not installed."""
    if name in ("simloom", "simloop"):
        needs("rivals")
    return tool(name)


@pytest.mark.parametrize("name", TOOLS)
def test_the_reference_is_not_accused(name: str) -> None:
    """What holds, holds with every tool, and something was done: no harness counts its own bugs."""
    rate = rival(name).rate(reference.make, 0.5)
    assert rate.steps > 200
    assert not rate.alarm


@pytest.mark.parametrize("name", TOOLS)
def test_a_plain_bug_is_found(name: str) -> None:
    """Every tool finds a cent that is lost on the way, and its counterexample has a length."""
    hunt = rival(name).hunt(faulty.float_cents, 1, 10.0, True)
    assert hunt.said
    assert hunt.length.steps > 0
    assert hunt.length.deviations >= 0


@pytest.mark.parametrize("name", TOOLS)
def test_a_bug_that_needs_a_fault_is_found(name: str) -> None:
    """Every tool makes something go wrong: without that no card is charged twice."""
    hunt = rival(name).hunt(faulty.charges_each_time, 1, 20.0, False)
    assert hunt.said
    assert hunt.length is None


@pytest.mark.parametrize("name", RIVALS)
def test_what_is_out_of_time_has_found_nothing(name: str) -> None:
    """Without any time nothing is found, and nobody fails."""
    assert rival(name).hunt(reference.make, 1, 0.0, True).said == ""


def test_a_tool_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what is missing and how to get it."""

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name="simloom")

    monkeypatch.setattr("benchmarks.baseline.measuring.import_module", missing)
    with pytest.raises(MissingTool, match=r"simloom is not installed.*3\.12.*--tools"):
        tool("simloom")


def test_a_module_that_is_missing_elsewhere_is_no_missing_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mistake of ours is not put down to the user's installation."""

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name="attrz")

    monkeypatch.setattr("benchmarks.baseline.measuring.import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        tool("simloom")


def test_a_bug_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt bug or tool ends in one line that names it."""
    for option in ("--bugs=float_cent", "--tools=simlom"):
        with pytest.raises(SystemExit):
            options_of([option])
        assert f"there is no '{option.partition('=')[2]}'" in capsys.readouterr().err


def comparison() -> Comparison:
    """Three bugs: one found by both, one by the rival alone, one by the kit alone."""
    both, theirs, ours = "both", "theirs", "ours"
    found = {
        (KIT, both): Hunt(0.2, "wrong", Length(9, 2)),
        ("simloom", both): Hunt(0.1, "wrong", Length(12, 1)),
        (KIT, theirs): Hunt(2.0),
        ("simloom", theirs): Hunt(1.0, "wrong"),
        (KIT, ours): Hunt(0.5, "wrong"),
        ("simloom", ours): Hunt(2.0),
    }
    cells = {(name, bug): Cell(name, bug, (hunt,)) for (name, bug), hunt in found.items()}
    rates = {KIT: Rate(80_000, 2.0, False), "simloom": Rate(20_000, 2.0, True)}
    return Comparison((KIT, "simloom"), (both, theirs, ours), cells, rates)


def test_where_a_rival_is_better_is_said() -> None:
    """What a rival finds, finds sooner or tells more briefly is listed by name; nothing else is."""
    assert list(exceptions(comparison())) == [
        "- simloom finds, and the kit does not: `theirs`.",
        "- simloom is sooner: `both`.",
        "- simloom needs fewer deviations: both (1 against 2).",
        "- simloom needs fewer steps: none.",
    ]


def test_the_table_says_what_was_not_found() -> None:
    """A row for each bug: seeds, seconds and length, or a dash where nothing was found."""
    assert list(table(comparison()))[2:] == [
        "| `both` | 1/1, 0.20 s, 2 of 9 | 1/1, 0.10 s, 1 of 12 |",
        "| `theirs` | - | 1/1, 1.00 s |",
        "| `ours` | 1/1, 0.50 s | - |",
    ]


def test_the_totals_count_both_ways() -> None:
    """Found, missed, sooner and shorter are counted against the kit, and alarms are not hidden."""
    rows = dict(line.strip("| ").split(" | ", 1) for line in list(totals(comparison()))[2:])
    assert rows["bugs found, of 3"] == "2 | 2"
    assert rows["effective steps a second, on the reference"].endswith("10,000 (and a false alarm)")
    assert rows["bugs that the kit has not found"].endswith("1")
    assert rows["shared bugs that it finds sooner than the kit"].endswith("1 of 1")
    assert rows["counterexamples: deviations fewer than the kit's, as many, more"].endswith(
        "1, 0, 0"
    )
