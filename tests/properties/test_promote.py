"""A counterexample becomes a test of the user's own, and follows the saga from there on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS
from properties.probing import probe
from properties.run import Deviation, Schedule
from properties.telling import tell
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SINGLE
from reports.schedule_file import write_json

ROOT = Path(__file__).resolve().parents[2]
LOST_ANSWER = Action(
    Kind.ANSWER, "payment on order.created(o1)", "payments.charge", Mode.UNKNOWN_DONE
)


def saga(project: Path, line: str) -> None:
    """Write the user's module, which the target is in."""
    (project / "shop_saga.py").write_text(line + "\n", encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's folder: a saga that takes a timeout for a refusal, and how it was found out."""
    saga(tmp_path, "from implementations.document.ladder import rung_11 as make")
    scope = evolve(SINGLE, faults=DEFAULT_FAULTS)
    faulty = probe("implementations.document.ladder:rung_11")
    schedule = Schedule(scope, (Deviation(0, LOST_ANSWER),))
    found = tell(faulty, "MONEY-0", schedule, "sweep-0", 1, 0)
    write_json(evolve(found, target="shop_saga:make"), tmp_path / "MONEY-0.json")
    (tmp_path / "tests").mkdir()
    return tmp_path


def pytest_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as the user does, in the user's folder."""
    ours = ("PYTEST_", "SAGA_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def promote(project: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Make a test of the counterexample."""
    file = "--saga-promote=tests/test_money_0.py"
    return pytest_in(project, str(ROOT / "properties"), "-n", "0", file, *more)


def test_the_test_follows_the_saga(project: Path) -> None:
    """Pins: it fails while the bug is there, passes once fixed, and says where it means nothing."""
    written = promote(project, "--saga-replay=MONEY-0.json")
    assert written.returncode == 0, written.stdout
    assert "tests/test_money_0.py fails as long as MONEY-0 is violated" in written.stdout
    failing = pytest_in(project, "tests")
    assert failing.returncode == 1
    assert "money is held" in failing.stdout or "MONEY-0 VIOLATED" in failing.stdout
    saga(project, "from implementations.document.ladder import rung_14 as make")
    fixed = pytest_in(project, "tests", "-rs")
    assert (fixed.returncode, "1 passed" in fixed.stdout) == (0, True), fixed.stdout
    saga(project, "from tests.shop.adapter import make")
    lost = pytest_in(project, "tests", "-rs")
    assert "1 skipped" in lost.stdout, lost.stdout
    assert "no longer gets to where the schedule deviates" in lost.stdout


def test_what_does_not_fail_is_not_promoted(project: Path) -> None:
    """Pins that no test is written that never failed."""
    saga(project, "from implementations.document.ladder import rung_14 as make")
    refused = promote(project, "--saga-replay=MONEY-0.json")
    assert refused.returncode == 1
    assert "nothing written to" in refused.stdout
    assert "MONEY-0 is no longer violated" in refused.stdout
    assert list((project / "tests").iterdir()) == []


def test_promoting_needs_a_counterexample(project: Path) -> None:
    """Pins the message for half of the command."""
    refused = promote(project)
    assert refused.returncode == 1
    assert "there is no counterexample to make a test of; name it: --saga-replay=" in refused.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("money.py", "pytest would not collect money.py; name it test_<something>.py"),
        ("test_money.txt", "pytest would not collect test_money.txt"),
        ("nowhere/test_a.py", "there is no folder"),
        ("tests/test_old.py", "is there already; name a new file"),
    ],
)
def test_files_that_cannot_be_written(project: Path, name: str, said: str) -> None:
    """Pins the messages for a wrong name, and that nothing is overwritten."""
    (project / "tests" / "test_old.py").write_text("", encoding="utf-8")
    properties = str(ROOT / "properties")
    refused = pytest_in(project, properties, f"--saga-promote={name}", "--saga-replay=MONEY-0.json")
    assert refused.returncode == 4
    assert said in refused.stderr
