"""Where reports land: stable names, nobody else's file is touched, nothing stale is left."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from reports.files import MANIFEST, clean, write_counterexample, write_file, write_page
from reports.schedule_file import read_json
from tests.reports import html_samples, samples


def write(directory: Path, property_id: str = "MONEY-1") -> Path:
    """Write the double charge under a property's id."""
    c = evolve(samples.double_charge(), property_id=property_id)
    return write_counterexample(c, directory, lambda file: f"replay {file.name}", samples.KIT)


def test_the_page_of_a_run_is_one_file(tmp_path: Path) -> None:
    """Pins its name, that it says when it was made and how long that took, and that it goes."""
    summary, cases = html_samples.run()
    began = datetime.now(UTC) - timedelta(seconds=75)
    page = write_page(summary, cases, tmp_path, began)
    assert page == tmp_path / "report.html"
    when = re.escape(f"{began:%Y-%m-%d %H:%M} UTC, ")
    assert re.search(rf"<dd>{when}7[5-9] seconds</dd>", page.read_text(encoding="utf-8"))
    assert names(tmp_path) == {"report.html", MANIFEST}
    write_page(summary, [], tmp_path)
    assert "<dt>Time</dt>" not in page.read_text(encoding="utf-8")
    assert clean(tmp_path) == [page]


def names(directory: Path) -> set[str]:
    """List what a directory holds."""
    return {path.name for path in directory.iterdir()}


def test_a_counterexample_is_two_files(tmp_path: Path) -> None:
    """Pins the names, that the folder is made, and that the command names the JSON file."""
    report = write(tmp_path / "a" / "b")
    assert report == tmp_path / "a" / "b" / "MONEY-1.md"
    assert "\nreplay MONEY-1.json\n" in report.read_text(encoding="utf-8")
    assert read_json(report.with_suffix(".json"))["property"] == "MONEY-1"


def test_a_second_one_gets_a_number(tmp_path: Path) -> None:
    """Pins that two counterexamples of one property are two reports."""
    assert [write(tmp_path).name for _ in range(3)] == [
        "MONEY-1.md",
        "MONEY-1-2.md",
        "MONEY-1-3.md",
    ]


def test_a_name_of_ones_own(tmp_path: Path) -> None:
    """Pins that another counterexample of a property may be named for what is different in it."""
    c, name = samples.double_charge(), "MONEY-1-without-faults"
    report = write_counterexample(c, tmp_path, str, samples.KIT, name)
    assert names(tmp_path) - {MANIFEST} == {f"{name}.json", f"{name}.md"}
    assert report.name == f"{name}.md"


def test_names_are_the_same_on_the_next_run(tmp_path: Path) -> None:
    """Pins that `clean` makes room, and says what it removed."""
    write(tmp_path)
    write(tmp_path, "STOCK-1")
    assert [path.name for path in clean(tmp_path)] == [
        *("MONEY-1.json", "MONEY-1.md", "STOCK-1.json", "STOCK-1.md"),
    ]
    assert names(tmp_path) == set()
    assert write(tmp_path).name == "MONEY-1.md"


def test_clean_leaves_what_others_wrote(tmp_path: Path) -> None:
    """Pins that only files of the manifest go, and that a missing one is no error."""
    write(tmp_path)
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "MONEY-1.md").unlink()
    clean(tmp_path)
    clean(tmp_path)
    clean(tmp_path / "no such folder")
    assert names(tmp_path) == {"notes.md"}


def test_a_users_file_is_never_overwritten(tmp_path: Path) -> None:
    """Pins that a name that somebody else took is passed over."""
    (tmp_path / "MONEY-1.md").write_text("mine")
    assert write(tmp_path).name == "MONEY-1-2.md"
    clean(tmp_path)
    assert (tmp_path / "MONEY-1.md").read_text() == "mine"


def test_other_forms_are_cleaned_too(tmp_path: Path) -> None:
    """Pins that any form of report can use the same manifest, and be written twice."""
    write_file(tmp_path, "index.html", "a")
    write_file(tmp_path, "index.html", "b")
    assert json.loads((tmp_path / MANIFEST).read_text()) == ["index.html"]
    clean(tmp_path)
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    "manifest", ['["../victim", "/victim", "", ".", "..", 1]', "{", '{"victim": 1}', "[[]]", "\x00"]
)
def test_a_damaged_manifest_removes_nothing(tmp_path: Path, manifest: str) -> None:
    """Pins that a manifest cannot reach outside its folder, and that nonsense names nothing."""
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "victim").write_text("")
    (out / "victim").write_text("")
    (out / MANIFEST).write_text(manifest)
    assert clean(out) == []
    assert (tmp_path / "victim").exists()
    assert (out / "victim").exists()


@pytest.mark.parametrize(
    ("property_id", "name"),
    [("a/../b", "a-b"), ("..", "counterexample"), (samples.HOSTILE, None), ("x" * 999, "x" * 60)],
)
def test_a_property_id_of_a_users_own(tmp_path: Path, property_id: str, name: str | None) -> None:
    """Pins that any id makes a plain file name in the folder itself."""
    report = write(tmp_path, property_id)
    assert report.parent == tmp_path
    assert name is None or report.stem == name
