"""Runs SPIN, TLC and rumur on an export, and reads how much they saw."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from model.export import murphi, promela, tla
from model.semantics import Scope
from model.table import Table
from tests.model.broken_tables import changed, lost_tombstone, rows
from tests.needs import tlc_jar


@frozen
class Search:
    """What a checker reported."""

    states: int
    transitions: int
    steps: int | None = None
    """The length of the trace, if something was broken."""
    broken: str = ""
    """What, in the checker's own spelling."""


def spin(folder: Path, table: Table, scope: Scope, *, breadth_first: bool = False) -> Search:
    """SPIN's search: depth first, or breadth first for a shortest trail."""
    (folder / "saga.pml").write_text(promela.render(table, scope), encoding="utf-8")
    _run(folder, "spin", "-a", "saga.pml")
    order = ["-DBFS"] if breadth_first else []
    _run(folder, "gcc", "-O1", "-DSAFETY", "-DNOREDUCE", *order, "-o", "pan", "pan.c")
    found = _run(folder, "./pan", "-m100000", "-w22")
    states = _number(r"(\d+) states, stored", found)
    transitions = _number(r"(\d+) transitions", found) - 1  # one of them leads to the first state
    if "errors: 0" in found:
        return Search(states, transitions)
    trail = _run(folder, "spin", "-t", "saga.pml")
    (broken,) = re.findall(r"(\w+) is broken", trail)
    noticed = _number(r"trail ends after (\d+) steps", trail)
    return Search(states, transitions, noticed - 1, broken)


def rumur(folder: Path, table: Table, scope: Scope, *, symmetry: bool = False) -> Search:
    """Rumur's search: breadth first."""
    (folder / "saga.m").write_text(murphi.render(table, scope), encoding="utf-8")
    reduction = f"--symmetry-reduction={'exhaustive' if symmetry else 'off'}"
    options = ("--deadlock-detection=off", "--threads=1", reduction, "--counterexample-trace=full")
    _run(folder, "rumur", *options, "--output=saga.c", "saga.m")
    _run(folder, "gcc", "-O1", "-mcx16", "-o", "saga", "saga.c", "-lpthread")
    found = _run(folder, "./saga")
    states = _number(r"(\d+) states", found)
    transitions = _number(r"(\d+) rules fired", found)
    if "No error found" in found:
        return Search(states, transitions)
    broken = re.findall(r'invariant "?([\w-]+)"? failed', found)[0]
    return Search(states, transitions, len(re.findall(r"^Rule .* fired", found, re.M)), broken)


def tlc(folder: Path, table: Table, scope: Scope) -> Search:
    """TLC's search; with one worker, or its traces need not be shortest ones."""
    (folder / f"{tla.MODULE}.tla").write_text(tla.render(table, scope), encoding="utf-8")
    (folder / f"{tla.MODULE}.cfg").write_text(tla.configuration(), encoding="utf-8")
    java = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(tlc_jar()))
    found = _run(folder, *java, "tlc2.TLC", "-deadlock", "-workers", "1", f"{tla.MODULE}.tla")
    states = _number(r"(\d+) distinct states found, \d+ states left", found)
    transitions = _number(r"(\d+) states generated, ", found) - 1  # the first state is one of them
    if "No error has been found" in found:
        return Search(states, transitions)
    broken = re.findall(r"Invariant (\w+) is violated", found)[0]
    return Search(states, transitions, len(re.findall(r"^State \d+:", found, re.M)) - 1, broken)


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def _number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    assert found, f"no {pattern} in:\n{text}"
    return int(found[-1])


#: Tables with a bug whose shortest trace is a story, and a scope that has it.
BUGS: Mapping[str, tuple[Scope, Table]] = {
    "a rejection does not ask for the refund": (
        Scope(2, 1, 1, 1, 1),
        changed(
            rows("inventory", "idle", "payment.processed")[1],
            emits=("inventory.reservation.failed",),
        ),
    ),
    "a cancelled order is shipped": (Scope(2, 1, cancels=1), lost_tombstone("shipping")),
}
