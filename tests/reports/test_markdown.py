"""Structure of the Markdown page, above all where its strings are hostile."""

from __future__ import annotations

import ast
import html
import re

import pytest
from attrs import evolve

from reports.counterexample import Counterexample
from reports.markdown import code, counterexample_markdown, escape, fenced
from reports.wording import printable
from tests.reports import samples

ALL = (samples.double_charge(), samples.stock_leak(), samples.oversell(), samples.hostile())


def page(c: Counterexample) -> str:
    """Make the page of a counterexample."""
    return counterexample_markdown(c, "replay", samples.KIT)


def outside_fences(text: str) -> list[str]:
    """List the lines that no code block holds; fail where one is not closed."""
    lines, fence = [], ""
    for line in text.splitlines():
        run = re.match("`{3,}", line)
        if not fence and run:
            fence = run[0]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            lines.append(line)
    assert not fence
    return lines


@pytest.mark.parametrize("c", ALL, ids=lambda c: str(c.property_id)[:8])
def test_tables_keep_their_columns(c: Counterexample) -> None:
    """Pins that no cell breaks out of its table: each row has as many pipes as its header."""
    pipes = 0
    rows = 0
    for line in outside_fences(page(c)):
        if not line.startswith("|"):
            pipes = 0
            continue
        pipes = pipes or line.count("|")
        rows += 1
        assert line.count("|") == pipes, line
    assert rows > 6


def test_hostile_strings_add_no_structure() -> None:
    """Pins that a hostile page has the headings and blocks of a friendly one, and no raw HTML."""

    def headings(c: Counterexample) -> list[str]:
        return [line.split(":")[0] for line in outside_fences(page(c)) if line.startswith("## ")]

    friendly = samples.double_charge()
    assert headings(samples.hostile()) == headings(friendly)
    lines = outside_fences(page(samples.hostile()))
    tags = {tag for line in lines for tag in re.findall("<[^>]*>", line)}
    assert tags <= {"<br>", "<code>", "</code>"}


def test_nothing_steers_a_terminal_or_breaks_the_encoding() -> None:
    """Pins that the page can be written as UTF-8 and shown with `cat`."""
    text = page(samples.hostile())
    text.encode("utf-8")
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        samples.HOSTILE,
        *("*a*", "_a_", "a_b", "`a`", "a|b", "a\\|b", "<b>", "&amp;", "[a](b)", "# a", "- a"),
        *("1. a", "+ a", "=", "~a~", "$a$", ":smile:", "http://a", "www.a", "@a", "  a  ", ""),
    ],
)
def test_escape_loses_nothing(text: str) -> None:
    """Pins that a reader sees the very text: references turn back into the characters."""
    shown = html.unescape(escape(text))
    assert not re.search(r"[\\`*\[\]<>|~$]|&(?!#\d+;)|#(?!\d+;)", escape(text))
    assert shown == printable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("12.50 EUR", "12.50 EUR"),
        ("0.00 EUR", "0.00 EUR"),
        ("charge_id", "charge_id"),
        ("order.created(o1)", "order.created(o1)"),
        ("payment: crash", "payment: crash"),
    ],
)
def test_escape_leaves_plain_words_readable(text: str, shown: str) -> None:
    """Pins that the page is readable as a text file, too."""
    assert escape(text) == shown


def test_code_and_fences() -> None:
    """Pins code in a line and in a block around backticks and pipes."""
    assert code("m:f") == "`m:f`"
    assert code("a`b") == "<code>a&#96;b</code>"
    assert code("a|b") == "<code>a&#124;b</code>"
    assert fenced("a ```` b\n", "sh") == "`````sh\na ```` b\n`````\n"


def test_the_ledger_shows_only_changes() -> None:
    """Pins that a step without an entry and with the same balances is not in the table."""
    c = samples.double_charge()
    quiet = evolve(c.steps[0], number=9, balances=c.steps[-1].balances)
    assert page(evolve(c, steps=(*c.steps, quiet))).count("\n| 9 |") == 1  # in the schedule alone
    empty = evolve(c, steps=(evolve(c.steps[0], balances=()),))
    assert "The ledger stayed empty" in page(empty)


def test_optional_sections() -> None:
    """Pins that what is not known has no empty section."""
    bare = evolve(samples.double_charge(), safeguard=None, divergence=None, also=())
    assert "## Missing safeguard" not in page(bare)
    assert "## Model against target" not in page(bare)
    assert "also violates" not in page(bare)


@pytest.mark.parametrize("c", ALL, ids=lambda c: str(c.property_id)[:8])
def test_the_regression_test_is_python(c: Counterexample) -> None:
    """Pins that the pasted test parses, with one test function, and holds the very schedule."""
    match = re.search(r"(`{3,})python\n(.*?)\n\1", page(c), re.DOTALL)
    assert match
    tree = ast.parse(match[2])
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 1
    assert functions[0].name.startswith("test_")
    (held,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COUNTEREXAMPLE"
    ]
    assert held["schedule"] == c.schedule
    assert held["target"] == c.target


def test_steps_in_which_nothing_was_relayed_are_left_out() -> None:
    """Pins that table and diagram do without them, that the rest keep their numbers, and a note."""
    c = samples.long(8, ())
    silent = (3, 4, 5)
    steps = tuple(evolve(s, idle="ware|house") if s.number in silent else s for s in c.steps)
    text = page(evolve(c, steps=steps))
    table = text[text.index("## Schedule") : text.index("## Ledger")]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == [*"12678"]
    assert "3 steps left out, in which nothing was to be relayed: ware&#124;house." in table
    diagram = text[text.index("## Sequence") :]
    assert [n for n in range(1, 9) if f": event {n}\n" not in diagram] == [*silent]
    assert "left out, in which" not in page(c)


def test_what_is_about_no_order_is_about_all() -> None:
    """Pins that no field stays empty where a property, such as STOCK-2, counts all orders."""
    assert "- Order: all\n" in page(evolve(samples.oversell(), order=""))
    assert "- Order: o1\n" in page(evolve(samples.oversell(), order="o1"))
