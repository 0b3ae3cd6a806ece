"""The table of safeguards, and how much of it a report shows."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from reports.html.case import Case, case_section
from reports.markdown import counterexample_markdown
from reports.safeguards import SAFEGUARDS, SafeguardName, others, safeguard
from reports.terminal import counterexample_text
from tests.reports import samples


@pytest.mark.parametrize("name", SafeguardName)
def test_every_safeguard_has_its_row(name: SafeguardName) -> None:
    """Pins the form of a row: one sentence on what it prevents, two on how to add it."""
    row = SAFEGUARDS[name]
    assert row.name == name
    assert row.reason.startswith("Prevents that ")
    assert sentences(row.reason) == 1
    assert sentences(row.advice) == 2


def sentences(text: str) -> int:
    """Count full stops that end a sentence."""
    assert text.endswith(".")
    return len(re.findall(r"[a-z0-9?')]\.(?=\s[A-Z]|$)", text))


def test_a_violation_gives_its_own_reason() -> None:
    """Pins that the diagnosis may say why, and that the table says it otherwise."""
    assert safeguard(SafeguardName.INBOX, "o1 came twice").reason == "o1 came twice"
    assert safeguard(SafeguardName.INBOX) == SAFEGUARDS[SafeguardName.INBOX]


@pytest.mark.parametrize("name", SafeguardName)
def test_a_terminal_shows_all_of_it(name: SafeguardName) -> None:
    """Pins that neither the reason nor the advice is cut short where a counterexample is short."""
    row = SAFEGUARDS[name]
    told = counterexample_text(evolve(samples.oversell(), safeguard=row), "replay")
    words = " ".join(told.split())
    assert " ".join(f"{row.name}: {row.reason}".split()) in words
    assert " ".join(row.advice.split()) in words


def test_what_would_do_instead_is_told_in_full() -> None:
    """Pins that both kinds of page advise on each safeguard that is named, not on the first one."""
    both = safeguard(SafeguardName.INBOX, "", SafeguardName.VERSION_CHECK)
    c = evolve(samples.oversell(), safeguard=both)
    (other,) = others(both)
    assert other == SAFEGUARDS[SafeguardName.VERSION_CHECK]
    page = str(case_section(Case("STOCK-1", c, "replay"), samples.KIT, first=True))
    for told in (page, counterexample_markdown(c, "replay", samples.KIT)):
        assert other.reason in told
        assert other.advice in told


def test_a_terminal_says_how_to_add_each_of_them() -> None:
    """Pins that the prose is about each safeguard that is named: the second may be the one."""
    both = safeguard(SafeguardName.OUTBOX, "", SafeguardName.INBOX)
    told = counterexample_text(evolve(samples.oversell(), safeguard=both), "replay")
    words = " ".join(told.split())
    assert both.advice in words
    assert "Or inbox: Insert the message id with the consumer's name into a table" in words
    many = samples.long(faults=tuple(range(1, 7)))
    told = counterexample_text(evolve(many, safeguard=both), "replay")
    assert both.advice in " ".join(told.split())  # where not all has room, that of the first
    assert "Or inbox" not in told


def test_nothing_is_told_instead_of_what_stands_alone() -> None:
    """Pins that no other safeguard is told of where none is named, or one that nobody knows."""
    alone = SAFEGUARDS[SafeguardName.INBOX]
    assert others(alone) == others(evolve(alone, instead=("a talisman",))) == ()
