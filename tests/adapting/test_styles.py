"""Small shops in the styles that are found in the wild: the right one holds, the wrong is found."""

from __future__ import annotations

from functools import lru_cache

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS, Fault
from properties.probing import probe
from properties.profiles import PROFILES, profile_of
from properties.run import Deviation, Schedule, run_schedule
from properties.search import Portion, run_part
from properties.telling import tell
from properties.world.actions import Action, Kind
from properties.world.scopes import SCOPES
from reports.safeguards import SafeguardName
from tests.needs import needs

#: How much of the search each style gets: a run on a database takes thirty times as long.
PARTS = {
    "faststream_adapter": ("paths", "sweep-0", "campaign-0"),
    "aio_pika_adapter": ("paths", "sweep-0", "campaign-0"),
    "pika_adapter": ("paths", "sweep-0", "campaign-0"),
    "kafka_adapter": ("paths", "sweep-0", "campaign-0"),
    "kafka_loop_adapter": ("paths", "sweep-0", "campaign-0"),
    "outbox_adapter": ("paths", "sweep-0"),
    "django_adapter": ("paths", "sweep-0", "campaign-0"),
}
NEEDED = {"outbox": "sql", "faststream": "faststream", "aio": "faststream", "django": "django"}

#: Schedules in each part, where a run is slow.
AT_MOST = {"outbox": 100, "django": 100}


@lru_cache
def search(target: str, part: str) -> Portion:
    """One part of a search, in this process."""
    style = target.partition("_")[0]
    if style in NEEDED:
        needs(NEEDED[style])
    subject = probe(f"tests.adapting.{target}")
    delivery = subject.shape.delivery
    profile = profile_of("quick", AT_MOST.get(style), slow=False)
    return run_part(subject, part, profile, DEFAULT_FAULTS, delivery, 1)


@pytest.mark.parametrize(
    ("style", "part"), [(s, part) for s, each in PARTS.items() for part in each]
)
def test_the_right_shop_holds(style: str, part: str) -> None:
    """Pins that no style makes the kit accuse a shop that is right, and that it was not spared."""
    found = search(f"{style}:make", part)
    assert found.violated == {}
    if part == "sweep-0":
        assert {Fault.CRASH, Fault.TRANSIENT} <= found.fired.keys()


@pytest.mark.parametrize("seed", [2, 3])
def test_two_handlers_of_a_service_race_and_the_right_shop_holds(seed: int) -> None:
    """Pins that a till which asks the customer, and then writes whatever it had found before, would
    not do: these seeds accused the shop on FastStream when it did so."""
    needs("faststream")
    subject = probe("tests.adapting.faststream_adapter:make")
    delivery = subject.shape.delivery
    portion = run_part(subject, "campaign-0", PROFILES["quick"], DEFAULT_FAULTS, delivery, seed)
    assert portion.violated == {}
    assert portion.fired[Fault.CONCURRENCY] > 100


@pytest.mark.parametrize(
    ("target", "part", "expected", "struck"),
    [
        ("pika_adapter:make_wrong", "campaign-0", "STOCK-2", "again"),
        ("kafka_adapter:make_wrong", "sweep-0", "LIVE-1", "till crashes while idle"),
        ("outbox_adapter:make_wrong", "sweep-0", "LIVE-1", "till commit → fails once"),
        ("faststream_twins:make_rejecting", "sweep-0", "MONEY-0", "publish Paid → fails once"),
        ("faststream_twins:make_forgetful", "sweep-0", "STOCK-2", "again"),
        ("aio_pika_twins:make_rejecting", "sweep-0", "MONEY-0", "publish money.taken → fails once"),
        ("aio_pika_twins:make_forgetful", "sweep-0", "STOCK-2", "again"),
        ("django_twins:TellsOnCommit", "sweep-0", "LIVE-1", "timeout, although it was done"),
        ("django_twins:WithoutTransaction", "sweep-0", "LIVE-1", "crash just after commit"),
        ("aio_pika_twins:make_hasty", "sweep-0", "LIVE-1", "crash before answer payment"),
        ("kafka_loop_twins:make_automatic", "sweep-0", "LIVE-1", "crash before answer payment"),
        ("kafka_loop_twins:make_unflushed", "campaign-0", "MONEY-0", "relay: crash before publish"),
        ("kafka_loop_twins:make_hasty", "sweep-0", "LIVE-1", "desk crashes while idle"),
    ],
)
def test_the_wrong_shop_is_found(target: str, part: str, expected: str, struck: str) -> None:
    """Pins that in each style a bug of that style is found, by the property it breaks, and that one
    fault is enough: that which brings it out."""
    found = search(target, part).counterexamples
    (deviation,) = next(each for each in found if each.property_id == expected).deviations
    assert struck in deviation.action


