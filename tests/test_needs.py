"""What is missing is skipped with a reason, or fails where it must be there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import NEEDS, REQUIRED, Need, command, importable, needs

ROOT = Path(__file__).resolve().parent.parent

KNOWN = {
    "there": Need(lambda: True, "nothing"),
    "missing": Need(lambda: False, "apt-get install missing"),
}


@pytest.fixture(autouse=True)
def _nothing_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRED, raising=False)


def test_what_is_there_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is skipped or failed, required or not: to be skipped here would look like a pass."""
    try:
        needs("there", known=KNOWN)
        monkeypatch.setenv(REQUIRED, "there, missing")
        needs("there", known=KNOWN)
    except pytest.skip.Exception as skipped:
        pytest.fail(f"skipped: {skipped}")


def test_what_is_missing_is_skipped_with_its_reason() -> None:
    """The reason says how to get it."""
    with pytest.raises(pytest.skip.Exception, match="missing is not here; get it by: apt-get"):
        needs("there", "missing", known=KNOWN)


def test_what_is_missing_and_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What CI installed must not be passed over."""
    monkeypatch.setenv(REQUIRED, "there,missing")
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install missing \(SAGA_REQUIRED"):
        needs("missing", known=KNOWN)


@pytest.mark.parametrize(("asked", "required"), [("mising", ""), ("there", "there,mising")])
def test_a_name_that_nobody_knows_fails(
    monkeypatch: pytest.MonkeyPatch, asked: str, required: str
) -> None:
    """A slip in a test or in the variable cannot switch a check off."""
    monkeypatch.setenv(REQUIRED, required)
    with pytest.raises(pytest.fail.Exception, match="did you mean missing"):
        needs(asked, known=KNOWN)


def test_commands_and_modules_are_found() -> None:
    """Both ways of looking can say yes and no."""
    assert command("sh")()
    assert not command("sh", "no-such-command-here")()
    assert importable("sys", "pytest")()
    assert not importable("no_such_module_here")()


@pytest.mark.parametrize(("required", "outcome"), [("", "1 skipped"), ("x", "1 error")])
def test_a_module_can_ask_as_a_whole(tmp_path: Path, required: str, outcome: str) -> None:
    """The call works where no test runs yet; what is required is then an error of the module."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_it.py").write_text(
        "from tests.needs import Need, needs\n"
        "needs('x', known={'x': Need(lambda: False, 'magic')})\n"
        "def test_never(): raise AssertionError\n"
    )
    command = [
        sys.executable,
        *["-m", "pytest", "-rs", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"],
    ]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), REQUIRED: required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout, run.stdout
    assert "x is not here; get it by: magic" in " ".join(run.stdout.split())
    assert run.returncode == (2 if required else 5)


def test_each_need_says_how_to_get_it() -> None:
    """No reason without a way out."""
    assert all(need.how for need in NEEDS.values())
