"""How schedules are best drawn: ways of drawing them against each other, on the zoo.

    python -m benchmarks.tuning --jobs 2
    python -m benchmarks.tuning --jobs 2 --held-out --only "as it is"
    python -m benchmarks.tuning --jobs 2 --tiers

Each way draws schedules until a bug is found, for each seed; what counts is how many that takes,
and how much CPU time. A third of the zoo is held out, so that what was chosen by this is not also
judged by it. With --tiers, the parts of the search that draw no lots, in each order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import permutations
from random import Random
from statistics import median

from attrs import evolve, frozen

import properties.run as running
import properties.world.choices as choices
from benchmarks.drawing import Learned, owing, priorities
from benchmarks.zoo import CERTAIN, setting_of, without_chance
from implementations.faulty import ZOO, Nature, Specimen
from model.environment import Fault
from properties.drivers.campaign import CALM, LENGTH, scope_of
from properties.garbage import fewer_collections
from properties.run import FAULT_BYTES, Run, run_bytes
from properties.world.scopes import Scope
from properties.world.subject import Subject

#: Schedules after which a bug counts as not found.
STAMINA = 2_000
#: Every third bug is held out.
HELD_OUT = 3
_FAULTS = tuple(Fault)

#: Draws one run.
Choose = Callable[[Subject, Scope, Random], Run]


@frozen
class Way:
    """One way of drawing schedules; what is not said is as in the campaign."""

    name: str
    fault_bytes: int = FAULT_BYTES
    """Choices from here on, of 256, are faults."""
    length: int = LENGTH
    calm: int = CALM
    swarm: bool = False
    """Each schedule does without some faults, chosen by lot."""
    stalls: bool = True
    without: frozenset[Fault] = frozenset()
    budget: int = 0
    """The most faults of each kind; 0 for the scope's own."""
    orders: int = 0
    """Only scopes with so many orders; 0 for all."""
    coarse: int = 0
    """One schedule in so many has handlers that run in one step; 0 for none."""
    chooser: str = ""
    """What chooses the actions, where it is not bytes that do."""


