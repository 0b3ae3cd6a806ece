"""Small shops in the styles that are found in the wild: the right one holds, the wrong is found."""

from __future__ import annotations

from functools import lru_cache

import pytest

from model.environment import DEFAULT_FAULTS, Fault
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import Portion, run_part
from tests.needs import needs

#: How much of the search each style gets: a run on a database takes thirty times as long.
PARTS = {
    "pika_adapter": ("paths", "sweep-0", "campaign-0"),
    "kafka_adapter": ("paths", "sweep-0", "campaign-0"),
    "outbox_adapter": ("paths", "sweep-0"),
}


@lru_cache
def search(target: str, part: str) -> Portion:
    """One part of a search, in this process."""
    if target.startswith("outbox"):
        needs("sql")
    subject = probe(f"tests.adapting.{target}")
    delivery = subject.shape.delivery
    return run_part(subject, part, PROFILES["quick"], DEFAULT_FAULTS, delivery, 1)


@pytest.mark.parametrize(
    ("style", "part"), [(s, part) for s, each in PARTS.items() for part in each]
)
def test_the_right_shop_holds(style: str, part: str) -> None:
    """Pins that no style makes the kit accuse a shop that is right."""
    assert search(f"{style}:make", part).violated == {}


@pytest.mark.parametrize(
    ("style", "part", "expected"),
    [
        ("pika_adapter", "campaign-0", "STOCK-2"),
        ("kafka_adapter", "sweep-0", "LIVE-1"),
        ("outbox_adapter", "sweep-0", "LIVE-1"),
    ],
)
def test_the_wrong_shop_is_found(style: str, part: str, expected: str) -> None:
    """Pins that in each style a bug of that style is found, by the property it breaks."""
    assert expected in search(f"{style}:make_wrong", part).violated


@pytest.mark.parametrize("style", PARTS)
def test_crashes_and_transient_faults_have_struck(style: str) -> None:
    """Pins that the right shops were not spared."""
    fired = search(f"{style}:make", "sweep-0").fired
    assert {Fault.CRASH, Fault.TRANSIENT} <= fired.keys()
