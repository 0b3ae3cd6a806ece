"""No schedule is run twice on the way to simpler ones, and the outcome is the same."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS
from properties import outcomes, shrinker
from properties.outcomes import Outcomes
from properties.probing import probe
from properties.profiles import FEW_RUNS, PROFILES, profile_of
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.search import Portion, run_part
from properties.shrinker import still_failing
from properties.world.actions import Action, Kind
from properties.world.scopes import NEIGHBOURS, SINGLE
from tests.properties.faulty import no_key

CREATED = Action(Kind.DUPLICATE, "order.created(o1) to payment")
DUPLICATED = Schedule(SINGLE, (Deviation(3, CREATED),))


@pytest.mark.parametrize(
    "other",
    [
        Schedule(SINGLE),
        evolve(DUPLICATED, deviations=(evolve(DUPLICATED.deviations[0], wait=2),)),
        evolve(DUPLICATED, scope=NEIGHBOURS),
        evolve(DUPLICATED, scope=SINGLE.sold_out()),
        evolve(DUPLICATED, scope=evolve(SINGLE, faults=frozenset())),
        evolve(DUPLICATED, scope=evolve(SINGLE, budgets={})),
    ],
    ids=["deviations", "wait", "orders", "stock", "faults", "budgets"],
)
def test_only_the_same_schedule_is_ruled_out(other: Schedule) -> None:
    """Pins that whatever makes a run another one makes it another schedule."""
    known = Outcomes()
    known.note(DUPLICATED, {"MONEY-1"})
    assert known.rule_out(DUPLICATED, "STOCK-1")
    assert not known.rule_out(DUPLICATED, "MONEY-1")
    assert not known.rule_out(other, "STOCK-1")


def test_so_many_are_kept_in_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that memory does not grow without end."""
    monkeypatch.setattr(outcomes, "MOST", 1)
    known = Outcomes()
    known.note(Schedule(SINGLE), ())
    known.note(DUPLICATED, ())
    assert known.rule_out(Schedule(SINGLE), "STOCK-1")
    assert not known.rule_out(DUPLICATED, "STOCK-1")


def test_what_is_known_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that what one property was tried with is run once, unless it violates the other."""
    runs: list[Schedule] = []

    def counted(subject: object, schedule: Schedule) -> Run:
        runs.append(schedule)
        return run_schedule(no_key(), schedule)

    monkeypatch.setattr(shrinker, "run_schedule", counted)
    known = Outcomes()
    for property_id in ("STOCK-1", "SHIP-1", "STOCK-3"):
        assert still_failing(no_key(), property_id, outcomes=known)(DUPLICATED) is None
    assert runs == [DUPLICATED]


def session(monkeypatch: pytest.MonkeyPatch, *, remembers: bool) -> tuple[list[Portion], int]:
    """Some parts of a search, and how many runs it took to make what they found simpler."""
    runs = 0

    def counted(*given: object) -> Run:
        nonlocal runs
        runs += 1
        return run_schedule(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(shrinker, "run_schedule", counted)
    if not remembers:
        monkeypatch.setattr(Outcomes, "rule_out", lambda *given: False)
    subject = probe("implementations.faulty:id_made_at_each_publish")
    known, quick = Outcomes(), PROFILES["quick"]
    delivery = subject.shape.delivery
    portions = [
        run_part(subject, part, quick, DEFAULT_FAULTS, delivery, 1, outcomes=known)
        for part in ("sweep-0", "campaign-0")
    ]
    return portions, runs


def test_the_counterexamples_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a search which remembers finds what one finds that does not, in fewer runs."""
    with monkeypatch.context() as patched:
        plain, more = session(patched, remembers=False)
    found, fewer = session(monkeypatch, remembers=True)
    assert [p.counterexamples for p in found] == [p.counterexamples for p in plain]
    assert any(p.counterexamples for p in found)
    assert fewer < more


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [(None, PROFILES["ci"].shrinking), (3, FEW_RUNS), (60, 600), (9_000, PROFILES["ci"].shrinking)],
)
def test_who_limits_schedules_limits_shrinking(schedules: int | None, expected: int) -> None:
    """Pins that fewer schedules are not followed by thousands of runs to make one simpler."""
    assert profile_of("ci", schedules, slow=False).shrinking == expected
