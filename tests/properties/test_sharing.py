"""A property gets the simpler counterexample that was found for another one."""

from __future__ import annotations

import pytest
from attrs import evolve

from properties import sharing
from properties.run import Deviation, Schedule, run_schedule
from properties.search import Portion, Search
from properties.sharing import shared
from properties.telling import NotReproducible, tell
from properties.verdicts import simplicity
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import NEIGHBOURS, SCOPES, SINGLE, Scope
from reports.counterexample import Counterexample
from tests.properties.faulty import no_key

TASK = "payment on order.created(o1)"
LOST = Deviation(0, Action(Kind.ANSWER, TASK, "payments.charge", Mode.UNKNOWN_DONE))
DIED = Deviation(0, Action(Kind.CRASH, TASK, "payments.charge", Mode.AFTER))
DUPLICATE = Deviation(0, Action(Kind.DUPLICATE, "order.created(o1) to payment"))


def told(property_id: str, scope: Scope, *deviations: Deviation) -> Counterexample:
    """A counterexample of the target without an idempotency key, not made minimal."""
    return tell(no_key(), property_id, Schedule(scope, deviations), "made up", 1, 7)


def both(simple: Counterexample, other: Counterexample) -> dict[str, Counterexample]:
    """What two parts of a search have found."""
    return {each.property_id: each for each in (simple, other)}


def test_a_property_gets_the_simpler_schedule_of_another() -> None:
    """Pins that it is told anew for the property itself, and the other one stays as it was."""
    simple, other = told("MONEY-1", SINGLE, LOST), told("MONEY-3", NEIGHBOURS, DIED)
    assert "MONEY-3" in simple.also
    found = shared(no_key(), both(simple, other))
    assert found["MONEY-1"] is simple
    assert found["MONEY-3"].property_id == "MONEY-3"
    assert found["MONEY-3"].finding == told("MONEY-3", SINGLE, LOST).finding
    assert found["MONEY-3"].schedule == simple.schedule
    assert found["MONEY-3"].runs > simple.runs


def test_what_only_the_other_property_needs_is_left_out() -> None:
    """Pins that each deviation of an inherited schedule is necessary for the heir, too."""
    simple, other = told("IDEMP-1", SINGLE, LOST, DUPLICATE), told("MONEY-3", NEIGHBOURS, DIED)
    assert "MONEY-3" in simple.also
    found = shared(no_key(), both(simple, other))["MONEY-3"]
    assert found.schedule == told("MONEY-3", SINGLE, LOST).schedule


def test_nothing_is_taken_over_from_a_schedule_that_does_not_violate_it() -> None:
    """Pins that being simpler is not enough."""
    simple, other = told("MONEY-1", SINGLE, LOST), told("MONEY-3", NEIGHBOURS, DIED)
    found = shared(no_key(), both(evolve(simple, also=()), other))
    assert found["MONEY-3"] is other


def test_the_simpler_one_of_its_own_is_kept() -> None:
    """Pins that nothing gets worse."""
    other, simple = told("MONEY-1", NEIGHBOURS, DIED), told("MONEY-3", SINGLE, LOST)
    assert simplicity(simple) < simplicity(other)
    found = shared(no_key(), both(simple, other))
    assert found["MONEY-3"] is simple
    assert found["MONEY-1"].schedule == simple.schedule


def test_what_cannot_be_told_again_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a target which is not the same twice does not end the session."""

    def moody(*arguments: object) -> Counterexample:
        raise NotReproducible("it rains", "somewhere", "wait")

    simple, other = told("MONEY-1", SINGLE, LOST), told("MONEY-3", NEIGHBOURS, DIED)
    monkeypatch.setattr(sharing, "tell", moody)
    assert shared(no_key(), both(simple, other))["MONEY-3"] is other


def test_what_a_minimal_run_shows_for_the_first_time_is_found_as_well() -> None:
    """Pins that no property HOLDS beside a counterexample that says it breaks it."""
    search = Search(no_key(), SCOPES, 1, frozenset(), Portion("made up"))
    run = run_schedule(no_key(), Schedule(NEIGHBOURS, (LOST,)))
    run.findings = {"MONEY-1": run.findings["MONEY-1"]}
    search.consider(run)
    portion = search.conclude()
    found = {each.property_id: each for each in portion.counterexamples}
    assert set(found["MONEY-1"].also) == found.keys() - {"MONEY-1"} != set()
    assert portion.violated.keys() == found.keys()
