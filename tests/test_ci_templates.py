"""action.yml and docs/gitlab.yml: their scripts run, and take nothing for shell that is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.command_line import ROOT, pickup, write

ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
GITLAB = (ROOT / "docs" / "gitlab.yml").read_text(encoding="utf-8")

#: A Python that installs nothing, but says what it was to install.
PYTHON = """#!/bin/bash
if [ "$1 $2" = "-m pip" ]; then shift 2; echo "pip $*"; cat "${@: -1}"; exit; fi
exec "%s" "$@"
"""


def steps(text: str) -> list[str]:
    """The scripts of the action, in order."""
    found = re.findall(r"^      run: \|\n((?:        .*\n|\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(each) for each in found]


def script_of(text: str, section: str) -> list[str]:
    """The commands of a section of the GitLab template."""
    block = re.search(rf"^  {section}:\n((?:    .*\n)+)", text, re.MULTILINE)
    assert block
    commands = re.split(r"^    - ", block[1], flags=re.MULTILINE)[1:]
    blocks = [
        (each.startswith("|\n"), textwrap.dedent(each.removeprefix("|\n"))) for each in commands
    ]
    return [each if literal else " ".join(each.split()) for literal, each in blocks]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a runner on which `python` installs nothing."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(PYTHON % sys.executable, encoding="utf-8")
    python.chmod(0o755)
    ours = ("SAGA_", "PYTEST_", "GITHUB_", "GITLAB_", "CI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "KIT": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "SAGA_TARGET": "mine:make",
        "SAGA_PROFILE": "quick",
        "SAGA_DATABASE": str(tmp_path / "database"),
    }


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """What a script prints; it must not fail."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_action_runs(tmp_path: Path, machine: dict[str, str]) -> None:
    """Pins that its scripts install what the kit needs and verify the target, inputs as words."""
    write(tmp_path, "mine", pickup())
    install, verify = steps(ACTION)
    assert "hypothesis>=" in run(install, tmp_path, machine)
    inputs = {"WORKERS": "0", "ARGUMENTS": "-k paths --saga-faults=none", "SAGA_SHARD": ""}
    inputs |= {"SAGA_MERGE": "", "SAGA_REPORT_DIR": "saga report"}
    assert "mine:make" in run(verify, tmp_path, machine | inputs)
    assert (tmp_path / "saga report" / "junit.xml").is_file()
    assert (tmp_path / "saga report" / "report.html").is_file()


def test_the_action_is_safe() -> None:
    """Pins that inputs reach a script by the environment alone: as text they would be shell."""
    assert len(steps(ACTION)) == 2
    for script in steps(ACTION):
        assert "${{" not in script
    declared = set(re.findall(r"^  ([a-z-]+):\n    description", ACTION, re.MULTILINE))
    assert set(re.findall(r"inputs\.([a-z-]+)", ACTION)) == declared


def test_the_gitlab_template_runs(tmp_path: Path, machine: dict[str, str]) -> None:
    """Pins that its script takes the shard from `parallel`, and where its reports go."""
    write(tmp_path, "mine", pickup())
    lines = [line.replace("/tmp/saga-kit", str(ROOT)) for line in script_of(GITLAB, "script")]
    script = "\n".join(lines).replace("-n auto", "-n 0 -k paths")
    shard = {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1", "GITLAB_CI": "true"}
    run(script, tmp_path, machine | shard)
    for name in ("junit.xml", "portions.json", "gl-code-quality-report.json"):
        assert (tmp_path / "saga-report" / "1" / name).is_file()
    assert not (tmp_path / "saga-report" / "all").exists()


def test_the_gitlab_template_installs(tmp_path: Path, machine: dict[str, str]) -> None:
    """Pins that it asks for what pyproject.toml names."""
    _, requirements, install = script_of(GITLAB, "before_script")
    script = f"{requirements}\n{install}".replace("/tmp/saga-kit", str(ROOT))
    script = script.replace("/tmp/saga-requirements", str(tmp_path / "requirements"))
    assert "hypothesis>=" in run(script, tmp_path, machine)


def test_what_the_documentation_shows_is_there() -> None:
    """Pins that jobs to be copied name inputs, templates and options that exist."""
    from properties.settings.options import OPTIONS

    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    given = re.findall(r"order-saga-kit@main\n +with:\n((?: {10}.*\n)+)", text)
    assert len(given) == 3
    inputs = {
        name for each in given for name in re.findall(r"^ {10}([a-z-]+):", each, re.MULTILINE)
    }
    assert inputs <= set(re.findall(r"^  ([a-z-]+):\n    description", ACTION, re.MULTILINE))
    templates = set(re.findall(r"extends: (\.[a-z-]+)", text))
    assert templates <= set(re.findall(r"^(\.[a-z-]+):", GITLAB, re.MULTILINE))
    assert set(re.findall(r"--saga-[a-z-]+", text)) <= {option.flag for option in OPTIONS}
    assert set(re.findall(r"\bSAGA_\w+", text + GITLAB)) <= {each.variable for each in OPTIONS}
