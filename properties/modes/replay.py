"""Replaying one counterexample from its file, without Hypothesis and without searching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from implementations.errors import did_you_mean
from model.specification import BY_ID
from properties.modes.mode import Mode, Outcome
from properties.probing import probe
from properties.run import Run, run_schedule, schedule_from_json
from properties.telling import tell
from properties.world.actions import in_words
from properties.world.trace import Trace
from reports.counterexample import Counterexample
from reports.schedule_file import ScheduleFileError, read_json, step_line
from reports.terminal import counterexample_text
from reports.wording import replay_command

if TYPE_CHECKING:
    from properties.session import Verification


@frozen
class Replayed:
    """A stored schedule, run again."""

    file: Path
    target: str
    property_id: str
    run: Run
    counterexample: Counterexample | None
    """Told anew; None if the property is not violated."""
    steps: tuple[str, ...]
    """The steps as they are recorded in the file."""


def run_again(verification: Verification) -> Replayed:
    """Run the stored schedule again.

    Raises:
        ScheduleFileError: the file cannot be read.
        TargetError: the target cannot be run.
    """
    settings = verification.settings
    assert settings.replay is not None
    file = Path(settings.replay)
    stored = read_json(file)
    property_id = stored["property"]
    if property_id not in BY_ID:
        raise ScheduleFileError(
            f"there is no property {property_id!r}",
            f"{file}, field property",
            did_you_mean(property_id, BY_ID, "search again, with this version of the kit"),
        )
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
    run = run_schedule(subject, schedule, Trace(), subject.conformance())
    subject.close(run.world.target)
    told = None
    if property_id in run.findings:
        told = tell(subject, property_id, schedule, stored["tier"], stored["seed"], 0)
    return Replayed(file, target, property_id, run, told, tuple(stored.get("steps", ())))


def replay(verification: Verification) -> tuple[Outcome, str]:
    """What came of running the stored schedule again, and what there is to say of it."""
    again = run_again(verification)
    if again.counterexample is None:
        return no_longer(again.property_id, again.run)
    told = [step_line(step) for step in again.counterexample.steps]
    verification.remark(_compared(again.steps, told))
    command = replay_command(again.file, again.target)
    return Outcome.FAILED, counterexample_text(again.counterexample, command)


def no_longer(property_id: str, run: Run) -> tuple[Outcome, str]:
    """The property holds: is it fixed, or does the schedule not get to where it was violated?"""
    said = f"replay: {property_id} is no longer violated by this schedule"
    if run.findings:
        return Outcome.FAILED, f"{said}, but {', '.join(run.findings)} is"
    if not run.skipped:
        return Outcome.PASSED, said
    gone = "; ".join(in_words(action) for action in run.skipped)
    return Outcome.NO_ANSWER, (
        f"{said}, but the target no longer gets to where the schedule deviates ({gone}): it may "
        "have lost its meaning, so search again"
    )


def _compared(before: Sequence[str], now: Sequence[str]) -> str:
    """Whether the replay went exactly as recorded, and where it first did not."""
    for old, new in zip(before, now, strict=False):
        if old != new:
            return f"replay: violated again, by another way. Recorded: {old!r}. Now: {new!r}"
    if len(before) != len(now):
        return f"replay: violated again, in {len(now)} steps; {len(before)} were recorded"
    return f"replay: exactly the recorded {len(now)} steps"


REPLAY = Mode(
    "replay",
    wanted=lambda settings: settings.replay is not None,
    items=lambda verification: ["replay"],
    do=lambda verification, item: replay(verification),
)
