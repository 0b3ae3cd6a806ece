"""What a search still finds that may run only so many schedules of each part: on the zoo.

    python -m benchmarks.limits [--seeds 3]

This is what a target gets that says that its runs are slow. The zoo is run in memory, where that
takes no time, but without a digest, as services on a broker have none.
"""

from __future__ import annotations

import argparse
import time

from attrs import evolve

from implementations.faulty import ZOO, Nature, Specimen
from model.environment import DEFAULT_FAULTS
from model.specification import BY_ID
from properties.probing import probe
from properties.profiles import Profile, profile_of
from properties.search import parts, run_part

#: Nothing that is found is made minimal: here it only counts that it is found.
_EVERYTHING = frozenset(BY_ID)


def hunt(specimen: Specimen, profile: Profile, seed: int) -> tuple[bool, int]:
    """Whether a session finds a bug, and how many schedules it has run until then."""
    subject = probe(f"implementations.faulty:{specimen.slug}")
    shape = evolve(subject.shape, members=subject.shape.members - {"digest"})
    subject, schedules = evolve(subject, shape=shape), 0
    faults = DEFAULT_FAULTS.union(specimen.faults)
    for part in parts(profile):
        portion = run_part(subject, part, profile, faults, shape.delivery, seed, _EVERYTHING)
        schedules += portion.schedules
        if portion.violated.keys() & set(specimen.breaks):
            return True, schedules
    return False, schedules


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.limits")
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(1, parser.parse_args().seeds + 1)
    bugs = [specimen for specimen in ZOO if specimen.nature is Nature.BUG]
    for name in ("quick", "ci"):
        profile, begun = profile_of(name, None, slow=True), time.process_time()
        missed: dict[str, int] = {}
        most = 0
        for specimen in bugs:
            for seed in seeds:
                found, schedules = hunt(specimen, profile, seed)
                most = max(most, schedules)
                if not found:
                    missed[specimen.slug] = missed.get(specimen.slug, 0) + 1
        runs = len(bugs) * len(seeds)
        print(
            f"{name}, {profile.most} in each part: {runs - sum(missed.values())} of {runs} found, "
            f"in at most {most:,} schedules; {time.process_time() - begun:.0f} s CPU"
        )
        for slug, times in sorted(missed.items(), key=lambda each: -each[1]):
            print(f"    missed {times} of {len(seeds)} times: {slug}")


if __name__ == "__main__":
    main()
