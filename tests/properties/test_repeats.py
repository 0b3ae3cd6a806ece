"""What comes again when all has ended."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.drivers.repeats import repeats
from properties.drivers.sweep import FaultDidNotFire
from properties.probing import probe
from properties.run import Run
from properties.world.actions import Kind
from properties.world.scopes import SAME_CUSTOMER, SINGLE, Scope
from properties.world.subject import Subject

ONE, THREE = (evolve(scope, faults=DEFAULT_FAULTS) for scope in (SINGLE, SAME_CUSTOMER))


@pytest.fixture(scope="module")
def reference() -> Subject:
    """The saga that comes with the kit."""
    return probe("implementations.reference:make")


async def refuse(order: Any) -> str:
    """Take no order any more."""
    return "refused"


def copies(run: Run) -> list[str]:
    """The messages that came again."""
    deviations = run.schedule.deviations
    return [d.action.subject for d in deviations if d.action.kind is Kind.DUPLICATE]


def test_every_message_and_then_all_of_them(reference: Subject) -> None:
    """Pins: after a success, a decline and a refused parcel, each message alone, and the lot."""
    runs = list(repeats(reference, [ONE]))
    lots = [copies(run) for run in runs if len(copies(run)) > 1]
    alone = [copies(run)[0] for run in runs if len(copies(run)) == 1]
    assert len(lots) == 3
    assert alone == [message for lot in lots for message in lot]
    success, declined, refused = map(set, lots)
    assert "shipment.created(o1) to order" in success
    assert "payment.failed(o1) to order" in declined
    assert "inventory.release.requested(o1) to inventory" in refused
    assert all(run.fired[Fault.DUPLICATE] == len(copies(run)) for run in runs)


def test_they_come_when_all_is_at_rest(reference: Subject) -> None:
    """Pins that nothing is under way any more: the orders have ended before the first copy."""
    for run in repeats(reference, [THREE]):
        before, *_ = [d for d in run.schedule.deviations if d.action.kind is Kind.DUPLICATE]
        assert before.wait > 0
        assert len(run.schedule.scope.orders) == 3
        assert not run.findings


@pytest.mark.parametrize(
    "scope",
    [
        evolve(ONE, delivery=Delivery.EXACTLY_ONCE_FIFO),
        evolve(ONE, faults=DEFAULT_FAULTS - {Fault.DUPLICATE}),
    ],
)
def test_not_where_nothing_comes_again(reference: Subject, scope: Scope) -> None:
    """Pins that contract and faults in force are kept to."""
    assert list(repeats(reference, [scope])) == []


def test_a_short_inbox_is_found_by_it_alone() -> None:
    """Pins what it is there for: five messages reach one service before a copy of the first."""
    faulty = probe("implementations.faulty:inbox_keeps_four")
    found = [run for run in repeats(faulty, [ONE, THREE]) if run.findings]
    assert found
    assert {len(run.schedule.scope.orders) for run in found} == {3}


def test_a_copy_that_does_not_come_is_an_error(reference: Subject) -> None:
    """Pins that a target which becomes another one is not taken for one that holds."""
    made: list[Any] = []

    def factory(world: Any) -> Any:
        target = reference.factory(world)
        if made:
            target.place_order = refuse
        made.append(target)
        return target

    with pytest.raises(FaultDidNotFire, match="after everything else, although it could"):
        list(repeats(evolve(reference, factory=factory), [ONE]))
