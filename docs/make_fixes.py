"""Keeps docs/fixes.md true: what the kit says of some bugs, and the fixes that it asks for.

    python docs/make_fixes.py            # search again, and write what has changed
    python docs/make_fixes.py --check    # say what has changed, and fail

The fixes are in implementations/faulty/mended.py.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docs.make_tutorial import shortened  # noqa: E402
from docs.writing import keep  # noqa: E402
from implementations.faulty.mended import MENDED, Mended  # noqa: E402
from model.environment import DEFAULT_FAULTS  # noqa: E402
from model.specification import BY_ID  # noqa: E402
from properties.drivers.campaign import campaign  # noqa: E402
from properties.garbage import fewer_collections  # noqa: E402
from properties.probing import probe  # noqa: E402
from properties.profiles import PROFILES  # noqa: E402
from properties.search import run_part  # noqa: E402
from properties.world.scopes import SCOPES, fitting  # noqa: E402
from reports.counterexample import Counterexample  # noqa: E402
from reports.safeguards import others  # noqa: E402
from reports.terminal import counterexample_text  # noqa: E402

PAGE = ROOT / "docs" / "fixes.md"
SEED = 1
#: Schedules drawn for a bug that is mended.
PATIENCE = 100
#: The parts of the search that have no chance in them and take about a second.
PARTS = ("paths", "sweep-0", "directed")

_HEAD = """\
# Does the report say what to do?

Made by `python docs/make_fixes.py`; do not edit. `tests/implementations/test_mended.py` does all of
it again.

A report is good if somebody who reads nothing else can say what is broken, where, and how to mend
it. So this was tried, with {count} bugs of [the zoo](zoo.md). For each of them:

1. a search, and of what it reports the **first** counterexample, as the terminal shows it (here
   without the list of steps);
2. **where** to look, by words that stand in the report;
3. **the fix** that the report asks for, written in front of the faulty class, which keeps what it
   had. It is to do what the advice says, not what the reference does: keys, tables and order are
   often others. Where the advice leads to the very line of the reference, that is said;
4. **the verdict** of the search on what has been mended. It is the search that has found the bug:
   every business answer, each fault at each port call, what the model suggests, and {patience}
   drawn schedules.

Both are targets, to be tried in full:

```sh
make check TARGET=implementations.faulty:charge_without_key
make check TARGET=implementations.faulty.mended:charge_with_key
```

Whoever wrote the fixes knew the kit. What can be held against that is that each fix does what is
quoted above it, that no other was needed, and that the kit, asked again, has nothing left to say.

## What the trial has changed

Read like this, six reports were found wanting, and were mended before their bugs:

- `marked_beforehand` was told to add an inbox. It has one, which is the bug. The advice is now to
  mark a message in the transaction that stores what came of it.
- `stock_row_saved_whole` was told to add an inbox, or to check versions, with advice on the inbox
  alone. Where nothing was done twice, an inbox is not named any more; and wherever two safeguards
  are named, the pages advise on both.
- `one_message_per_order` was told that nobody asks for the refund. Somebody did, and the report now
  says who was asked and did nothing.
- `no_availability_check` was told of two orders that read before either writes, though there was
  one. And whoever did what the advice said, and no more, kept half of an order that is short on its
  second line: `implementations.faulty:partial_reservation_leaks`. The advice now says to roll back.
- `cancels_the_latest` was told of a missing tombstone; now that one order was taken for another.
- `reduced_by_the_parcel_too` was told nothing; now that a piece is to be counted off once.

## The bugs
"""


@cache
def first(mended: Mended) -> Counterexample:
    """The counterexample that a run on the faulty saga tells first, made minimal anew.

    Which one that is, of all that are found, depends on all of them; here only this one is shrunk.

    Raises:
        SystemExit: it is not found.
    """
    subject = probe(f"implementations.faulty:{mended.bug.slug}")
    property_id, part = mended.told_first
    rest = frozenset(BY_ID) - {property_id}
    delivery = subject.shape.delivery
    profile = PROFILES["quick"]
    found = run_part(subject, part, profile, DEFAULT_FAULTS, delivery, SEED, rest).counterexamples
    told = next((each for each in found if each.property_id == property_id), None)
    if told is None:
        raise SystemExit(f"{part} does not find {property_id} in {mended.bug.slug}")
    return told


def violated(spec: str) -> frozenset[str]:
    """What a short search finds violated: the parts without chance, and some drawn schedules."""
    subject, ids = probe(spec), frozenset(BY_ID)
    delivery, profile = subject.shape.delivery, PROFILES["quick"]
    found: set[str] = set()
    for part in PARTS:
        portion = run_part(subject, part, profile, DEFAULT_FAULTS, delivery, SEED, ids)
        if portion.error:
            raise SystemExit(f"{spec}: {portion.error}")
        found |= portion.violated.keys()
    scopes = fitting(SCOPES, DEFAULT_FAULTS, delivery, subject.shape)
    with fewer_collections():
        for _, run in campaign(subject, scopes, SEED, PATIENCE):
            found |= run.findings.keys()
    return frozenset(found)


def report(mended: Mended) -> str:
    """The first counterexample as the terminal shows it."""
    return counterexample_text(first(mended), "")


def section(mended: Mended, found: frozenset[str]) -> str:
    """A bug, its report, its fix, and what the search has `found` in what is mended."""
    return "\n".join(
        [
            f"### {mended.bug.slug}\n",
            f"{', '.join(mended.bug.entries)}.\n",
            f"```text\n{chr(10).join(shortened(report(mended).splitlines()))}\n```\n",
            *_instead(first(mended)),
            f"**Where:** `{mended.place}`.\n",
            f"**The fix**, `implementations.faulty.mended:{mended.slug}`{_as_reference(mended)}:\n",
            f"```python\n{_source(mended.fix)}\n```\n",
            f"**Verdict:** {_verdict(found)}\n",
        ]
    )


def _instead(c: Counterexample) -> list[str]:
    """What the pages of a report add: advice on the other safeguards that they name."""
    rows = others(c.safeguard) if c.safeguard else ()
    return [f"The page adds, on {row.name}: {row.advice}\n" for row in rows]


def _as_reference(mended: Mended) -> str:
    return ", which is the line of the reference" if mended.as_reference else ""


def _source(fix: type[object]) -> str:
    """A class without the docstrings of its functions."""
    source = textwrap.dedent(inspect.getsource(fix))
    source = re.sub(r"\A(@.*\n|\)\n|    [^\n]*\n(?!\n))*?(?=class )", "", source)
    return re.sub(r'\n {8}"""[^\n]*"""\n(\n(?= {8}))?', "\n", source).rstrip()


def _verdict(found: frozenset[str]) -> str:
    return f"violates {', '.join(sorted(found))}." if found else "nothing is violated."


def head() -> str:
    """What stands above the bugs."""
    return _HEAD.format(count=len(MENDED), patience=PATIENCE)


def page() -> str:
    """The whole page."""
    spec = "implementations.faulty.mended:"
    sections = (section(mended, violated(f"{spec}{mended.slug}")) for mended in MENDED)
    return "\n".join([head(), *sections])


def main(arguments: list[str]) -> int:
    """Write the page, or say how it differs."""
    return keep(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
