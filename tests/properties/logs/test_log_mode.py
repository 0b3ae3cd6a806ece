"""`--saga-log` as its users run it: no target, one test, one report."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import ROOT, Outcome, verify
from tests.model.logs.test_search import happy


def log(folder: Path, said: list[dict[str, Any]], name: str = "log.jsonl") -> str:
    """A log in a folder of the user's; returns the option that names it."""
    text = "".join(json.dumps(line) + "\n" for line in said)
    (folder / name).write_text(text, encoding="utf-8")
    return f"--saga-log={folder / name}"


def timed(saga: str, said: list[dict[str, Any]], start: int) -> list[dict[str, Any]]:
    """Lines of another saga, a second apart."""
    return [{**line, "saga": saga, "time": start + n} for n, line in enumerate(said)]


WRONG = happy(inventory={"consumed": "payment.processed", "published": ["inventory.released"]})


def run(folder: Path, *arguments: str) -> Outcome:
    """Check a log, without a trace of our own code."""
    outcome = verify(folder, *arguments)
    assert outcome.shows_no_traceback()
    return outcome


def test_a_log_that_conforms_ends_well(tmp_path: Path) -> None:
    """With a saga that is running: it is listed with what it waits for, and since when."""
    said = [*timed("a", happy(), 0), *timed("b", happy()[:2], 10), *timed("c", happy(), 5000)]
    outcome = run(tmp_path, log(tmp_path, said))
    assert outcome.code == 0
    assert "conform 2 sagas: 2 confirmed" in outcome.joined
    assert "b: stuck since 11, line 7: waits for inventory to handle payment.proc" in outcome.joined
    assert "saga target" not in outcome.text
    assert run(tmp_path, log(tmp_path, said), "--saga-log-complete").code == 1


def test_a_saga_that_differs_fails_and_is_told(tmp_path: Path) -> None:
    """How far it is explained, the line that is not, and what would have been right."""
    outcome = run(tmp_path, log(tmp_path, [*timed("a", happy(), 0), *timed("b", WRONG, 9)]))
    assert outcome.code == 1
    assert "SAGA b differs: 2 of 5 lines explained" in outcome.joined
    assert "? line 8: inventory consumed payment.processed, published inventory.rel" in outcome.text
    assert "allows inventory: idle --payment.processed (in stock)--> reserved" in outcome.joined
    assert "b differs" in (tmp_path / "reports" / "log.md").read_text(encoding="utf-8")


def test_one_saga_as_a_timeline(tmp_path: Path) -> None:
    """On the terminal, and as a diagram in the report."""
    option = log(tmp_path, [*timed("a", happy(), 0), *timed("b", WRONG, 9)])
    outcome = run(tmp_path, option, "--saga-log-saga=a")
    assert outcome.code == 0
    assert "saga a: confirmed, 5 lines" in outcome.text
    diagram = (tmp_path / "reports" / "timeline.md").read_text(encoding="utf-8")
    assert "inventory-)shipping: inventory.reserved" in diagram
    assert run(tmp_path, option, "--saga-log-saga=b").code == 1
    nobody = run(tmp_path, option, "--saga-log-saga=zz")
    assert nobody.code == 1
    assert "no line is about a saga 'zz'" in nobody.text


def test_standard_input_compressed(tmp_path: Path) -> None:
    """`-` reads what is piped into pytest."""
    text = "".join(json.dumps(line) + "\n" for line in WRONG).encode()
    command = [sys.executable, "-m", "pytest", "properties", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--saga-log=-", f"--saga-report-dir={tmp_path}"],
        input=gzip.compress(text),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"o differs: 2 of 5 lines explained" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--saga-log=missing.jsonl"], 1, "the log cannot be read: No such file"),
        (["--saga-log=."], 1, "this is a directory, not a log"),
        (["--saga-log=empty"], 1, "no line is about a saga"),
        (["--saga-log=empty", "--saga-log-mapping=missing.toml"], 1, "the mapping cannot be read"),
        (["--saga-log-saga=o1"], 4, "there is no log to check; give --saga-log=FILE, too"),
        (["--saga-log=-", "-n", "1"], 1, "standard input belongs to pytest's workers"),
    ],
)
def test_what_cannot_be_checked_is_one_message(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    """What is wrong, and never a pass."""
    (tmp_path / "empty").touch()
    outcome = run(tmp_path, *arguments)
    assert (outcome.code, said in outcome.joined) == (code, True), outcome.text


def test_the_mapping_of_the_documentation_is_one(tmp_path: Path) -> None:
    """It is read, and a log in its words conforms."""
    text = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    said = [
        {"ctx": {"order_id": "o"}, "app": app, "event": event}
        for app, event in (
            ("billing", "PaymentTaken"),
            ("inventory", "inventory.reserved"),
            ("shipping", "shipment.created"),
            ("order", "order.saga.completed"),
        )
    ]
    outcome = run(tmp_path, log(tmp_path, said), f"--saga-log-mapping={mapping}")
    assert outcome.code == 0
    assert "conform 1 saga: 1 confirmed" in outcome.joined
    assert "never logged: order.created" in outcome.joined
