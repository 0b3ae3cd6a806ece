"""The shortest schedules: what they prove, and that shrinking comes as far."""

from __future__ import annotations

import pytest

from implementations.faulty import ZOO
from model.environment import DEFAULT_FAULTS, Fault
from properties.drivers.campaign import campaign
from properties.probing import probe
from properties.run import Schedule, run_schedule
from properties.shortest import shortest
from properties.shrinker import shrinker_of
from properties.world.scopes import SCOPES, SINGLE, Scope, fitting
from properties.world.subject import Subject
from tests.properties.toys import Toy, subject_of


def faulty(slug: str) -> Subject:
    """A bug of the zoo."""
    return probe(f"implementations.faulty:{slug}")


def scopes_of(subject: Subject) -> tuple[Scope, ...]:
    """The settings in which a search looks."""
    return fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)


def test_what_is_wrong_without_any_fault_takes_no_deviation() -> None:
    """Pins that level 0 is first in, first out."""
    subject = faulty("float_cents")
    found = shortest(subject, (SINGLE,), ["MONEY-4"], 100).found["MONEY-4"]
    assert found == Schedule(SINGLE)


def test_the_shortest_schedule_fails_and_is_really_shortest() -> None:
    """Pins that what is found violates the property, and that all shorter ones were tried."""
    subject = faulty("charge_without_key")
    scopes = scopes_of(subject)
    frontier = shortest(subject, scopes, ["MONEY-1"], 5_000)
    schedule = frontier.found["MONEY-1"]
    assert "MONEY-1" in run_schedule(subject, schedule).findings
    assert len(schedule.deviations) == 1
    assert all("MONEY-1" not in run_schedule(subject, Schedule(s)).findings for s in scopes)
    assert frontier.complete


def test_a_search_that_is_given_up_says_so() -> None:
    """Pins that nothing is proved by a search that ran out of states."""
    subject = probe("implementations.reference:make")
    frontier = shortest(subject, scopes_of(subject), ["MONEY-1"], 50)
    assert frontier.found == {}
    assert not frontier.complete
    assert 50 <= frontier.states < 100


def test_all_that_is_possible_is_tried() -> None:
    """Pins that a setting without faults is gone through to its end, and then nothing is found."""
    subject = probe("implementations.reference:make")
    calm = fitting((SINGLE,), frozenset({Fault.REORDER}), subject.shape.delivery, subject.shape)
    frontier = shortest(subject, calm, ["LIVE-0"], 10_000)
    assert frontier.complete
    assert frontier.found == {}
    assert frontier.states > 20


def test_states_that_cannot_be_told_apart_are_refused() -> None:
    """Pins that a target without a digest is no target for it."""
    with pytest.raises(ValueError, match="has no digest"):
        shortest(subject_of(Toy), (SINGLE,), ["LIVE-0"], 10)


@pytest.mark.parametrize(
    ("slug", "property_id"),
    [
        ("charge_without_key", "MONEY-0"),
        ("float_cents", "MONEY-2"),
        ("timeout_is_decline", "MONEY-0"),
        ("placed_anew", "STATE-1"),
        ("inventory_without_inbox", "STOCK-2"),
    ],
)
def test_shrinking_comes_to_the_shortest(slug: str, property_id: str) -> None:
    """Pins, for each seed, that a report has as few orders and deviations as any schedule."""
    assert slug in {specimen.slug for specimen in ZOO}
    subject = faulty(slug)
    scopes = scopes_of(subject)
    sold_out = tuple(scope.sold_out() for scope in scopes)
    least = shortest(subject, (*scopes, *sold_out), [property_id], 5_000).found[property_id]
    for seed in range(3):
        runs = (run for _, run in campaign(subject, scopes, seed, 3_000))
        failing = next(run for run in runs if property_id in run.findings)
        shrinker = shrinker_of(subject, property_id, failing, scopes)
        shrunk = shrinker.shrink().schedule
        assert len(shrunk.scope.orders) == len(least.scope.orders)
        assert len(shrunk.deviations) == len(least.deviations)
