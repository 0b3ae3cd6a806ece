"""The claims about the table: each holds, each can fail, and what is broken is told."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from model.choreography import TABLE
from model.semantics import Scope
from model.table import Guard, Table
from properties import claims
from properties.claims import BOUNDED, CLAIMS, Bounded, Checked, Claim, in_words
from properties.modes import model as mode
from properties.modes.mode import Outcome
from tests.model.broken_tables import changed, lost_tombstone, plus, rows, without

NO_FLAW, PROOF, EVERY_ROW, DECIDED, LEDGER = CLAIMS[:5]
SMALL = Claim("small", claims._explored(Bounded(Scope(cancels=1), 237, 570, fast=False)))
RESERVES, REJECTS = rows("inventory", "idle", "payment.processed")
DEAD = evolve(
    rows("payment", "charging", "gateway.declined")[0], state="idle", on="gateway.declined"
)
#: A late copy tries again after a rejection: only a proof without bounds sees it with one order.
TRIES_AGAIN = plus(evolve(RESERVES, state="rejected"))


@pytest.mark.parametrize("claim", [NO_FLAW, PROOF, EVERY_ROW, DECIDED, LEDGER, SMALL])
def test_the_table_keeps_its_claims(claim: Claim) -> None:
    """The cheap ones; `make check-model` has the others."""
    checked = claim.check(TABLE)
    assert checked.holds, checked.said
    assert not checked.unanswered


BROKEN: list[tuple[Claim, Table, str]] = [
    (NO_FLAW, changed(RESERVES, guard=Guard.ALWAYS), "conservation: takes stock that may not"),
    (PROOF, TRIES_AGAIN, "broken: "),
    (EVERY_ROW, plus(DEAD), "never fires: payment: idle --gateway.declined"),
    (DECIDED, plus(DEAD), "is called impossible and is not: payment in idle on gateway.declined"),
    (DECIDED, without(RESERVES), "never comes about: "),
    (LEDGER, without(*rows("order", "awaiting", "customer.cancel")), "is not what the table says"),
    (SMALL, lost_tombstone("shipping"), "broken: "),
    (SMALL, without(*rows("order", "awaiting", "shipping.failed")), "are pinned"),
]


@pytest.mark.parametrize(("claim", "table", "said"), BROKEN, ids=[b[2] for b in BROKEN])
def test_a_broken_table_is_found_out(claim: Claim, table: Table, said: str) -> None:
    """Each claim fails for what it is about, and says where."""
    checked = claim.check(table)
    assert not checked.holds
    assert said in checked.said


def test_there_are_scopes_for_all_that_is_asked() -> None:
    """Two orders with one of everything; three orders for two pieces, up to who is who."""
    scopes = {each.scope: each for each in BOUNDED}
    assert Scope(2, 1, 1, 1, 1) in scopes
    assert [s for s, each in scopes.items() if (s.orders, s.stock) == (3, 2) and each.symmetry]
    assert len({claim.sentence for claim in CLAIMS}) == len(CLAIMS)
    assert in_words(Scope(2, 1, 1, 0, 2)) == "2 orders for 1 piece; 1 duplicate, 2 lost answers"


def test_without_numpy_the_large_worlds_are_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said, and neither passed nor failed."""
    monkeypatch.setitem(sys.modules, "model.engine.search", None)
    large = next(each for each in BOUNDED if each.fast)
    checked = claims._explored(large)(TABLE)
    assert checked.unanswered
    assert checked.said


class Verification(SimpleNamespace):
    """As much of a session as the mode needs."""

    def hand_in(self, item: str, text: str) -> None:
        """What an item has found out."""
        self.said[item] = text


def session(folder: Path) -> Any:
    """A session whose reports go to `folder`."""
    return Verification(said={}, settings=SimpleNamespace(report_dir=folder))


def test_a_violation_is_told_like_one_of_a_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the terminal, and as a page with a schedule, a ledger and a diagram."""
    monkeypatch.setattr(mode, "TABLE", TRIES_AGAIN)
    here = session(tmp_path)
    outcome, said = mode._do(here, PROOF.sentence)
    assert outcome is Outcome.FAILED
    assert "inventory" in said
    assert said.splitlines()[0].partition(" ")[2].startswith("VIOLATED: ")
    assert len(said.splitlines()) <= 30
    assert f"{PROOF.sentence}  " in mode._conclude(here)
    (page,) = tmp_path.glob("model-*.md")
    text = page.read_text(encoding="utf-8")
    assert "sequenceDiagram" in text
    assert "## Ledger" in text
    assert "## Regression test" not in text
    assert "--saga-model" in text


def test_what_was_covered_is_told() -> None:
    """Claims with their figures, and rows that never fired by name."""
    fired = tuple(str(row) for row in TABLE.rows[1:])
    lines = mode.coverage_text(
        {
            "this": Checked(True, "all is well", 12345, 67890, fired),
            "that": Checked(True, "needs numpy", unanswered=True),
            "the other": Checked(False, "broken: progress"),
        }
    ).splitlines()
    assert "12,345" in lines[1]
    assert "67,890" in lines[1]
    assert lines[1].endswith("holds: all is well")
    assert lines[2].endswith("not checked: needs numpy")
    assert lines[3].endswith("VIOLATED: broken: progress")
    assert lines[4].startswith(f"covered: {len(TABLE.rows) - 1} of {len(TABLE.rows)} rows fired")
    assert lines[5:] == [f"never fired: {TABLE.rows[0]}"]
