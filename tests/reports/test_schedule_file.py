"""The JSON file: what was written is read again, and each mistake has its own message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from reports.schedule_file import FORMAT, ScheduleFileError, document, read_json, write_json
from tests.reports import samples

HERE = "undo the change to this field, or run the kit again to write the file anew"


@pytest.mark.parametrize("c", [samples.double_charge(), samples.hostile()], ids=["good", "hostile"])
def test_round_trip(tmp_path: Path, c: Any) -> None:
    """Pins that the schedule comes back to the letter, half characters included."""
    write_json(c, tmp_path / "a.json")
    data = read_json(tmp_path / "a.json")
    assert data["schedule"] == c.schedule
    assert data["property"] == c.property_id
    assert (tmp_path / "a.json").read_bytes().isascii()


def test_the_document_alone_can_be_read(tmp_path: Path) -> None:
    """Pins that the words for people are not needed: a regression test carries none."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document(samples.double_charge())))
    assert "steps" not in read_json(file)


def error(path: Path) -> ScheduleFileError:
    """Read a file that must be refused."""
    with pytest.raises(ScheduleFileError) as caught:
        read_json(path)
    return caught.value


def changed(tmp_path: Path, **changes: Any) -> Path:
    """Write a document with some fields changed; None takes a field away."""
    data = document(samples.double_charge(), samples.KIT) | changes
    file = tmp_path / "a.json"
    file.write_text(json.dumps({k: v for k, v in data.items() if v is not None}))
    return file


def test_message_says_what_where_and_how_to_fix(tmp_path: Path) -> None:
    """Pins the form of all messages."""
    caught = error(tmp_path / "a.json")
    assert str(caught) == f"{caught.what}\n  where: {caught.where}\n  fix:   {caught.fix}"


def test_no_such_file(tmp_path: Path) -> None:
    """Pins that the nearest name in the folder is offered, then any, then that there is none."""
    assert error(tmp_path / "MONEY-1.json").fix.endswith(f"there is no JSON file in {tmp_path}")
    write_json(samples.double_charge(), tmp_path / "MONEY-1.json")
    (tmp_path / ".hidden.json").write_text("[]")
    caught = error(tmp_path / "MONNEY-1.json")
    assert caught.what == "No such file"
    assert caught.fix == f"did you mean {tmp_path / 'MONEY-1.json'}?"
    assert error(tmp_path / "zzz").fix == f"name one of the files in {tmp_path}: MONEY-1.json"


def test_no_such_folder(tmp_path: Path) -> None:
    """Pins that a wrong folder is named, and what the path is relative to."""
    fix = error(tmp_path / "no" / "a.json").fix
    assert (
        fix == f"there is no folder {tmp_path / 'no'} either; the path is relative to {Path.cwd()}"
    )


def test_a_folder(tmp_path: Path) -> None:
    """Pins that a folder is answered with the files in it."""
    write_json(samples.double_charge(), tmp_path / "a.json")
    caught = error(tmp_path)
    assert caught.what == "A counterexample is a file, not a folder"
    assert caught.fix.endswith(": a.json")


def test_not_json(tmp_path: Path) -> None:
    """Pins line and column of the first mistake."""
    file = tmp_path / "a.json"
    file.write_text('{"format": 1,\n "kit" 2}')
    caught = error(file)
    assert caught.what == "Not JSON: Expecting ':' delimiter"
    assert caught.where == f"{file}, line 2, column 8"


def test_the_report_instead_of_the_schedule(tmp_path: Path) -> None:
    """Pins that who names the Markdown report is told the file beside it."""
    write_json(samples.double_charge(), tmp_path / "a.json")
    (tmp_path / "a.md").write_text("# a")
    assert error(tmp_path / "a.md").fix.endswith(f"belongs to it is {tmp_path / 'a.json'}")


def test_not_text(tmp_path: Path) -> None:
    """Pins that a binary file is refused with a message, not with a traceback."""
    file = tmp_path / "a.json"
    file.write_bytes(b"ab\xff")
    assert error(file).where == f"{file}, byte 2"


def test_nested_too_deeply(tmp_path: Path) -> None:
    """Pins that JSON that exhausts the parser is refused with a message."""
    file = tmp_path / "a.json"
    file.write_text("[" * 200_000)
    assert error(file).what.startswith(("Not one of ours", "Not JSON"))


