"""The documentation says what is true: commands run, outputs and tables are current."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
DOCUMENTS += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]


def test_outputs_and_tables_are_current() -> None:
    """Every command shown with its output is run, and every table made: no difference."""
    done = subprocess.run(
        [sys.executable, "docs/refresh.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: python docs/refresh.py"


def test_the_two_commands_are_what_ci_runs() -> None:
    """What README tells a stranger to run is what .ci/run runs, on a clean checkout."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"## Two commands\n\n```sh\n(.*?)```", readme, re.DOTALL)
    assert commands
    ran = re.search(r"for target in (.+);", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert ran
    told = [line.partition("#")[0].split() for line in commands[1].splitlines()]
    assert [command for command, _ in told] == ["make", "make"]
    assert {target for _, target in told} <= set(ran[1].split())


def test_options_in_the_readme_are_all_there_are() -> None:
    """The table of options names every option, and none that is not there."""
    from properties.settings.options import OPTIONS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(--saga-[a-z-]+)[=`]", readme, re.MULTILINE))
    assert told == {option.flag for option in OPTIONS}


def test_xdist_is_held_below_what_ci_md_says() -> None:
    """Pins that the version of xdist that remote workers need is the one that is installed."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"`pytest-xdist<([\d.]+)`", page)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (asked,) = (each for each in project["dependencies"] if each.startswith("pytest-xdist"))
    assert f"<{told}," in asked


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every relative link, and every path of ours in backticks, exists."""
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / target).exists(), target
    rooms = "model|properties|implementations|reports|tests|docs|benchmarks"
    for name in re.findall(rf"`((?:{rooms})/[\w/.]+)`", text):
        if not name.startswith("reports/out"):
            assert (ROOT / name).exists(), name
