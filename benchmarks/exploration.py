"""Our engines against SPIN, on the same scope, in one run: CPU seconds and peak memory.

    python -m benchmarks.exploration
    python -m benchmarks.exploration --orders 3 --stock 2 --duplicates 1

Each competitor is a process of its own, measured from start to end, so that starting Python and
loading numpy is counted. SPIN's search is counted without and with what comes before it: `spin -a`
and the compiler. Of several runs the best one counts, for each of them alike.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import fields, frozen

from model.choreography import TABLE
from model.export import promela
from model.semantics import Scope

ROOT = Path(__file__).resolve().parent.parent

#: The scope that issue 4 speaks of: two orders, one copy, one crash, one gateway fault.
DEFAULT = Scope(orders=2, stock=1, duplicates=1, crashes=1, gateway_faults=1)

#: SPIN's -w: its hash table has 2**w places. What is set aside for it is most of its memory.
HASH_TABLES = {24: "its default", 18: "least memory"}

_OURS = """
from model.semantics import Scope
{imports}
report = explore({scope}{options})
assert not report.violations
print(report.states, "states,", report.transitions, "transitions")
"""
_FAST = "from model.engine.search import explore\nfrom model.engine.reduction import Reduction"
_READABLE = "from model.exploration import explore"


@frozen
class Spent:
    """What a process used, and what it said it found."""

    seconds: float
    megabytes: float
    found: str


def measured(command: Sequence[str], folder: Path) -> Spent:
    """Run a process to its end."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(into, 1)
        os.dup2(into, 2)
        os.close(out)
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execvp(command[0], list(command))
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as stream:
        text = stream.read()
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{text}")
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, _found(text))


def best(command: Sequence[str], folder: Path, times: int) -> Spent:
    """The cheapest of several runs."""
    return min((measured(command, folder) for _ in range(times)), key=lambda spent: spent.seconds)


def _found(text: str) -> str:
    states = re.search(r"(\d+) states", text)
    transitions = re.search(r"(\d+) transitions( \(= stored)?", text)
    if not states or not transitions:
        return ""
    first = 1 if transitions[2] else 0  # SPIN counts a transition to the first state
    return f"{int(states[1]):,} states, {int(transitions[1]) - first:,} transitions"


def python(imports: str, scope: Scope, options: str = "") -> list[str]:
    """A process that explores with one of our engines."""
    return [sys.executable, "-c", _OURS.format(imports=imports, scope=scope, options=options)]


def spin(folder: Path, scope: Scope) -> list[list[str]]:
    """How SPIN's verifier is made."""
    (folder / "saga.pml").write_text(promela.render(TABLE, scope), encoding="utf-8")
    flags = ["-O2", "-DSAFETY", "-DNOREDUCE", "-DNOBOUNDCHECK", "-DMEMLIM=8000"]
    return [["spin", "-a", "saga.pml"], ["gcc", *flags, "-o", "pan", "pan.c"]]


def show(name: str, spent: Spent) -> None:
    """One line of the result."""
    print(f"{name:36} {spent.seconds:8.2f} s {spent.megabytes:8.0f} MB   {spent.found}")


def compare(scope: Scope, times: int, readable: bool) -> bool:
    """Measure and print; whether ours takes less of both."""
    print(f"{scope}; CPU seconds and peak memory of whole processes, best of {times}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make = spin(folder, scope)
        making = [measured(command, folder) for command in make]
        theirs = {w: best(["./pan", "-m100000", f"-w{w}"], folder, times) for w in HASH_TABLES}
        fast = best(python(_FAST, scope), folder, times)
        symmetric = python(_FAST, scope, ", reduction=Reduction(symmetry=True)")
        show("fast engine", fast)
        show("fast engine, symmetry", best(symmetric, folder, times))
        if readable:
            show("readable engine", measured(python(_READABLE, scope), folder))
    for w, spent in theirs.items():
        show(f"SPIN, search alone ({HASH_TABLES[w]})", spent)
    cheapest = min(spent.seconds for spent in theirs.values())
    total = cheapest + sum(spent.seconds for spent in making)
    most = max(spent.megabytes for spent in making)
    show("SPIN, with spin -a and gcc -O2", Spent(total, most, ""))
    memory = ", ".join(
        f"{fast.megabytes / spent.megabytes:.2f} of its memory ({HASH_TABLES[w]})"
        for w, spent in theirs.items()
    )
    print(
        f"\nfast engine / SPIN's search: {fast.seconds / cheapest:.2f} of the CPU time, {memory};"
        f" with SPIN's compilation: {fast.seconds / total:.2f} of the CPU time"
    )
    if {spent.found for spent in theirs.values()} != {fast.found}:
        raise SystemExit(f"They do not agree: {fast.found} against {theirs}")
    return fast.seconds < cheapest and fast.megabytes < theirs[24].megabytes


def main() -> None:
    """Read the scope; exit with 1 if ours is not the cheaper one."""
    parser = argparse.ArgumentParser(description="Our engines against SPIN on the same scope.")
    for field in fields(Scope):
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=int, default=getattr(DEFAULT, field.name))
    parser.add_argument("--times", type=int, default=3, help="runs of each, the best one counts")
    parser.add_argument("--readable", action="store_true", help="the readable engine too")
    given = parser.parse_args()
    scope = Scope(**{field.name: getattr(given, field.name) for field in fields(Scope)})
    sys.exit(not compare(scope, given.times, given.readable))


if __name__ == "__main__":
    main()
