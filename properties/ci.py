"""What a CI service is told of a session, in the form that it knows: GitHub Actions and GitLab.

On GitHub a line of the log that begins with `::` is a command. All that is printed while the
session lasts may hold strings of the target, so that commands are switched off until it is over.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Mapping
from pathlib import Path
from re import fullmatch

import pytest
from attrs import define, field

from implementations.errors import TargetError
from implementations.loading import load
from properties.session import Verification
from reports.counterexample import Counterexample
from reports.files import write_file
from reports.github import step_summary, workflow_commands
from reports.gitlab import FILE_NAME, code_quality
from reports.place import Place
from reports.verdict import PropertyVerdict
from reports.wording import replay_command


def service(verification: Verification, variables: Mapping[str, str]) -> object | None:
    """The plugin for the CI service that runs this, if it is one of the two."""
    if variables.get("GITHUB_ACTIONS") == "true":
        return GitHub(verification, variables)
    if variables.get("GITLAB_CI") == "true":
        return GitLab(verification, variables)
    return None


@define(eq=False)
class GitHub:
    """Annotations, and the summary of the step."""

    verification: Verification
    variables: Mapping[str, str]
    _token: str = field(factory=lambda: secrets.token_hex(16))
    _silent: bool = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """From here on nothing that is printed is a command."""
        self._write(session.config, f"::stop-commands::{self._token}")
        self._silent = True

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """All has been printed: now the commands that are meant."""
        if not self._silent:
            return
        self._write(config, f"::{self._token}::")
        conclusion = self.verification.conclusion
        if conclusion is None:
            return
        place = place_of(self.verification.settings.target, self.variables, "GITHUB_WORKSPACE")
        for line in workflow_commands(conclusion.summary, place):
            self._write(config, line)
        file = self.variables.get("GITHUB_STEP_SUMMARY")
        if file:
            text = step_summary(conclusion.summary, conclusion.total.counterexamples, _replay)
            with Path(file).open("a", encoding="utf-8") as summary:
                summary.write(text)

    @staticmethod
    def _write(config: pytest.Config, line: str) -> None:
        writer = config.get_terminal_writer()
        writer.line()
        writer.line(line)
        writer.flush()


@define(eq=False)
class GitLab:
    """The Code Quality report, in the report directory."""

    verification: Verification
    variables: Mapping[str, str]

    def pytest_unconfigure(self) -> None:
        """Write it: an empty one says that all is well now."""
        conclusion = self.verification.conclusion
        if conclusion is not None:
            settings = self.verification.settings
            place = place_of(settings.target, self.variables, "CI_PROJECT_DIR")
            write_file(settings.report_dir, FILE_NAME, code_quality(conclusion.summary, place))


def _replay(row: PropertyVerdict, c: Counterexample) -> str:
    return replay_command(Path(row.counterexample).with_suffix(".json"), c.target)


def place_of(target: str, variables: Mapping[str, str], root: str) -> Place | None:
    """Where the target's factory is in the repository that `root` names; None if it is not."""
    if not fullmatch(r"[\w.]+:[\w.]+", target):  # a process, or several
        return None
    try:
        factory = load(target).factory
        file = Path(inspect.getsourcefile(inspect.unwrap(factory)) or "").resolve()
        _, line = inspect.getsourcelines(inspect.unwrap(factory))
        path = file.relative_to(Path(variables.get(root) or Path.cwd()).resolve())
    except (TargetError, OSError, TypeError, ValueError):
        return None
    return Place(path.as_posix(), max(line, 1))
