"""The plumbing of the clone: what the Makefile and .ci/run do, without the network.

The Makefile runs for real in a copy whose `.venv/bin/python` is a script that notes what it is
asked to run, and really runs only what reads pyproject.toml.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.needs import REQUIRED

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")

PYTHON = f"""#!/bin/sh
echo "$*" | head -n 1 >> {{log}}
case "$1" in -c) exec {sys.executable} "$@";; esac
case "$*" in *"{{fails}}"*) exit 3;; esac
"""


class Clone:
    """A copy of the plumbing, with an interpreter that only notes what it is asked to run."""

    def __init__(self, root: Path, fails: str = "nothing fails") -> None:
        self.root = root
        self.log = root / "log"
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, root / name)
        shutil.copytree(ROOT / ".ci", root / ".ci")
        script(root / ".venv/bin/python", PYTHON.format(log=self.log, fails=fails))

    def run(self, *command: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, as if neither make nor CI were running around it."""
        outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "GNUMAKEFLAGS", REQUIRED}
        environment = {key: value for key, value in os.environ.items() if key not in outer}
        if path:
            environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment | {"LC_ALL": "C"},
            input="y\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def noted(self) -> list[str]:
        """Return what the interpreter was asked to run so far, and forget it."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return [line for line in text.splitlines() if not line.startswith("-c ")]


def script(path: Path, text: str) -> None:
    """Write an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["check"], "properties -q -n auto --saga-profile=ci"),
        (
            ["check", "TARGET=shop.saga:make", "PROFILE=quick", "ARGS=-n auto --saga-seed=7"],
            "properties -q -n auto --saga-target='shop.saga:make' --saga-profile=quick"
            " -n auto --saga-seed=7",
        ),
        (
            ["check", "TARGET=cmd: node it's.js"],
            r"properties -q -n auto --saga-target='cmd: node it'\''s.js' --saga-profile=ci",
        ),
        (["test"], "tests -n auto --dist loadfile --no-loadscope-reorder"),
        (
            ["test", "ARGS=-k money"],
            "tests -n auto --dist loadfile --no-loadscope-reorder -k money",
        ),
    ],
)
def test_one_pytest_line_is_printed_and_run(
    tmp_path: Path, arguments: list[str], line: str
) -> None:
    """Pins that each target is one pytest line, which is all that it prints, and runs it."""
    clone = Clone(tmp_path)
    run = clone.run("make", *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [f".venv/bin/python -m pytest {line}"]
    asked = clone.noted()[-1]
    assert asked == "-m pytest " + line.replace(r"'\''", "\0").replace("'", "").replace("\0", "'")


def test_the_shell_s_own_variables_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that a TARGET or PYTHON that some CI exports for other ends changes nothing."""
    for name in ("TARGET", "PROFILE", "ARGS", "PYTHON"):
        monkeypatch.setenv(name, "other")
    run = Clone(tmp_path).run("make", "check")
    assert run.stdout == ".venv/bin/python -m pytest properties -q -n auto --saga-profile=ci\n"


@pytest.mark.parametrize(("target", "extras"), [("check", []), ("test", ["dev"])])
def test_dependencies_are_installed_once(tmp_path: Path, target: str, extras: list[str]) -> None:
    """Pins that the environment gets what pyproject.toml names, again only when that changes."""
    clone = Clone(tmp_path)
    clone.run("make", target)
    noted = clone.noted()
    assert len(noted) == 2
    assert noted[0].startswith("-m pip ")
    requirements = (tmp_path / noted[0].split(" -r ")[1]).read_text(encoding="utf-8").split("\n")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    assert requirements == [*wanted, ""]
    clone.run("make", target)
    assert len(clone.noted()) == 1
    later = (tmp_path / "pyproject.toml").stat().st_mtime + 1000
    os.utime(tmp_path / "pyproject.toml", (later, later))
    clone.run("make", target)
    assert len(clone.noted()) == 2


def test_a_failed_installation_is_said_and_tried_again(tmp_path: Path) -> None:
    """Pins that nothing runs in half an environment, and that the way out is named."""
    clone = Clone(tmp_path, fails="pip")
    for _ in range(2):
        run = clone.run("make", "check")
        assert run.returncode != 0
        assert "To begin afresh: make clean" in run.stderr
        assert ["pytest" in line for line in clone.noted()] == [False]


@pytest.mark.parametrize(
    ("version", "found"), [("echo Python 3.9.2", "Python 3.9.2"), ("exit 1", "missing")]
)
def test_an_old_python_is_refused(tmp_path: Path, version: str, found: str) -> None:
    """Pins that a Python that is too old, or none, ends in one line that says what to do."""
    clone = Clone(tmp_path)
    shutil.rmtree(tmp_path / ".venv")
    old = tmp_path / "old"
    script(old, f'#!/bin/sh\n[ "$1" = --version ] || exit 1\n{version}\n')
    run = clone.run("make", "check", f"PYTHON={old}")
    assert run.returncode != 0
    said = [line for line in run.stderr.splitlines() if not line.startswith("make: ***")]
    wanted = f"The kit needs Python 3.11 or newer, and {old} is {found}"
    assert said == [f"{wanted}: make ... PYTHON=python3.11"]
    assert not (tmp_path / ".venv").exists()


def test_clean_removes_what_was_made(tmp_path: Path) -> None:
    """Pins that make clean leaves the sources, and nothing that make or a run has made."""
    clone = Clone(tmp_path)
    for name in (".hypothesis", "reports/out", "model/__pycache__", ".mypy_cache"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "reports/terminal.py").touch()
    before = {"Makefile", "pyproject.toml", ".ci", "reports", "model"}
    assert clone.run("make", "clean").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == before
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["terminal.py"]


@pytest.mark.parametrize("failing", ["", "lint", "test", "check"])
def test_ci_runs_everything_and_tells(tmp_path: Path, failing: str) -> None:
    """Pins that .ci/run goes through to the end, says what failed, reads no input, and exits so.

    What could be installed reaches the tests as what they may not skip.
    """
    clone = Clone(tmp_path)
    script(tmp_path / ".ci/tools", "#!/bin/sh\necho spin,rumur\n")
    script(tmp_path / ".ci/services", "#!/bin/sh\necho redis\n")
    fake = '#!/bin/sh\nfor last; do :; done\necho "made $last, read <$(cat)>, $SAGA_REQUIRED"\n'
    script(tmp_path / "bin/make", f'{fake}[ "$last" != "{failing}" ]\n')
    run = clone.run("bash", ".ci/run", path=tmp_path / "bin")
    made = [line for line in run.stdout.splitlines() if line.startswith("made")]
    asked = "read <>, numpy,sql,hatchling,faststream,django,protean,spin,rumur,redis"
    assert made == [f"made {target}, {asked}" for target in ("lint", "test", "check")]
    assert (run.returncode == 0) == (failing == "")
    assert run.stderr == (f"== failed: {failing}\n" if failing else "")


def test_no_registry_is_named() -> None:
    """Pins that packages come from wherever the machine's pip is told to get them."""
    for name in ("Makefile", "pyproject.toml", ".ci/run", ".ci/tools"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"://|pypi|index-url|find-links", text), name


def test_plain_pytest_verifies() -> None:
    """Pins that pytest without arguments runs the verification, not the kit's own tests."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tool["pytest"]["ini_options"]["testpaths"] == ["properties"]
