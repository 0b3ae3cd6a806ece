"""Profiles: how much a verification does."""

from __future__ import annotations

from attrs import evolve, frozen


@frozen
class Profile:
    """The amount of each part of the search: `quick` before a commit, `nightly` for the night."""

    name: str
    sweep_scopes: int
    """How many scopes the port sweep goes through."""
    shards: int
    """Into how many parts the stateful tier is split; each has a seed of its own."""
    examples: int
    """Examples per shard of the stateful tier."""
    chunks: int
    """Chunks of schedule per example."""
    exhaustive_states: int
    """States after which an exhaustive scope is given up (and said to be incomplete)."""
    campaign: int
    """Schedules of the seeded campaign per shard."""
    detours: int
    """Schedules that are drawn to find port calls which the sweep does not come to."""
    shrinking: int
    """The most runs to make the counterexample of one property minimal."""
    slow: int
    """The most schedules of each part, of a target that says that its runs are slow."""
    most: int | None = None
    """The most schedules of each part; None for as many as there are."""


PROFILES: dict[str, Profile] = {
    "quick": Profile("quick", 1, 1, 120, 8, 500, 300, 150, 1_000, 20),
    "ci": Profile("ci", 4, 4, 800, 8, 12_000, 2_000, 500, 3_000, 60),
    "nightly": Profile("nightly", 8, 8, 1_500, 10, 60_000, 5_000, 3_000, 3_000, 1_000),
}

#: What the shrinking of one property may cost where a run takes as long as a hundred in memory.
FEW_RUNS = 100
#: Where schedules are limited, so is shrinking: to so many runs for each.
RUNS_PER_SCHEDULE = 10
#: Instead of the most schedules of each part: as many as there are, whatever the target says.
ALL = 0


def profile_of(name: str, schedules: int | None, *, slow: bool) -> Profile:
    """A profile, of which there may be less to do: where that is asked for, or runs are slow."""
    profile = PROFILES[name]
    most = profile.slow if schedules is None and slow else schedules
    if not most:
        return evolve(profile, most=None)
    shrinking = min(profile.shrinking, max(FEW_RUNS, most * RUNS_PER_SCHEDULE))
    return evolve(profile, most=most, shrinking=shrinking)


#: Bytes per chunk: each byte is one choice, a fault takes two.
CHUNK = 12