@pytest.mark.parametrize("data", [[1], {}, {"format": 1}, {"schedule": {}}, None, "x"])
def test_not_one_of_ours(tmp_path: Path, data: Any) -> None:
    """Pins that other JSON is recognised as such, before any field is missed."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps(data))
    assert error(file).what.startswith("JSON, but not a counterexample of this kit: it holds ")


def test_a_file_that_is_none_is_not_offered(tmp_path: Path) -> None:
    """Pins that the advice names the other files, and never the one that was refused."""
    file = tmp_path / "a.json"
    file.write_text("{}")
    assert error(file).fix == (
        f"name a file that the kit wrote; there is no other JSON file in {tmp_path}"
    )
    write_json(samples.double_charge(), tmp_path / "b.json")
    assert error(file).fix == f"name one of the files in {tmp_path}: b.json"
    file.write_text("{")
    assert error(file).fix == "undo the change to the file, or run the kit again to write it anew"


def test_a_newer_format(tmp_path: Path) -> None:
    """Pins that a file of a newer kit asks for an update instead of being misread."""
    caught = error(changed(tmp_path, format=FORMAT + 1, kit="9.9"))
    assert caught.what.startswith(f"Written in format {FORMAT + 1} by kit 9.9; this kit (")
    assert caught.fix.startswith("update this kit")


@pytest.mark.parametrize("kit", [None, "", 9, ["9.9"]])
def test_a_newer_format_of_a_kit_without_a_version(tmp_path: Path, kit: Any) -> None:
    """Pins that a version that is none is left out of the sentence."""
    what = error(changed(tmp_path, format=FORMAT + 1, kit=kit)).what
    assert what.startswith(f"Written in format {FORMAT + 1} by another kit; this kit (")


@pytest.mark.parametrize("number", [0, -1, True, "1", 1.0])
def test_a_format_that_is_none(tmp_path: Path, number: Any) -> None:
    """Pins that only whole numbers from 1 on are formats."""
    assert error(changed(tmp_path, format=number)).what.startswith("The format must be a whole")


def test_a_missing_field(tmp_path: Path) -> None:
    """Pins that the field is named, with its type, and a near name is recognised."""
    caught = error(changed(tmp_path, seed=None))
    assert caught.what == "The field 'seed' (a whole number) is missing"
    assert error(changed(tmp_path, seed=None, sed=1)).fix == "rename 'sed' to 'seed'"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("seed", "7", "'seed' must be a whole number, not a string (\"7\")"),
        ("seed", True, "'seed' must be a whole number, not true or false (true)"),
        ("target", 7, "'target' must be a string, not a whole number (7)"),
        ("schedule", [1], "'schedule' must be an object, not a list ([1])"),
    ],
)
def test_a_field_of_another_type(tmp_path: Path, name: str, value: Any, what: str) -> None:
    """Pins that field, expected type and the value that is there are named."""
    caught = error(changed(tmp_path, **{name: value}))
    assert caught.what == f"The field {what}"
    assert caught.where.endswith(f", field {name}")
    assert caught.fix == HERE


@pytest.mark.parametrize("name", ["actions", "scope", "delivery"])
def test_a_field_of_the_schedule(tmp_path: Path, name: str) -> None:
    """Pins that the parts of the schedule are checked, and named with their path."""
    schedule = {k: v for k, v in samples.schedule().items() if k != name}
    assert f"'schedule.{name}'" in error(changed(tmp_path, schedule=schedule)).what
    wrong = samples.schedule() | {name: 1}
    assert error(changed(tmp_path, schedule=wrong)).where.endswith(f", field schedule.{name}")


@pytest.mark.parametrize("action", ["place", ["place", 1], {}, None])
def test_an_action_that_is_none(tmp_path: Path, action: Any) -> None:
    """Pins that the first wrong action is named by its position."""
    schedule = samples.schedule(("place", "o1", "", ""))
    schedule["actions"].append(action)
    caught = error(changed(tmp_path, schedule=schedule))
    assert caught.what.startswith("An action must be a list of strings, not ")
    assert caught.where.endswith(", field schedule.actions[1]")


def test_an_empty_schedule_is_one(tmp_path: Path) -> None:
    """Pins that a bug without any action (a target that fails at once) can be replayed."""
    c = evolve(samples.double_charge(), schedule=samples.schedule())
    write_json(c, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json")["schedule"]["actions"] == []
