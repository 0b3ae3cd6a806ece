"""No schedule is run twice on the way to simpler ones, and the outcome is the same."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS, Delivery
from properties import outcomes, shrinker
from properties.outcomes import Outcomes
from properties.probing import probe
from properties.profiles import FEW_RUNS, PROFILES, profile_of
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.search import Portion, run_part
from properties.shrinker import shrinker_of, still_failing
from properties.world.actions import Action, Kind
from properties.world.scopes import NEIGHBOURS, SCOPES, SINGLE
from properties.world.subject import Subject
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


def counted_runs(monkeypatch: pytest.MonkeyPatch) -> list[Schedule]:
    """All schedules that shrinkers run from now on."""
    runs: list[Schedule] = []

    def counted(subject: Subject, schedule: Schedule) -> Run:
        runs.append(schedule)
        return run_schedule(subject, schedule)

    monkeypatch.setattr(shrinker, "run_schedule", counted)
    return runs


def test_what_is_slow_is_made_minimal_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a second property, and the same one in another part of the search, go on from the
    simplest schedule that is known; and that a report counts what was run, not what was known."""
    forgetful = probe("implementations.broker.shop:in_process_forgetful")
    subject = evolve(forgetful, shape=evolve(forgetful.shape, twin=""))
    copy, cancelled = DUPLICATED.deviations[0], Deviation(2, Action(Kind.CANCEL, "o2"))
    more = Schedule(evolve(NEIGHBOURS, faults=frozenset(DEFAULT_FAULTS)), (copy, cancelled))
    first, known = run_schedule(subject, more), Outcomes()
    assert {"MONEY-1", "LIVE-0"} <= first.findings.keys()
    runs = counted_runs(monkeypatch)
    ended, spent = [], []
    for property_id in ("MONEY-1", "LIVE-0", "MONEY-1"):
        slow = shrinker_of(subject, property_id, first, SCOPES, outcomes=known)
        ended.append(slow.shrink().schedule)
        spent.append(slow.runs)
    assert len(ended[0].scope.orders) == 1
    assert ended[1:] == ended[:1] * 2
    assert sum(spent) == len(runs)
    assert spent[0] > 10
    assert max(spent[1:]) < 5


def test_what_is_known_of_another_search_is_not_gone_on_from() -> None:
    """Pins that it is simpler, and under the same contract and faults."""
    known, full = Outcomes(), evolve(SINGLE, faults=frozenset(DEFAULT_FAULTS))
    known.note(Schedule(full, DUPLICATED.deviations), {"MONEY-1"})
    larger = Schedule(evolve(NEIGHBOURS, faults=full.faults), DUPLICATED.deviations)
    assert known.simpler("MONEY-1", larger) == Schedule(full, DUPLICATED.deviations)
    assert known.simpler("STOCK-1", larger) is None
    assert known.simpler("MONEY-1", Schedule(full, DUPLICATED.deviations)) is None
    other = evolve(larger.scope, delivery=Delivery.EXACTLY_ONCE_FIFO)
    assert known.simpler("MONEY-1", evolve(larger, scope=other)) is None
