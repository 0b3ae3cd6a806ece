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


def spin(folder: Path, scope: Scope, table: int) -> tuple[list[list[str]], list[str]]:
    """How SPIN's verifier is made, and how it is run."""
    (folder / "saga.pml").write_text(promela.render(TABLE, scope), encoding="utf-8")
    flags = ["-O2", "-DSAFETY", "-DNOREDUCE", "-DNOBOUNDCHECK", "-DMEMLIM=8000"]
    make = [["spin", "-a", "saga.pml"], ["gcc", *flags, "-o", "pan", "pan.c"]]
    return make, ["./pan", "-m100000", f"-w{table}"]


def show(name: str, spent: Spent) -> None:
    """One line of the result."""
    print(f"{name:34} {spent.seconds:8.2f} s {spent.megabytes:8.0f} MB   {spent.found}")


def compare(scope: Scope, times: int, readable: bool, table: int) -> bool:
    """Measure and print; whether ours takes less of both."""
    print(f"{scope}; CPU seconds and peak memory of whole processes, best of {times}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make, search = spin(folder, scope, table)
        making = [measured(command, folder) for command in make]
        theirs = best(search, folder, times)
        fast = best(python(_FAST, scope), folder, times)
        symmetric = python(_FAST, scope, ", reduction=Reduction(symmetry=True)")
        show("fast engine", fast)
        show("fast engine, symmetry", best(symmetric, folder, times))
        if readable:
            show("readable engine", measured(python(_READABLE, scope), folder))
        show(f"SPIN, search alone (-w{table})", theirs)
        total = theirs.seconds + sum(spent.seconds for spent in making)
        most = max(theirs.megabytes, *(spent.megabytes for spent in making))
        show("SPIN, with spin -a and gcc -O2", Spent(total, most, theirs.found))
    print(
        f"\nfast engine / SPIN's search: {fast.seconds / theirs.seconds:.2f} of the CPU time,"
        f" {fast.megabytes / theirs.megabytes:.2f} of the memory;"
        f" with SPIN's compilation: {fast.seconds / total:.2f} of the CPU time"
    )
    if fast.found != theirs.found:
        raise SystemExit(f"They do not agree: {fast.found} against {theirs.found}")
    return fast.seconds < theirs.seconds and fast.megabytes < theirs.megabytes


def main() -> None:
    """Read the scope; exit with 1 if ours is not the cheaper one."""
    parser = argparse.ArgumentParser(description="Our engines against SPIN on the same scope.")
    for field in fields(Scope):
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=int, default=getattr(DEFAULT, field.name))
    parser.add_argument("--times", type=int, default=3, help="runs of each, the best one counts")
    parser.add_argument("--readable", action="store_true", help="the readable engine too")
    parser.add_argument("--hash", type=int, default=20, help="SPIN's -w: size of its hash table")
    given = parser.parse_args()
    scope = Scope(**{field.name: getattr(given, field.name) for field in fields(Scope)})
    sys.exit(not compare(scope, given.times, given.readable, given.hash))


if __name__ == "__main__":
    main()
