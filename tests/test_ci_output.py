"""What CI gets of a session: exit codes, JUnit XML, annotations, a summary, Code Quality."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.command_line import ROOT, Outcome, pickup, verify, write
from tests.reports import golden_files

#: A shop that keeps the money of what is sold out. It prints what GitHub would take for a command.
BUGGY = """
from shop.pickup import Pickup


class Mine(Pickup):
    def handle(self, participant, event):
        print("::error::of the target's own")
        if (participant, event["type"]) != ("till", "SoldOut"):
            super().handle(participant, event)


def make(world):
    return Mine(world)
"""
#: A plugin that is interrupted, or breaks.
BROKEN = """
import os


def pytest_runtest_setup(item):
    raise KeyboardInterrupt if "CTRL_C" in os.environ else ValueError


def pytest_runtestloop(session):
    if "CTRL_C" not in os.environ:
        raise ValueError("made up")
"""
PART = ("-k", "paths", "--saga-profile=quick", "--saga-target=mine:make")


def session(folder: Path, *arguments: str, **variables: str) -> Outcome:
    """A session of one part."""
    database = f"--saga-database={folder / 'database'}"
    return verify(folder, *PART, database, *arguments, variables=variables)


@pytest.fixture(scope="module")
def violated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A session that finds something, on GitHub."""
    folder = tmp_path_factory.mktemp("violated")
    write(folder, "mine", BUGGY)
    outcome = session(
        folder,
        f"--junitxml={folder / 'junit.xml'}",
        "-rA",
        GITHUB_ACTIONS="true",
        GITHUB_WORKSPACE=str(folder),
        GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
    )
    return folder, outcome


def test_github_takes_no_command_from_a_target(violated: tuple[Path, Outcome]) -> None:
    """Pins that commands are off while the target may print, and on when the kit gives its own."""
    _, outcome = violated
    before, token, rest = re.split(r"^::stop-commands::(\w{32})$", outcome.text, flags=re.MULTILINE)
    inside, after = re.split(rf"^::{token}::$", rest, flags=re.MULTILINE)
    assert "::" not in before
    assert "::error::of the target's own" in inside
    assert "MONEY-3" in re.findall(r"^::error title=(\S+)", after, re.MULTILINE)
    assert "target's own" not in after


def test_an_annotation_is_where_the_target_is(violated: tuple[Path, Outcome]) -> None:
    """Pins that an error of GitHub's stands at the factory, by its path in the repository."""
    _, outcome = violated
    (error,) = re.findall(r"^::error title=MONEY-3 .*$", outcome.text, re.MULTILINE)
    line = BUGGY[: BUGGY.index("def make")].count("\n") + 1
    assert f"file=mine.py,line={line}::a failed order keeps no money" in error
    assert "MONEY-3.md" in error


def test_the_summary_of_a_step_is_written(violated: tuple[Path, Outcome]) -> None:
    """Pins that it tells what was found and how to see it again."""
    folder, _ = violated
    text = (folder / "summary.md").read_text(encoding="utf-8")
    assert "### MONEY-3: a failed order keeps no money" in text
    assert "--saga-replay=reports/MONEY-3.json --saga-target=mine:make" in text


def test_junit_names_are_property_ids(violated: tuple[Path, Outcome]) -> None:
    """Pins the names of the tests, and the files that go with one that fails."""
    folder, _ = violated
    cases = {case.get("name"): case for case in ET.parse(folder / "junit.xml").iter("testcase")}
    assert {"MONEY-1", "TRUE-2", "test_search[paths]"} <= cases.keys()
    case = cases["MONEY-3"]
    assert case.get("classname") == "properties.specification"
    properties = {each.get("name"): each.get("value") or "" for each in case.iter("property")}
    assert properties["verdict"] == "VIOLATED"
    for name in ("report", "counterexample"):
        assert (folder / properties[name]).is_file()
    failure = case.find("failure")
    assert failure is not None
    assert "the order failed and 19.99 EUR are kept" in (failure.text or "")
    assert cases["MONEY-1"].find("skipped") is None
    assert cases["ISO-1"].find("skipped") is not None


def test_junit_to_the_letter(violated: tuple[Path, Outcome]) -> None:
    """Pins all that is written of three properties: one holds, one is violated, one is left out.

    Times and how often a property was checked are no part of the form.
    """
    folder, _ = violated
    cases = ET.parse(folder / "junit.xml").iter("testcase")
    shown = [case for case in cases if case.get("name") in ("MONEY-1", "MONEY-3", "ISO-1")]
    text = "\n".join(ET.tostring(case, encoding="unicode") for case in shown)
    text = re.sub(r'(?<=time=")[\d.]+|(?<=name="checked" value=")[1-9]\d*', "N", text)
    golden_files.check("junit.xml", text + "\n")


def test_gitlab_gets_its_report(tmp_path: Path) -> None:
    """Pins the file, and that it is empty, and there, where all is well."""
    write(tmp_path, "mine", BUGGY)
    file = tmp_path / "reports" / "gl-code-quality-report.json"
    session(tmp_path, GITLAB_CI="true", CI_PROJECT_DIR=str(tmp_path))
    issues = {issue["check_name"]: issue for issue in json.loads(file.read_text())}
    assert issues["MONEY-3"]["location"]["path"] == "mine.py"
    write(tmp_path, "mine", pickup())
    session(tmp_path, GITLAB_CI="true", CI_PROJECT_DIR=str(tmp_path))
    assert json.loads(file.read_text()) == []


def test_nobody_else_gets_any_of_it(tmp_path: Path) -> None:
    """Pins that a run at home says nothing that is meant for CI; and 0: nothing was violated."""
    write(tmp_path, "mine", pickup())
    outcome = session(tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert outcome.code == 0
    assert "::" not in outcome.text
    assert not (tmp_path / "summary.md").exists()
    assert not [*tmp_path.rglob("gl-code-quality*")]


def test_1_is_a_violation(violated: tuple[Path, Outcome]) -> None:
    """Pins the exit code of a run that found something."""
    assert violated[1].code == 1


@pytest.mark.parametrize(
    ("code", "arguments", "said"),
    [
        (4, ["--saga-profile=quik"], "Did you mean quick?"),
        (4, ["--saga-target=mine:mak"], "did you mean 'make'?"),
        (5, ["-k", "nothing-of-this-name"], "deselected"),
        (2, ["-p", "broken"], "KeyboardInterrupt"),
        (3, ["-p", "broken"], "made up"),
    ],
)
def test_the_other_exit_codes(tmp_path: Path, code: int, arguments: list[str], said: str) -> None:
    """Pins what docs/ci.md says of them: a mistake of the user's, no part, interrupted, broken."""
    write(tmp_path, "mine", pickup())
    write(tmp_path, "broken", BROKEN)
    variables = {"CTRL_C": "1"} if code == 2 else {}
    outcome = session(tmp_path, *arguments, **variables)
    assert (outcome.code, said in outcome.text) == (code, True), outcome.text


def test_all_exit_codes_are_documented() -> None:
    """Pins that the table in docs/ci.md has all that are pinned here."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    told = {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}
    assert told == {0, 1, 2, 3, 4, 5}
