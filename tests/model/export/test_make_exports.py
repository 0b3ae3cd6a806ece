"""The command that writes the exports, and what a reader finds in them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.choreography import TABLE
from model.export import murphi, promela, tla
from model.export.rules import rules
from model.semantics import Scope
from model.table import Table

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as docs/checkers.md says."""
    return subprocess.run(
        [sys.executable, "docs/make_exports.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("language", "files"),
    [
        ("promela", {"saga.pml": promela.render(TABLE, Scope(2, 1, gateway_faults=1))}),
        (
            "tla",
            {
                "OrderSaga.tla": tla.render(TABLE, Scope(2, 1, gateway_faults=1)),
                "OrderSaga.cfg": tla.configuration(),
            },
        ),
        ("murphi", {"saga.m": murphi.render(TABLE, Scope(2, 1, gateway_faults=1))}),
    ],
)
def test_it_writes_the_files(tmp_path: Path, language: str, files: dict[str, str]) -> None:
    """The folder is made, the scope is taken, and each file is named."""
    folder = tmp_path / "new"
    done = run(language, "--orders", "2", "--gateway-faults=1", "--to", str(folder))
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == files
    assert all(str(folder / name) in done.stdout for name in files)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("alloy",), "invalid choice: 'alloy'"),
        (("promela", "--orders", "0"), "--orders: a world without orders has no steps"),
        (("promela", "--crashes", "-1"), "'-1' is not a number from 0 on"),
    ],
)
def test_a_slip_ends_in_words(arguments: tuple[str, ...], told: str) -> None:
    """One message, no traceback."""
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("render", [promela.render, tla.render, murphi.render])
def test_every_row_is_told_in_the_words_of_the_table(render: Callable[[Table, Scope], str]) -> None:
    """A reader finds each row as it is written, and no line that is too long to read."""
    text = render(TABLE, Scope(2, 1, 1, 1, 1, 1))
    assert all(str(row) in text for row in TABLE.rows)
    longest = max(text.splitlines(), key=len)
    assert len(longest) <= 170, longest


def test_a_rule_without_a_budget_is_left_out() -> None:
    """What can never be taken in a scope does not stand in its export."""
    titles = [rule.title for rule in rules(TABLE, Scope())]
    assert not [title for title in titles if "dies" in title or "another copy" in title]
    assert not [title for title in titles if "customer.cancel" in title or "lost" in title]
