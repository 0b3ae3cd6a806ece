"""How a session begins: what is asked for, here or by the process that leads, and the seed."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from model.specification import BY_ID
from properties.asked import from_text
from properties.ci import service
from properties.merging import in_force, read_shares
from properties.progress import ProgressLine, terminal, wanted
from properties.session import Verification
from properties.settings.in_force import Settings, settings_of
from properties.settings.sources import OptionError
from properties.workers import Workers

#: The seed of a run that must be the same every time.
FIXED_SEED = 1


def plugins(config: pytest.Config) -> Iterator[tuple[str, object]]:
    """The plugins of this process, by name: the verification, and what the one that leads needs."""
    verification = prepare(config)
    yield "saga-verification", verification
    if not verification.worker:
        yield "saga-workers", Workers(verification)
        if (told := service(verification, os.environ)) is not None:
            yield "saga-ci", told
    if not verification.worker and wanted(config, os.environ, sys.stdout) and (out := terminal()):
        yield "saga-progress", ProgressLine(verification, out)


def prepare(config: pytest.Config) -> Verification:
    """The plugin of this process.

    Raises:
        pytest.UsageError: a setting is wrong.
    """
    settings, shares = settings_of(config, tuple(BY_ID)), []
    handed: dict[str, Any] = getattr(config, "workerinput", {})
    if "saga_asked" in handed:
        settings = from_text(handed["saga_asked"]).in_force(settings)
    if settings.merge is not None:
        try:
            shares = read_shares(settings.merge)
            settings = in_force(settings, shares[0])
        except OptionError as error:
            raise pytest.UsageError(str(error)) from None
    return Verification(config, settings, new_seed(settings), shares)


def new_seed(settings: Settings) -> int:
    """The seed in force: given, or chosen now.

    A run in CI is the same every time; a nightly one is new each night, and prints its seed. The
    shards of one night must have the same, without having been told.
    """
    if settings.seed is not None:
        return settings.seed
    chosen = settings.profile == "nightly" and settings.shard is None
    return secrets.randbelow(10**6) if chosen else FIXED_SEED
