"""What of wrong tables a log gives away: less, the less it shows (benchmarks: larger numbers)."""

from __future__ import annotations

from benchmarks.logs import VIEWS, found
from model.mutants import mutants

#: One wrong table of so many, and sagas of each.
EVERY, SAGAS = 23, 80


def test_the_more_a_log_shows_the_more_it_gives_away() -> None:
    """Of the tables whose mistake happened at all, nearly each is found where all is shown."""
    results = [found(mutant, SAGAS) for mutant in list(mutants())[::EVERY]]
    shown = [result for result in results if result is not None]
    counts = [sum(result[number][0] for result in shown) for number in range(len(VIEWS))]
    everything, without_gateway, without_states, _, events, ledger = counts
    assert len(shown) > 20
    assert everything >= 0.85 * len(shown)
    assert everything >= without_gateway > events > ledger > 0
    assert everything >= without_states
    assert all(ended or not running for result in shown for ended, running in result)
