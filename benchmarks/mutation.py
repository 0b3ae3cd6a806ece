"""Every table with one row wrong: which are caught, by what, and why the others survive.

    python -m benchmarks.mutation --jobs 2
    python -m benchmarks.mutation --jobs 2 --write     # and put the figures into docs/model.md

CPU time is quoted, not the clock. It fails if a mutant survives without an explanation.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from model.mutants import OPERATORS, Fate, Judged, Mutant, judged, mutants

PAGE = Path(__file__).resolve().parent.parent / "docs" / "model.md"
_BEGIN, _END = "<!-- mutants -->\n", "<!-- end of mutants -->\n"


def timed(mutant: Mutant) -> tuple[Judged, float]:
    """What becomes of a mutant, and the seconds of CPU time that it took to see."""
    begun = time.process_time()
    return judged(mutant), time.process_time() - begun


def table(found: Sequence[Judged]) -> str:
    """What became of the mutants, operator by operator; then what caught them."""
    lines = [
        f"| operator | mutants | {' | '.join(fate.removeprefix('survives: ') for fate in Fate)} |",
        "|" + "---|" * (2 + len(Fate)),
    ]
    for operator in OPERATORS:
        lines.append(_line(operator, [each for each in found if each.mutant.operator == operator]))
    lines.append(_line("**all**", found))
    by = Counter(each.by for each in found if each.fate.caught)
    caught = ", ".join(f"{name} {count}" for name, count in by.most_common())
    return "\n".join([*lines, "", f"What caught them: {caught}.", ""])


def _line(name: str, found: Sequence[Judged]) -> str:
    fates = Counter(each.fate for each in found)
    counts = " | ".join(str(fates[fate]) for fate in Fate)
    return f"| {name} | {len(found)} | {counts} |"


def write(text: str) -> None:
    """Put the figures into the page, between the two marks."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    PAGE.write_text(f"{head}{_BEGIN}{text}{_END}{tail}", encoding="utf-8")


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.mutation")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/model.md")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        results = list(pool.map(timed, mutants(), chunksize=4))
    found = [result for result, _ in results]
    text = table(found)
    print(text)
    print(f"{sum(seconds for _, seconds in results):.0f} seconds of CPU time")
    left = [each for each in found if each.fate is Fate.UNEXPLAINED]
    for each in left:
        print(f"unexplained: {each.mutant} ({each.by})")
    if options.write:
        write(text)
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
