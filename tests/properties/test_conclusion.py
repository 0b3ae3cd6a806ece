"""What is worth knowing besides the verdicts, line by line."""

from __future__ import annotations

from properties.conclusion import Conclusion
from properties.drivers.known import Since
from properties.verdicts import Total
from tests.properties.toys import Toy, subject_of
from tests.reports import samples


def remarks(total: Total, toy: type[Toy] = Toy) -> list[str]:
    """What is said after a search of a toy."""
    return [*Conclusion(samples.summary(), total, subject_of(toy)).remarks()]


def test_what_was_known_is_told_by_what_is_violated_now() -> None:
    """Pins that each property is looked up in what this session has found."""
    since = {"LIVE-0": str(Since.FIXED), "LIVE-1": str(Since.FIXED)}
    assert remarks(Total(since=since, violated={"LIVE-0": 1})) == [
        "known of earlier sessions: the schedule of LIVE-0 is fixed; LIVE-0 is violated by another",
        "known of earlier sessions: LIVE-1 fixed since the last session",
    ]


class Hashed(Toy):
    """Tells its states apart."""

    def digest(self) -> str:
        """All that there is to tell."""
        return str(self.orders)


def test_the_lack_of_a_digest_is_told_once() -> None:
    """Pins that the reason stands beside the small scopes, not in each of them, and only there."""
    explored = ["one order, no fault: 3 schedules, all of it", "one order, 1 crash: 9 schedules"]
    told = remarks(Total(explored=explored))
    assert told[:2] == [f"exhaustive: {line}" for line in explored]
    assert ["digest" in line for line in told] == [False, False, True]
    assert len(remarks(Total(explored=explored), Hashed)) == 2
    assert remarks(Total()) == []
