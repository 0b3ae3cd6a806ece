"""What may happen next, where the target says how it consumes."""

from __future__ import annotations

from attrs import evolve

from model.environment import Delivery, Fault
from properties.drivers.paths import strikes
from properties.probing import probe
from properties.run import Deviation, Schedule, run_schedule
from properties.striking import cannot_fire
from properties.world.actions import Action, Kind
from properties.world.scopes import SINGLE
from properties.world.subject import Subject


def acknowledging_first() -> Subject:
    """The reference, if all its consumers acknowledged before they handle."""
    subject = probe("implementations.reference:make")
    consumers = {
        name: evolve(consumer, acknowledge="before")
        for name, consumer in subject.shape.consumers.items()
    }
    return evolve(subject, shape=evolve(subject.shape, consumers=consumers))


def kinds(subject: Subject) -> set[Kind]:
    """The kinds of fault that can strike somewhere on the way of one order."""
    reached = strikes(subject, Schedule(SINGLE))
    return {action.kind for actions in reached for action in actions}


def test_what_is_acknowledged_late_comes_again() -> None:
    """The broker delivers again, later or at once, what could be lost with its consumer."""
    assert {Kind.DUPLICATE, Kind.TWICE} <= kinds(probe("implementations.reference:make"))


def test_what_is_acknowledged_first_never_comes_again() -> None:
    """No broker has it any more; and a fault that cannot strike says why."""
    subject = acknowledging_first()
    assert not {Kind.DUPLICATE, Kind.TWICE} & kinds(subject)
    assert "acknowledges first" in cannot_fire(
        Fault.DUPLICATE, subject, Delivery.AT_LEAST_ONCE_UNORDERED
    )


def test_a_stored_duplicate_is_skipped_where_there_can_be_none() -> None:
    """A schedule from another target does not make the impossible happen."""
    copy = Action(Kind.DUPLICATE, "order.created(o1) to payment")
    schedule = Schedule(SINGLE, (Deviation(0, copy),))
    assert run_schedule(acknowledging_first(), schedule).skipped == (copy,)
    assert not run_schedule(probe("implementations.reference:make"), schedule).skipped
