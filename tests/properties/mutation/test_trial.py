"""What the search says of a target without a safeguard: found as the same bug by hand is found."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from attrs import evolve

from implementations.errors import TargetError
from model.environment import DEFAULT_FAULTS, Fault
from properties.mutation.kinds import Mutant, mutants
from properties.mutation.mutation import Tally
from properties.mutation.trial import Slice, candidates, try_out
from properties.mutation.usage import Usage
from properties.probing import probe
from properties.profiles import PROFILES
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject
from reports.mutation import Fate, MutantVerdict
from tests.properties.faulty import no_key, reference
from tests.properties.toys import ONE, subject_of

#: A slice of profile quick with hardly any campaign: what is found here is found without any lot.
SMALL = evolve(PROFILES["quick"], campaign=40)


@cache
def slice_of(subject_spec: str = "implementations.reference:make") -> Slice:
    """The schedules of these tests."""
    shape = probe(subject_spec).shape
    return Slice(fitting(SCOPES, DEFAULT_FAULTS, shape.delivery, shape), SMALL, seed=1)


@cache
def known() -> dict[str, Mutant]:
    """The mutants of the reference, by name."""
    return {mutant.name: mutant for mutant in candidates(reference(), slice_of())}


@cache
def verdict(name: str) -> MutantVerdict:
    """What becomes of the reference without one of its safeguards."""
    return try_out(reference(), known()[name], slice_of())


def violates(subject: Subject, property_id: str) -> bool:
    """Whether some schedule of the slice makes a target violate a property."""
    for run in slice_of().runs(subject):
        run.world.dissolve()
        if property_id in run.findings:
            return True
    return False


#: A mutant, the bug of the zoo that is the same by hand, and what both must violate.
TWINS = [
    ("idempotency key: payments.charge", "faulty:charge_without_key", "MONEY-1"),
    ("idempotency key: payments.refund", "faulty:refund_without_key", "MONEY-2"),
    ("same key when handled again: payments.charge", "faulty:new_key_per_attempt", "MONEY-1"),
    ("a timeout is no refusal: payments.charge", "faulty:timeout_is_decline", "MONEY-0"),
    ("a transient failure is no refusal: payments.charge", "faulty:blip_is_decline", "TRUE-1"),
    ("retry of a failed compensation: payments.refund", "faulty:refund_error_swallowed", "MONEY-3"),
    ("inbox: inventory, payment.processed", "faulty:inbox_in_memory", "STOCK-2"),
    ("stable message id: payment", "faulty:id_made_at_each_publish", "STOCK-2"),
    ("reaction: payment, payment.refund.requested", "faulty:refund_request_unheard", "MONEY-0"),
    ("acknowledgement after handling: payment", "faulty:acknowledged_beforehand", "LIVE-1"),
    ("redelivery after an error: inventory", "faulty:error_swallowed", "LIVE-1"),
    ("retry of a failed publish: shipping", "faulty:undoing_cut_short", "LIVE-1"),
    ("outbox that outlives a crash: order", "faulty:order_stored_then_published", "LIVE-1"),
]


@pytest.mark.parametrize(("name", "by_hand", "property_id"), TWINS, ids=[t[0] for t in TWINS])
def test_a_mutant_is_found_as_its_twin_by_hand(name: str, by_hand: str, property_id: str) -> None:
    """Pins that a detection is real: the bug of the zoo that lacks the same violates the same."""
    mutated = known()[name].of(reference(), Tally())
    assert violates(mutated, property_id)
    assert violates(probe(f"implementations.{by_hand}"), property_id)


def test_a_detection_says_how() -> None:
    """Pins the property, and the schedule made short."""
    found = verdict("idempotency key: payments.charge")
    assert (found.fate, found.by) == (Fate.DETECTED, "MONEY-1")
    assert found.schedule == (
        "payment on order.created(o1): crash after payments.charge, and restart"
    )
    assert found.needed >= 1


def test_the_setting_is_part_of_the_schedule() -> None:
    """Pins that running out is said, where nothing else goes wrong."""
    found = verdict("reaction: payment, payment.refund.requested")
    assert (found.by, found.schedule) == ("MONEY-0", "too little in stock")


def test_a_survivor_that_something_else_covers_for() -> None:
    """Pins that the status guard is seen to do the work of an inbox."""
    found = verdict("inbox: payment, order.created")
    assert found.fate is Fate.SURVIVED
    assert found.needed > 10
    assert found.same > 10
    assert found.covered


def test_the_cover_is_what_covers() -> None:
    """Pins that the same inbox is needed once the status guard is gone, so that it is no luck."""
    subject = probe("tests.implementations.without_safeguard:status_guard")
    mutant = known()["inbox: order, shipment.created"]
    assert not mutant.of(subject, Tally()).shape.has("digest")
    assert verdict(mutant.name).covered
    assert violates(mutant.of(subject, Tally()), "STATE-1")


def test_a_survivor_that_changes_something() -> None:
    """Pins that a cancel which is never looked at ends otherwise, and that no property minds."""
    found = verdict("reaction: shipping, order.cancel.requested")
    assert found.fate is Fate.SURVIVED
    assert found.different > 0
    assert not found.covered


def calm() -> Slice:
    """Schedules in which nothing goes wrong but a decline."""
    shape = reference().shape
    return evolve(
        slice_of(), scopes=fitting(SCOPES, frozenset({Fault.DECLINE}), shape.delivery, shape)
    )


def test_a_survivor_that_was_never_needed() -> None:
    """Pins that a key counts as never needed where no request is ever made twice."""
    found = try_out(reference(), known()["idempotency key: payments.charge"], calm())
    assert found.fate is Fate.SURVIVED
    assert found.removed > 0
    assert found.needed == found.same == found.different == 0


def test_what_is_not_there_never_acts() -> None:
    """Pins that a target without a key is not said to have had one, proved or not."""
    named = {mutant.name: mutant for mutant in candidates(no_key(), calm())}
    found = try_out(no_key(), named["idempotency key: payments.charge"], calm())
    assert (found.fate, found.removed) == (Fate.NEVER_ACTED, 0)


def test_a_target_that_does_not_hold_is_not_mutated() -> None:
    """Pins the message, and that what is known to fail does not stand in the way."""
    with pytest.raises(TargetError) as error:
        candidates(no_key(), slice_of())
    assert "violates MONEY-1 without any mutation, after" in str(error.value)
    assert "verify your saga first" in str(error.value)


def test_a_target_that_breaks_down_is_noticed() -> None:
    """Pins that a mutation which makes the target unusable counts as found, with what it said."""

    class Endless:
        """Asks the gateway for ever, if it finds nothing under its key."""

        subscriptions: Any = {"order": []}  # noqa: RUF012

        def __init__(self, world: Any) -> None:
            self.world = world

        def place_order(self, order: Any) -> None:
            """Authorise, and look the answer up."""
            self.world.payments.authorise(order["id"], order["total"], order["currency"], key="k")
            while self.world.payments.lookup("k") is None:
                pass

        def observe(self) -> Any:
            """Nothing to see."""
            return {"orders": {}, "stock": {}}

        def handle(self, participant: str, event: Any) -> None:
            """Nothing comes."""

    subject = subject_of(Endless)
    only = Slice((evolve(ONE, faults=frozenset()),), SMALL, 1, frozenset({"LIVE-0", "LIVE-1"}))
    (blind,) = (
        m for m in mutants(subject, Usage(ports={"payments.lookup"})) if "look-up" in m.name
    )
    found = try_out(subject, blind, only)
    assert (found.fate, found.by) == (Fate.DETECTED, "")
    assert "made 300 port calls in one go" in found.schedule


def test_the_same_twice() -> None:
    """Pins that a mutant's verdict is the same whichever process comes to it."""
    name = "idempotency key: carrier.create_shipment"
    assert try_out(reference(), known()[name], slice_of()) == verdict(name)
