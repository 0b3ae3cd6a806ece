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
    slow: int
    """The most schedules of each part, of a target that says that its runs are slow."""
    most: int | None = None
    """The most schedules of each part; None for as many as there are."""


PROFILES: dict[str, Profile] = {
    "quick": Profile("quick", 1, 1, 120, 8, 500, 300, 20),
    "ci": Profile("ci", 4, 4, 800, 8, 12_000, 2_000, 60),
    "nightly": Profile("nightly", 8, 8, 1_500, 10, 60_000, 5_000, 1_000),
}

#: Instead of the most schedules of each part: as many as there are, whatever the target says.
ALL = 0


def profile_of(name: str, schedules: int | None, *, slow: bool) -> Profile:
    """A profile, of which there may be less to do: where that is asked for, or runs are slow."""
    profile = PROFILES[name]
    most = profile.slow if schedules is None and slow else schedules
    return evolve(profile, most=most or None)


#: Bytes per chunk: each byte is one choice, a fault takes two.
CHUNK = 12
