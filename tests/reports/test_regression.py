"""The regression test that a report offers, really pasted and really run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.kit import Kit
from reports.regression import python_literal, regression_test
from tests.reports import samples

#: Stands in for the kit: it has the options, reads the schedule, and imports the target.
STAND_IN = """
import importlib, json, os
from pathlib import Path

def pytest_addoption(parser):
    for name in ("replay", "target", "report-dir"):
        parser.addoption(f"--saga-{name}")

def pytest_configure(config):
    assert "SAGA_SEED" not in os.environ
    assert Path("shop/saga.py").exists(), "a path in a target is relative to the user's folder"
    document = json.loads(Path(config.getoption("--saga-replay")).read_text(encoding="utf-8"))
    assert document["schedule"]["actions"][0] == ["place", "o1", "", ""]
    module, factory = config.getoption("--saga-target").split(":")
    config.fixed = getattr(importlib.import_module(module), factory)
"""
VERIFY = "def test_verify(request):\n    assert request.config.fixed, 'MONEY-1 VIOLATED'\n"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Make a stand-in for the kit, and beside it a user's project with the pasted test."""
    kit, project = tmp_path / "kit", tmp_path / "project"
    (project / "shop").mkdir(parents=True)
    (kit / "properties").mkdir(parents=True)
    (kit / "properties" / "conftest.py").write_text(STAND_IN)
    (kit / "properties" / "test_verify.py").write_text(VERIFY)
    pasted = regression_test(samples.double_charge(), Kit(kit, "0.0.0"))
    (project / "test_money.py").write_text(pasted, encoding="utf-8")
    return project


def run(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the user's own tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {"SAGA_SEED": "3", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def test_pasted_test_fails_while_the_bug_is_there_and_passes_after(user: Path) -> None:
    """Pins that the kit finds the user's module, that its verdict counts, and that it is shown."""
    target = user / "shop" / "saga.py"
    target.write_text("make_target = False\n")
    failed = run(user)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "MONEY-1 VIOLATED" in failed.stdout
    target.write_text("make_target = True\n")
    fixed = run(user)
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr


@pytest.mark.parametrize(
    "value",
    [
        *({}, [], "", 0, None, True, 1.5, "a\"b'c\\", "\ud800\n→", "😀"),
        {"a": [{"b": ["c" * 60, "d" * 60], "e": {}}], "f": False},
    ],
)
def test_python_literal(value: object) -> None:
    """Pins that JSON data comes back from the source that is written for it."""
    source = python_literal(value)
    assert source.isascii()
    assert eval(source) == value
