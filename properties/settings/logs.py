"""The settings of a recorded log that is to be checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from properties.settings.sources import Given

STANDARD_INPUT = "-"


@frozen
class LogSettings:
    """Which log, and how it is to be checked."""

    file: str
    """A path, or `-` for standard input."""
    mapping: Path | None
    complete: bool
    """Whether every saga in it must have ended."""
    saga: str
    """The one saga that is to be told; empty for all of them."""


def parse_log(given: Mapping[str, Given]) -> LogSettings | None:
    """Read the four options that belong together; none without the log itself."""
    log = given.get("log")
    if log is None:
        for name in ("log-mapping", "log-complete", "log-saga"):
            if name in given:
                raise given[name].error("there is no log to check; give --saga-log=FILE, too")
        return None
    mapping, complete, saga = (given.get(f"log-{n}") for n in ("mapping", "complete", "saga"))
    return LogSettings(
        file=STANDARD_INPUT if log.text() == STANDARD_INPUT else str(log.path()),
        mapping=mapping.path() if mapping else None,
        complete=complete.yes() if complete else False,
        saga=saga.text() if saga else "",
    )
