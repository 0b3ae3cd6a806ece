"""How the kit tells a user what is wrong with their target: what, where, how to fix."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: Attribute of an error that leaves `handle`: how its message was settled all the same ("ack",
#: "requeue", "reject", "unacked"). Helpers of adapters set it; else the target's `consumers` say.
SETTLED = "saga_settled"
#: How a message is settled whose handler fails, by what `consumers` say of it (`on_error`).
SETTLED_ON_ERROR = {"requeue": "requeue", "reject": "reject", "acknowledge": "ack"}


class TargetError(Exception):
    """A target cannot be used as it is. The message is all that the user needs to see."""

    def __init__(self, what: str, where: str, how_to_fix: str) -> None:
        super().__init__(what, where, how_to_fix)
        self.what = what
        self.where = where
        self.how_to_fix = how_to_fix

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  to fix: {self.how_to_fix}"


def nearest(word: str, words: Iterable[str], likeness: float = 0.6) -> str | None:
    """The one of `words` that was probably meant, if any is so much like it (1: the same)."""
    by_lower = {candidate.lower(): candidate for candidate in words}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, words: Iterable[str], otherwise: str) -> str:
    """A hint at the nearest of `words`, or else `otherwise`."""
    close = nearest(word, words)
    return f"did you mean {close!r}?" if close else otherwise
