"""Fewer schedules, where each takes long: which ones, how many, and that it is said."""

from __future__ import annotations

from itertools import chain

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS
from properties.drivers.quota import WHOLE, Quota
from properties.drivers.sweep import sweep
from properties.probing import probe
from properties.profiles import ALL, PROFILES, profile_of
from properties.search import parts, run_part
from properties.world.actions import COMPENSATIONS
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject

QUICK = PROFILES["quick"]


@pytest.fixture(scope="module")
def reference() -> Subject:
    """The reference, probed once; without a digest, as services on a broker have none."""
    subject = probe("implementations.reference:make")
    shape = subject.shape
    return evolve(subject, shape=evolve(shape, members=shape.members - {"digest"}))


def test_without_a_limit_nothing_is_counted_beforehand() -> None:
    """Pins that all there is comes one by one: what is run next may depend on what was run."""
    endless = iter(lambda: "run", "never")
    assert next(iter(WHOLE.chosen(endless))) == "run"
    assert (WHOLE.number(300), WHOLE.each(3), WHOLE.whole) == (300, None, 0)


def test_one_of_each_stretch() -> None:
    """Pins that what is chosen lies all over what there is, and that the whole is counted."""
    quota = Quota(4, seed=1)
    chosen = [*quota.chosen(range(40))]
    assert [one // 10 for one in chosen] == [0, 1, 2, 3]
    assert quota.whole == 40
    assert [*quota.chosen(range(3))] == [0, 1, 2]
    assert quota.number(300) == 4
    assert quota.whole == 40 + 3 + 300


@pytest.mark.parametrize("wanted", [1, 3, 30])
def test_half_of_what_is_chosen_is_what_is_rather_wanted(wanted: int) -> None:
    """Pins how many of those are chosen, that others have the rest, and that none comes twice."""
    chosen = [*Quota(8, seed=1).chosen(range(40), rather=lambda one: one < wanted)]
    assert len(chosen) == len({*chosen}) == 8
    assert sum(one < wanted for one in chosen) == min(wanted, 4)
    assert len([*Quota(1, seed=1).chosen(range(40), rather=lambda one: one < wanted)]) == 1
    assert [*Quota(50).chosen(range(40), rather=lambda one: one < wanted)] == [*range(40)]


def test_a_few_of_a_sweep_strike_what_undoes(reference: Subject) -> None:
    """Pins that a lost refund is looked for however few schedules there may be; without what is
    pinned here, five faults on compensations of hundreds would hardly ever be among them."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, reference.shape.delivery, reference.shape)[:1]
    few, all_of_it = (
        [run.schedule.deviations[-1].action.port for run in sweep(reference, scopes, quota)]
        for quota in (Quota(20, seed=1), WHOLE)
    )
    undoing = sum(port in COMPENSATIONS for port in all_of_it)
    assert len(few) == 20 < len(all_of_it) / 10
    assert sum(port in COMPENSATIONS for port in few) == undoing == 5


def test_another_seed_is_another_choice() -> None:
    """Pins that the same seed chooses the same, and that everything is chosen by some seed."""
    choices = [[*Quota(3, seed).chosen(range(20))] for seed in range(60)]
    assert choices[7] == [*Quota(3, 7).chosen(range(20))]
    assert {*chain.from_iterable(choices)} == {*range(20)}


@pytest.mark.parametrize(("of", "share"), [(1, 20), (3, 6), (40, 1)])
def test_a_share_is_never_nothing(of: int, share: int) -> None:
    """Pins how a limit is shared out among scopes."""
    assert Quota(20).each(of) == share


@pytest.mark.parametrize("part", parts(QUICK))
def test_no_part_runs_more_than_it_may(part: str, reference: Subject) -> None:
    """Pins the limit, for each part of the search; where schedules are chosen, of how many."""
    few = evolve(QUICK, most=4)
    delivery = reference.shape.delivery
    portion = run_part(reference, part, few, DEFAULT_FAULTS, delivery, seed=1)
    assert portion.error == ""
    assert 0 < portion.schedules <= 4
    assert portion.whole > 20 or part.startswith("exhaustive")


@pytest.mark.parametrize(
    ("schedules", "slow", "most"),
    [(None, False, None), (None, True, 20), (7, True, 7), (7, False, 7), (ALL, True, None)],
)
def test_who_is_given_less(schedules: int | None, slow: bool, most: int | None) -> None:
    """Pins that a target whose runs are slow is given less, and that the option has its way."""
    assert profile_of("quick", schedules, slow=slow).most == most
