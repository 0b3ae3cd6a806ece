"""How much sooner two processes are done than one.

    python -m benchmarks.speedup [--profile ci] [--workers 2] [--rounds 3] [--target MODULE:FACTORY]

Whole sessions as a user starts them, in turns; wall-clock time, so that nothing else should run on
the machine. CPU time is printed beside it: what the workers cost more is the price of sharing. The
sessions must tell the same: the same verdicts, counts and coverage.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from attrs import frozen

from properties.settings.options import DEFAULT_TARGET, PROFILES

ROOT = Path(__file__).resolve().parent.parent
#: What two cores must bring at least (issue 6).
ENOUGH = 1.7


@frozen
class Session:
    """One session: how long it took, and what it said."""

    wall: float
    cpu: float
    verdicts: str


def session(workers: str, profile: str, target: str) -> Session:
    """Run a session that knows nothing of earlier ones."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pytest", str(ROOT / "properties"), "-q", "-n", workers),
            *("-p", "no:cacheprovider", f"--saga-profile={profile}", f"--saga-target={target}"),
            *(f"--saga-database={folder}/database", f"--saga-report-dir={folder}/out"),
        ]
        began, before = time.monotonic(), os.times()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wall, after = time.monotonic() - began, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    table = re.search(r"^property .*?^verdicts .*?$", done.stdout, re.MULTILINE | re.DOTALL)
    if table is None:
        raise SystemExit(f"no verdicts:\n{done.stdout}{done.stderr}")
    return Session(wall, cpu, re.sub(r"\(see .*?\)", "", " ".join(table[0].split())))


def main() -> int:
    """Print each round, and what came of them; 1 if the sessions differ, or it is not enough."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--profile", choices=PROFILES, default="ci")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", default=DEFAULT_TARGET)
    given = parser.parse_args()
    sessions: dict[str, list[Session]] = {"0": [], str(given.workers): []}
    for number in range(given.rounds):
        for workers, done in sessions.items():
            done.append(session(workers, given.profile, given.target))
            one = done[-1]
            print(f"round {number + 1}, -n {workers}: {one.wall:.1f} s, {one.cpu:.1f} s of CPU")
    alone, shared = (median(one.wall for one in done) for done in sessions.values())
    same = len({one.verdicts for done in sessions.values() for one in done}) == 1
    print(f"speed-up: {alone / shared:.2f} with {given.workers} workers (median of {given.rounds})")
    print("the sessions tell the same" if same else "THE SESSIONS DIFFER")
    return 0 if same and (alone / shared >= ENOUGH or given.workers != 2) else 1


if __name__ == "__main__":
    sys.exit(main())
