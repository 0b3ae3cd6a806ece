"""Options and hooks of the kit; all that they do is in `properties`."""

from __future__ import annotations

import sys

import pytest

from properties.beginning import plugins
from properties.settings.options import add_options, refuse_unknown


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options `--saga-…`."""
    add_options(parser)
    refuse_unknown(sys.argv)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and take part in the session."""
    for name, plugin in plugins(config):
        config.pluginmanager.register(plugin, name)
