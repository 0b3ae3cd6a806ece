"""Delete any one safeguard of the reference: the kit finds it, in profile ci, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from statistics import median

import pytest
from attrs import evolve, frozen

from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.drivers.stateful import run_stateful
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Run, run_schedule, schedule_from_json
from properties.search import Portion, run_part
from properties.verdicts import Total, rank
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject
from reports.counterexample import Counterexample
from reports.safeguards import SafeguardName

CI = PROFILES["ci"]
SEEDS = range(1, 21)


@frozen
class Loss:
    """A safeguard that the reference is left without, and what must come of it."""

    safeguard: str
    """The factory in `without_safeguard`."""
    property_id: str
    """The property that one would expect to be violated."""
    parts: tuple[str, ...]
    """The parts of the search without any chance in them that must find it."""
    named: SafeguardName
    """What the report must say is missing."""
    deviations: int
    """The most deviations from first in, first out that the counterexample may need."""


LOSSES = (
    Loss("idempotency_key", "MONEY-1", ("sweep-0", "directed"), SafeguardName.IDEMPOTENCY_KEY, 1),
    Loss("inbox", "STOCK-2", ("sweep-0", "directed"), SafeguardName.INBOX, 1),
    Loss("outbox", "ATOM-1", ("sweep-0",), SafeguardName.OUTBOX, 1),
    Loss("tombstone", "STOCK-3", ("directed",), SafeguardName.TOMBSTONE, 2),
    Loss("status_guard", "STATE-1", ("sweep-0", "directed"), SafeguardName.GUARDED_STATUS, 1),
    Loss(
        "conditional_stock_update",
        "STOCK-1",
        ("paths", "sweep-1", "directed"),
        SafeguardName.CONDITIONAL_UPDATE,
        0,
    ),
    Loss(
        "refund_on_reservation_failure",
        "MONEY-0",
        ("paths", "sweep-1", "directed"),
        SafeguardName.REFUND_ON_RESERVATION_FAILURE,
        0,
    ),
    Loss(
        "release_on_shipping_failure",
        "LIVE-0",
        ("paths", "sweep-0", "directed"),
        SafeguardName.RELEASE_ON_SHIPPING_FAILURE,
        1,
    ),
    Loss("lookup", "MONEY-3", ("sweep-0",), SafeguardName.LOOKUP, 1),
)
EVERY_LOSS = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: str(loss.safeguard))


@cache
def without(safeguard: str) -> Subject:
    """The reference without one of its safeguards."""
    return probe(f"tests.implementations.without_safeguard:{safeguard}")


@cache
def portion(safeguard: str, part: str, seed: int = 1) -> Portion:
    """What one part of the search finds in it."""
    subject = without(safeguard)
    return run_part(subject, part, CI, DEFAULT_FAULTS, subject.shape.delivery, seed)


def counterexample(loss: Loss) -> Counterexample:
    """The counterexample by which the first of its parts tells of a loss."""
    told = portion(loss.safeguard, loss.parts[0]).counterexamples
    return next(found for found in told if found.property_id == loss.property_id)


def scopes_of(subject: Subject) -> tuple[Scope, ...]:
    """The scopes that profile ci goes through."""
    return fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)


@EVERY_LOSS
def test_it_is_found_without_any_chance(loss: Loss) -> None:
    """Pins which deterministic parts of ci find it.

    Nothing in them depends on the seed, so that this is 20 of 20 seeds by construction; that they
    are the same for two seeds is checked on the first of them.
    """
    for part in loss.parts:
        assert loss.property_id in portion(loss.safeguard, part).violated, part
    one, other = (portion(loss.safeguard, loss.parts[0], seed) for seed in (1, 20))
    assert one.violated == other.violated
    assert [c.schedule for c in one.counterexamples] == [c.schedule for c in other.counterexamples]


@EVERY_LOSS
def test_its_counterexample_is_minimal(loss: Loss) -> None:
    """Pins how short the counterexample is, and that each deviation left in it is needed."""
    schedule = schedule_from_json(counterexample(loss).schedule)
    subject = without(loss.safeguard)
    assert loss.property_id in run_schedule(subject, schedule).findings
    assert len(schedule.deviations) <= loss.deviations
    for gone in range(len(schedule.deviations)):
        rest = (*schedule.deviations[:gone], *schedule.deviations[gone + 1 :])
        run = run_schedule(subject, evolve(schedule, deviations=rest))
        assert loss.property_id not in run.findings, schedule.deviations[gone]


@EVERY_LOSS
def test_the_report_names_it(loss: Loss) -> None:
    """Pins that the report says which safeguard is missing."""
    told = counterexample(loss)
    assert told.safeguard is not None
    assert told.safeguard.name == loss.named


@EVERY_LOSS
def test_a_quick_run_names_it_first(loss: Loss) -> None:
    """Pins that what a quick run tells first asks for the safeguard, whatever the seed.

    Of the parts with chance in them only the campaign, and of that only what was not found before:
    what was is minimal already.
    """
    subject, total = without(loss.safeguard), Total()
    for part in ("paths", "sweep-0", "directed"):  # the same in all profiles
        total.take(portion(loss.safeguard, part))
    known, contract = frozenset(total.counterexamples), subject.shape.delivery
    for seed in (1, 2):
        total.take(
            run_part(
                subject, "campaign-0", PROFILES["quick"], DEFAULT_FAULTS, contract, seed, known
            )
        )
        told = min(total.counterexamples.values(), key=rank)
        assert told.safeguard is not None
        assert told.safeguard.name == loss.named, (seed, told.property_id)


# -- by chance alone -------------------------------------------------------------------------------

#: subject, property, seed -> how many schedules it took to find the property violated
Tier = Callable[[Subject, str, int], int | None]


class Found(Exception):
    """The property was violated: no need to go on."""


def by_campaign(subject: Subject, property_id: str, seed: int) -> int | None:
    """How many schedules one shard of ci's campaign took to find it; None if it did not."""
    runs = campaign(subject, scopes_of(subject), seed * 1000, CI.campaign)
    for count, (_, run) in enumerate(runs, start=1):
        if property_id in run.findings:
            return count
    return None


def by_machine(subject: Subject, property_id: str, seed: int) -> int | None:
    """How many examples one shard of ci's state machine took to find it; None if it did not."""
    count = 0
    found: int | None = None

    def consider(run: Run) -> None:
        nonlocal count, found
        count += 1
        if property_id in run.findings:
            found = found or count  # Hypothesis runs what fails once more
            raise Found

    with suppress(Found):
        run_stateful(subject, scopes_of(subject), consider, seed * 1000, CI.examples, CI.chunks)
    return found


@pytest.mark.parametrize("tier", [by_campaign, by_machine])
@EVERY_LOSS
def test_it_is_found_by_chance_alone(loss: Loss, tier: Tier) -> None:
    """Pins that one shard of each random tier finds it by itself, on 20 of 20 seeds.

    The seeds are those of the first shards of sessions with these seeds; ci has several shards.
    """
    subject = without(loss.safeguard)
    needed = [tier(subject, loss.property_id, seed) for seed in SEEDS]
    found = [count for count in needed if count is not None]
    figures = f"{loss.property_id} found on {len(found)} of {len(needed)} seeds"
    if found:
        figures += f", after {median(found):g} schedules in the median, {max(found)} at worst"
    print(figures)
    assert len(found) == len(needed), figures
