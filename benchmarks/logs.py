"""What checking a log costs, and what it finds: right sagas at speed, wrong tables as a measure.

    python -m benchmarks.logs                        # speed and false alarms
    python -m benchmarks.logs --mutants 100          # and which of so many wrong tables it finds
    python -m benchmarks.logs --mutants all --each 400
    python -m benchmarks.logs --memory               # and whether memory grows with the log (Linux)

Each view is the same runs as another log would show them. Seconds are of CPU time.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from implementations.recorded.mapping import LogMapping
from model.choreography import TABLE
from model.logs.judgement import Answer
from model.mutants import Mutant, mutants
from model.semantics import moves
from properties.logs.checking import check
from reports.log import LogReport
from tests.model.logs.recording import Happened, Recording, lines, shuffled

_ALL = ("consumed", "published", "effects", "state")
_GATEWAY = frozenset({"gateway"})


@frozen
class Seen:
    """One kind of log: its fields, and who is not in it."""

    name: str
    fields: tuple[str, ...]
    hidden: frozenset[str] = frozenset()

    def log(self, happened: Sequence[Happened], window: int) -> list[dict[str, Any]]:
        """The lines, the services out of step."""
        said = list(lines(happened, self.fields, self.hidden))
        return list(shuffled(said, Random(2), window))


VIEWS = (
    Seen("all, target state included", _ALL),
    Seen("the same, gateway hidden", _ALL, _GATEWAY),
    Seen("consumed, published, effects", _ALL[:3]),
    Seen("the same, gateway hidden", _ALL[:3], _GATEWAY),
    Seen("published events only", _ALL[1:2], _GATEWAY),
    Seen("ledger entries only", _ALL[2:3]),
)


def judged(text: str, *, complete: bool) -> LogReport:
    """The report of a log that is given as text."""
    return check("made", io.StringIO(text), LogMapping(), TABLE, complete=complete)


def as_text(said: Sequence[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(line) + "\n" for line in said)


def speed(sagas: int, window: int) -> None:
    """Right sagas: how fast, and whether any of them is accused."""
    happened = Recording(Random(1), sagas=sagas, stock=sagas // 50).run().happened
    print(f"{sagas:,} right sagas with faults; a service lags up to {window} lines")
    print(f"{'the log shows':<30}{'lines':>9}{'MB':>7}{'JSON/s':>10}{'all/s':>10}  accused  open")
    for view in VIEWS:
        text = as_text(view.log(happened, window))
        start = time.process_time()
        for line in io.StringIO(text):
            json.loads(line)
        parsed = time.process_time() - start
        start = time.process_time()
        report = judged(text, complete=True)
        took = time.process_time() - start
        count = report.lines
        print(
            f"{view.name:<30}{count:>9,}{len(text) / 1e6:>7.1f}{count / parsed:>10,.0f}"
            f"{count / took:>10,.0f}  {report.wrong:>7}  {report.tally.most_open:>4,}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of memory, the generated logs included: {peak:,.0f} MB\n")


def found(mutant: Mutant, each: int) -> list[tuple[bool, bool]] | None:
    """Whether a wrong table is found, in each view: if all sagas must have ended, and if not.

    None if what is wrong in it never happened.
    """
    moves.cache_clear()
    run = Recording(
        Random(3), mutant.table, sagas=each, stock=each // 6, trouble=0.8, torn=mutant.torn
    ).run()
    if mutant.made is not None and mutant.made not in run.fired:
        return None
    reports = [judged(as_text(view.log(run.happened, 0)), complete=True) for view in VIEWS]
    return [(report.wrong > 0, report.tally.answers[Answer.DIFFERS] > 0) for report in reports]


def detection(every: int, each: int) -> None:
    """How many of the wrong tables are found, in each view."""
    chosen = list(mutants())[::every]
    start = time.process_time()
    results = {mutant: found(mutant, each) for mutant in chosen}
    shown = {mutant: result for mutant, result in results.items() if result is not None}
    print(
        f"{len(chosen)} wrong tables, {each} sagas each; in {len(shown)} of them what is wrong "
        "happened at all.\nFound:                          all must have ended  may be running"
    )
    for number, view in enumerate(VIEWS):
        ended, running = (sum(r[number][how] for r in shown.values()) for how in (0, 1))
        print(f"{view.name:<30}{ended:>21}{running:>16}")
    for mutant, result in shown.items():
        if not result[0][0]:
            print(f"missed where all is shown: {mutant}")
    print(f"{time.process_time() - start:.0f} s of CPU time")


#: Checks a log in a process of its own, and says how many lines that were and how much it took.
_ALONE = """
import re, sys
from pathlib import Path
from properties.logs.checking import Check
report = Check(sys.argv[1], complete=True).report()
most = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
print(f"{report.lines:>12,}{report.tally.sagas:>10,}{report.tally.most_open:>9,}"
      f"{int(most) / 1024:>8,.0f}{report.wrong:>9}")
"""


def memory(sagas: int, window: int) -> None:
    """The same sagas under other names again and again: what a log of any length takes."""
    happened = Recording(Random(1), sagas=sagas, stock=sagas // 50).run().happened
    print("       lines     sagas     open      MB  accused")
    for view in (VIEWS[1], VIEWS[-1]):
        text = as_text(view.log(happened, window))
        for times in (20, 60):
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                for number in range(times):
                    file.write(text.replace('"saga": "o', f'"saga": "{number}-'))
                file.flush()
                subprocess.run(
                    [sys.executable, "-c", _ALONE, file.name],
                    cwd=Path(__file__).resolve().parent.parent,
                    check=True,
                )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sagas", type=int, default=20_000)
    parser.add_argument("--window", type=int, default=500)
    parser.add_argument("--mutants", default="none", help="how many wrong tables, or all")
    parser.add_argument("--each", type=int, default=300, help="sagas of each wrong table")
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    if given.memory:
        memory(given.sagas // 4, given.window)
        return
    speed(given.sagas, given.window)
    if given.mutants != "none":
        total = sum(1 for _ in mutants())
        wanted = total if given.mutants == "all" else int(given.mutants)
        detection(max(1, total // wanted), given.each)


if __name__ == "__main__":
    main()
