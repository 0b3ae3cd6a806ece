"""The client: orders that are placed, refused, placed again, cancelled."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from properties.world.actions import Kind, Mode
from properties.world.people import ACT_ATTEMPTS
from properties.world.world import PLACE_ATTEMPTS
from tests.properties.toys import TWO, Everything, Toy, act, rest, until, world_of


def test_a_place_that_is_refused_is_known_to_be() -> None:
    """Pins that refusing is an answer: nothing is tried again, and the saga counts as refused."""

    class Refuses(Toy):
        def place_order(self, order: dict[str, Any]) -> str:
            """Refuse."""
            return "refused"

    world = rest(world_of(Refuses))
    saga = world.history.sagas["o1"]
    assert (saga.placed, saga.refused, saga.status) == (True, True, None)


def test_refused_twice_is_still_refused() -> None:
    """Pins that a client that asks again and is refused again has not been accepted."""

    class Refuses(Toy):
        idempotent_place = True

        def place_order(self, order: dict[str, Any]) -> str:
            """Refuse."""
            return "refused"

    world = act(rest(world_of(Refuses)), Kind.RESUBMIT, "o1")
    assert world.history.sagas["o1"].refused


def test_accepted_and_then_refused_is_accepted() -> None:
    """Pins that refusing a repeated order does not undo its acceptance, and the other way round."""

    class Changes(Toy):
        idempotent_place = True
        answers: ClassVar[list[str | None]] = [None, "refused"]

        def place_order(self, order: dict[str, Any]) -> str | None:
            """Answer the next thing."""
            self.seen.append("place")
            return self.answers[len(self.seen) - 1]

    world = act(rest(world_of(Changes)), Kind.RESUBMIT, "o1")
    assert not world.history.sagas["o1"].refused
    other = type("Other", (Changes,), {"answers": ["refused", None]})
    assert not act(rest(world_of(other)), Kind.RESUBMIT, "o1").history.sagas["o1"].refused


def test_an_order_is_not_placed_twice_under_one_name() -> None:
    """Pins that a request which fails is repeated only when the other one has ended: two requests
    under one name would be one, and the first would never come to its end."""

    class Twice(Toy):
        idempotent_place = True
        consumers: ClassVar[dict[str, Any]] = {"order": {"parallel": 2}}

    world = until(world_of(Twice), Kind.RESUME, "place o1", "publish job")
    act(act(world, Kind.RESUBMIT, "o1"), Kind.ANSWER, "place o1", "publish job", Mode.TRANSIENT)
    act(world, Kind.PLACE, "o1")
    act(world, Kind.ANSWER, "resubmit o1", "publish job", Mode.TRANSIENT)
    placing = world.tasks["place o1"]
    assert "o1" in world.unplaced
    assert all(action.kind is not Kind.PLACE for action in world.benign())
    rest(world)
    assert placing.name not in world.tasks
    assert world.history.sagas["o1"].placed


@pytest.mark.parametrize(("repeats", "attempts"), [(False, 1), (True, PLACE_ATTEMPTS)])
def test_a_client_without_an_answer_tries_again_where_it_may(repeats: bool, attempts: int) -> None:
    """Pins that raising means unknown: repeated so often where that is idempotent, else never."""

    class Raises(Toy):
        idempotent_place = repeats

        def place_order(self, order: dict[str, Any]) -> str:
            """Raise."""
            self.seen.append("place")
            raise ConnectionError

    world = world_of(Raises)
    world.drain()
    assert len(world.target.seen) == attempts
    assert not world.history.sagas["o1"].placed
    assert not {"LIVE-0", "LIVE-1"} & world.history.findings.keys()


def test_an_order_that_is_stored_and_never_sent_is_found() -> None:
    """Pins that who stores an order and cannot send its first event leaves it open for ever, also
    where nobody places it again."""
    world = until(world_of(Toy), Kind.RESUME, "place o1")
    act(world, Kind.ANSWER, "place o1", "publish job", Mode.TRANSIENT)
    world.drain()
    assert not world.history.sagas["o1"].placed
    assert {"LIVE-0", "LIVE-1"} <= world.history.findings.keys()


def test_an_order_whose_placing_crashed_is_placed_again() -> None:
    """Pins that a dead service is no answer."""
    world = until(world_of(Everything), Kind.RESUME, "place o1")
    act(world, Kind.CRASH, "place o1", "publish job", Mode.AFTER)
    assert rest(world).target.calls.count("place") == 2


def test_only_an_accepted_cancel_is_a_cancel() -> None:
    """Pins that a refused cancel excuses nothing, and one under way may still be accepted."""
    refuses = type("Refuses", (Everything,), {"cancel_says": "refused"})
    world = act(rest(world_of(refuses)), Kind.CANCEL, "o1")
    assert world.target.calls[-1] == "cancel"
    assert not world.history.sagas["o1"].cancelled


def test_a_cancel_that_was_refused_later_stays_accepted() -> None:
    """Pins that a second click that comes too late does not take the first one back."""
    world = act(rest(world_of(Everything)), Kind.CANCEL, "o1")
    world.target.cancel_says = "refused"
    assert act(world, Kind.CANCEL, "o1").history.sagas["o1"].cancelled


def test_a_business_rule_of_the_targets_own_is_a_reason() -> None:
    """Pins that an order that `refuses` names may be refused, and only that one."""

    class Picky(Toy):
        def refuses(self, order: dict[str, Any]) -> str | None:
            """No pairs."""
            return "no pairs" if order["lines"][0]["quantity"] > 1 else None

        def place_order(self, order: dict[str, Any]) -> str:
            """Refuse everything."""
            return "refused"

    world = world_of(Picky, TWO)
    world.drain()
    assert world.history.findings["TRUE-1"].order == "o1"
    assert world.history.sagas["o2"].reasons


class Person(Toy):
    """Somebody has to approve the order, which needs a port."""

    tried = 0

    def work(self, event: dict[str, Any]) -> None:
        """Wait for the person."""

    def actions(self) -> list[str]:
        """What a person can do."""
        return ["approve"]

    def act(self, name: str, order_id: str) -> None:
        """A person does it."""
        self.tried += 1
        self.world.checkpoint("database", may_fail=True)
        self.orders[order_id] = "confirmed"


@pytest.mark.parametrize(
    ("kind", "mode"), [(Kind.ANSWER, Mode.TRANSIENT), (Kind.CRASH, Mode.BEFORE)]
)
def test_people_try_again_after_an_error(kind: Kind, mode: Mode) -> None:
    """Pins that what ended in an error, or in no answer, is done again; what went well is not."""
    world = until(world_of(Person), Kind.RESUME, "approve o1")
    act(world, kind, "approve o1", "database", mode)
    rest(world)
    assert world.target.tried == 2
    assert world.target.orders == {"o1": "confirmed"}


def test_people_give_up_in_the_end() -> None:
    """Pins that what always fails is not tried for ever."""

    class Broken(Person):
        def act(self, name: str, order_id: str) -> None:
            self.tried += 1
            raise RuntimeError("no form")

    assert rest(world_of(Broken)).target.tried == ACT_ATTEMPTS
