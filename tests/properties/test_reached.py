"""Outboxes in which others write: an API in front of services, or a handler in a shared one."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from model.environment import DEFAULT_FAULTS
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import run_part


class Target:
    """Whoever places an order sets goods aside as well; the shelf's outbox tells of it."""

    subscriptions = {"desk": ["SetAside", "SoldOut"], "shelf": ["Nothing"]}  # noqa: RUF012
    roles = {"order": "desk", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        self.world = world
        self.stock = dict(world.stock)
        self.orders: dict[str, str] = {}
        self.held: list[Any] = []
        self.outbox: list[tuple[str, str]] = []

    def place_order(self, order: Any) -> None:
        """Open an order, and set its goods aside."""
        self.orders[order["id"]] = "open"
        wanted: dict[str, int] = {}
        for line in order["lines"]:
            wanted[line["sku"]] = wanted.get(line["sku"], 0) + line["quantity"]
        enough = all(self.stock[sku] >= n for sku, n in wanted.items())
        if enough:
            for sku, n in wanted.items():
                self.stock[sku] -= n
                self.held.append({"order": order["id"], "sku": sku, "quantity": n})
        self.outbox.append(("SetAside" if enough else "SoldOut", order["id"]))

    def handle(self, participant: str, event: Any) -> None:
        """Learn how it ended."""
        ended = "confirmed" if event["type"] == "SetAside" else "failed"
        self.orders[event["data"]["order"]] = ended

    def relay(self, participant: str) -> int:
        """Tell what the shelf has to tell."""
        waiting = len(self.outbox) if participant == "shelf" else 0
        if waiting:
            type, order = self.outbox[0]
            self.world.publish(type, {"order": order}, id=f"{type}-{order}", subject=order)
            self.outbox.pop(0)
        return waiting

    def observe(self) -> Any:
        """What there is."""
        return {
            "orders": dict(self.orders),
            "stock": dict(self.stock),
            "reservations": list(self.held),
        }


class Gossip(Target):
    """It also says when the shelf is nearly empty, which is about no order."""

    def relay(self, participant: str) -> int:
        """Tell that as well."""
        waiting = super().relay(participant)
        if waiting:
            self.world.publish("LowStock", {"left": sum(self.stock.values())})
        return waiting


class Notified(Target):
    """The gateway tells of a charge in an event of its own."""

    def place_order(self, order: Any) -> None:
        """Charge as well."""
        super().place_order(order)
        self.world.payments.charge(
            order["id"], order["total"], order["currency"], key=order["id"], notify="Charged"
        )


class Listening(Gossip):
    """The desk wants to hear of it."""

    subscriptions = {**Target.subscriptions, "shelf": ["LowStock"]}  # noqa: RUF012

    def handle(self, participant: str, event: Any) -> None:
        """The shelf need not do anything."""
        if participant == "desk":
            super().handle(participant, event)


def violated(subject: Any) -> dict[str, int]:
    """What the business answers alone bring out."""
    delivery = subject.shape.delivery
    return run_part(subject, "paths", PROFILES["quick"], DEFAULT_FAULTS, delivery, 1).violated


def test_an_outbox_in_which_others_write_is_asked() -> None:
    """Pins that a right target is not accused because its events wait where nobody looked; without
    what is pinned here it would be."""
    subject = probe(f"{__name__}:Target")
    assert subject.reached == {"shelf"}
    assert violated(subject) == {}
    assert "LIVE-1" in violated(evolve(subject, reached=frozenset()))


def test_the_gateway_has_no_outbox() -> None:
    """Pins that whoever publishes besides the participants is never asked to relay."""
    assert probe(f"{__name__}:Notified").reached == {"shelf"}


def test_where_everybody_writes_in_their_own_nobody_is_asked_for_nothing() -> None:
    """Pins that schedules of other targets have no steps that relay nothing."""
    assert probe("implementations.reference:make").reached == frozenset()


def test_news_of_no_order_are_no_violation() -> None:
    """Pins that an event that nobody waits for may belong to no saga; where somebody does, OBS-1
    asks for the order that it is about."""
    assert violated(probe(f"{__name__}:Gossip")) == {}
    assert set(violated(probe(f"{__name__}:Listening"))) == {"OBS-1"}
