"""The line that says how far a run is."""

from __future__ import annotations

import pytest
from attrs import evolve

from reports.progress import Progress, duration, progress_line

HALF = Progress(3, 9, "campaign-0", 1_234, 56, 20, 28, seconds=20, share=0.5, quick=0.1)


def test_what_it_says() -> None:
    """Pins the line, of one process and of several."""
    assert progress_line(HALF, 200) == (
        "part 4 of 9, about 20 seconds left, 1,234 schedules, 56 faults fired, "
        "20 of 28 transitions, campaign-0"
    )
    assert progress_line(evolve(HALF, doing="", parts=9, share=1.0, observable=0), 200) == (
        "9 of 9 parts done, about 1 second left, 1,234 schedules, 56 faults fired"
    )


def test_it_fits() -> None:
    """Pins that a narrow terminal gets the beginning, which has what matters most."""
    assert progress_line(HALF, 40) == "part 4 of 9, about 20 seconds left, 1..."


def test_nothing_is_guessed() -> None:
    """Pins that no time is said before something is known of the pace."""
    assert "left" not in progress_line(evolve(HALF, share=0.0), 200)


def test_a_slow_target_is_told_of_a_smaller_profile() -> None:
    """Pins that a long run says early what would take less, unless it is the smallest already."""
    slow = evolve(HALF, seconds=2_400)
    advice = "about 40 minutes left at this pace (--saga-profile=quick takes a tenth)"
    assert advice in progress_line(slow, 200)
    assert "quick" not in progress_line(evolve(slow, quick=1.0), 200)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 second"), (59, "59 seconds"), (61, "1 minute"), (9_000, "2 hours")],
)
def test_durations(seconds: float, said: str) -> None:
    """Pins how a time is said."""
    assert duration(seconds) == said
