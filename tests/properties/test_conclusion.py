"""What is worth knowing besides the verdicts, line by line."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.environment import Fault
from model.history import Cancel
from properties.conclusion import Conclusion
from properties.drivers.known import Since
from properties.run import Deviation, Schedule, run_schedule
from properties.verdicts import Total
from properties.world.actions import Action, Kind
from properties.world.scopes import SINGLE
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


def test_cancels_without_effect() -> None:
    """Pins that they are told by what became of them, where not one was accepted, and only there;
    a shard does not know what the others have seen."""
    vain = {str(Cancel.REFUSED): 4, str(Cancel.RAISED): 1}
    (said,) = remarks(Total(cancels=vain))
    assert said.startswith("no cancel was ever accepted: 4 of 5 refused, 1 of 5 ended in an error;")
    assert remarks(Total(cancels={**vain, str(Cancel.ACCEPTED): 1})) == []
    shard = evolve(samples.summary(), partial="1/2")
    assert [*Conclusion(shard, Total(cancels=vain), subject_of(Toy)).remarks()] == []


@pytest.mark.parametrize(
    ("answer", "expected"), [("refused", Cancel.REFUSED), (None, Cancel.ACCEPTED)]
)
def test_what_becomes_of_a_cancel_is_counted(answer: str | None, expected: Cancel) -> None:
    """Pins that the answer of cancel_order is."""

    class Cancels(Toy):
        """Takes a cancel, or does not."""

        def cancel_order(self, order: str) -> str | None:
            """Answer."""
            return answer

    scope = evolve(SINGLE, faults=frozenset({Fault.CANCEL}), budgets={Fault.CANCEL: 1})
    cancel = Deviation(1, Action(Kind.CANCEL, "o1"))
    run = run_schedule(subject_of(Cancels), Schedule(scope, (cancel,)))
    assert run.world.history.cancels == {expected: 1}
