"""How far a run is, in one line for a terminal."""

from __future__ import annotations

from attrs import frozen

from reports.wording import clip, count, printable

#: Seconds that a run may still take before a reader is told of a smaller profile.
LONG = 300
_MINUTE, _HOUR = 60, 3600
_SHARES = ("all", "half", "a third", "a quarter", "a fifth")


@frozen
class Progress:
    """What has been done so far."""

    parts: int
    """Parts of the search that are done."""
    of: int
    doing: str
    """The part that is under way; empty where workers have several."""
    schedules: int
    fired: int
    """Faults that took effect."""
    rows: int
    """Transitions of the model that were visited."""
    observable: int
    """How many can be; 0 where the target cannot be followed."""
    seconds: float
    """How long it has taken so far."""
    share: float
    """About how much of the work is done, from 0 to 1."""
    quick: float
    """How much of the work the profile `quick` would be; 1 where that is the profile."""

    @property
    def left(self) -> float | None:
        """About how many seconds are left at this pace; None where nobody can tell yet."""
        if self.share <= 0:
            return None
        return self.seconds * (1 - self.share) / self.share


def progress_line(progress: Progress, width: int) -> str:
    """Return the line, in at most `width` columns; what matters most comes first."""
    parts = [f"part {min(progress.parts + 1, progress.of)} of {progress.of}", _left(progress)]
    if not progress.doing:
        parts[0] = f"{progress.parts} of {progress.of} parts done"
    parts += [count(progress.schedules, "schedule"), f"{count(progress.fired, 'fault')} fired"]
    if progress.observable:
        parts.append(f"{progress.rows} of {progress.observable} transitions")
    if progress.doing:
        parts.append(printable(progress.doing))
    return clip(", ".join(filter(None, parts)), width)


def _left(progress: Progress) -> str:
    left = progress.left
    if left is None:
        return ""
    if left < LONG or progress.quick >= 1:
        return f"about {duration(left)} left"
    less = f"--saga-profile=quick takes {_fraction(progress.quick)}"
    return f"about {duration(left)} left at this pace ({less})"


def duration(seconds: float) -> str:
    """Return a time as one would say it."""
    if seconds < _MINUTE:
        return count(max(round(seconds), 1), "second")
    if seconds < 2 * _HOUR:
        return count(round(seconds / _MINUTE), "minute")
    return count(round(seconds / _HOUR), "hour")


def _fraction(share: float) -> str:
    """Return a share as one would say it: a third, a tenth, 1/25 of it."""
    whole = max(round(1 / share), 1) if share > 0 else 0
    if whole == 10:
        return "a tenth"
    return _SHARES[whole - 1] if 1 <= whole <= len(_SHARES) else f"1/{whole} of it"
