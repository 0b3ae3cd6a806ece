"""People who try too early: they try again when something has moved, and not for ever."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from properties.world.actions import Kind
from properties.world.people import ACT_ATTEMPTS
from properties.world.world import World
from tests.properties.toys import TWO, Toy, act, rest, toy, until, world_of


class Depot(Toy):
    """A parcel is ready when its message was handled; then people pick it, and pack it."""

    steps: ClassVar[list[str]] = ["pack", "pick"]

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.done: dict[str, list[str]] = {}
        self.tried: list[str] = []

    def work(self, event: dict[str, Any]) -> None:
        """The parcel can be picked now."""
        self.done[event["subject"]] = ["ready"]

    def actions(self) -> list[str]:
        """What people do."""
        return self.steps

    def act(self, name: str, order_id: str) -> None:
        """A person does it, where what comes before it was done."""
        self.tried.append(name)
        if {"pick": "ready", "pack": "pick"}[name] not in self.done.get(order_id, []):
            raise LookupError(f"{name}: not yet")
        self.done[order_id].append(name)
        if name == "pack":
            self.orders[order_id] = "confirmed"


def too_early(world: World) -> World:
    """Somebody tries to pick the parcel as often as may be, before it is ready."""
    until(world, Kind.DELIVER, "job")
    for _ in range(ACT_ATTEMPTS):
        act(world, Kind.ACT, "o1", "pick")
    assert not world.enabled(world.benign()[0]._replace(kind=Kind.ACT, subject="o1", port="pick"))
    return world


def test_what_was_tried_too_early_is_done_later() -> None:
    """Pins that no saga is accused because somebody was too early with a step, five times."""
    world = rest(too_early(world_of(Depot)))
    world.drain()
    assert world.target.orders == {"o1": "confirmed"}
    assert not {"LIVE-0", "LIVE-1", "TRUE-1"} & world.history.findings.keys()


def test_what_depends_on_another_step_comes_behind_it() -> None:
    """Pins that who tried in vain lets the others go first, in whatever order steps are listed."""
    world = rest(world_of(Depot, TWO))
    assert world.target.orders == {"o1": "confirmed", "o2": "confirmed"}
    assert world.target.tried == ["pack", "pick", "pack"] * 2


def test_what_depends_on_a_timer_is_tried_when_it_has_gone_off() -> None:
    """Pins that a step that was given up comes again where it was time that it waited for."""

    class Slow(Depot):
        def place_order(self, order: dict[str, Any]) -> None:
            """The parcel takes an hour."""
            self.orders[order["id"]] = "open"
            self.world.timer(3600, "job", {"order": order["id"]})

    world = rest(world_of(Slow))
    assert world.target.orders == {"o1": "confirmed"}


@pytest.mark.parametrize("publishes", [False, True])
def test_what_can_never_be_done_is_given_up(publishes: bool) -> None:
    """Pins that a run ends: neither other steps in vain, nor what each of them brings about, are a
    reason to try again."""

    def fails(depot: Depot, name: str, order_id: str) -> None:
        depot.tried.append(name)
        if publishes:
            depot.world.publish("job", {"order": order_id}, subject=order_id)
        raise LookupError("the form is gone")

    world = rest(world_of(toy(Depot, act=fails)))
    assert sorted(world.target.tried) == ["pack"] * ACT_ATTEMPTS + ["pick"] * ACT_ATTEMPTS
    world.drain()
    assert not any("still moving" in each.text for each in world.history.findings.values())


def test_what_was_done_is_not_done_again() -> None:
    """Pins that a step that went well after it was tried in vain is not tried once more."""

    def flaky(depot: Depot, name: str, order_id: str) -> None:
        if depot.tried.count(name) == 0:
            depot.tried.append(name)
            raise ConnectionError("no connection")
        Depot.act(depot, name, order_id)

    world = rest(world_of(toy(Depot, act=flaky, steps=["pick", "pack"])))
    assert world.target.done["o1"] == ["ready", "pick", "pack"]
