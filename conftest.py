"""Options and hooks of the kit; all that they do is in `properties`."""

from __future__ import annotations

import pytest

from properties.session import Verification, known_ids, new_seed
from properties.settings.in_force import settings_of
from properties.settings.options import add_options


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options `--saga-…`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and take part in the session."""
    settings = settings_of(config, known_ids=known_ids())
    plugin = Verification(config, settings, new_seed(settings, config))
    config.pluginmanager.register(plugin, "saga-verification")
