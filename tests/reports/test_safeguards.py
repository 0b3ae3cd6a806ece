"""The table of safeguards."""

from __future__ import annotations

import re

import pytest

from reports.safeguards import SAFEGUARDS, SafeguardName, safeguard


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
