"""Options and hooks of the kit; all that they do is in `properties`."""

from __future__ import annotations

import pytest

from properties.beginning import plugins
from properties.settings.options import add_options


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options `--saga-…`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and take part in the session."""
    for name, plugin in plugins(config):
        config.pluginmanager.register(plugin, name)
