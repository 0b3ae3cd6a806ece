"""What shards found, put together: nothing lost, nothing counted twice, and every mistake named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.environment import Fault
from properties.merging import FILE_NAME, in_force, read_shares
from properties.profiles import PROFILES
from properties.search import parts
from properties.settings.in_force import Settings, resolve
from properties.settings.sources import OptionError, from_command_line
from tests.command_line import Outcome, pickup, verify, write

#: A shop that keeps the money of what is sold out.
BUGGY = pickup("""
def handle(self, participant, event):
    if (participant, event["type"]) != ("till", "SoldOut"):
        super().handle(participant, event)
""")


def session(folder: Path, name: str, *arguments: str) -> Outcome:
    """A short session with reports of its own."""
    places = (f"--saga-report-dir={folder / name}", f"--saga-database={folder / 'db' / name}")
    return verify(folder, "--saga-faults=out-of-stock", *places, *arguments)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    """Two shards of a search that finds something, side by side in a folder."""
    folder = tmp_path_factory.mktemp("shards")
    write(folder, "mine", BUGGY)
    given = ("--saga-profile=quick", "--saga-target=mine:make")
    return folder, [session(folder, f"found/{n}", *given, f"--saga-shard={n}/2") for n in (1, 2)]


def table(outcome: Outcome) -> str:
    """Verdicts, faults, coverage and work, without the names of folders."""
    text = outcome.text.partition("\nproperty ")[2].partition("\nall of it, ")[0]
    assert text
    return text.replace("whole/", "merged/")


def test_a_shard_says_what_it_cannot_know(shards: tuple[Path, list[Outcome]]) -> None:
    """Pins that a shard claims what it found, and neither HOLDS nor VACUOUS of anything."""
    _, outcomes = shards
    for number, outcome in enumerate(outcomes, 1):
        assert "HOLDS" not in outcome.text
        assert "VACUOUS" not in outcome.text
        said = outcome.verdict("MONEY-1")
        assert said.endswith(f"nothing found in shard {number} of 2: merge them all")
        assert (
            f"share        shard {number} of 2; the verdicts come with --saga-merge" in outcome.text
        )
        assert "NEVER FIRED" not in outcome.text
    assert any(outcome.verdict("MONEY-3").startswith("VIOLATED") for outcome in outcomes)


def test_a_merge_is_what_one_machine_finds(shards: tuple[Path, list[Outcome]]) -> None:
    """Pins that verdicts, counts and coverage are those of one session, to the letter."""
    folder, _ = shards
    merged = session(folder, "merged", f"--saga-merge={folder / 'found'}")
    whole = session(folder, "whole", "--saga-profile=quick", "--saga-target=mine:make")
    assert (merged.code, whole.code) == (1, 1)
    assert table(merged) == table(whole)
    number = len(parts(PROFILES["quick"]))
    assert f"merged: 2 shards, {number} parts of the search" in merged.text
    assert (folder / "merged" / "MONEY-3.json").is_file()


def test_reports_do_not_remove_a_shard(shards: tuple[Path, list[Outcome]]) -> None:
    """Pins that a merge does not write where a shard's file would be removed by it."""
    folder, _ = shards
    outcome = session(folder, "found/1", f"--saga-merge={folder / 'found'}")
    assert outcome.code == 4
    assert "which would be removed; name another --saga-report-dir" in outcome.joined
    assert (folder / "found" / "1" / FILE_NAME).is_file()


def copy(shards: tuple[Path, list[Outcome]], folder: Path) -> dict[str, dict[str, Any]]:
    """The files of both shards, in a folder where they may be changed."""
    found = {}
    for number in ("1", "2"):
        text = (shards[0] / "found" / number / FILE_NAME).read_text(encoding="utf-8")
        found[number] = json.loads(text)
    put(folder, found)
    return found


def put(folder: Path, files: dict[str, dict[str, Any]]) -> None:
    """Write them."""
    for name, data in files.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / FILE_NAME).write_text(json.dumps(data), encoding="utf-8")


