"""Who acknowledges a message while it is being handled, and what is lost then."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from implementations.errors import TargetError
from model.vocabulary import Status
from properties.world.actions import Kind, Mode
from tests.properties.toys import AsyncToy, Toy, act, rest, status, toy, until, world_of

JOB = "worker on job(o1)"


class AcknowledgesEarly(Toy):
    """Acknowledges what it has in hand, pauses, and does its work; some do not survive that."""

    verdict: ClassVar[Any] = None
    fails: ClassVar[bool] = False

    def work(self, event: dict[str, Any]) -> Any:
        """Acknowledge, and go on."""
        self.world.acknowledge()
        self.world.checkpoint("here")
        if self.fails:
            raise RuntimeError("too late")
        super().work(event)
        return self.verdict


def test_a_crash_after_an_early_acknowledgement_loses_the_message() -> None:
    """Pins that what the target acknowledges while it handles it is gone from there on."""
    world = until(world_of(AcknowledgesEarly), Kind.RESUME, JOB, "here")
    assert world.network.in_flight == []
    act(world, Kind.CRASH, JOB, "here", Mode.BEFORE)
    assert world.lost == {JOB}
    world.drain()
    assert "LIVE-1" in world.history.findings


def test_a_crash_before_an_early_acknowledgement_brings_the_message_back() -> None:
    """Pins that the acknowledgement is a port call: a crash may fall just before it."""
    world = until(world_of(AcknowledgesEarly), Kind.RESUME, JOB, "acknowledge")
    act(world, Kind.CRASH, JOB, "acknowledge", Mode.BEFORE)
    assert len(world.network.in_flight) == 1
    assert status(rest(world)) is Status.CONFIRMED
    assert world.lost == set()


@pytest.mark.parametrize("verdict", [None, "ack", "requeue", "reject", "unacked"])
def test_an_early_acknowledgement_is_the_last_word(verdict: str | None) -> None:
    """Pins that the message is not acknowledged twice, nor given back, whatever is returned."""
    world = rest(world_of(toy(AcknowledgesEarly, verdict=verdict)))
    assert status(world) is Status.CONFIRMED
    assert (len(world.target.seen), world.dead_letters, world.parked) == (1, [], {})
    assert world.network.in_flight == []
    assert world.free["worker"] == 1


def test_an_error_after_an_early_acknowledgement_loses_the_message() -> None:
    """Pins that an error brings back only what was not acknowledged."""
    world = rest(world_of(toy(AcknowledgesEarly, fails=True)))
    assert len(world.target.seen) == 1
    assert world.lost == {JOB}


def test_an_early_acknowledgement_by_a_coroutine() -> None:
    """Pins that coroutines await it, as they do every port."""

    async def work(toy: Any, event: dict[str, Any]) -> None:
        await toy.world.acknowledge()
        await toy.world.checkpoint("here")
        toy.orders[event["subject"]] = "confirmed"

    world = until(world_of(toy(AsyncToy, work=work)), Kind.RESUME, JOB, "here")
    assert world.network.in_flight == []
    assert status(rest(world)) is Status.CONFIRMED


def test_an_early_acknowledgement_of_nothing() -> None:
    """Pins the message for whoever acknowledges where no message is being handled."""

    def place_order(toy: Any, order: dict[str, Any]) -> None:
        toy.world.acknowledge()

    with pytest.raises(TargetError, match=r"place o1: acknowledged a message, and has none"):
        rest(world_of(toy(place_order=place_order)))
