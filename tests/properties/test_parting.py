"""Where target and model part ways: shown where it has to do with the violation, and only there."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from model.conformance import Divergence as Unexplained
from model.courses import Departure
from model.environment import DEFAULT_FAULTS
from model.history import Finding
from model.ledger import Effect, Entry
from properties.drivers.paths import paths
from properties.drivers.sweep import sweep
from properties.parting import parting
from properties.probing import probe
from properties.run import Run
from properties.telling import tell
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject
from reports.counterexample import Counterexample

AGAIN = Entry(9, "o1", Effect.CHARGE, 1999, "EUR")
TWICE = Departure(9, AGAIN, "charge", ("charge",), ("refund", "reserve"))
FIRST = Departure(3, Entry(3, "o1", Effect.RESERVE, 1, "book"), "reserve", (), ("charge",))
GHOST = Unexplained("o1", "payment", "payment.failed", ("idle",), ("payment: idle --…",))
FINDING = Finding("MONEY-1", 9, "o1", "charged 2 times", (AGAIN,))


def a_run(**parted: Any) -> Any:
    """As much of a run as is looked at."""
    courses = SimpleNamespace(departure=parted.get("departure"), turn=parted.get("turn"))
    return SimpleNamespace(
        world=SimpleNamespace(courses=courses, divergence=parted.get("divergence"))
    )


def test_a_departure_is_told_with_what_the_model_would_have_done() -> None:
    """The step, the amount, what was done before, and what is allowed there."""
    shown = parting(a_run(departure=TWICE), FINDING, a_run())
    assert shown is not None
    assert (shown.step, shown.did) == (9, "o1 charge 19.99 EUR, after charge")
    assert shown.expected == ("refund", "reserve")


def test_the_first_step_of_both_oracles_is_told() -> None:
    """An event that the table does not explain comes before the entry that follows from it."""
    shown = parting(a_run(departure=TWICE, divergence=(5, GHOST)), FINDING, a_run())
    assert shown is not None
    assert (shown.step, shown.expected) == (5, GHOST.expected)


def test_what_a_target_does_anyway_is_not_told() -> None:
    """A target that reserves first does so in every run: it has nothing to do with this one."""
    first = a_run(turn=FIRST)
    assert parting(first, FINDING, first) is None
    shown = parting(a_run(turn=FIRST, departure=TWICE), FINDING, first)
    assert shown is not None
    assert shown.step == 9


def test_in_a_run_without_deviations_only_a_guilty_entry_is_told() -> None:
    """There is no run to compare it with; the violation must rest on that very entry."""
    assert parting(a_run(turn=FIRST), FINDING, None) is None
    assert parting(a_run(departure=TWICE), FINDING, None) is not None


@cache
def subject() -> Subject:
    """A target with names of its own, which forgets what it released."""
    return probe("tests.shop.adapter:make_faulty")


def test_a_target_with_names_of_its_own_is_told_where_it_leaves_the_ledger() -> None:
    """Found, told and written down: the refund of a parcel that was sent."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject().shape.delivery, subject().shape)

    def failing() -> Run:
        for runs in (paths(subject(), scopes), sweep(subject(), scopes[:2])):
            for run in runs:
                run.world.dissolve()
                if "COMP-2" in run.findings:
                    return run
        raise AssertionError("the bug was not found")

    told: Counterexample = tell(subject(), "COMP-2", failing().schedule, "sweep", 1, 0)
    assert told.divergence is not None
    assert "refund" in told.divergence.did
    assert "ship" in told.divergence.did
    assert told.divergence.step == next(s.number for s in told.steps if s.guilty)
