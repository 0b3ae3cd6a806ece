"""What observe() shows becomes effects in the ledger, each one once."""

from __future__ import annotations

from typing import Any

import pytest

from implementations.errors import TargetError
from model.ledger import Effect
from model.vocabulary import Status
from properties.world.scopes import BASKET, Scope
from properties.world.subject import Source, Sources
from properties.world.world import World
from tests.properties.toys import ONE, TWO, Toy, rest, status, world_of

NONE, TOTAL, OBSERVED, DOUBLE = Source.NONE, Source.TOTAL, Source.OBSERVED, Source.DOUBLE


class Shows(Toy):
    """Shows the snapshots that a test gives, one for each message handled."""

    beginning: dict[str, Any]
    later: tuple[dict[str, Any], ...]

    def observe(self) -> dict[str, Any]:
        """The snapshot of now."""
        shown = (self.beginning, *self.later)[min(len(self.seen), len(self.later))]
        return {"orders": {}, "stock": {"book": 1}, **shown}

    def place_order(self, order: dict[str, Any]) -> None:
        """One message for each change."""
        for _ in self.later:
            self.world.publish("job", {})

    def work(self, event: dict[str, Any]) -> None:
        """Nothing but another snapshot."""


def shows(
    *later: dict[str, Any],
    beginning: dict[str, Any] | None = None,
    sources: Sources,
    scope: Scope = ONE,
) -> World:
    """A run of a target that shows this."""
    members = {"beginning": beginning or {}, "later": later}
    return rest(world_of(type("Shows", (Shows,), members), scope, sources=sources))


def effects(world: World) -> list[tuple[Effect, str, int, str, str]]:
    """Effect, order, quantity, unit and reference of each entry."""
    entries = world.history.ledger.entries
    return [(e.effect, e.order, e.quantity, e.unit, e.ref) for e in entries]


def payment(status: str, amount: int = 1999, id: str = "p1") -> dict[str, Any]:
    """A snapshot with one payment."""
    return {"payments": [{"id": id, "order": "o1", "amount": amount, "status": status}]}


def shipment(status: str) -> dict[str, Any]:
    """A snapshot with one parcel."""
    return {"shipments": [{"id": "s1", "order": "o1", "status": status}]}


def reserved(quantity: int, available: int) -> dict[str, Any]:
    """A snapshot with one reservation."""
    rows = [{"order": "o1", "sku": "book", "quantity": quantity}] if quantity else []
    return {"reservations": rows, "stock": {"book": available}}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pending"], []),
        (["pending", "charged", "charged"], [Effect.CHARGE]),
        (["charged", "refunded"], [Effect.CHARGE, Effect.REFUND]),
        (["pending", "failed"], []),
        (["pending", "refunded"], []),
        (["charged", "refunded", "charged"], [Effect.CHARGE, Effect.REFUND, Effect.CHARGE]),
    ],
    ids=" ".join,
)
def test_payments_are_read_off_their_status(statuses: list[str], expected: list[Effect]) -> None:
    """Pins which changes of a payment move money; what was never charged is not refunded."""
    sources = Sources(OBSERVED, NONE, NONE)
    world = shows(*map(payment, statuses), beginning={"payments": []}, sources=sources)
    assert effects(world) == [(effect, "o1", 1999, "EUR", "p1") for effect in expected]


def test_two_payments_are_two_charges() -> None:
    """Pins that payments are told apart by their id, and amounts are taken as they are shown."""
    both = {
        "payments": payment("charged", 999)["payments"] + payment("charged", id="p2")["payments"]
    }
    world = shows(payment("charged", 999), both, sources=Sources(OBSERVED, NONE, NONE))
    assert [entry[2] for entry in effects(world)] == [999, 1999]
    assert {"MONEY-1", "MONEY-4"} <= world.history.findings.keys()


def test_payments_are_not_entered_twice_where_the_gateway_is_used() -> None:
    """Pins that money seen at the double is not counted again in observe()."""
    world = shows(payment("charged"), sources=Sources(DOUBLE, NONE, NONE))
    assert effects(world) == []


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["requested"], []),
        (["requested", "shipped", "shipped"], [Effect.SHIP]),
        (["shipped", "cancelled"], [Effect.SHIP, Effect.RECALL]),
        (["requested", "cancelled"], []),
    ],
    ids=" ".join,
)
def test_parcels_are_read_off_their_status(statuses: list[str], expected: list[Effect]) -> None:
    """Pins which changes of a shipment move a parcel, with the pieces of its order."""
    sources = Sources(NONE, NONE, OBSERVED)
    world = shows(*map(shipment, statuses), beginning={"shipments": []}, sources=sources)
    assert effects(world) == [(effect, "o1", 1, "book", "s1") for effect in expected]


