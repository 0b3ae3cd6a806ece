"""Deliveries at the grain of a real handler: chains of rows, outcomes, deaths at a call."""

from __future__ import annotations

import pytest

from model.choreography import TABLE
from model.handling import handle, outcomes

START = tuple(machine.initial for machine in TABLE.machines)


@pytest.mark.parametrize(
    ("outcome", "crash", "payment", "gateway", "published", "rows"),
    [
        ("", False, "paid", "captured", ("payment.processed",), 3),
        ("", True, "paid", "captured", ("payment.processed",), 3),
        ("decline", False, "declined", "refused", ("payment.failed",), 3),
        ("reply lost", False, "paid", "captured", ("payment.processed",), 5),
        ("request lost", False, "paid", "captured", ("payment.processed",), 5),
        ("reply lost", True, "charging", "captured", (), 3),
        ("request lost", True, "charging", "fresh", (), 1),
    ],
)
def test_a_charge_is_one_delivery(
    outcome: str, crash: bool, payment: str, gateway: str, published: tuple[str, ...], rows: int
) -> None:
    """What a handler of `order.created` leaves behind, for every answer of the gateway."""
    done = handle(TABLE, START, "payment", "order.created", outcome=outcome, crash=crash)
    assert done
    assert done.states[TABLE.place("payment")] == payment
    assert done.states[TABLE.place("gateway")] == gateway
    assert done.published == published
    assert len(done.rows) == rows


def test_outcomes_are_those_that_need_mention() -> None:
    """The benign answer is the empty one."""
    assert outcomes(TABLE, START, "payment", "order.created") == (
        "",
        "decline",
        "reply lost",
        "request lost",
    )
    assert outcomes(TABLE, START, "shipping", "inventory.reserved") == ("", "refuse")
    assert outcomes(TABLE, START, "inventory", "payment.processed") == ("",)


def test_the_stock_decides_for_inventory() -> None:
    """Being out of stock is no outcome of the delivery but a state of the world."""
    done = handle(TABLE, START, "inventory", "payment.processed", in_stock=False)
    assert done
    assert done.published == ("inventory.reservation.failed", "payment.refund.requested")
    done = handle(TABLE, START, "inventory", "payment.processed")
    assert done
    assert done.stock == -1


def test_an_ignored_message_is_no_handling() -> None:
    """There is no row for it."""
    assert handle(TABLE, START, "order", "order.created") is None
