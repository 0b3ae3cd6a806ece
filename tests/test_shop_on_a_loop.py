"""A shop whose coroutines need a running event loop: the right one holds, the forgetful one not."""

from __future__ import annotations

import pytest

from tests.test_shop import search

PARTS = ["paths", "sweep-0", "sweep-1", "campaign-0"]


@pytest.mark.parametrize("part", PARTS)
def test_the_right_one_holds(part: str) -> None:
    """Pins that locks, tasks and sleeps raise no false alarm under any fault."""
    assert search("tests.shop.looping:make", part, "quick").violated == {}


def test_it_was_put_to_the_test() -> None:
    """Pins that nothing is found although crashes strike and handlers interleave."""
    found = search("tests.shop.looping:make", "campaign-0", "quick")
    assert min(found.fired["crash"], found.fired["concurrency"]) > 0


@pytest.mark.parametrize("part", ["sweep-0", "campaign-0"])
def test_fire_and_forget_is_found(part: str) -> None:
    """Pins that work in the background, which no message waits for, is lost in a crash."""
    violated = search("tests.shop.looping:forgetful", part, "quick").violated
    assert "LIVE-1" in violated
    assert "MONEY-1" not in violated