def test_a_parcel_holds_every_sku_of_its_order() -> None:
    """Pins that one shipment of two SKUs is two entries and one parcel."""
    stock = {"stock": {"book": 2, "pen": 2}}
    world = shows(
        {**shipment("shipped"), **stock},
        beginning=stock,
        sources=Sources(NONE, NONE, OBSERVED),
        scope=BASKET,
    )
    assert [entry[2:4] for entry in effects(world)] == [(2, "book"), (2, "pen")]
    assert world.history.ledger.balance("o1").parcels == 1


def test_reservations_are_read_off_their_rows() -> None:
    """Pins that a row that comes, grows or goes is a reservation or a release of the difference."""
    world = shows(
        reserved(1, 0),
        reserved(3, 0),
        reserved(0, 1),
        beginning=reserved(0, 1),
        sources=Sources(NONE, OBSERVED, NONE),
    )
    assert effects(world) == [
        (Effect.RESERVE, "o1", 1, "book", ""),
        (Effect.RESERVE, "o1", 2, "book", ""),
        (Effect.RELEASE, "o1", 3, "book", ""),
    ]


def test_a_reservation_that_becomes_a_parcel_is_no_release() -> None:
    """Pins that a target may drop the row when the parcel is booked: the pieces are in it."""
    world = shows(
        reserved(1, 0),
        {**reserved(1, 0), **shipment("shipped")},
        {**reserved(0, 0), **shipment("shipped")},
        beginning={**reserved(0, 1), "shipments": []},
        sources=Sources(NONE, OBSERVED, OBSERVED),
    )
    assert [entry[0] for entry in effects(world)] == [Effect.RESERVE, Effect.SHIP]
    assert "STOCK-2" not in world.history.findings


def test_a_total_belongs_to_the_order_being_worked_on() -> None:
    """Pins that without reservations a change of stock is put down to the handling that made it."""
    world = shows(
        {"stock": {"book": 0}}, {"stock": {"book": 1}}, sources=Sources(NONE, TOTAL, NONE)
    )
    assert effects(world) == [
        (Effect.RESERVE, "o1", 1, "book", ""),
        (Effect.RELEASE, "o1", 1, "book", ""),
    ]
    causes = {entry.cause for entry in world.history.ledger.entries}
    assert causes == {"job(o1) to worker", "job(o1) to worker, copy 2"}


def test_oversold_stock_is_seen() -> None:
    """Pins that a shelf below zero is found in what observe() shows."""
    world = shows({"stock": {"book": -1}}, sources=Sources(NONE, TOTAL, NONE))
    assert "STOCK-1" in world.history.findings


@pytest.mark.parametrize(
    "wrong",
    [
        {"orders": {"o9": "open"}},
        {"orders": {"o1": "done"}},
        {"stock": {"book": 0.5}},
        {"payments": [{"id": "p1", "order": "o9", "amount": 1, "status": "charged"}]},
        {"shipments": [{"id": "s1", "order": "o1", "status": "flying"}]},
    ],
)
def test_a_snapshot_that_is_wrong_is_an_error_of_the_target(wrong: dict[str, Any]) -> None:
    """Pins that every observation is checked, not only the first."""
    with pytest.raises(TargetError, match="to fix"):
        shows(wrong, sources=Sources(NONE, NONE, NONE))


def test_an_order_shown_before_it_is_placed_is_an_error_of_the_target() -> None:
    """Pins that a run begins with nothing: what another run has left behind is found."""
    with pytest.raises(TargetError, match="o1"):
        shows(beginning={"orders": {"o1": "open"}}, sources=Sources(NONE, NONE, NONE))


def test_observing_an_order_while_another_is_worked_on_changes_nothing() -> None:
    """Pins that looking has no effect of its own: two looks in a row enter nothing twice."""
    world = shows(payment("charged"), sources=Sources(OBSERVED, NONE, NONE), scope=TWO)
    before = len(world.history.ledger.entries)
    world.sighting.look()
    assert len(world.history.ledger.entries) == before


class Incomparable:
    """What some number types do when they are compared."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth of it is ambiguous")


def test_what_cannot_be_compared_is_explained() -> None:
    """Pins that a snapshot with something odd in it is an error of the target, not of ours."""
    with pytest.raises(TargetError, match="stock"):
        shows({"stock": {"book": Incomparable()}}, sources=Sources(NONE, NONE, NONE))


def test_a_snapshot_that_is_written_to_later_is_seen_to_change() -> None:
    """Pins that what was shown is kept apart from what the target goes on writing to."""

    class Same(Toy):
        """Shows one and the same dict again and again."""

        def observe(self) -> dict[str, Any]:
            """The live dicts."""
            self.__dict__.setdefault("shown", {"orders": self.orders, "stock": {}})
            return dict(self.__dict__["shown"])

    assert status(rest(world_of(Same))) is Status.CONFIRMED
