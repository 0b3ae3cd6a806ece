"""Whoever stops a verification is told what was found by then."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from properties.stopping import stoppable
from tests.command_line import Outcome, pickup, verify, write

#: Somebody presses Ctrl-C when so many runs have begun.
STOPPED = """
runs, made = 0, make

def make(world):
    global runs
    runs += 1
    if runs > 300:
        raise KeyboardInterrupt
    return made(world)
"""


def stopped(folder: Path, members: str = "pass") -> Outcome:
    """A session on a shop with these members that is stopped on the way."""
    write(folder, "mine", pickup(members) + STOPPED)
    outcome = verify(folder, "--saga-profile=quick", "--saga-seed=1", "--saga-target=mine:make")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.text
    assert "KeyboardInterrupt" in outcome.text
    return outcome


def test_what_was_found_by_then_is_told(tmp_path: Path) -> None:
    """Pins that a violation stays one, with its report, and that nothing is said to hold."""
    outcome = stopped(tmp_path, "def ask_for_money(self, order, data): pass")
    verdicts = {outcome.verdict(name).split()[0] for name in ("STOCK-1", "MONEY-1", "LIVE-1")}
    assert "VIOLATED" in verdicts, outcome.text
    assert "HOLDS" not in verdicts
    assert list((tmp_path / "reports").glob("*.md"))


def test_nothing_holds_that_was_not_looked_at_to_the_end(tmp_path: Path) -> None:
    """Pins that a right target is not praised after half a search, and which parts are missing."""
    outcome = stopped(tmp_path)
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    assert "was not run" in outcome.joined


def test_who_is_asked_to_end_tells_as_well(tmp_path: Path) -> None:
    """Pins that SIGTERM, which `timeout` and CI services send, loses nothing that was found."""
    ended = STOPPED.replace("raise KeyboardInterrupt", "os.kill(os.getpid(), signal.SIGTERM)")
    members = pickup("def ask_for_money(self, order, data): pass")
    write(tmp_path, "mine", f"import os, signal\n{members}{ended}")
    outcome = verify(tmp_path, "--saga-profile=quick", "--saga-seed=1", "--saga-target=mine:make")
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.text
    assert "SIGTERM: asked to end" in outcome.text
    verdicts = {outcome.verdict(name).split()[0] for name in ("STOCK-1", "MONEY-1", "LIVE-1")}
    assert "VIOLATED" in verdicts, outcome.text


def asked_twice() -> None:
    """Be asked to end, and again while the first time is still being dealt with."""
    with stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)


def test_who_asks_twice_is_told_all_the_same() -> None:
    """Pins that a second SIGTERM, which `timeout` sends, does not end what the first has begun."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(KeyboardInterrupt, match="SIGTERM: asked to end") as ended:
            asked_twice()
        assert ended.value.__context__ is None
        os.kill(os.getpid(), signal.SIGTERM)  # while the summary is written
    finally:
        signal.signal(signal.SIGTERM, before)
