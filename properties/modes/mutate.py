"""Taking the user's own safeguards away, one at a time: which would the search have missed?

A survivor is no failure of the saga, which holds: its item is skipped, with what there is to say,
and the session ends well. It fails only where the target does not hold to begin with.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import field, frozen
from cattrs.preconf.json import make_converter

from implementations.errors import TargetError
from properties.drivers.sweep import FaultDidNotFire
from properties.modes.mode import Mode, Outcome
from properties.mutation.kinds import KINDS, Mutant
from properties.mutation.trial import Slice, candidates, try_out
from properties.search import own_error
from properties.world.scopes import SCOPES, fitting
from reports.mutation import Fate, MutantVerdict, explanation, mutation_text

if TYPE_CHECKING:
    from properties.session import Verification

#: The item of a target that cannot be mutated, because it does not hold.
AS_IT_IS = "the target as it is"
_JSON = make_converter()


@frozen
class _Found:
    """What there is to take away from a session's target, or why nothing can be."""

    slice: Slice
    mutants: dict[str, Mutant] = field(factory=dict)
    error: str = ""


@cache
def _found(verification: Verification) -> _Found:
    """The mutants of a session's target; looked for once in each process."""
    subject, settings = verification.subject(), verification.settings
    slice_ = Slice(
        fitting(SCOPES, verification.faults, verification.delivery, subject.shape),
        verification.profile,
        verification.seed,
        frozenset(settings.expected),
    )
    try:
        mutants = candidates(subject, slice_)
    except (TargetError, FaultDidNotFire) as error:
        return _Found(slice_, error=str(error))
    return _Found(slice_, {mutant.name: mutant for mutant in mutants})


def _items(verification: Verification) -> list[str]:
    """One item for each safeguard that the target may have."""
    return list(_found(verification).mutants) or [AS_IT_IS]


def _do(verification: Verification, item: str) -> tuple[Outcome, str]:
    """Take one safeguard away, and search."""
    found = _found(verification)
    if item == AS_IT_IS:
        return Outcome.FAILED, found.error or "the target uses nothing that could be taken away"
    try:
        verdict = try_out(verification.subject(), found.mutants[item], found.slice)
    except FaultDidNotFire as error:
        return Outcome.FAILED, str(error)
    except Exception as error:
        return Outcome.FAILED, own_error(error)
    verification.hand_in(item, _JSON.dumps(verdict))
    if verdict.fate is Fate.DETECTED:
        return Outcome.PASSED, ""
    return Outcome.NO_ANSWER, f"{verdict.fate}: {explanation(verdict)}"


def _conclude(verification: Verification) -> str:
    """The table of all of them, kind by kind, whichever process was done first."""
    kinds = [kind.name for kind in KINDS]
    known = [_JSON.loads(text, MutantVerdict) for text in verification.said.values()]
    known.sort(key=lambda verdict: (kinds.index(verdict.safeguard), verdict.where))
    return mutation_text(known, verification.settings.target)


MUTATE = Mode(
    "mutation of its safeguards",
    wanted=lambda settings: settings.mutate,
    items=_items,
    do=_do,
    conclude=_conclude,
)
