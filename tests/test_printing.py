"""A target that prints does not bury its verdicts."""

from __future__ import annotations

from pathlib import Path

from properties.printing import LINES, clip
from tests.command_line import pickup, verify, write

#: Prints whenever it is called, and breaks the contract after a while.
TALKS = """
def handle(self, participant, event):
    self.count = getattr(type(self), "count", 0) + 1
    type(self).count = self.count
    print(f"handling {self.count}")
    return 17 if self.count > 500 else super().handle(participant, event)
"""


def test_only_the_last_lines_are_kept() -> None:
    """Pins that it is said how many lines were left out, and that short texts stay as they are."""
    sections = [("stdout", "\n".join(map(str, range(LINES + 3)))), ("stderr", "one\ntwo\n")]
    clip(sections)
    said = sections[0][1].splitlines()
    assert said[0] == "(3 lines before these; -s shows them all)"
    assert said[1:] == [str(number) for number in range(3, LINES + 3)]
    assert sections[1] == ("stderr", "one\ntwo\n")


def test_what_a_target_prints_is_out_of_the_way(tmp_path: Path) -> None:
    """Pins that nothing of the trial runs is seen, and the last lines where a part failed; all of
    it with -s."""
    write(tmp_path, "mine", pickup(TALKS))
    given = ("--saga-profile=quick", "--saga-target=mine:make", "--saga-schedules=20")
    outcome = verify(tmp_path, *given)
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    lines = outcome.text.splitlines()
    assert "handling" not in outcome.text.partition(" FAILURES ")[0]
    assert "lines before these; -s shows them all)" in outcome.text
    parts = outcome.text.count("Captured stdout call")
    assert 0 < sum(line.startswith("handling") for line in lines) <= parts * LINES
    aloud = verify(tmp_path, *given, "-s")
    assert aloud.text.count("handling ") > 500
