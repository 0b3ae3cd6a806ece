"""Keeps docs/tutorial.md true: what the kit says of each rung, and what each fix changes.

    python docs/make_tutorial.py            # write what has changed
    python docs/make_tutorial.py --check    # say what has changed, and fail

The prose is written by hand. A block is a comment and the fenced code that follows it:

    <!-- kit: N -->    the first counterexample of rung N, shortened
    <!-- fix: N -->    what the fix that leads to rung N changes
    <!-- end: N -->    the verdicts of a whole run on rung N
"""

from __future__ import annotations

import difflib
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType, ModuleType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docs.writing import keep  # noqa: E402
from implementations.document.ladder import FIXES, services, table  # noqa: E402
from implementations.document.services import Service  # noqa: E402
from model.environment import DEFAULT_FAULTS  # noqa: E402
from properties.probing import probe  # noqa: E402
from properties.profiles import PROFILES  # noqa: E402
from properties.search import run_part  # noqa: E402
from properties.verdicts import Total, rank  # noqa: E402
from reports.counterexample import Counterexample  # noqa: E402
from reports.terminal import counterexample_text  # noqa: E402

TUTORIAL = ROOT / "docs" / "tutorial.md"
SEED = 1
_BLOCK = re.compile(r"<!-- (kit|fix|end): (\d+) -->\n```\w*\n.*?```\n", re.DOTALL)
#: The parts of a report on the terminal that the tutorial shows; the rest can be had by running it.
_SHOWN = ("found", "schedule", "ledger", "in the end", "missing", "also breaks")
_STEP = re.compile(r" *\d+ .{2} \S")
_LABEL = 11


def spec(rung: int) -> str:
    """The target that a rung is."""
    return f"implementations.document.ladder:rung_{rung:02}"


# -- what the kit says -----------------------------------------------------------------------------


@cache
def first(rung: int) -> Counterexample | None:
    """The counterexample that a run on a rung tells first; None if it finds nothing."""
    parts = table.RUNGS[rung].parts if rung < len(table.RUNGS) else table.PARTS
    subject, total = probe(spec(rung)), Total()
    for part in parts:
        profile, contract = PROFILES["quick"], subject.shape.delivery
        total.take(run_part(subject, part, profile, DEFAULT_FAULTS, contract, SEED))
    return min(total.counterexamples.values(), key=rank, default=None)


def told(rung: int) -> str:
    """The first counterexample of a rung as the terminal shows it, without the steps.

    Raises:
        SystemExit: the kit finds nothing on this rung.
    """
    found = first(rung)
    if found is None:
        raise SystemExit(f"nothing is found on rung {rung}")
    return "\n".join(shortened(counterexample_text(found, "").splitlines()))


def shortened(lines: list[str]) -> Iterator[str]:
    """The headline and the labelled parts that the tutorial shows; the steps are left out."""
    shown = True
    for line in lines:
        label = line[:_LABEL].strip()
        known = line[_LABEL : _LABEL + 2] == "  " and label != ""
        if known:
            shown = label in _SHOWN
        elif _STEP.match(line) or line.strip().startswith(("--", "...")):
            continue
        if shown:
            yield line


# -- what a fix changes ----------------------------------------------------------------------------


def changed(rung: int) -> str:
    """What the fix that leads to a rung changes in the services of the rung before."""
    before, fix = services(rung - 1), FIXES[rung - 1]
    lines: list[str] = []
    for own in _classes(fix):
        name = next((name for name, change in fix.FIX.items() if change is own), "")
        known = before.get(name) if name else Service
        lines += ["", *_class(own, known)] if lines else _class(own, known)
    return "\n".join(lines)


def _classes(fix: ModuleType) -> list[type[Service]]:
    """The classes that a module defines, in their order."""
    return [own for own in vars(fix).values() if getattr(own, "__module__", "") == fix.__name__]


def _class(own: type[Service], before: type[Service] | None) -> list[str]:
    """A class as a diff: its functions against those that they take the place of."""
    mark = " " if before else "+"
    lines: list[str] = []
    for name, function in vars(own).items():
        if isinstance(function, FunctionType):
            old = getattr(before, name, None)
            lines += [""] if lines else [f"{mark}class {own.__name__}:"]
            lines += _function(function, old if isinstance(old, FunctionType) else None)
    return lines


def _function(new: FunctionType, old: FunctionType | None) -> list[str]:
    """A function as a diff; one that calls what it takes the place of only adds to it."""
    after = _source(new)
    adds = old is None or "super()." in "".join(after)
    before = [] if adds or old is None else _source(old)
    difference = difflib.unified_diff(before, after, n=99, lineterm="")
    return [line for line in difference if not line.startswith(("---", "+++", "@@"))]


def _source(function: Callable[..., object]) -> list[str]:
    """The lines of a function, without its docstring."""
    lines = textwrap.indent(textwrap.dedent(inspect.getsource(function)), "    ").splitlines()
    shown = [line for line in lines if not re.fullmatch(r' +""".*"""', line)]
    return [
        line for number, line in enumerate(shown) if line or not shown[number - 1].endswith(":")
    ]


# -- the whole run at the end ----------------------------------------------------------------------


def closing(rung: int) -> str:
    """The last line of a whole run on a rung; how much was searched would change with the kit."""
    command = [sys.executable, "-m", "pytest", "properties", "-q", f"--saga-target={spec(rung)}"]
    command += ["--saga-profile=quick", f"--saga-seed={SEED}", "-p", "no:cacheprovider"]
    with TemporaryDirectory() as reports:
        command.append(f"--saga-report-dir={reports}")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = (line.rstrip() for line in done.stdout.splitlines())
    return next((line for line in lines if line.startswith("verdicts ")), done.stdout)


# -- the document ----------------------------------------------------------------------------------

_MADE: dict[str, tuple[str, Callable[[int], str]]] = {
    "kit": ("text", told),
    "fix": ("diff", changed),
    "end": ("text", closing),
}


def refreshed(document: str) -> str:
    """The document with every block made anew."""

    def made(match: re.Match[str]) -> str:
        kind, rung = match[1], match[2]
        language, make = _MADE[kind]
        return f"<!-- {kind}: {rung} -->\n```{language}\n{make(int(rung))}\n```\n"

    return _BLOCK.sub(made, document)


def main(arguments: list[str]) -> int:
    """Write the tutorial, or check it."""
    return keep(TUTORIAL, refreshed(TUTORIAL.read_text(encoding="utf-8")), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
