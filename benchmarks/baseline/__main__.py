"""Run all tools on the same bugs with the same CPU time, and print them side by side."""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from traceback import print_exception

from benchmarks.baseline.comparing import Cell, Comparison, exceptions, table, totals
from benchmarks.baseline.measuring import TOOLS, MissingTool, Rate, tool
from implementations import faulty, reference
from implementations.faulty import ZOO, Nature
from properties.garbage import fewer_collections

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "baseline.md"
BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"
#: Tool, bug, seeds, CPU seconds to search, and whether to shrink.
Job = tuple[str, str, int, float, bool]


def cell(job: Job) -> Cell:
    """What one tool brings for one bug; the first seed that finds it is shrunk."""
    name, bug, seeds, seconds, shrinking = job
    make, hunts = getattr(faulty, bug), []
    with fewer_collections():
        for seed in range(1, seeds + 1):
            try:
                hunts.append(tool(name).hunt(make, seed, seconds, shrinking))
            except Exception as error:
                print_exception(error)
                return Cell(name, bug, tuple(hunts), f"{type(error).__name__}: {error}")
            shrinking = shrinking and not hunts[-1].said
    return Cell(name, bug, tuple(hunts))


def rate(job: tuple[str, float]) -> tuple[str, Rate]:
    """How fast one tool goes on the reference."""
    name, seconds = job
    with fewer_collections():
        found: Rate = tool(name).rate(reference.make, seconds)
    return name, found


def compare(tools: Sequence[str], bugs: Sequence[str], options: argparse.Namespace) -> Comparison:
    """Measure everything, each job in a process that nothing else has run in."""
    jobs = [
        (name, bug, options.seeds, options.seconds, n % options.shrink_every == 0)
        for n, bug in enumerate(bugs)
        for name in tools
    ]
    cells: dict[tuple[str, str], Cell] = {}
    forking = multiprocessing.get_context("fork")
    with forking.Pool(options.jobs, maxtasksperchild=1) as pool:
        rates = dict(pool.map(rate, [(name, 4 * options.seconds) for name in tools], 1))
        for found in pool.imap(cell, jobs, 1):
            cells[found.tool, found.bug] = found
            print(f"{len(cells)}/{len(jobs)} {found.bug}, {found.tool}: {found}", file=sys.stderr)
    return Comparison(tuple(tools), tuple(bugs), cells, rates)


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.baseline")
    parser.add_argument("--bugs", default="", metavar="BUG,BUG", help="all, if nothing is said")
    parser.add_argument("--tools", default=",".join(TOOLS), metavar="TOOL,TOOL")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of CPU, per bug and seed")
    parser.add_argument(
        "--shrink-every", type=int, default=1, metavar="N", help="shrink for every Nth bug only"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the result into the document")
    options = parser.parse_args(arguments)
    known = [specimen.slug for specimen in ZOO if specimen.nature is Nature.BUG]
    options.bugs = options.bugs.split(",") if options.bugs else known
    options.tools = options.tools.split(",")
    for what, given, there in (
        ("--bugs", options.bugs, known),
        ("--tools", options.tools, TOOLS),
    ):
        for name in given:
            if name not in there:
                parser.error(f"{what}: there is no {name!r}; there are {', '.join(there)}")
    return options


def main() -> None:
    """Run as told on the command line."""
    options = options_of()
    try:
        for name in options.tools:
            tool(name)
    except MissingTool as missing:
        sys.exit(str(missing))
    comparison = compare(options.tools, options.bugs, options)
    command = " ".join(argument for argument in sys.argv[1:] if argument != "--write")
    text = "\n".join(
        [
            f"`python -m benchmarks.baseline {command}` on {datetime.now(UTC):%Y-%m-%d}, "
            f"Python {platform.python_version()}:",
            "",
            *totals(comparison),
            "",
            "Where a rival does better:",
            "",
            *exceptions(comparison),
            "",
            "By bug: seeds that found it, CPU seconds to the first failure, deviations of steps.",
            "",
            *table(comparison),
        ]
    )
    print(text)
    if options.write:
        whole = DOCUMENT.read_text(encoding="utf-8")
        before, _, rest = whole.partition(BEGIN)
        after = rest.partition(END)[2]
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    if broken := [str(found) for found in comparison.cells.values() if found.error]:
        sys.exit("\n".join(broken))


if __name__ == "__main__":
    main()
