"""A mode: its test items, and what each of them says."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from properties.settings.in_force import Settings

if TYPE_CHECKING:
    from properties.session import Verification


class Outcome(StrEnum):
    """What came of one item."""

    FAILED = "failed"
    PASSED = "passed"
    NO_ANSWER = "no answer"
    """Skipped: nothing was shown either way."""


@frozen
class Mode:
    """Something to do instead of a search, and for which settings."""

    name: str
    wanted: Callable[[Settings], bool]
    items: Callable[[Verification], list[str]]
    """The names of its test items; each runs in whichever process."""
    do: Callable[[Verification, str], tuple[Outcome, str]]
    """Run one item: what came of it, and what there is to say.

    It may raise TargetError, ScheduleFileError or OptionError, whose message is then what is said.
    """
    needs_target: bool = True
    """Whether the target is probed before anything else."""
    header: Callable[[Settings], list[str]] | None = None
    """Lines for the head of the session, instead of those about target and faults."""
    conclude: Callable[[Verification], str] | None = None
    """What there is to say at the end, of what the items have handed in (`Verification.said`).

    Where there is a conclusion, what the items say is not repeated there.
    """
