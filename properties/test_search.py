"""What pytest collects: the parts of the search, or the replay of one counterexample."""

from __future__ import annotations

import pytest

from implementations.errors import TargetError
from properties.drivers.sweep import FaultDidNotFire
from properties.replay import replay
from properties.session import keep, part_names, verification
from reports.schedule_file import ScheduleFileError


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each part of the search; or the replay alone, where one is asked for."""
    settings = verification(metafunc.config).settings
    if metafunc.function is test_search:
        metafunc.parametrize("part", [] if settings.replay else part_names(settings))
    else:
        metafunc.parametrize("file", [settings.replay] if settings.replay else [], ids=str)


def test_search(part: str, request: pytest.FixtureRequest) -> None:
    """Do one part of the search; what it found is reported property by property."""
    try:
        portion = verification(request.config).run(part)
    except (TargetError, FaultDidNotFire) as error:
        pytest.fail(str(error), pytrace=False)
    keep(request.node, portion)


def test_replay(file: object, request: pytest.FixtureRequest) -> None:
    """Run one stored counterexample again; fails as long as it still violates its property."""
    try:
        said = replay(verification(request.config))
    except (TargetError, ScheduleFileError) as error:
        pytest.fail(str(error), pytrace=False)
    if said:
        pytest.fail(said, pytrace=False)
