"""Faults at port calls that only another order of messages leads to."""

from __future__ import annotations

import pytest

from model.environment import DEFAULT_FAULTS, Fault
from properties.drivers import detours as module
from properties.drivers.detours import LOOKS, detours
from properties.drivers.quota import Quota
from properties.drivers.sweep import FaultDidNotFire, sweep
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Run, Schedule
from properties.world.actions import COMPENSATIONS, Action, Kind, Mode, fault_of
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject

DRAWN = 60
STRIKING = {Fault.CRASH, Fault.TRANSIENT, Fault.UNKNOWN}


@pytest.fixture(scope="module")
def reference() -> Subject:
    """The saga that comes with the kit."""
    return probe("implementations.reference:make")


def scopes_of(subject: Subject) -> tuple[Scope, ...]:
    """The scopes that a session goes through."""
    return fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)


def searched(subject: Subject, quota: Quota | None = None, seed: int = 1) -> list[Run]:
    """A small search, whose runs have ended."""
    runs = []
    for run in detours(subject, scopes_of(subject), 1, seed, DRAWN, quota or Quota()):
        run.world.dissolve()
        runs.append(run)
    return runs


def test_first_without_such_faults_then_one_in_each(reference: Subject) -> None:
    """Pins that no drawn schedule has a fault at a port call, that each of the others ends in one,
    and that it has fired, at the end of what a drawn one began with."""
    runs = searched(reference)
    drawn, struck = runs[:DRAWN], runs[DRAWN:]
    assert all(STRIKING.isdisjoint(run.fired) for run in drawn)
    assert len(struck) > DRAWN
    begun = [run.schedule.deviations for run in drawn]
    for run in struck:
        *before, last = run.schedule.deviations
        fault = fault_of(last.action)
        assert fault in STRIKING
        assert run.fired[fault] == 1
        assert any(tuple(before) == deviations[: len(before)] for deviations in begun)


def test_the_sweep_is_not_done_again(reference: Subject) -> None:
    """Pins that calls which the sweep strikes are struck only where the customer has cancelled, or
    where they undo something that has gone wrong in another way."""
    swept = {last(run) for run in sweep(reference, scopes_of(reference)[:1])}
    assert swept
    for run in searched(reference)[DRAWN:]:
        action = last(run)
        if action in swept:
            undoing = action.port in COMPENSATIONS
            assert undoing or run.fired.get(Fault.CANCEL), action


def last(run: Run) -> Action:
    """The last thing that a schedule deviates by."""
    return run.schedule.deviations[-1].action


def test_a_place_is_struck_a_few_times(reference: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that each place is struck in the first runs that come by, and not in all of them."""
    several = len(searched(reference)) - DRAWN
    monkeypatch.setattr(module, "LOOKS", 1)
    once = len(searched(reference)) - DRAWN
    assert once < several < LOOKS * once


def test_the_same_twice(reference: Subject) -> None:
    """Pins that a seed is a search, and another one another."""
    one, same, other = (
        [run.schedule for run in searched(reference, seed=seed)] for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_limit_is_for_both_halves(reference: Subject) -> None:
    """Pins how many are run where only some may be, and that it is said of how many."""
    quota = Quota(21, seed=1)
    runs = searched(reference, quota)
    assert len(runs) == 21
    assert sum(1 for run in runs if STRIKING.isdisjoint(run.fired)) == 11
    assert quota.whole > DRAWN + 10


@pytest.mark.parametrize("slug", ["unwanted_charge_gives_up", "cancel_is_best_effort"])
def test_what_the_sweep_cannot_see_is_found(slug: str) -> None:
    """Pins that a refund which fails on the way of a cancel is found, in each of two seeds, by what
    strikes and by nothing else."""
    subject, drawn = probe(f"implementations.faulty:{slug}"), PROFILES["quick"].detours
    scopes = scopes_of(subject)
    assert not any(run.findings for run in sweep(subject, scopes[:1]))
    for seed in (1, 2):
        runs = enumerate(detours(subject, scopes, 1, seed, drawn), start=1)
        number, found = next((n, run) for n, run in runs if "MONEY-0" in run.findings)
        assert number > drawn
        assert _strikes(found.schedule)


def _strikes(schedule: Schedule) -> bool:
    return fault_of(schedule.deviations[-1].action) in STRIKING


def test_a_fault_that_does_not_fire_is_an_error(
    reference: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that a strike which meets nothing ends the part: it would have proved nothing."""
    never = Action(Kind.ANSWER, "payment on order.created(o9)", "payments.charge", Mode.TRANSIENT)
    monkeypatch.setattr(module, "_strikes", lambda world, task, operation: iter([never]))
    with pytest.raises(FaultDidNotFire, match="did not fire in scope"):
        searched(reference)
