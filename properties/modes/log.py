"""Checking a recorded log instead of searching: no target is run at all."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from attrs import evolve

from implementations.errors import TargetError
from implementations.recorded.opening import STANDARD_INPUT
from model.choreography import TABLE
from model.logs.judgement import Answer
from properties.logs.checking import Check
from properties.modes.mode import Mode, Outcome
from properties.settings.in_force import Settings
from properties.settings.logs import LogSettings
from reports.files import clean, write_file
from reports.log import log_markdown, log_text
from reports.timeline import timeline_markdown, timeline_text
from reports.wording import printable, shown_path

if TYPE_CHECKING:
    from properties.session import Verification

ALL, ONE = "every saga", "one saga"
REPORT, TIMELINE = "log.md", "timeline.md"


def _do(verification: Verification, item: str) -> tuple[Outcome, str]:
    asked = _asked(verification.settings)
    if asked.file == STANDARD_INPUT and verification.worker:
        raise TargetError(
            "standard input belongs to pytest's workers", "--saga-log=-", "run it with -n 0"
        )
    with _input(verification, asked) as standard_input:
        name = asked.file if asked.file == STANDARD_INPUT else shown_path(Path(asked.file))
        check = Check(asked.file, asked.mapping, asked.complete, standard_input=standard_input)
        directory = verification.settings.report_dir
        return _one(check, asked, directory) if asked.saga else _all(check, name, directory)


def _all(check: Check, name: str, directory: Path) -> tuple[Outcome, str]:
    report = evolve(check.report(), log=name)
    clean(directory)
    file = write_file(directory, REPORT, log_markdown(report))
    text = log_text(report, shown_path(file))
    return (Outcome.PASSED if report.holds else Outcome.FAILED), text


def _one(check: Check, asked: LogSettings, directory: Path) -> tuple[Outcome, str]:
    told = check.saga(asked.saga)
    clean(directory)
    file = write_file(directory, TIMELINE, timeline_markdown(TABLE, told.saga, told.moments))
    text = f"{timeline_text(told.saga, told.moments)}\n\nreport {printable(shown_path(file))}"
    answer = told.saga.judgement.answer
    wrong = answer is Answer.DIFFERS or (asked.complete and answer is not Answer.CONFORMS)
    return (Outcome.FAILED if wrong else Outcome.PASSED), text


@contextmanager
def _input(verification: Verification, asked: LogSettings) -> Iterator[BinaryIO | None]:
    """Standard input as it was before pytest took it away; nothing if a file is read."""
    if asked.file != STANDARD_INPUT:
        yield None
        return
    capture = verification.config.pluginmanager.get_plugin("capturemanager")
    if capture is not None:
        capture.suspend(in_=True)
    try:
        source = getattr(sys.stdin, "buffer", None)
        yield source if source is not None else io.BytesIO()
    finally:
        if capture is not None:
            capture.resume()


def _asked(settings: Settings) -> LogSettings:
    assert settings.log is not None
    return settings.log


def _header(settings: Settings) -> list[str]:
    asked = _asked(settings)
    origin = settings.origins.get("log", "default")
    ended = ", every saga must have ended" if asked.complete else ""
    mapping = f", mapping: {asked.mapping}" if asked.mapping else ""
    return [f"saga log: {asked.file} ({origin}){mapping}{ended}"]


LOG = Mode(
    "log",
    wanted=lambda settings: settings.log is not None,
    items=lambda verification: [ONE if _asked(verification.settings).saga else ALL],
    do=_do,
    needs_target=False,
    header=_header,
)
