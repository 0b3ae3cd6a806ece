"""Keeps reports/gallery true: the counterexample of every bug in the zoo, as a user would see it.

    python docs/make_gallery.py            # search again, and write what has changed: minutes
    python docs/make_gallery.py --check    # run the schedules that are there: say what has changed

The schedules stand in schedules.json, what the kit says of them in gallery.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.zoo import CI, setting_of, without_chance  # noqa: E402
from implementations.faulty import ZOO, Nature, Specimen  # noqa: E402
from properties.drivers.campaign import campaign  # noqa: E402
from properties.drivers.detours import detours  # noqa: E402
from properties.garbage import fewer_collections  # noqa: E402
from properties.probing import probe  # noqa: E402
from properties.run import Run, schedule_from_json  # noqa: E402
from properties.shrinker import shrinker_of  # noqa: E402
from properties.telling import PRECEDENCE, tell  # noqa: E402
from properties.world.scopes import Scope  # noqa: E402
from properties.world.subject import Subject  # noqa: E402
from reports.terminal import counterexample_text  # noqa: E402

GALLERY = ROOT / "reports" / "gallery"
SCHEDULES, PAGE = GALLERY / "schedules.json", GALLERY / "gallery.md"
BUGS = [specimen for specimen in ZOO if specimen.nature is Nature.BUG and not specimen.missed]
SEED = 1
#: Schedules drawn for a bug that only chance finds.
STAMINA = 20_000
#: bug -> property, schedule as JSON
Schedules = dict[str, dict[str, Any]]

_HEAD = """\
# The gallery

Made by `python docs/make_gallery.py`; do not edit. What the kit says of each bug in
[the zoo](../../docs/zoo.md): the schedules of `schedules.json`, run again.
"""


def runs(subject: Subject, scopes: tuple[Scope, ...]) -> Iterator[Run]:
    """What is searched: what has few deviations first, and chance last."""
    order = ("paths", "sweep", "directed", "repeats")
    yield from (run for _, run in without_chance(subject, scopes, order))
    yield from detours(subject, scopes, 2, SEED, CI.detours)  # as without_chance sweeps
    yield from (run for _, run in campaign(subject, scopes, SEED, STAMINA))


def found(specimen: Specimen) -> dict[str, Any]:
    """The property that tells most of what is found first, and the simplest schedule for it."""
    subject, scopes = setting_of(specimen)
    with fewer_collections():
        failing = next(run for run in runs(subject, scopes) if run.findings)
        property_id = min(failing.findings, key=PRECEDENCE.__getitem__)
        shrinker = shrinker_of(subject, property_id, failing, scopes)
        return {"property": property_id, "schedule": shrinker.shrink().schedule.as_json()}


def told(specimen: Specimen, entry: dict[str, Any]) -> str:
    """A bug and its counterexample."""
    spec = f"implementations.faulty:{specimen.slug}"
    schedule = schedule_from_json(entry["schedule"])
    counterexample = tell(probe(spec), entry["property"], schedule, "gallery", SEED, 0)
    text = counterexample_text(counterexample, f"make check TARGET={spec}")
    head = f"## {specimen.slug}\n\n{', '.join(specimen.entries)}. {specimen.text}\n"
    return f"{head}\n```text\n{text}\n```\n"


def page(schedules: Schedules) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(told(bug, schedules[bug.slug]) for bug in BUGS)])


def main(arguments: list[str]) -> int:
    """Write or check."""
    if arguments == ["--check"]:
        schedules: Schedules = json.loads(SCHEDULES.read_text(encoding="utf-8"))
        if [bug.slug for bug in BUGS] != list(schedules):
            print("not current: schedules.json has other bugs than the zoo")
            return 1
        if page(schedules) != PAGE.read_text(encoding="utf-8"):
            print("not current: gallery.md")
            return 1
        return 0
    with ProcessPoolExecutor() as pool:
        schedules = dict(zip([bug.slug for bug in BUGS], pool.map(found, BUGS), strict=True))
    GALLERY.mkdir(exist_ok=True)
    SCHEDULES.write_text(json.dumps(schedules, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(schedules), encoding="utf-8")
    print(f"written: {len(schedules)} counterexamples")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
