"""What a search is worth to a target: its safeguards, each taken away once, and who noticed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

from attrs import frozen

from reports.terminal import WIDTH
from reports.wording import count, printable

#: The width of the longest verdict, and how many lines a row may have.
_VERDICT, _LINES = 11, 4
_ADVICE = (
    "A survivor is no mistake of the saga, which holds. It says that this search would have stayed "
    "green without that safeguard. Where it makes no difference, something else covers for it, or "
    "no effect depends on it. "
    "Where it was never needed, search more (--saga-profile=nightly), let more go wrong "
    "(--saga-faults), or have the adapter call a port where it is needed (world.checkpoint). Where "
    "schedules end differently and no property objects, ask which end is right: if it matters, "
    "observe() shows too little, or the kit lacks a property."
)


class Fate(StrEnum):
    """What became of a target without one of its safeguards."""

    DETECTED = "DETECTED"
    """Something was violated: the safeguard is proved."""
    SURVIVED = "SURVIVED"
    """Nothing was violated: the search would have missed it."""
    NEVER_ACTED = "NEVER ACTED"
    """There was nothing to take away."""


@frozen
class MutantVerdict:
    """One safeguard taken away, and what the search had to say of it."""

    safeguard: str
    where: str
    fate: Fate
    schedules: int
    """Until the first violation, or all there were."""
    removed: int
    """How often it was taken away."""
    needed: int
    """How often it would have had something to do."""
    by: str = ""
    """The property that was violated; empty where the target broke down."""
    schedule: str = ""
    """The shortest schedule that does it, in words."""
    same: int = 0
    """Schedules in which it was needed, and that end the same with it and without it."""
    different: int = 0
    """Those that end differently."""

    @property
    def covered(self) -> bool:
        """Whether it is seen to make no difference: something else does its work, if anything."""
        return self.fate is Fate.SURVIVED and self.same > 0 and not self.different


def explanation(verdict: MutantVerdict) -> str:
    """How a verdict came about, in one sentence."""
    work = count(verdict.schedules, "schedule")
    match verdict.fate:
        case Fate.DETECTED:
            return f"{verdict.by or 'an error'} after {work}: {verdict.schedule}"
        case Fate.NEVER_ACTED:
            return f"there was nothing to take away in {work}"
    if not verdict.needed:
        return f"never needed in {work}, though there {count(verdict.removed, 'time')}"
    met = f"needed {count(verdict.needed, 'time')} in {work}"
    looked_at = verdict.same + verdict.different
    if verdict.different:
        return f"{met}; {verdict.different} of {looked_at} end differently, and no property objects"
    if verdict.same:
        return f"{met}; it makes no difference: {looked_at} of {looked_at} end the same"
    return f"{met}, and nothing came of it"


def mutation_text(verdicts: Sequence[MutantVerdict], target: str) -> str:
    """All safeguards by kind, how many of them are proved, and what to do about the others."""
    lines = [f"target  {printable(target)}"]
    for safeguard, group in groupby(verdicts, lambda verdict: verdict.safeguard):
        lines += ["", f"without: {printable(safeguard)}"]
        lines += [line for verdict in group for line in _row(verdict)]
    return "\n".join([*lines, "", *_closing(verdicts)])


def _row(verdict: MutantVerdict) -> list[str]:
    """Return where it was missing, the verdict, and why."""
    indent = " " * (_VERDICT + 4)
    text = printable(f"{verdict.where}: {explanation(verdict)}")
    wrapped = textwrap.wrap(text, WIDTH - len(indent), max_lines=_LINES, placeholder=" ...")
    first, *rest = wrapped
    return [f"  {verdict.fate.value:<{_VERDICT}}  {first}", *(indent + line for line in rest)]


def _closing(verdicts: Sequence[MutantVerdict]) -> list[str]:
    there = [verdict for verdict in verdicts if verdict.fate is not Fate.NEVER_ACTED]
    survivors = [verdict for verdict in there if verdict.fate is Fate.SURVIVED]
    covered = sum(verdict.covered for verdict in survivors)
    proved = len(there) - len(survivors)
    text = f"{proved} of {count(len(there), 'safeguard')} proved by this run"
    if survivors:
        text += f"; {len(survivors)} survived, of which {covered} make no difference"
    if len(there) < len(verdicts):
        text += f"; {len(verdicts) - len(there)} never there"
    lines = textwrap.wrap(f"{text}.", WIDTH)
    return [*lines, *textwrap.wrap(_ADVICE, WIDTH)] if len(survivors) > covered else lines
