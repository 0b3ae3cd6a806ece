"""What fails with a fault may fail on a good day, too, only with more orders: both are told."""

from __future__ import annotations

from typing import Any

from properties.run import Deviation, Schedule, run_schedule
from properties.search import Portion, Search
from properties.verdicts import Total, faults_in, orders_in
from properties.world.actions import Action, Kind
from properties.world.scopes import NEIGHBOURS, SAME_CUSTOMER, SCOPES, SINGLE
from tests.properties.toys import Toy, subject_of

AGAIN = Schedule(SINGLE, (Deviation(0, Action(Kind.DUPLICATE, "job(o1) to worker")),))


class Second(Toy):
    """Fails the first order when anything at all is handled after it."""

    def work(self, event: dict[str, Any]) -> None:
        """Confirm this one, and spoil the first."""
        super().work(event)
        if len(self.seen) > 1:
            self.orders["o1"] = "failed"


def searched(*schedules: Schedule) -> Portion:
    """What a part of the search makes of these schedules."""
    search = Search(subject_of(Second), SCOPES, 1, frozenset(), Portion("made up"))
    for schedule in schedules:
        search.consider(run_schedule(search.subject, schedule))
    return search.conclude()


def test_a_failure_without_any_fault_is_kept_beside_the_simpler_one() -> None:
    """Pins that it is made minimal among the schedules without a fault."""
    portion = searched(AGAIN, Schedule(SAME_CUSTOMER))
    (simplest,) = [each for each in portion.counterexamples if each.property_id == "STATE-1"]
    (other,) = [each for each in portion.faultless if each.property_id == "STATE-1"]
    assert (orders_in(simplest), faults_in(simplest)) == (1, 1)
    assert (orders_in(other), faults_in(other)) == (2, 0)


def test_nothing_is_kept_beside_a_failure_without_any_fault() -> None:
    """Pins that the simplest counterexample is not told twice."""
    assert searched(Schedule(NEIGHBOURS)).faultless == []
    assert searched(AGAIN).faultless == []


def test_they_are_told_beside_each_other_whichever_part_found_them() -> None:
    """Pins that a part that saw only one of the two is enough for each."""
    total = Total()
    for portion in (searched(Schedule(NEIGHBOURS)), searched(AGAIN)):
        total.take(portion)
    assert faults_in(total.counterexamples["STATE-1"]) == 1
    assert orders_in(total.besides()["STATE-1"]) == 2
    alone = Total()
    alone.take(searched(Schedule(NEIGHBOURS)))
    assert alone.besides() == {}
