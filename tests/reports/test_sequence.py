"""The Mermaid diagram: only lines of a small grammar, whatever the target's strings hold."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from reports.counterexample import Counterexample
from reports.sequence import lanes, mermaid_text, sequence_diagram
from tests.reports import samples

#: Text without anything that Mermaid gives a meaning: no `;` or `#` but in a reference.
TEXT = r"(?:[A-Za-z0-9 .,_/()=*!'-]|: |#\d+;)+"
GRAMMAR = re.compile(
    r"sequenceDiagram"
    rf"|    participant p\d+ as {TEXT}"
    rf"|    (?:    )?p\d+(?:-\)|->>|-->>|-x)p\d+: {TEXT}"
    rf"|    (?:    )?Note over p\d+(?:,p\d+)?: {TEXT}"
    r"|    rect rgba\([0-9., ]+\)"
    r"|    end"
)
ALL = (
    samples.double_charge(),
    samples.stock_leak(),
    samples.oversell(),
    samples.hostile(),
    samples.long(1000),
)


@pytest.mark.parametrize("c", ALL, ids=lambda c: str(c.property_id)[:8])
def test_every_line_is_in_the_grammar(c: Counterexample) -> None:
    """Pins the subset of Mermaid that we use, and that each `rect` is closed."""
    lines = sequence_diagram(c).splitlines()
    assert [line for line in lines if not GRAMMAR.fullmatch(line)] == []
    assert lines[0] == "sequenceDiagram"
    assert sum("rect" in line for line in lines) == lines.count("    end") == 1


@pytest.mark.parametrize("c", ALL, ids=lambda c: str(c.property_id)[:8])
def test_it_stays_small(c: Counterexample) -> None:
    """Pins a size that Mermaid still draws (its limit is 50,000 characters)."""
    assert len(sequence_diagram(c)) < 50_000


def test_lanes() -> None:
    """Pins who stands where: customer, roles, other participants, the world; only those used."""
    assert lanes(samples.double_charge()) == ["customer", "order", "payment", "gateway"]
    assert lanes(samples.stock_leak())[-1] == "carrier"
    hostile = samples.hostile()
    assert lanes(hostile) == [samples.HOSTILE, f"{samples.HOSTILE}2"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("payment.processed(o1)", "payment.processed(o1)"),
        ("crash: done", "crash: done"),
        ("a:b", "a#58;b"),
        ("wrap: a", "wrap#58; a"),
        ("NoWrap: a", "NoWrap#58; a"),
        ("a;b#c", "a#59;b#35;c"),
        ("%%{init: {}}%%", "#37;#37;#123;init: #123;#125;#125;#37;#37;"),
        ("<b>`&", "#60;b#62;#96;#38;"),
        ("a\nend", "a#92;nend"),
        ("ﬂ°°35¶ß", "#64258;#176;#176;35#182;#223;"),
        ("", "-"),
        (" ", "-"),
    ],
)
def test_mermaid_text(text: str, shown: str) -> None:
    """Pins the encoding of each thing that Mermaid would read as syntax, or as its own marks."""
    assert mermaid_text(text) == shown


def test_without_arrows_there_is_no_diagram() -> None:
    """Pins that an empty diagram, which Mermaid cannot draw, is not written."""
    c = samples.oversell()
    assert sequence_diagram(evolve(c, steps=c.steps[:2])) == ""
