"""Many seeds in a row: a right saga must never be accused, and no check may have been for nothing.

    python -m benchmarks.soak --seeds 20 --profile nightly --jobs 2
    python -m benchmarks.soak --twins --profile ci --seeds 2 --jobs 2

The second line runs what is right beside the reference: bugs of the zoo that are mended, and halves
of a defence where the other half covers. What only some of them have nothing of (an authorisation,
say) counts as checked where it could be, so only the reference is held to check everything.

Parts of the search that draw no lots are the same for every seed, so they run for the first seed
only. Exits with 1 on any violation, any divergence from the model, anything VACUOUS or UNKNOWN.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from implementations.errors import TargetError
from implementations.faulty import ZOO, Nature
from model.environment import DEFAULT_FAULTS
from properties.drivers.sweep import FaultDidNotFire
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import Portion, parts, run_part
from properties.settings.in_force import resolve
from properties.settings.sources import from_command_line
from properties.verdicts import Total, summarise
from properties.world.subject import Subject
from reports.terminal import counterexample_text, summary_text
from reports.verdict import RunSummary, Verdict

REFERENCE = "implementations.reference:make"
#: Parts whose schedules depend on the seed.
BY_CHANCE = ("stateful-", "campaign-")
GOOD = {Verdict.HOLDS, Verdict.NOT_APPLICABLE}
#: What is right in the zoo: bugs that are mended, and halves of a defence.
RIGHT = [specimen.slug for specimen in ZOO if specimen.nature is not Nature.BUG]
#: target, profile, part, seed
Job = tuple[str, str, str, int]


@cache
def subject_of(target: str) -> Subject:
    """The target, probed once per process."""
    return probe(target)


def jobs_of(target: str, profile: str, seeds: Iterable[int]) -> Iterator[Job]:
    """Everything there is to do, the parts without chance once."""
    first = True
    for seed in seeds:
        for part in parts(PROFILES[profile]):
            if first or part.startswith(BY_CHANCE):
                yield target, profile, part, seed
        first = False


def do(job: Job) -> tuple[Portion | str, float]:
    """One part of one seed, or how it failed; and the seconds of CPU time that it took."""
    target, profile, part, seed = job
    begun = time.process_time()
    subject = subject_of(target)
    delivery = subject.shape.delivery
    result: Portion | str
    try:
        result = run_part(subject, part, PROFILES[profile], DEFAULT_FAULTS, delivery, seed)
    except (TargetError, FaultDidNotFire) as error:
        result = str(error)
    return result, time.process_time() - begun


def done(jobs: list[Job], processes: int) -> Iterator[tuple[Job, Portion | str, float]]:
    """The jobs as they are finished."""
    if processes == 1:
        for job in jobs:
            yield job, *do(job)
        return
    with ProcessPoolExecutor(processes) as pool:
        running = {pool.submit(do, job): job for job in jobs}
        for future in as_completed(running):
            yield running[future], *future.result()


def soak(jobs: list[Job], processes: int) -> tuple[Total, list[str]]:
    """Do all jobs; their portions added up, and the parts that ended with an error."""
    total, broken = Total(), list[str]()
    seconds = 0.0
    for count, ((_, _, part, seed), result, took) in enumerate(done(jobs, processes), start=1):
        seconds += took
        if isinstance(result, str):
            broken.append(f"{part} (seed {seed})")
            said = result
        else:
            total.take(result)
            said = f"{result.schedules} schedules"
            if result.violated:
                said += ": VIOLATED " + ", ".join(result.violated)
        print(f"{count}/{len(jobs)} seed {seed} {part}: {said}, {took:.1f} s", flush=True)
    print(f"CPU time: {seconds:.0f} s")
    return total, broken


def is_clean(summary: RunSummary, total: Total) -> bool:
    """Whether everything holds that applies, and nothing was checked or asked for in vain."""
    verdicts = all(row.verdict in GOOD for row in summary.properties)
    faults = not any(row.reason == "VACUOUS" for row in summary.fault_counts)
    return verdicts and faults and not total.divergences


def main(arguments: list[str] | None = None) -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--target", default=REFERENCE, metavar="MODULE:FACTORY")
    parser.add_argument("--twins", action="store_true", help="all right targets of the zoo instead")
    parser.add_argument("--profile", choices=PROFILES, default="nightly")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    options = parser.parse_args(arguments)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    targets = [f"implementations.faulty:{slug}" for slug in RIGHT] if options.twins else []
    totals = []
    for target in targets or [options.target]:
        total, clean = soaked(target, options.profile, seeds, options.jobs)
        totals.append(total)
        if not clean:
            print(f"{target}: NOT CLEAN")
            return 1
    schedules, steps = (sum(values) for values in zip(*map(_size, totals), strict=True))
    print(f"{len(totals)} target(s), {schedules:,} schedules, {steps:,} steps: clean")
    return 0


def _size(total: Total) -> tuple[int, int]:
    return total.schedules, total.steps


def soaked(target: str, profile: str, seeds: range, processes: int) -> tuple[Total, bool]:
    """All seeds of one target, told on the terminal: what came of it, and whether it is clean."""
    print(f"-- {target}, profile {profile}, seeds {seeds[0]} to {seeds[-1]}")
    total, broken = soak(list(jobs_of(target, profile, seeds)), processes)
    given = from_command_line({"target": target, "profile": profile, "seed": seeds[0]}, Path())
    settings = resolve([given], home=Path())
    subject = subject_of(target)
    missing = dict.fromkeys(broken, "ended with an error")
    contract = subject.shape.delivery
    summary = summarise(total, subject, settings, DEFAULT_FAULTS, contract, seeds[0], {}, missing)
    print(summary_text(summary))
    for line in [*total.explored, *sorted(total.divergences)]:
        print(line)
    for counterexample in total.counterexamples.values():
        print(counterexample_text(counterexample, ""))
    accused = any(row.verdict in (Verdict.VIOLATED, Verdict.UNKNOWN) for row in summary.properties)
    return total, not accused if target != REFERENCE else is_clean(summary, total)


if __name__ == "__main__":
    sys.exit(main())
