"""What detours find, and what the campaign needs for the same bugs.

    python -m benchmarks.detours [--seeds 10] [BUG ...]

Bugs of the zoo that take an unusual way and a fault on it, or those that are named. Schedules are
counted until the bug is found: those of profile ci, in each of the two by itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import chain
from statistics import median

from benchmarks.zoo import setting_of
from implementations.faulty import ZOO, Specimen
from properties.drivers.campaign import campaign, shard_seed
from properties.drivers.detours import detours
from properties.garbage import fewer_collections
from properties.profiles import PROFILES
from properties.run import Run

CI = PROFILES["ci"]
BUGS = (
    "unwanted_charge_gives_up",
    "cancel_is_best_effort",
    "tombstone_in_a_second_transaction",
)


def found(specimen: Specimen, runs: Iterable[Run]) -> int | None:
    """How many schedules it took; None if it was not found."""
    for number, run in enumerate(runs, start=1):
        run.world.dissolve()
        if run.findings.keys() & set(specimen.breaks):
            return number
    return None


def searches(specimen: Specimen, seed: int) -> Iterator[tuple[str, Iterable[Run]]]:
    """The campaign of ci, shard after shard, and its detours."""
    subject, scopes = setting_of(specimen)
    shards = (
        campaign(subject, scopes, shard_seed(seed, shard), CI.campaign)
        for shard in range(CI.shards)
    )
    yield "campaign", (run for _, run in chain.from_iterable(shards))
    first = shard_seed(seed, 0)
    yield "detours", detours(subject, scopes, CI.sweep_scopes, first, CI.detours)


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.detours")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("bugs", nargs="*", default=BUGS, metavar="BUG")
    arguments = parser.parse_args()
    print("| bug | search | found | schedules, median | worst |\n|---|---|---|---|---|")
    for specimen in (specimen for specimen in ZOO if specimen.slug in arguments.bugs):
        needed: dict[str, list[int | None]] = {}
        with fewer_collections():
            for seed in range(1, arguments.seeds + 1):
                for name, runs in searches(specimen, seed):
                    needed.setdefault(name, []).append(found(specimen, runs))
        for name, counts in needed.items():
            there = [count for count in counts if count is not None]
            how_many = f"{median(there):,.0f} | {max(there):,}" if there else "- | -"
            of = f"{len(there)} of {len(counts)}"
            print(f"| `{specimen.slug}` | {name} | {of} | {how_many} |", flush=True)


if __name__ == "__main__":
    main()
