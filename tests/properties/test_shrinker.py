"""Shrinking ends at a schedule of which nothing can be left out, and always at the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from typing import Any, cast

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from implementations.errors import TargetError
from model.environment import Fault
from properties.drivers.paths import alternatives
from properties.run import Deviation, Run, Schedule, run_bytes, run_schedule
from properties.shrinker import Shrinker, still_failing
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import (
    CONTENTION,
    DOUBLED,
    HALF,
    NEIGHBOURS,
    SAME_CUSTOMER,
    SCOPES,
    SHORT,
    SINGLE,
)
from properties.world.subject import Subject
from properties.world.world import World
from tests.properties.faulty import no_key

Fails = Callable[[Schedule], bool]


def made_up(schedule: Schedule, skipped: tuple[Action, ...] = (), steps: int = 0) -> Run:
    """A run of which only the schedule is looked at."""
    return Run(schedule, {}, {}, {}, steps, cast("World", None), skipped)


def schedule(*names: str, wait: int = 2) -> Schedule:
    """Deviations on three orders: deliveries, and faults where the name starts with a capital."""
    kinds = {True: Kind.DUPLICATE, False: Kind.DELIVER}
    return Schedule(
        SAME_CUSTOMER, tuple(Deviation(wait, Action(kinds[n[0].isupper()], n)) for n in names)
    )


def names(result: Schedule) -> list[str]:
    """What deviates in it."""
    return [deviation.action.subject for deviation in result.deviations]


def shrunk(start: Schedule, fails: Fails, max_runs: int = 1500) -> Schedule:
    """The simplest schedule that is found."""
    assert fails(start)
    shrinker = Shrinker(
        lambda candidate: made_up(candidate) if fails(candidate) else None,
        made_up(start),
        max_runs=max_runs,
    )
    result = shrinker.shrink().schedule
    assert shrinker.runs <= max_runs + 2 * len(start.deviations) ** 2
    assert fails(result)
    return result


def has(*wanted: str) -> Fails:
    """Fails where all of these deviate, in this order."""

    def fails(candidate: Schedule) -> bool:
        found = [name for name in names(candidate) if name in wanted]
        return found == list(wanted)

    return fails


def test_what_is_not_needed_is_left_out() -> None:
    """Pins that orders, deviations and waits go, and what is needed stays."""
    result = shrunk(schedule("a", "B", "c", "D", "e", "f", "G", "h"), has("D", "f"))
    assert names(result) == ["D", "f"]
    assert result.score == (1, 2, 1, SINGLE.size, 0)


def test_nothing_is_needed() -> None:
    """Pins that a target that always fails is shown with one order and no deviation."""
    result = shrunk(schedule("a", "B", "c"), lambda candidate: True)
    assert result == Schedule(result.scope)
    assert len(result.scope.orders) == 1


def test_two_that_cancel_each_other_go_together() -> None:
    """Pins that a pair is dropped of which neither can go alone."""

    def fails(candidate: Schedule) -> bool:
        found = names(candidate)
        return "x" in found and ("A" in found) == ("B" in found)

    assert names(shrunk(schedule("A", *"cdefghij", "x", "B"), fails)) == ["x"]


@given(
    total=st.integers(1, 12),
    needed=st.sets(st.integers(0, 11), max_size=4),
    wait=st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_exactly_what_is_needed_remains(total: int, needed: set[int], wait: int) -> None:
    """Pins minimality: whatever subset is needed, it is found, and nothing beside it."""
    every = [f"{'Dd'[index % 2]}{index}" for index in range(total)]
    wanted = [name for index, name in enumerate(every) if index in needed]
    result = shrunk(schedule(*every, wait=wait), has(*wanted))
    assert names(result) == wanted
    assert result.score[-1] == 0


@pytest.mark.parametrize("least", [0, 1, 2, 3, 7, 20])
def test_waits_are_as_short_as_they_can_be(least: int) -> None:
    """Pins that a wait shrinks to the length that is needed, and not below."""

    def fails(candidate: Schedule) -> bool:
        return any(deviation.wait >= least for deviation in candidate.deviations)

    assert [d.wait for d in shrunk(schedule("a", "B", wait=20), fails).deviations] == [least]


@pytest.mark.parametrize("order", ["o1", "o2", "o3"])
def test_any_order_may_be_the_one_that_is_needed(order: str) -> None:
    """Pins that it is tried for each order whether it can go, with and without deviations."""

    def fails(candidate: Schedule) -> bool:
        scope = candidate.scope
        return scope.name == SAME_CUSTOMER.name and order in {o.id for o in scope.orders}

    for start in (Schedule(SAME_CUSTOMER), schedule("a")):
        result = shrunk(start, fails)
        assert [o.id for o in result.scope.orders] == [order]


def test_deviations_of_an_order_that_goes_are_given_to_one_that_stays() -> None:
    """Pins that names of messages, tasks and requests are all renamed."""
    subjects = ("job(o2) to worker", "worker on job(o2)", "place o2", "o2")
    start = Schedule(NEIGHBOURS, tuple(Deviation(0, Action(Kind.DELIVER, s)) for s in subjects))

    def fails(candidate: Schedule) -> bool:
        fitting = all("o1" in name for name in names(candidate))
        small = candidate.scope.name == NEIGHBOURS.name and len(candidate.scope.orders) == 1
        return candidate == start or (small and fitting and len(names(candidate)) == 4)

    result = shrunk(start, fails)
    assert names(result) == [subject.replace("o2", "o1") for subject in subjects]
    assert [order.id for order in result.scope.orders] == ["o1"]


def test_a_simpler_scope_may_call_its_orders_otherwise() -> None:
    """Pins that what deviates moves on to the orders of a simpler setting, the second for the
    second, although the first of them there is called as the second is here."""
    late = Action(Kind.DELIVER, "order.created(o3) to payment")
    early = Action(Kind.CANCEL, "o2")
    start = Schedule(SAME_CUSTOMER.without("o1"), (Deviation(0, early), Deviation(0, late)))

    def fails(candidate: Schedule) -> bool:
        ids = [order.id for order in candidate.scope.orders]
        wanted = [ids[0], f"order.created({ids[-1]}) to payment"]
        return len(ids) == 2 and names(candidate) == wanted

    result = shrunk(start, fails)
    assert [order.id for order in result.scope.orders] == ["o1", "o2"]
    assert names(result) == ["o1", "order.created(o2) to payment"]
    assert result.scope.size < start.scope.size


def test_two_are_enough_at_another_time() -> None:
    """Pins that where each of many is needed as they stand, and two of them elsewhere would do, the
    two are found; without the times at which they are possible they would not be."""
    start = schedule("a", "b", "c", "d", "e")
    a, d = (start.deviations[index].action for index in (0, 3))
    enough = (Deviation(2, a), Deviation(23, d))

    def fails(candidate: Schedule) -> bool:
        return candidate.deviations in (start.deviations, enough)

    def possible(candidate: Schedule) -> Iterable[tuple[Action, ...]]:
        return [()] * 22 + [(d,)] * 3 if candidate.deviations == enough[:1] else []

    def still_fails(candidate: Schedule) -> Run | None:
        return made_up(candidate) if fails(candidate) else None

    assert Shrinker(still_fails, made_up(start), possible).shrink().schedule.deviations == enough
    alone = Shrinker(still_fails, made_up(start)).shrink().schedule
    assert alone.deviations == start.deviations


def test_a_simpler_scope_is_tried() -> None:
    """Pins that delivery, faults and budgets of the run are kept in a simpler setting."""
    start = Schedule(evolve(SAME_CUSTOMER, budgets={}))
    result = shrunk(start, lambda candidate: True)
    assert len(result.scope.orders[0].lines) == 1
    assert result.scope.budgets == {}
    assert result.scope.name in {scope.name for scope in SCOPES}


def runs_out(candidate: Schedule) -> bool:
    """Whether an order wants more than there is."""
    scope = candidate.scope
    return any(pieces > scope.stock[sku] for sku, pieces in scope.wanted.items())


def test_nothing_in_stock_is_the_simplest_way_to_run_out() -> None:
    """Pins that one order for one piece, of which there is none, is found from any short scope."""
    for scope in (SHORT, HALF, DOUBLED, CONTENTION):
        result = shrunk(Schedule(scope), runs_out)
        assert (result.scope.orders, dict(result.scope.stock)) == (SINGLE.orders, {"book": 0})


def test_an_empty_shelf_is_not_shown_where_it_is_not_needed() -> None:
    """Pins that a piece in stock is simpler than none: running out is a story of its own."""
    assert shrunk(Schedule(SINGLE.sold_out()), lambda candidate: True) == Schedule(SINGLE)
    assert SINGLE.size < SINGLE.sold_out().size < SHORT.size
    assert shrunk(schedule("a", "B"), has("B")).scope.stock == SINGLE.stock


def test_nothing_runs_out_that_was_not_to_run_out() -> None:
    """Pins that the stock stays where running out is not among the faults asked for."""
    start = Schedule(evolve(CONTENTION, faults=frozenset(Fault) - {Fault.OUT_OF_STOCK}))
    assert min(shrunk(start, runs_out).scope.stock.values()) > 0


def test_an_error_of_the_target_is_not_the_violation() -> None:
    """Pins that shrinking goes on where a target cannot stand a setting that was only tried."""

    def picky(world: Any) -> Any:
        if not world.stock["book"]:
            raise TargetError("raised ValueError", "the factory", "have some books in stock")
        return no_key().factory(world)

    still_fails = still_failing(evolve(no_key(), factory=picky), "MONEY-1")
    lost = Action(Kind.ANSWER, "payment on order.created(o1)", "payments.charge", Mode.UNKNOWN_DONE)
    assert still_fails(Schedule(SINGLE, (Deviation(0, lost),)))
    assert still_fails(Schedule(SINGLE.sold_out(), (Deviation(0, lost),))) is None


@pytest.mark.parametrize("seed", range(5))
def test_it_ends_whatever_fails(seed: int) -> None:
    """Pins that shrinking ends where failing follows no rule, within its number of runs."""

    @cache
    def lot(key: str) -> bool:
        return Random(f"{seed} {key}").random() < 0.5

    start = schedule(*"aBcDeFgH")

    def fails(candidate: Schedule) -> bool:
        return candidate == start or lot(repr(candidate.as_json()))

    first = shrunk(start, fails, max_runs=200)
    assert shrunk(start, fails, max_runs=200) == first


@pytest.mark.parametrize("max_runs", [0, 1, 3, 10])
def test_what_remains_is_needed_whatever_the_budget(max_runs: int) -> None:
    """Pins that running out of runs costs simplicity, but not the proof of what remains."""
    result = shrunk(schedule(*"aBcDeFgH"), has("B", "F"), max_runs=max_runs)
    assert names(result) == ["B", "F"]


def test_what_never_became_possible_is_left_out() -> None:
    """Pins that a skipped deviation goes, and that what waited for it still waits as long."""

    def fails(candidate: Schedule) -> Run | None:
        found = names(candidate)
        late = "x" in found or any(d.wait >= 7 for d in candidate.deviations)
        if "B" not in found or not late:
            return None
        skipped = tuple(d.action for d in candidate.deviations if d.action.subject == "x")
        return made_up(candidate, skipped, steps=30)

    start = fails(schedule("x", "B", wait=0))
    assert start is not None
    result = Shrinker(fails, start).shrink()
    assert names(result.schedule) == ["B"]
    assert result.schedule.deviations[0].wait == 7
    assert result.skipped == ()


def still_violating(property_id: str, subject: Subject) -> Callable[[Schedule], Run | None]:
    """Whether a schedule still violates it."""

    def still_fails(candidate: Schedule) -> Run | None:
        run = run_schedule(subject, candidate)
        return run if property_id in run.findings else None

    return still_fails


def ways(candidate: Schedule) -> Iterable[tuple[Action, ...]]:
    """What could happen instead, as the search offers it."""
    return alternatives(no_key(), candidate)


def failing_runs(count: int) -> list[Run]:
    """Drawn runs of the target without an idempotency key that charge twice."""
    random = Random(7)
    found: list[Run] = []
    while len(found) < count:
        run = run_bytes(no_key(), random.choice(SCOPES), random.randbytes(80))
        if "MONEY-1" in run.findings:
            found.append(run)
    return found


@pytest.mark.parametrize("run", failing_runs(4), ids=lambda run: str(run.schedule.score))
def test_on_a_real_target_what_remains_is_needed(run: Run) -> None:
    """Pins that it still fails, not without any one of what remains, and comes out the same."""
    still_fails = still_violating("MONEY-1", no_key())
    result = Shrinker(still_fails, run, ways).shrink()
    deviations = result.schedule.deviations
    assert still_fails(result.schedule) is not None
    for index in range(len(deviations)):
        rest = deviations[:index] + deviations[index + 1 :]
        assert still_fails(evolve(result.schedule, deviations=rest)) is None
    assert result.schedule.score[:3] == (1, 1, 1)
    again = Shrinker(still_fails, run_schedule(no_key(), run.schedule), ways).shrink()
    assert again.schedule == result.schedule


def test_one_fault_in_the_middle_of_a_charge_is_enough() -> None:
    """Pins the smallest counterexample by hand: a timeout although the money was taken."""
    action = Action(
        Kind.ANSWER, "payment on order.created(o1)", "payments.charge", Mode.UNKNOWN_DONE
    )
    run = run_schedule(no_key(), Schedule(SINGLE, (Deviation(0, action),)))
    assert {"MONEY-1", "MONEY-3", "LIVE-0"} <= run.findings.keys()
