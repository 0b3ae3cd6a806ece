"""`observe()` checked: what is right is put into words of the kit, what is wrong is explained."""

from __future__ import annotations

from typing import Any

import pytest

from implementations.errors import TargetError
from implementations.observing import (
    Observation,
    ObservedPayment,
    ObservedShipment,
    PaymentStatus,
    ShipmentStatus,
    check_observation,
)
from model.vocabulary import Status

KNOWN = {"o1", "o2"}


def snapshot(**changes: Any) -> dict[str, Any]:
    """A right snapshot with some fields changed."""
    return {"orders": {"o1": "open"}, "stock": {"x": 3}, **changes}


def test_smallest() -> None:
    """Orders and stock are enough; what the target does not have is None."""
    observation = check_observation(snapshot(), KNOWN)
    assert observation == Observation({"o1": Status.OPEN}, {"x": 3})
    assert observation.reservations is None
    assert observation.payments is None
    assert observation.shipments is None


def test_everything() -> None:
    """All fields, and words of the kit for each status."""
    observed = snapshot(
        orders={"o1": "confirmed", "o2": "failed"},
        reservations=[{"order": "o1", "sku": "x", "quantity": 2}],
        payments=[{"id": "p", "order": "o1", "amount": 500, "status": "charged"}],
        shipments=[{"id": "s", "order": "o1", "status": "requested"}],
        outbox={"order": 2, "payment": 0},
    )
    assert check_observation(observed, KNOWN) == Observation(
        {"o1": Status.CONFIRMED, "o2": Status.FAILED},
        {"x": 3},
        {("o1", "x"): 2},
        (ObservedPayment("p", "o1", 500, PaymentStatus.CHARGED),),
        (ObservedShipment("s", "o1", ShipmentStatus.REQUESTED),),
        {"order": 2, "payment": 0},
    )


def test_reservations_are_added_up() -> None:
    """Two rows of one SKU are two lines; a row of nothing is no reservation."""
    rows = [{"order": "o1", "sku": "x", "quantity": n} for n in (2, 1, 0)]
    rows.append({"order": "o2", "sku": "x", "quantity": 0})
    assert check_observation(snapshot(reservations=rows), KNOWN).reservations == {("o1", "x"): 3}


def test_empty_is_not_absent() -> None:
    """A target with reservations, but none now."""
    assert check_observation(snapshot(reservations=[]), KNOWN).reservations == {}
    assert check_observation(snapshot(reservations=None), KNOWN).reservations is None


def test_a_snapshot_stays_as_it_was() -> None:
    """The target may go on to change the dicts that it gave."""
    observed = snapshot()
    observation = check_observation(observed, KNOWN)
    observed["stock"]["x"] = 0
    observed["orders"]["o1"] = "failed"
    assert observation == Observation({"o1": Status.OPEN}, {"x": 3})


def test_impossible_numbers_are_no_error() -> None:
    """Negative stock is a violation for the properties to find, not a mistake in the adapter."""
    assert check_observation(snapshot(stock={"x": -1}), KNOWN).stock == {"x": -1}


RESERVATION = {"order": "o1", "sku": "x", "quantity": 1}
PAYMENT = {"id": "p", "order": "o1", "amount": 500, "status": "charged"}
SHIPMENT = {"id": "s", "order": "o1", "status": "shipped"}

WRONG: dict[str, tuple[Any, tuple[str, ...]]] = {
    "nothing": (None, ("None", "`return`")),
    "a list": ([], ("[]", "not a dict")),
    "no orders": ({"stock": {}}, ("'orders' is missing",)),
    "no stock": ({"orders": {}}, ("'stock' is missing",)),
    "a typo": ({"order": {}, "stock": {}}, ("'orders' is missing", "'order'")),
    "orders as list": (snapshot(orders=["o1"]), ("observe()['orders']", "['o1']", "'open'")),
    "a foreign order": (snapshot(orders={"17": "open"}), ("['17']", "never placed", "order['id']")),
    "an id of another type": (snapshot(orders={17: "open"}), ("17", "not a string")),
    "own word": (snapshot(orders={"o1": "COMPLETED"}), ("['o1']", "'COMPLETED'", "'confirmed'")),
    "near word": (snapshot(orders={"o1": "Failed"}), ("nearest is 'failed'",)),
    "no word": (snapshot(orders={"o1": []}), ("['o1']", "[]")),
    "stock as float": (snapshot(stock={"x": 1.5}), ("observe()['stock']['x']", "1.5", "whole")),
    "stock as bool": (snapshot(stock={"x": True}), ("True",)),
    "stock as list": (snapshot(stock=[1]), ("observe()['stock']", "[1]")),
    "SKU as number": (snapshot(stock={7: 1}), ("SKU 7", "not a string")),
    "reservations as dict": (snapshot(reservations={"o1": 1}), ("['reservations']", "not a list")),
    "row as tuple": (snapshot(reservations=[("o1", 1)]), ("[0]", "not a dict", "quantity")),
    "row without SKU": (snapshot(reservations=[{"order": "o1", "quantity": 1}]), ("'sku'",)),
    "quantity as text": (
        snapshot(reservations=[RESERVATION, RESERVATION | {"quantity": "1"}]),
        ("observe()['reservations'][1]['quantity']", "'1'"),
    ),
    "amount as float": (
        snapshot(payments=[PAYMENT | {"amount": 5.0}]),
        ("['payments'][0]['amount']", "5.0", "minor units"),
    ),
    "payment status": (
        snapshot(payments=[PAYMENT | {"status": "refund"}]),
        ("'refund'", "nearest is 'refunded'"),
    ),
    "payment id": (snapshot(payments=[PAYMENT | {"id": 7}]), ("['id']", "7", "string")),
    "payment of a foreign order": (snapshot(payments=[PAYMENT | {"order": "x"}]), ("'x'",)),
    "shipment status": (snapshot(shipments=[SHIPMENT | {"status": "sent"}]), ("'sent'",)),
    "shipment of a foreign order": (snapshot(shipments=[SHIPMENT | {"order": None}]), ("None",)),
    "outbox as list": (snapshot(outbox=["order"]), ("['outbox']", "['order']", "not a dict")),
    "outbox as rows": (snapshot(outbox={"order": []}), ("['outbox']['order']", "[]", "number")),
    "outbox below zero": (snapshot(outbox={"order": -1}), ("['outbox']['order']", "-1")),
    "shipments as number": (snapshot(shipments=3), ("['shipments']", "3", "not a list")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_explained(name: str) -> None:
    """Each message names the field and the value, and says how to fix it."""
    observed, expected = WRONG[name]
    with pytest.raises(TargetError) as caught:
        check_observation(observed, KNOWN)
    for text in expected:
        assert text in str(caught.value)
    assert caught.value.how_to_fix


def test_every_wrong_cell_is_found() -> None:
    """No way into the slow path that it cannot explain: each cell replaced by strange values."""
    good = snapshot(reservations=[RESERVATION], payments=[PAYMENT], shipments=[SHIPMENT])
    for field in ("reservations", "payments", "shipments"):
        for column in good[field][0]:
            for strange in (None, [], {}, 1.5, object()):
                observed = {**good, field: [{**good[field][0], column: strange}]}
                with pytest.raises(TargetError) as caught:
                    check_observation(observed, KNOWN)
                assert f"observe()['{field}'][0]['{column}']" in str(caught.value)