def lost(files: dict[str, Any]) -> None:
    """A part is gone."""
    files["1"]["portions"].pop()


def twice(files: dict[str, Any]) -> None:
    """A part is there in both."""
    files["1"]["portions"].append(files["2"]["portions"][0])


def twice_in_one(files: dict[str, Any]) -> None:
    """A part is there twice in one of them."""
    files["1"]["portions"].append(files["1"]["portions"][0])


def foreign(files: dict[str, Any]) -> None:
    """A part comes from nowhere."""
    files["1"]["portions"].append(files["1"]["portions"][0] | {"part": "sweep-99"})


def doubled(files: dict[str, Any]) -> None:
    """A shard was downloaded twice."""
    files["again"] = files["1"]


def another_seed(files: dict[str, Any]) -> None:
    """A shard had another seed."""
    files["2"]["asked"]["seed"] = 7


def another_split(files: dict[str, Any]) -> None:
    """A shard is one of three."""
    files["2"]["shard"]["of"] = 3


def another_kit(files: dict[str, Any]) -> None:
    """A shard was run by another kit."""
    files["2"]["kit"] = "99.0"


def damaged(files: dict[str, Any]) -> None:
    """A file is not what it should be."""
    files["2"]["portions"] = 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lost, r"was done by no shard, as .*: a file was changed, or a shard was run with -k"),
        (twice, "was done twice"),
        (twice_in_one, "was done twice"),
        (foreign, "sweep-99 is no part of this search"),
        (doubled, r"shard 1 of 2 is there more than once: .*1/portions.json, .*again/portions"),
        (another_seed, r"1/portions.json has seed 1, .*2/portions.json has 7; they are not shards"),
        (another_split, r"has shard 1 of 2, .*has shard 2 of 3; they are not shards of one search"),
        (another_kit, r"written by version 99.0 of the kit; run the shard again, with \d"),
        (damaged, "cannot be read: .*; it was damaged on its way, or changed by hand"),
    ],
)
def test_what_does_not_fit(
    shards: tuple[Path, list[Outcome]],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    said: str,
) -> None:
    """Pins the message for each way in which the files are not the shards of one search."""
    files = copy(shards, tmp_path)
    assert len(read_shares(tmp_path)) == 2
    change(files)
    put(tmp_path, files)
    with pytest.raises(OptionError, match=f"--saga-merge: .*{said}"):
        read_shares(tmp_path)


def test_a_shard_that_is_missing(shards: tuple[Path, list[Outcome]], tmp_path: Path) -> None:
    """Pins which shard is named, and that an empty folder is no success."""
    with pytest.raises(OptionError, match=r"no portions.json in .*, nor below it; each shard"):
        read_shares(tmp_path)
    copy(shards, tmp_path)
    (tmp_path / "2" / FILE_NAME).unlink()
    with pytest.raises(OptionError, match=r"shard 2 of 2 not found in .*--saga-shard=2/2"):
        read_shares(tmp_path)


def given(**values: str) -> Settings:
    """The settings of a merge on the command line."""
    return resolve([from_command_line(values, Path("/"))], home=Path("/nowhere"))


def test_a_merge_takes_its_settings_from_the_shards(
    shards: tuple[Path, list[Outcome]], tmp_path: Path
) -> None:
    """Pins that the same may be said again, and that anything else is an error."""
    copy(shards, tmp_path)
    (one, _) = read_shares(tmp_path)
    settings = in_force(given(), one)
    assert (settings.target, settings.profile, settings.seed) == ("mine:make", "quick", 1)
    assert settings.faults == {Fault.OUT_OF_STOCK}
    assert settings.shard is None
    in_force(given(target="mine:make", profile="quick", seed="1", faults="out-of-stock"), one)
    for values in ({"target": "a:b"}, {"seed": "2"}, {"faults": "crash"}, {"delivery": "all"}):
        with pytest.raises(
            OptionError, match=r"the shards were run with .*asked for; leave it out"
        ):
            in_force(given(**values), one)
