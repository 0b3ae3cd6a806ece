"""From a counterexample to a test in the user's own suite, which passes once the saga is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from properties.modes.mode import Mode, Outcome
from properties.modes.replay import no_longer, run_again
from properties.settings.sources import OptionError
from reports.regression import regression_module
from reports.wording import shown_path

if TYPE_CHECKING:
    from properties.session import Verification


def promote(verification: Verification) -> tuple[Outcome, str]:
    """Write the test, if it would fail today: one that never failed shows nothing.

    Raises:
        OptionError: there is no counterexample to make it of, or no place to write it to.
        ScheduleFileError, TargetError: as for a replay.
    """
    settings = verification.settings
    file = settings.promote
    assert file is not None
    if settings.replay is None:
        fix = "name it: --saga-replay=reports/out/MONEY-1.json"
        raise OptionError("--saga-promote", f"there is no counterexample to make a test of; {fix}")
    again = run_again(verification)
    if again.counterexample is None:
        _, said = no_longer(again.property_id, again.run)
        return Outcome.FAILED, f"nothing written to {shown_path(file)}: {said}"
    try:
        file.write_text(regression_module(again.counterexample), encoding="utf-8")
    except OSError as error:
        raise OptionError("--saga-promote", f"{file} cannot be written: {error.strerror}") from None
    return Outcome.PASSED, (
        f"{shown_path(file)} fails as long as {again.property_id} is violated by this schedule, "
        "and passes once it is mended"
    )


PROMOTE = Mode(
    "promote",
    wanted=lambda settings: settings.promote is not None,
    items=lambda settings: ["promote"],
    do=lambda verification, item: promote(verification),
)
