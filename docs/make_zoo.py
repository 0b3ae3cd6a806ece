"""Keeps docs/zoo.md true: a table of the bug catalogue, and one of all that is in the zoo.

python docs/make_zoo.py            # write what has changed
python docs/make_zoo.py --check    # say what has changed, and fail
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from implementations.faulty import ZOO, Nature, Specimen  # noqa: E402
from implementations.faulty.catalogue import LACKING, PARTLY, TITLES  # noqa: E402

PAGE = ROOT / "docs" / "zoo.md"

_INTRODUCTION = """\
# The zoo

Made by `python docs/make_zoo.py`; do not edit.

`implementations/faulty` is the reference saga with one real bug at a time. Each is one class that
overrides one member, and each is a target:

```sh
make check TARGET=implementations.faulty:float_cents
```

There are {bugs} bugs, which the kit must find; {twins} twins, in which a bug is mended, and
{halves} halves of a defence, in which one of two safeguards is gone and the other one covers for
it: both must hold. `tests/implementations/test_faulty.py` sees to it. Where the kit is wrong about
one, this page says why. [fixes.md](fixes.md) shows some of them with the kit's report, and mended
by somebody who did what it says.
"""


def page() -> str:
    """The whole page."""
    of = {nature: [s for s in ZOO if s.nature is nature] for nature in Nature}
    head = _INTRODUCTION.format(
        bugs=len(of[Nature.BUG]), twins=len(of[Nature.TWIN]), halves=len(of[Nature.DEFENCE])
    )
    return "\n".join(
        [
            head,
            "## Bugs\n",
            _table(("target", "entries", "what goes wrong", "violates", "source"), of[Nature.BUG]),
            "## Twins\n",
            _table(("target", "entries", "why it holds", "mends"), of[Nature.TWIN]),
            "## Defences in depth\n",
            _table(("target", "entries", "why it holds", "until"), of[Nature.DEFENCE]),
            "## What the kit is wrong about\n",
            _misjudged(),
            "## The catalogue\n",
            _catalogue(),
        ]
    )


def _table(heads: tuple[str, ...], specimens: list[Specimen]) -> str:
    return _rows(heads, [_cells(specimen) for specimen in specimens])


def _cells(specimen: Specimen) -> tuple[str, ...]:
    name, entries = f"`{specimen.slug}`", ", ".join(specimen.entries)
    if specimen.nature is not Nature.BUG:
        return name, entries, specimen.text, f"`{specimen.of}`"
    return name, entries, specimen.text, ", ".join(specimen.breaks), specimen.source


def _rows(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    lines.insert(1, "|" + "---|" * len(heads))
    return "\n".join(lines) + "\n"


def _misjudged() -> str:
    wrong = [(f"`{s.slug}`", str(s.nature), s.misjudged) for s in ZOO if s.misjudged]
    return _rows(("target", "it is a", "why it is misjudged"), wrong)


def _catalogue() -> str:
    rows = []
    for entry, title in TITLES.items():
        slugs = [f"`{s.slug}`" for s in ZOO if s.nature is Nature.BUG and entry in s.entries]
        lacking = LACKING.get(entry) or PARTLY.get(entry, "")
        rows.append((entry, title, ", ".join(slugs) or "none", lacking))
    return _rows(("entry", "what it is about", "in the zoo", "what is lacking"), rows)


def main() -> None:
    """Write the page, or say that it is not current."""
    made = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return
    if "--check" in sys.argv[1:]:
        raise SystemExit(f"{PAGE.relative_to(ROOT)} is not current")
    PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
