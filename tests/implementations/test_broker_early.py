"""Services that acknowledge before they have done their work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field

from implementations.broker.bridge import BrokerTarget
from implementations.broker.resting import rest_of
from implementations.broker.sites import Pool
from implementations.errors import TargetError
from tests.implementations.test_broker_misbehaving import NoWorld, letter, services
from tests.needs import needs


class Dies(BaseException):
    """The participant is killed at a port call."""


@define
class Notes(NoWorld):
    """Notes what is asked of it, and kills whoever asks for what is `deadly`."""

    deadly: str = ""
    asked: list[str] = field(factory=list)

    def acknowledge(self) -> None:
        """The message in hand is acknowledged before the end."""
        self._note("acknowledge")

    def publish(self, type: str, data: Any, id: Any, subject: Any) -> None:
        """An event."""
        self._note(type)

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if what == self.deadly:
            raise Dies


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """Of a service of the mode that the test asks for."""
    needs("rabbitmq")
    from implementations.broker.rabbitmq import RabbitMq

    begun = Pool(services(request.param), RabbitMq)
    yield begun
    begun.end()


early = pytest.mark.parametrize("pool", ["early"], indirect=True)


def target(pool: Pool, world: Notes) -> BrokerTarget:
    """The service in this world."""
    return BrokerTarget(pool, services(""), world)


@early
def test_what_comes_after_the_acknowledgement(pool: Pool) -> None:
    """Pins that the work belongs to its message, each time: acknowledged first, then published."""
    world = Notes()
    post = target(pool, world)
    assert [letter(post) for _ in range(3)] == ["ack"] * 3
    assert world.asked == ["acknowledge", "letters.answers"] * 3
    post.close()


@early
@pytest.mark.parametrize(("deadly", "back"), [("letters.answers", 0), ("acknowledge", 1)])
def test_a_crash_after_the_acknowledgement(pool: Pool, deadly: str, back: int) -> None:
    """Pins that the broker does not give the message back where it has heard of the
    acknowledgement, and does where the crash comes before that."""
    post = target(pool, Notes(deadly=deadly))
    with pytest.raises(Dies):
        letter(post)
    post.restart("post")
    assert post.came_back == back
    post.close()


@pytest.mark.parametrize("pool", ["late"], indirect=True)
def test_what_comes_of_its_own_accord(pool: Pool) -> None:
    """Pins that a publication with no message in hand is one message, with how to fix it, and not
    a run that is not the same twice."""
    post = target(pool, Notes())
    seat = post._site.seats["post"]
    os.mkfifo(post._site.state / "pipe")
    assert letter(post) == "ack"
    (post._site.state / "pipe").write_text("now")
    post._site.lines.release(seat)
    post._site.lines.wait(seat, "to publish", lambda: bool(seat.happenings))
    with pytest.raises(TargetError) as error:
        letter(post)
    assert "publishes after it has acknowledged its last message (letter)" in str(error.value)
    assert "acknowledge when the work is done" in str(error.value)
    with pytest.raises(TargetError, match="of its own accord"):
        post.relay("post")
    post.close()


def test_who_runs_does_not_rest() -> None:
    """Pins that a process which runs, as this one does, is not taken for one that sleeps."""
    if os.path.exists("/proc/self/task"):
        assert rest_of(os.getpid()) is None
