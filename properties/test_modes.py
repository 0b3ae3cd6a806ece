"""What pytest collects where something else than a search is asked for."""

from __future__ import annotations

import pytest

from implementations.errors import TargetError
from properties.modes import Outcome, mode_of
from properties.session import verification
from properties.settings.sources import OptionError
from reports.schedule_file import ScheduleFileError


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The items of the mode."""
    plugin = verification(metafunc.config)
    mode = mode_of(plugin.settings)
    metafunc.parametrize("item", mode.items(plugin) if mode else [])


def test_mode(item: str, request: pytest.FixtureRequest) -> None:
    """Do one item of the mode, which fails by itself and says why."""
    plugin = verification(request.config)
    mode = mode_of(plugin.settings)
    assert mode is not None
    try:
        outcome, said = mode.do(plugin, item)
    except (TargetError, ScheduleFileError, OptionError) as error:
        outcome, said = Outcome.FAILED, str(error)
    request.node.user_properties += plugin.handed_in(item)
    if outcome is Outcome.FAILED:
        pytest.fail(said, pytrace=False)
    if said and mode.conclude is None:
        plugin.remark(said)
    if outcome is Outcome.NO_ANSWER:
        pytest.skip(said)
