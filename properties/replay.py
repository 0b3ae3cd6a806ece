"""Replaying one counterexample from its file, without Hypothesis and without searching."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from properties.probing import probe
from properties.run import run_schedule, schedule_from_json
from properties.telling import tell
from properties.trace import Trace
from reports.schedule_file import ScheduleFileError, read_json
from reports.terminal import counterexample_text
from reports.wording import replay_command

if TYPE_CHECKING:
    from properties.session import Verification


def replay(verification: Verification) -> str:
    """What the stored schedule still violates, in words; empty if nothing any more.

    Raises:
        ScheduleFileError: the file cannot be read.
        TargetError: the target cannot be run.
    """
    settings = verification.settings
    assert settings.replay is not None
    file = Path(settings.replay)
    stored = read_json(file)
    given = settings.origins.get("target", "default") != "default"
    target = settings.target if given else stored["target"]
    subject = verification.subject() if target == settings.target else probe(target)
    try:
        schedule = schedule_from_json(stored["schedule"])
    except (KeyError, ValueError, TypeError) as error:
        raise ScheduleFileError(
            f"its schedule cannot be read: {type(error).__name__}: {error}",
            str(file),
            "it was changed by hand, or written by another version of the kit: search again",
        ) from None
    property_id = stored["property"]
    run = run_schedule(subject, schedule, Trace(), subject.conformance())
    if property_id not in run.findings:
        return _no_longer(property_id, run.skipped, tuple(run.findings))
    counterexample = tell(subject, property_id, schedule, stored["tier"], stored["seed"], 0)
    return counterexample_text(counterexample, replay_command(file, target))


def _no_longer(property_id: str, skipped: tuple[object, ...], others: tuple[str, ...]) -> str:
    """Empty, unless the schedule now violates something else."""
    if others:
        return f"{property_id} is not violated any more, but {', '.join(others)} now is"
    return ""
