"""What pytest collects: the parts of the search, or the replay of one counterexample."""

from __future__ import annotations

import pytest

from implementations.errors import TargetError
from properties.replay import Outcome, replay
from properties.session import keep, part_names, verification
from reports.schedule_file import ScheduleFileError


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each part of the search; or the replay alone, where one is asked for."""
    settings = verification(metafunc.config).settings
    metafunc.parametrize("part", ["replay"] if settings.replay else part_names(settings))


def test_search(part: str, request: pytest.FixtureRequest) -> None:
    """Do one part of the search, whose findings are reported property by property.

    A replay fails by itself, as long as the counterexample still violates its property.
    """
    outcome, said = _do(part, request)
    if outcome is Outcome.VIOLATED:
        pytest.fail(said, pytrace=False)
    if said:
        verification(request.config).remark(said)
    if outcome is Outcome.LOST:
        pytest.skip(said)


def _do(part: str, request: pytest.FixtureRequest) -> tuple[Outcome, str]:
    """What there is to say to the user, who sees no traceback of ours."""
    try:
        if part == "replay":
            return replay(verification(request.config))
        portion = verification(request.config).run(part)
    except (TargetError, ScheduleFileError) as error:
        return Outcome.VIOLATED, str(error)
    keep(request.node, portion)
    return Outcome.VIOLATED if portion.error else Outcome.FIXED, portion.error
