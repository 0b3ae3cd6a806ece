"""Small shops in the styles that are found in the wild: the right one holds, the wrong is found."""

from __future__ import annotations

import pytest

from model.environment import DEFAULT_FAULTS, Fault
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import Portion, run_part
from tests.needs import needs

PARTS = ["paths", "sweep-0", "campaign-0"]
STYLES = ["pika_adapter", "kafka_adapter", "outbox_adapter"]


def search(target: str, part: str) -> Portion:
    """One part of a search, in this process."""
    if target.startswith("outbox"):
        needs("sql")
    subject = probe(f"tests.adapting.{target}")
    delivery = subject.shape.delivery
    return run_part(subject, part, PROFILES["quick"], DEFAULT_FAULTS, delivery, 1)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("style", STYLES)
def test_the_right_shop_holds(style: str, part: str) -> None:
    """Pins that no style makes the kit accuse a shop that is right."""
    assert search(f"{style}:make", part).violated == {}


@pytest.mark.parametrize(
    ("style", "expected"),
    [("pika_adapter", "STOCK-2"), ("kafka_adapter", "LIVE-1"), ("outbox_adapter", "LIVE-1")],
)
def test_the_wrong_shop_is_found(style: str, expected: str) -> None:
    """Pins that in each style a bug of that style is found, by the property it breaks."""
    violated = {id for part in PARTS for id in search(f"{style}:make_wrong", part).violated}
    assert expected in violated


@pytest.mark.parametrize("style", STYLES)
def test_crashes_and_copies_have_been_there(style: str) -> None:
    """Pins that the faults which the bugs need have really struck the right shop."""
    fired = search(f"{style}:make", "campaign-0").fired
    assert {Fault.CRASH, Fault.DUPLICATE, Fault.TRANSIENT} <= fired.keys()
