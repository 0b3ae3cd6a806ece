"""Outcomes are compared across runs, as far as there is an outcome."""

from __future__ import annotations

from typing import Any

import pytest

from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SINGLE
from tests.properties.toys import Toy, subject_of
from tests.shop.pickup import Pickup

AGAIN = Deviation(0, Action(Kind.DUPLICATE, "job(o1) to worker"))


class Stubborn(Toy):
    """Never gets anything done the second time."""

    def work(self, event: dict[str, Any]) -> None:
        """Fail for ever once it was done."""
        if self.orders[event["subject"]] != "open":
            raise RuntimeError("not again")
        super().work(event)


class Flipping(Toy):
    """Fails an order that it has confirmed, when the message comes again."""

    def work(self, event: dict[str, Any]) -> None:
        """One or the other."""
        order = event["subject"]
        self.orders[order] = "failed" if self.orders[order] == "confirmed" else "confirmed"


def with_a_copy(toy: type[Toy]) -> Run:
    """A run in which the one message comes twice."""
    return run_schedule(subject_of(toy), Schedule(SINGLE, (AGAIN,)))


def test_an_outcome_that_a_copy_changes_is_found() -> None:
    """Pins TRUE-2 on a run that comes to rest."""
    run = with_a_copy(Flipping)
    assert "TRUE-2" in run.findings
    assert run.world.history.left_aside == {}


def test_what_never_comes_to_rest_is_left_aside_and_counted() -> None:
    """Pins that such a run is neither a check of TRUE-2 nor forgotten."""
    run = with_a_copy(Stubborn)
    assert "LIVE-0" in run.findings
    assert "TRUE-2" not in run.checked
    assert run.world.history.left_aside == {"TRUE-2": 1}


@pytest.mark.parametrize("toy", [Toy, Stubborn])
def test_nothing_is_left_aside_where_nothing_was_to_be_compared(toy: type[Toy]) -> None:
    """Pins that a run without any fault says nothing of TRUE-2."""
    run = run_schedule(subject_of(toy), Schedule(SINGLE))
    assert run.world.history.left_aside == {}


class AsksForAnotherCard(Toy):
    """Charges a second card where the first one is declined."""

    def work(self, event: dict[str, Any]) -> None:
        """Charge, at most twice."""
        order = event["subject"]
        for card in ("first", "second"):
            key = f"{order}/{card}"
            answer = self.world.payments.charge(order, 1999, "EUR", key=key)
            if answer["status"] == "done":
                self.orders[order] = "confirmed"
                return
        self.orders[order] = "failed"


def test_what_was_refused_and_then_done_is_not_compared() -> None:
    """Pins that a second card is no other outcome: nobody knows which run without faults would
    have the same answers. One that is declined for good is compared."""
    worker = "worker on job(o1)"
    declined = Deviation(0, Action(Kind.ANSWER, worker, "payments.charge", Mode.REFUSED))
    subject = subject_of(AsksForAnotherCard)
    run = run_schedule(subject, Schedule(SINGLE, (declined, AGAIN)))
    assert (run.skipped, run.findings) == ((), {})
    assert "TRUE-2" not in run.checked
    run = run_schedule(subject, Schedule(SINGLE, (declined, declined, AGAIN)))
    assert (run.skipped, run.findings) == ((), {})
    assert run.checked["TRUE-2"] == 1


class Simulating(Pickup):
    """Asks whether the customer pays, and then has a transaction to commit, which may fail."""

    def ask_for_money(self, order: str, data: Any) -> None:
        """Ask, commit, and say so."""
        if order not in self.paid:
            answer = self.world.answer("payment", order)
            self.world.checkpoint("till commit", may_fail=True)
            paid = "charged" if answer["status"] == "done" else "failed"
            self.paid[order] = (data["total"], paid)
        super().ask_for_money(order, data)


def test_a_step_that_is_simulated_again_has_the_same_outcome() -> None:
    """Pins that a refusal whose commit failed is no other outcome when the message comes again."""
    subject = subject_of(Simulating)
    refused = Action(Kind.ANSWER, "till on Ordered(o1)", "answer payment", Mode.REFUSED)
    failed = Action(Kind.ANSWER, "till on Ordered(o1)", "till commit", Mode.TRANSIENT)
    run = run_schedule(subject, Schedule(SINGLE, (Deviation(0, refused), Deviation(0, failed))))
    assert run.skipped == ()
    assert run.findings == {}
    assert run.checked["TRUE-2"] == 1
    assert run.world.history.sagas["o1"].status == "failed"