WAYS = (
    Way("as it is"),
    Way("5 % faults", fault_bytes=243),
    Way("20 % faults", fault_bytes=205),
    Way("30 % faults", fault_bytes=180),
    Way("50 % faults", fault_bytes=128),
    Way("one schedule in four without faults", calm=4),
    Way("each schedule with faults", calm=10**9),
    Way("half as long", length=LENGTH // 2),
    Way("twice as long", length=LENGTH * 2),
    Way("four times as long", length=LENGTH * 4),
    Way("swarm", swarm=True),
    Way("one fault of each kind", budget=1),
    Way("no stalls", stalls=False),
    Way("handlers one by one", without=frozenset({Fault.CONCURRENCY})),
    Way("every second one with handlers one by one", coarse=2),
    Way("no reordering", without=frozenset({Fault.REORDER})),
    Way("one order", orders=1),
    Way("two orders", orders=2),
    Way("three orders", orders=3),
    Way("priorities (PCT)", chooser="priorities"),
    Way("faults where something is owed", chooser="owing"),
    Way("kinds of faults learned", chooser="learned"),
)


def chooser(name: str) -> Choose:
    """What chooses the actions of one seed's runs."""
    return {"priorities": priorities, "owing": owing, "learned": Learned().run}[name]


def drawn(way: Way, subject: Subject, scopes: tuple[Scope, ...], random: Random) -> Iterator[Run]:
    """The runs of one seed."""
    scopes = tuple(s for s in scopes if way.orders in (0, len(s.orders)))
    choose = chooser(way.chooser) if way.chooser else None
    for number in range(STAMINA):
        data = random.randbytes(way.length)
        if number % way.calm == 0:
            data = bytes(byte % way.fault_bytes for byte in data)
        scope = scope_of(scopes, data)
        faults = scope.faults - way.without
        if way.swarm:
            faults -= {fault for fault in _FAULTS if random.random() < 0.5}
        if way.coarse and number % way.coarse == 0:
            faults -= {Fault.CONCURRENCY}
        budgets = {f: min(b, way.budget or b) for f, b in scope.budgets.items()}
        scope = evolve(scope, faults=faults, budgets=budgets)
        yield choose(subject, scope, random) if choose else run_bytes(subject, scope, data[1:])


def until_found(slug: str, way: Way, seeds: int) -> tuple[list[int], float]:
    """For each seed, the schedules until the bug is found; and CPU time."""
    running.FAULT_BYTES = way.fault_bytes
    stalls = choices._stalls
    if not way.stalls:
        choices._stalls = lambda world: []
    specimen = next(specimen for specimen in ZOO if specimen.slug == slug)
    subject, scopes = setting_of(specimen)
    begun = time.process_time()
    counts = []
    try:
        with fewer_collections():
            for seed in range(1, seeds + 1):
                counts.append(_first(drawn(way, subject, scopes, Random(seed))))
    finally:
        running.FAULT_BYTES = FAULT_BYTES
        choices._stalls = stalls
    return counts, time.process_time() - begun


def _first(runs: Iterator[Run]) -> int:
    for number, run in enumerate(runs, start=1):
        run.world.dissolve()
        if run.findings:
            return number
    return STAMINA + 1


def tiers(slug: str) -> dict[str, tuple[int, bool]]:
    """For each part without chance, alone: how many schedules until the bug, and whether found."""
    specimen = next(specimen for specimen in ZOO if specimen.slug == slug)
    subject, scopes = setting_of(specimen)
    counts = {}
    with fewer_collections():
        for part in CERTAIN:
            runs = [bool(run.findings) for _, run in without_chance(subject, scopes, [part])]
            found = True in runs
            counts[part] = runs.index(True) + 1 if found else len(runs), found
    return counts


def print_tiers(counts: Sequence[dict[str, tuple[int, bool]]]) -> None:
    """The parts without chance in each order: how many schedules until the bug."""
    print("| order | found | schedules in all | median | worst |")
    print("|---|---|---|---|---|")
    for order in permutations(CERTAIN):
        needed = []
        for one in counts:
            parts = [one[part] for part in order]
            last = next((n for n, (_, found) in enumerate(parts, start=1) if found), 0)
            if last:
                needed.append(sum(schedules for schedules, _ in parts[:last]))
        print(
            f"| {', '.join(order)} | {len(needed)} of {len(counts)} | {sum(needed)} "
            f"| {median(needed):.0f} | {max(needed)} |"
        )


def bugs(held_out: bool) -> list[Specimen]:
    """The bugs to measure on: those held out, or the others."""
    found = [s for s in ZOO if s.nature is Nature.BUG and not s.missed]
    return [s for number, s in enumerate(found) if (number % HELD_OUT == 0) is held_out]


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.tuning")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--tiers", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], metavar="WAY")
    options = parser.parse_args()
    slugs = [specimen.slug for specimen in bugs(options.held_out)]
    if options.tiers:
        with ProcessPoolExecutor(options.jobs) as pool:
            print_tiers(list(pool.map(tiers, slugs)))
        return
    ways = [way for way in WAYS if not options.only or way.name in options.only]
    print(f"{len(slugs)} bugs, {options.seeds} seeds, at most {STAMINA} schedules each")
    print("| schedules are drawn | not found | schedules in all | worst median | CPU s |")
    print("|---|---|---|---|---|")
    with ProcessPoolExecutor(options.jobs) as pool:
        for way in ways:
            rest = [way] * len(slugs), [options.seeds] * len(slugs)
            results = list(pool.map(until_found, slugs, *rest))
            counts = [count for found, _ in results for count in found]
            missed = sum(count > STAMINA for count in counts)
            worst = max(median(found) for found, _ in results)
            seconds = sum(took for _, took in results)
            print(
                f"| {way.name} | {missed} of {len(counts)} | {sum(counts)} | {worst:.0f} "
                f"| {seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
