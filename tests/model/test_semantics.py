"""One step at a time: what a delivery, a crash, a copy and a cancel do to a world."""

from __future__ import annotations

from collections.abc import Iterable

from model.choreography import TABLE
from model.semantics import Kind, Scope, Step, World, beginning, steps


def only(found: Iterable[Step], kind: Kind, message: str, outcome: str = "") -> Step:
    """The one step of this kind."""
    (step,) = (
        s
        for s in found
        if s.move.kind is kind
        and s.move.message == message
        and (not outcome or (s.move.row and s.move.row.outcome == outcome))
    )
    return step


def inbox(world: World) -> dict[str, int]:
    """Messages in flight for the first order."""
    counts = zip(TABLE.channels, world.sagas[0].inbox, strict=True)
    return {message: count for (message, _), count in counts if count}


def test_a_world_begins_with_the_orders_placed() -> None:
    """Each order has its first message in flight, and nobody has done anything."""
    world = beginning(TABLE, Scope(orders=2, stock=3))
    assert [saga.states[0] for saga in world.sagas] == ["awaiting", "awaiting"]
    assert inbox(world) == {"order.created": 1}
    assert world.stock == 3


def test_without_a_budget_messages_are_only_delivered() -> None:
    """Copies, crashes, faults and cancels have to be paid for."""
    assert {s.move.kind for s in steps(TABLE, beginning(TABLE, Scope()))} == {Kind.DELIVER}


def test_a_crash_fires_the_row_and_leaves_the_message() -> None:
    """What was emitted is safe, and the message will come again."""
    found = [*steps(TABLE, beginning(TABLE, Scope(crashes=1)))]
    world = only(found, Kind.CRASH, "order.created").world
    assert inbox(world) == {"order.created": 1, "gateway.charge": 1}
    assert world.left.crashes == 0


def test_a_crash_before_the_call_loses_the_call() -> None:
    """The intent is stored, the question was never asked, the message is there to resume from."""
    found = [*steps(TABLE, beginning(TABLE, Scope(crashes=1)))]
    world = only(found, Kind.CRASH_BEFORE_CALL, "order.created").world
    assert inbox(world) == {"order.created": 1}
    assert "charging" in world.sagas[0].states


def test_a_copy_changes_nothing_but_the_network() -> None:
    """The broker makes another copy of what is in flight."""
    found = [*steps(TABLE, beginning(TABLE, Scope(duplicates=1)))]
    world = only(found, Kind.DUPLICATE, "order.created").world
    assert inbox(world) == {"order.created": 2}


def test_a_cancel_goes_to_shipping_by_way_of_the_order_service() -> None:
    """The customer's request becomes a message."""
    found = [*steps(TABLE, beginning(TABLE, Scope(cancels=1)))]
    world = only(found, Kind.CANCEL, "customer.cancel").world
    assert inbox(world) == {"order.created": 1, "order.cancel.requested": 1}


def test_orders_meet_in_the_stock() -> None:
    """The last piece goes to one of them; the other one is rejected."""
    world = beginning(TABLE, Scope(orders=2, stock=1))
    for order in (0, 1):
        for message, outcome in [
            ("order.created", ""),
            ("gateway.charge", "approve"),
            ("gateway.approved", ""),
            ("payment.processed", ""),
        ]:
            mine = (s for s in steps(TABLE, world) if s.order == order)
            world = only(mine, Kind.DELIVER, message, outcome).world
    inventory = TABLE.place("inventory")
    assert [saga.states[inventory] for saga in world.sagas] == ["reserved", "rejected"]
    assert world.stock == 0


def test_a_step_reads_as_a_sentence() -> None:
    """The form in which traces are shown."""
    (step,) = steps(TABLE, beginning(TABLE, Scope()))
    assert str(step) == (
        "order 0: deliver order.created to payment "
        "[payment: idle --order.created--> charging / gateway.charge]"
    )
