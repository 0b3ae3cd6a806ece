"""What is said of safeguards that were taken away."""

from __future__ import annotations

import pytest
from attrs import evolve

from reports.mutation import Fate, MutantVerdict, explanation, mutation_text
from reports.terminal import WIDTH

KEY = MutantVerdict(
    *("idempotency key", "payments.charge", Fate.DETECTED, 36, 40, 2, "MONEY-1", "crash, restart")
)
COVERED = MutantVerdict("inbox", "payment, order.created", Fate.SURVIVED, 900, 30, 20, same=20)
MISSED = evolve(COVERED, where="order, payment.failed", same=3, different=4)
IDLE = evolve(COVERED, where="order, shipment.created", needed=0, same=0)
ABSENT = MutantVerdict("stable message id", "order", Fate.NEVER_ACTED, 900, 0, 0)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (KEY, "MONEY-1 after 36 schedules: crash, restart"),
        (evolve(KEY, by="", schedules=1), "an error after 1 schedule: crash, restart"),
        (COVERED, "needed 20 times in 900 schedules; it makes no difference: 20 of 20 end"),
        (MISSED, "needed 20 times in 900 schedules; 4 of 7 end differently, and no property"),
        (evolve(COVERED, same=0), "needed 20 times in 900 schedules, and nothing came of it"),
        (IDLE, "never needed in 900 schedules, though there 30 times"),
        (ABSENT, "there was nothing to take away in 900 schedules"),
    ],
)
def test_each_verdict_says_why(verdict: MutantVerdict, said: str) -> None:
    """Pins what is told of a survivor: covered for, not needed, or not objected to."""
    assert explanation(verdict).startswith(said)


def test_all_of_them_by_kind_and_what_it_comes_to() -> None:
    """Pins the table, and that what was never there is neither proved nor missed."""
    text = mutation_text([KEY, COVERED, MISSED, IDLE, ABSENT], "shop:make")
    assert text.startswith(
        "target  shop:make\n\nwithout: idempotency key\n  DETECTED     payments."
    )
    assert text.count("without: ") == 3
    told = " ".join(text.split())
    assert "1 of 4 safeguards proved by this run; 3 survived, of which 1 make no" in told
    assert "make no difference; 1 never there. A survivor is no mistake" in told


def test_no_advice_where_there_is_nothing_to_do() -> None:
    """Pins that survivors which something else covers for ask for nothing."""
    text = mutation_text([KEY, COVERED], "shop:make")
    assert "1 of 2 safeguards proved by this run; 1 survived, of which 1 make no" in text
    assert "A survivor" not in text
    assert "survived" not in mutation_text([KEY], "shop:make")


def test_it_fits_the_terminal() -> None:
    """Pins the width, and that no text of a target gets out of its line."""
    wild = evolve(KEY, where="a\nb", schedule="a long step; " * 60)
    lines = mutation_text([wild], "shop:make").splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert [line for line in lines if not line.isprintable()] == []
    assert len(lines) < 12
