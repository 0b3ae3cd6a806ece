"""The detection power of the kit, measured on the zoo: the kill matrix and the gallery.

    python -m benchmarks.zoo --seeds 20 --jobs 2

Each bug of `implementations/faulty` is searched with the very schedules that the campaign of
profile ci draws for a seed, shard after shard, and then with its detours: what is found here, ci
finds with that seed.
The first failure is shrunk, and compared with the shortest schedule there is, found by trying
everything shorter. Schedules are counted, and CPU time, not the clock. Writes into reports/gallery.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from attrs import frozen

from implementations.faulty import ZOO, Nature, Specimen
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign, shard_seed
from properties.drivers.detours import detours
from properties.drivers.directed import directed
from properties.drivers.paths import paths
from properties.drivers.repeats import repeats
from properties.drivers.sweep import sweep
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Run, Schedule
from properties.shortest import shortest
from properties.shrinker import shrinker_of
from properties.telling import PRECEDENCE
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject
from reports.killmatrix import Kill, Length, matrix_markdown, matrix_svg, totals

GALLERY = Path(__file__).resolve().parent.parent / "reports" / "gallery"
CI = PROFILES["ci"]
#: Schedules drawn after the first failure, to see what else falls.
BESIDES = 50
#: States that the search for the shortest schedule goes through.
REACH = 15_000


#: The parts of the search that draw no lots, in the order in which they are gone through.
CERTAIN = ("paths", "directed", "repeats", "sweep")


@frozen
class Hunt:
    """What one seed brought for one bug."""

    first: int
    seconds: float
    schedules: dict[str, int]
    property_id: str
    shrunk: Schedule


def setting_of(specimen: Specimen) -> tuple[Subject, tuple[Scope, ...]]:
    """The bug as a target, and the scopes in which it is searched."""
    subject = probe(f"implementations.faulty:{specimen.slug}")
    faults = DEFAULT_FAULTS.union(specimen.faults)
    return subject, fitting(SCOPES, faults, subject.shape.delivery, subject.shape)


def hunt(subject: Subject, scopes: tuple[Scope, ...], seed: int) -> Hunt | None:
    """Draw schedules until something is violated, and some more; shrink what came first."""
    begun = time.process_time()
    seconds, first = 0.0, 0
    schedules: dict[str, int] = {}
    failed: Run | None = None
    for drawn, run in enumerate(_drawn(subject, scopes, seed), start=1):
        run.world.dissolve()
        for property_id in run.findings:
            schedules.setdefault(property_id, drawn)
        if run.findings and not first:
            first, seconds = drawn, time.process_time() - begun
            failed = run
        if first and drawn >= first + BESIDES:
            break
    if failed is None:
        return None
    return Hunt(first, seconds, schedules, *shrink(subject, scopes, failed))


def shrink(subject: Subject, scopes: tuple[Scope, ...], run: Run) -> tuple[str, Schedule]:
    """What a report would be about, and its schedule."""
    property_id = min(run.findings, key=PRECEDENCE.__getitem__)
    shrinker = shrinker_of(subject, property_id, run, scopes)
    return property_id, shrinker.shrink().schedule


def _drawn(subject: Subject, scopes: tuple[Scope, ...], seed: int) -> Iterator[Run]:
    """The schedules that a session with this seed draws: its campaign, shard after shard, and its
    detours."""
    for shard in range(CI.shards):
        for _, run in campaign(subject, scopes, shard_seed(seed, shard), CI.campaign):
            yield run
    first = shard_seed(seed, 0)
    yield from detours(subject, scopes, CI.sweep_scopes, first, CI.detours)


def without_chance(
    subject: Subject, scopes: tuple[Scope, ...], order: Sequence[str] = CERTAIN
) -> Iterator[tuple[str, Run]]:
    """The parts of the search that draw no lots and take no long time: each run with its part."""
    parts: dict[str, Iterator[Run]] = {
        "paths": paths(subject, scopes),
        "directed": directed(subject, scopes[0]),
        "repeats": repeats(subject, scopes),
        "sweep": sweep(subject, islice(scopes, 2)),
    }
    for part in order:
        for run in parts[part]:
            run.world.dissolve()
            yield part, run


def length_of(schedule: Schedule) -> Length:
    """Orders and deviations."""
    return len(schedule.scope.orders), len(schedule.deviations)


def kill(slug: str, seeds: int) -> Kill:
    """Everything about one bug."""
    specimen = next(specimen for specimen in ZOO if specimen.slug == slug)
    with fewer_collections():
        subject, scopes = setting_of(specimen)
        hunts = [found for seed in range(1, seeds + 1) if (found := hunt(subject, scopes, seed))]
        certain, run = next(
            ((part, run) for part, run in without_chance(subject, scopes) if run.findings),
            ("", None),
        )
        reports = [(found.property_id, length_of(found.shrunk)) for found in hunts]
        if run and not hunts:
            property_id, shrunk = shrink(subject, scopes, run)
            reports = [(property_id, length_of(shrunk))]
        names = {property_id for property_id, _ in reports}
        sold_out = tuple(scope.sold_out() for scope in scopes)
        least = shortest(subject, (*scopes, *sold_out), names, REACH)
    every = {name for found in hunts for name in found.schedules}
    return Kill(
        bug=specimen.slug,
        entries=specimen.entries,
        without_chance=certain,
        schedules={
            name: tuple(found.schedules[name] for found in hunts if name in found.schedules)
            for name in sorted(every)
        },
        first=tuple(found.first for found in hunts),
        seconds=tuple(round(found.seconds, 3) for found in hunts),
        seeds=seeds,
        reported={
            name: tuple(length for property_id, length in reports if property_id == name)
            for name in sorted(names)
        },
        least={name: length_of(least.found[name]) for name in sorted(names & least.found.keys())},
    )


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.zoo")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], metavar="BUG")
    options = parser.parse_args()
    slugs = [s.slug for s in ZOO if s.nature is Nature.BUG and not s.missed]
    slugs = [slug for slug in slugs if not options.only or slug in options.only]
    begun = time.perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        kills = []
        for done in pool.map(kill, slugs, [options.seeds] * len(slugs)):
            kills.append(done)
            print(
                f"{len(kills)}/{len(slugs)} {done.bug}: {done.found}/{done.seeds}, "
                f"worst {max(done.first, default=0)}, {done.without_chance or 'by chance only'}, "
                f"minimal {done.minimal}/{done.measured}: {done.reported} of {done.least}",
                flush=True,
            )
    print("\n".join(totals(kills)))
    print(f"in {time.perf_counter() - begun:.0f} s")
    if not options.only:
        GALLERY.mkdir(exist_ok=True)
        command = f"python -m benchmarks.zoo --seeds {options.seeds}"
        (GALLERY / "kill-matrix.md").write_text(matrix_markdown(kills, command), encoding="utf-8")
        (GALLERY / "kill-matrix.svg").write_text(matrix_svg(kills), encoding="utf-8")


if __name__ == "__main__":
    main()