def last_piece() -> Schedule:
    """Two orders for the last piece, of which the second is paid while the shelf handles the first
    one."""
    scope = next(each for each in SCOPES if each.name == "the last piece")
    paid_twice = Deviation(30, Action(Kind.DELIVER, "Paid(o1) to shelf"))
    orders = (Deviation(0, Action(Kind.PLACE, "o2")), Deviation(1, Action(Kind.PLACE, "o1")))
    faults = frozenset({Fault.CONCURRENCY, Fault.REORDER, Fault.CONTENTION})
    return Schedule(evolve(scope, faults=faults), (*orders, paid_twice))


@pytest.mark.parametrize(
    ("twin", "shop", "needed"),
    [
        ("ReadsThenWrites", "make", ()),
        ("NotesThenReadsOnPostgresql", "OnPostgresql", ("postgresql",)),
    ],
)
def test_a_lost_update_is_found_on_django(twin: str, shop: str, needed: tuple[str, ...]) -> None:
    """Pins that two handlers may both have read before either writes, on PostgreSQL even where each
    has written something else before, and what is named; the right shop, which locks what it
    reads, is led the same way in vain."""
    needs("django", *needed)
    schedule = last_piece()
    wrong = probe(f"tests.adapting.django_twins:{twin}")
    right = probe(f"tests.adapting.django_adapter:{shop}")
    told = tell(wrong, "STOCK-1", schedule, "campaign", 1, 0)
    assert told.safeguard is not None
    assert told.safeguard.name is SafeguardName.CONDITIONAL_UPDATE
    run = run_schedule(right, schedule)
    assert not run.skipped
    assert run.findings == {}


def test_a_lost_update_is_hidden_on_sqlite() -> None:
    """Pins what PostgreSQL is there for: on a file, who has written first is alone."""
    needs("django")
    run = run_schedule(probe("tests.adapting.django_twins:NotesThenReads"), last_piece())
    assert run.findings == {}


@pytest.mark.parametrize("part", ["sweep-0", "campaign-0"])
def test_the_right_shop_holds_on_postgresql(part: str) -> None:
    """Pins that locks of rows, waits and deadlocks among them, accuse nobody of anything."""
    needs("django", "postgresql")
    subject = probe("tests.adapting.django_adapter:OnPostgresql")
    profile = profile_of("quick", 10, slow=False)
    portion = run_part(subject, part, profile, DEFAULT_FAULTS, subject.shape.delivery, 1)
    assert portion.violated == {}
    assert portion.fired[Fault.CRASH if part == "sweep-0" else Fault.CONCURRENCY] > 0


@pytest.mark.parametrize("twin", ["aio_pika_twins:make_hasty", "kafka_loop_twins:make_automatic"])
def test_an_early_acknowledgement_is_named(twin: str) -> None:
    """Pins that the report says which safeguard is missing where a message was lost so."""
    found = search(twin, "sweep-0").counterexamples
    named = {each.safeguard for each in found if each.safeguard}
    assert {each.name for each in named} == {SafeguardName.ACKNOWLEDGE_LAST}


@pytest.mark.parametrize("style", ["faststream", "aio_pika"])
def test_an_error_is_told_with_its_place_in_the_service(style: str) -> None:
    """Pins that neither the helpers of the adapter nor a library are named as the place."""
    found = search(f"{style}_twins:make_rejecting", "sweep-0").counterexamples
    notes = [note for step in found[0].steps for note in step.notes]
    assert any("raised ConnectionError" in note and "(app.py:" in note for note in notes)
