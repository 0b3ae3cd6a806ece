"""`--saga-mutate` as its users run it: each safeguard an item, one table, and how it all ends."""

from __future__ import annotations

import re
from pathlib import Path

from tests.command_line import Outcome, express, pickup, verify, write

TABLE = re.compile(
    r"^=+ order saga: mutation of its safeguards =+\n(.*?)^(?:=|\d+ passed)", re.M | re.S
)
ROW = re.compile(r"^  (?:DETECTED|SURVIVED|NEVER ACTED) ", re.M)


def mutate(folder: Path, code: str, *arguments: str) -> Outcome:
    """Mutate the target of mine.py, which holds `code`, with few schedules."""
    write(folder, "mine", code)
    common = ("--saga-target=mine:make", "--saga-profile=quick", "--saga-faults=crash,duplicate")
    outcome = verify(folder, "--saga-mutate", *common, *arguments)
    assert outcome.shows_no_traceback()
    return outcome


def table(outcome: Outcome) -> str:
    """The table at the end."""
    found = TABLE.search(outcome.text)
    assert found, outcome.text
    return found.group(1).strip()


def test_survivors_do_not_fail_and_workers_come_to_one_table(tmp_path: Path) -> None:
    """Pins that a target that holds ends well, and that what two processes found is one table."""
    outcome = mutate(tmp_path, pickup(), "-n", "2")
    assert outcome.code == 0
    told = table(outcome)
    assert "DETECTED     till, Ordered: LIVE-0 after 1 schedule: nothing goes wrong" in told
    proved, there = re.findall(r"(\d+) of (\d+) safeguards proved", told)[0]
    assert 0 < int(proved) < int(there)
    passed, skipped = re.findall(r"(\d+) passed, (\d+) skipped", outcome.text)[0]
    assert passed == proved
    assert len(ROW.findall(told)) == int(passed) + int(skipped)
    kinds = re.findall(r"^without: (.*)$", told, re.M)
    assert len(kinds) == len(set(kinds)) > 3


def test_a_target_of_coroutines_is_mutated_too(tmp_path: Path) -> None:
    """Pins that async targets go the same way, with the keys that they send."""
    outcome = mutate(tmp_path, express())
    assert outcome.code == 0
    assert "without: idempotency key" in table(outcome)
    assert "DETECTED     payments.charge: MONEY-1" in table(outcome)


def test_a_target_that_does_not_hold_is_told_first(tmp_path: Path) -> None:
    """Pins the one message, and that nothing is said to be proved or missed."""
    forgetful = pickup("def set_aside(self, order, data):\n    pass")
    outcome = mutate(tmp_path, forgetful)
    assert outcome.code == 1
    assert "without any mutation" in outcome.joined
    assert "verify your saga first, without --saga-mutate" in outcome.joined
    assert "safeguards proved" not in outcome.text
    assert "1 failed" in outcome.text
