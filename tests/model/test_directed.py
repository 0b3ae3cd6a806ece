"""The directed schedules: they cover what they say, and say everything that has to be covered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.choreography import TABLE
from model.decisions import STALE
from model.directed import (
    LEFT_OUT,
    CustomerCancel,
    Deliver,
    DirectedSchedule,
    Goal,
    Place,
    beginning,
    directed_schedules,
    goals,
    onwards,
)

SUITE = directed_schedules()


def carried_out(schedule: DirectedSchedule) -> set[Goal]:
    """What the steps of a schedule meet when they are taken one by one; each must be possible."""
    onward = beginning(TABLE, schedule.stock)
    assert schedule.steps[0] == onward.step == Place()
    met: set[Goal] = set()
    for step in schedule.steps[1:]:
        (onward,) = (each for each in onwards(TABLE, onward.course) if each.step == step)
        met |= onward.goals
    return met


@pytest.mark.parametrize("schedule", SUITE, ids=lambda schedule: schedule.name)
def test_a_schedule_covers_what_it_says(schedule: DirectedSchedule) -> None:
    """Replayed on the table, each step is possible and the goals are met."""
    assert carried_out(schedule) == {*schedule.covers}
    assert schedule.name in {str(goal) for goal in schedule.covers}


def test_together_they_cover_everything() -> None:
    """Every row, every row with a crash, every message that is ignored though it can come."""
    assert {goal for schedule in SUITE for goal in schedule.covers} == goals()


def test_what_has_to_be_covered_is_everything_that_a_driver_can_do() -> None:
    """Left out: one row that one handler alone cannot reach, and the gateway's late answers."""
    kinds = {
        kind: {g.key for g in goals() if g.kind == kind} for kind in ("row", "crash", "ignored")
    }
    assert kinds["row"] == {row for row in TABLE.rows if row.key != LEFT_OUT}
    assert kinds["crash"] == {
        row for row in TABLE.rows if row.actor != "gateway" and row.on != "customer.cancel"
    }
    assert kinds["ignored"] == {key for key in STALE if not key[2].startswith("gateway.")}


def test_the_suite_is_small() -> None:
    """Few enough to be run on every target, short enough to be read."""
    assert (len(SUITE), sum(len(schedule.steps) for schedule in SUITE)) == (25, 174)
    assert max(len(schedule.steps) for schedule in SUITE) == 12


def test_the_customer_cancels_once() -> None:
    """A target need not pass on what it has passed on: a second cancel would show nothing."""
    assert all(schedule.steps.count(CustomerCancel()) <= 1 for schedule in SUITE)


def test_names_are_unique() -> None:
    """A name stands for one schedule in reports."""
    assert len({schedule.name for schedule in SUITE}) == len(SUITE)


def test_steps_read_as_sentences() -> None:
    """The form in which a driver shows them."""
    step = Deliver("order.created", "payment", "decline", crash_before_ack=True, again=True)
    assert str(step) == (
        "deliver order.created to payment (decline), crash before the acknowledgement, again"
    )
    assert [str(Place()), str(CustomerCancel())] == ["place the order", "the customer cancels"]


def test_the_suite_does_not_depend_on_the_hash_seed() -> None:
    """Two processes with different string hashes derive the same schedules."""
    code = "from model.directed import directed_schedules as d; print(hash(str(d())) and str(d()))"
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1
