"""What fails with a fault may fail on a good day, too, only with more orders: both are told."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from properties.run import Deviation, Schedule, run_schedule
from properties.search import Portion, Search
from properties.verdicts import Total, faults_in, orders_in
from properties.world.actions import Action, Kind
from properties.world.scopes import NEIGHBOURS, SAME_CUSTOMER, SCOPES, SINGLE
from reports.counterexample import StepKind
from tests.properties.toys import Toy, subject_of

AGAIN = Schedule(SINGLE, (Deviation(0, Action(Kind.DUPLICATE, "job(o1) to worker")),))


class Second(Toy):
    """Fails the first order when anything at all is handled after it."""

    def work(self, event: dict[str, Any]) -> None:
        """Confirm this one, and spoil the first."""
        super().work(event)
        if len(self.seen) > 1:
            self.orders["o1"] = "failed"


class Never(Toy):
    """Confirms nothing, on no day."""

    def work(self, event: dict[str, Any]) -> None:
        """Fail it."""
        self.orders[event["subject"]] = "failed"


def searched(*schedules: Schedule, toy: type[Toy] = Second) -> Portion:
    """What a part of the search makes of these schedules."""
    search = Search(subject_of(toy), SCOPES, 1, frozenset(), Portion("made up"))
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
    portion = searched(AGAIN, Schedule(NEIGHBOURS), toy=Never)
    assert {faults_in(each) for each in portion.counterexamples} == {0}
    assert portion.faultless == []


def test_what_has_become_simpler_without_a_fault_is_told_alone() -> None:
    """Pins that it takes the place of the counterexample with a fault, where orders are as few."""
    portion = searched(AGAIN)
    (known,) = [each for each in portion.counterexamples if each.property_id == "STATE-1"]
    steps = tuple(evolve(step, kind=StepKind.DEFAULT) for step in known.steps)
    portion.faultless.append(evolve(known, steps=steps))
    total = Total()
    total.take(portion)
    assert faults_in(total.counterexamples["STATE-1"]) == 0
    assert total.besides() == {}


def test_they_are_told_beside_each_other_whichever_part_found_them() -> None:
    """Pins that a part that saw only one of the two is enough for each."""
    total = Total()
    total.take(searched(Schedule(NEIGHBOURS)))
    total.take(searched(AGAIN))
    assert faults_in(total.counterexamples["STATE-1"]) == 1
    assert orders_in(total.besides()["STATE-1"]) == 2
    alone = Total()
    alone.take(searched(AGAIN))
    assert alone.besides() == {}
