"""From counts to verdicts: what was not judged, and faults that have no way to strike a target."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from implementations.shape import check_target
from model.environment import Delivery, Fault
from model.history import Sight
from model.specification import BY_ID
from properties.run import Schedule
from properties.search import Portion
from properties.settings.in_force import resolve
from properties.settings.sources import from_command_line
from properties.striking import cannot_fire
from properties.verdicts import Total, not_applicable, summarise
from properties.world.scopes import SINGLE
from properties.world.subject import Source, Sources, Subject
from reports.verdict import Verdict
from tests.reports import samples


def subject(sources: Sources, **members: Any) -> Subject:
    """A target that shows money and parcels in observe(), with these further members."""
    plain = {
        "subscriptions": {"order": ["done"]},
        "place_order": lambda order: None,
        "handle": lambda participant, event: None,
        "observe": dict,
    }
    target = SimpleNamespace(**plain | members)
    return Subject("m:f", lambda world: target, check_target(target), sources, Sight())


LISTED = Sources(Source.OBSERVED, Source.OBSERVED, Source.OBSERVED)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.DECLINE, "does not call world.payments"),
        (Fault.CARRIER_REFUSAL, "does not call world.carrier"),
        (
            Fault.UNKNOWN,
            "calls none of world.payments, world.carrier, world.warehouse and world.done",
        ),
        (Fault.CONCURRENCY, "handles two messages at once"),
        (Fault.CONTENTION, "one order only"),
        (Fault.CANCEL, "no cancel_order"),
        (Fault.LATE, "not seen to set a timer"),
    ],
)
def test_a_fault_that_cannot_fire_says_why(fault: Fault, why: str) -> None:
    """Pins that a target whose money and parcels stand in observe() is told what it does not do."""
    listing = subject(LISTED, limits={"orders": 1})
    assert why in cannot_fire(fault, listing, Delivery.AT_LEAST_ONCE_UNORDERED)


def test_a_fault_that_can_fire_has_no_excuse() -> None:
    """Pins that nothing is explained away for a target that calls the ports."""
    calling = subject(
        Sources(),
        consumers={"order": {"parallel": 2}},
        cancel_order=lambda id: None,
        limits={"quantity": 1},
    )
    for fault in (Fault.DECLINE, Fault.UNKNOWN, Fault.CONCURRENCY, Fault.OUT_OF_STOCK):
        assert cannot_fire(fault, calling, Delivery.AT_LEAST_ONCE_UNORDERED) == ""


@pytest.mark.parametrize(
    ("checked", "aside", "verdict", "said"),
    [
        (0, 0, Verdict.VACUOUS, "nothing in any run that it speaks of"),
        (0, 3, Verdict.UNKNOWN, "left aside where LIVE-0 is violated (3 orders), and there were"),
        (9, 1, Verdict.HOLDS, "; left aside where LIVE-0 is violated (1 order)"),
        (9, 0, Verdict.HOLDS, ""),
    ],
)
def test_what_could_not_be_judged_is_said(
    checked: int, aside: int, verdict: Verdict, said: str
) -> None:
    """Pins that TRUE-2 never just HOLDS beside runs of which it could not say anything."""
    total = Total(checked={"TRUE-2": checked}, left_aside={"TRUE-2": aside} if aside else {})
    every, contract = frozenset(Fault), Delivery.AT_LEAST_ONCE_UNORDERED
    settings = resolve([], home=Path())
    summary = summarise(total, subject(Sources()), settings, every, contract, 1, {})
    row = next(row for row in summary.properties if row.id == "TRUE-2")
    assert row.verdict is verdict
    assert said in row.reason
    assert bool(said) == bool(row.reason)


@pytest.mark.parametrize(
    ("asked", "members", "said"),
    [
        (None, {}, ""),
        ("all", {"twin": ""}, ""),
        (
            None,
            {"twin": ""},
            "at most 60 in each part, since the target says that its runs are slow: campaign 120 "
            "of 4,000, sweep 60 of 813; --saga-schedules=all runs them all",
        ),
        (
            "60",
            {},
            "at most 60 in each part, as --saga-schedules says: campaign 120 of 4,000, sweep 60 of "
            "813",
        ),
    ],
)
def test_that_less_was_done_is_said(asked: str | None, members: dict[str, str], said: str) -> None:
    """Pins that a search with a limit says so in its summary, why, and what it left out."""
    total = Total()
    for part, whole in (("campaign-0", 2_000), ("campaign-1", 2_000), ("sweep-0", 813)):
        total.take(Portion(part, 60, whole if said else 0))
    total.take(Portion("paths", 27, 27 if said else 0))
    settings = resolve([from_command_line({"schedules": asked}, Path())], home=Path())
    every, contract = frozenset(Fault), Delivery.AT_LEAST_ONCE_UNORDERED
    slow = subject(Sources(), **members)
    assert summarise(total, slow, settings, every, contract, 1, {}).fewer == said


def test_the_runs_that_made_counterexamples_minimal_add_up() -> None:
    """Pins that those of every part count, also where only the simplest one is kept."""
    one = evolve(samples.double_charge(), schedule=Schedule(SINGLE).as_json(), runs=23)
    other, faultless = evolve(one, runs=4), evolve(one, property_id="LIVE-0", runs=5)
    total = Total()
    total.take(Portion("campaign-0", counterexamples=[one], faultless=[faultless]))
    total.take(Portion("campaign-1", counterexamples=[other]))
    every, contract = frozenset(Fault), Delivery.AT_LEAST_ONCE_UNORDERED
    settings = resolve([], home=Path())
    summary = summarise(total, subject(Sources()), settings, every, contract, 1, {})
    assert summary.shrinking == one.runs + other.runs + faultless.runs


@pytest.mark.parametrize(
    ("sight", "applies"),
    [
        (Sight(money=False, parcels=False), True),
        (Sight(money=False, reservations=False), True),
        (Sight(money=False, reservations=False, parcels=False), False),
    ],
)
def test_whatever_can_be_undone_must_be(sight: Sight, applies: bool) -> None:
    """Pins that COMP-1 applies to a saga whose payments are not seen, if anything else is."""
    seen = evolve(subject(LISTED), sight=sight)
    why = not_applicable(BY_ID["COMP-1"], seen)
    assert (why == "") is applies
    assert applies or "something to undo" in why
