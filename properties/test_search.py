"""What pytest collects: the parts of the search."""

from __future__ import annotations

import pytest

from implementations.errors import TargetError
from properties.session import keep, verification


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each part of the search."""
    metafunc.parametrize("part", verification(metafunc.config).parts())


def test_search(part: str, request: pytest.FixtureRequest) -> None:
    """Do one part of the search, whose findings are reported property by property."""
    try:
        portion = verification(request.config).run(part)
    except TargetError as error:  # its message is all that the user sees
        pytest.fail(str(error), pytrace=False)
    keep(request.node, portion)
    if portion.error:
        pytest.fail(portion.error, pytrace=False)
