"""What one shard found, as a file; and the files of all shards put together.

A shard writes what it found into its report directory. The files may lie anywhere below the
directory that they are read from, as the artifacts of a CI matrix do. Nothing is lost, and nothing
counted twice: every shard, and every part of the search, must be there exactly once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from cattrs import BaseValidationError
from cattrs.preconf.json import make_converter

from properties.asked import Asked, asked_of
from properties.search import KNOWN, Portion
from properties.settings.in_force import Settings
from properties.settings.shards import Shard
from properties.settings.sources import OptionError
from reports.files import write_file
from reports.kit import this_kit
from reports.wording import shown_path

#: The name of the file in a shard's report directory.
FILE_NAME = "portions.json"
FORMAT = 1
_JSON = make_converter()
#: The setting that a field comes from, where it has another name.
_OPTION = {"every_delivery": "delivery", "faults_by_default": "faults"}


@frozen
class Share:
    """What one shard did and found."""

    kit: str
    """The version: another one may split the search in another way."""
    asked: Asked
    shard: Shard
    whole: list[str]
    """All parts of the search; what failed in an earlier session is run besides."""
    portions: list[Portion]
    missing: dict[str, str]
    """Parts that did not come to their end, and why."""


def share_of(
    asked: Asked,
    shard: Shard,
    whole: Sequence[str],
    portions: Sequence[Portion],
    missing: Mapping[str, str],
) -> Share:
    """What this shard found, as this kit writes it."""
    return Share(this_kit().version, asked, shard, [*whole], [*portions], dict(missing))


def write_share(directory: Path, share: Share) -> Path:
    """Write what a shard found."""
    data = {"format": FORMAT, **_JSON.unstructure(share)}
    return write_file(directory, FILE_NAME, json.dumps(data, indent=1, sort_keys=True) + "\n")


def read_shares(directory: Path) -> list[Share]:
    """What all shards found, each of them once.

    Raises:
        OptionError: a file cannot be read, or they are not the shards of one and the same search.
    """
    files = sorted(directory.rglob(FILE_NAME))
    if not files:
        fix = f"each shard writes its {FILE_NAME} into its --saga-report-dir"
        raise _error(f"no {FILE_NAME} in {directory}, nor below it; {fix}")
    shares = {file: _read(file) for file in files}
    first, *others = shares.items()
    for other in others:
        _same_search(first, other)
    _each_once(directory, shares)
    _parts_once(directory, [*shares.values()])
    return sorted(shares.values(), key=lambda share: share.shard.number)


def in_force(settings: Settings, share: Share) -> Settings:
    """The settings of a merge: those of the shards, which nothing given here may contradict.

    Raises:
        OptionError: something else is asked for than the shards did, or their files would go.
    """
    asked = share.asked
    here = asked_of(settings, asked.seed if settings.seed is None else settings.seed)
    for name, theirs, given in asked.differences(here):
        if settings.origins[_OPTION.get(name, name)] != "default" and name != "faults_by_default":
            problem = f"the shards were run with {name} {_shown(theirs)}, here {_shown(given)} is"
            raise _error(f"{problem} asked for; leave it out")
    if (settings.report_dir / FILE_NAME).exists():
        place = shown_path(settings.report_dir)
        problem = f"reports go to {place}, where those of a shard are, which would be removed"
        raise _error(f"{problem}; name another --saga-report-dir")
    return evolve(asked.in_force(settings), shard=None)


def _read(file: Path) -> Share:
    fix = "it was damaged on its way, or changed by hand: run the shard again"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT or data["kit"] != this_kit().version:
            fix = f"run the shard again, with {this_kit().version}"
            raise _error(f"{file} was written by version {data['kit']} of the kit; {fix}")
        return _JSON.structure(data, Share)
    except (OSError, ValueError, KeyError, TypeError, BaseValidationError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _error(f"{file} cannot be read: {said}; {fix}") from None


def _same_search(one: tuple[Path, Share], other: tuple[Path, Share]) -> None:
    (file, first), (another, second) = one, other
    for name, here, there in first.asked.differences(second.asked):
        problem = f"{file} has {name} {_shown(here)}, {another} has {_shown(there)}"
        raise _error(f"{problem}; they are not shards of one search")
    if (first.shard.of, first.whole) != (second.shard.of, second.whole):
        problem = f"{file} has {first.shard}, {another} has {second.shard}"
        raise _error(f"{problem}; they are not shards of one search")


def _each_once(directory: Path, shares: Mapping[Path, Share]) -> None:
    of = next(iter(shares.values())).shard.of
    places: dict[int, list[str]] = {}
    for file, share in shares.items():
        places.setdefault(share.shard.number, []).append(str(file))
    for number, files in sorted(places.items()):
        if len(files) > 1:
            problem = f"{Shard(number, of)} is there more than once: {', '.join(files)}"
            raise _error(f"{problem}; remove all but one")
    gone = [str(number) for number in range(1, of + 1) if number not in places]
    if gone:
        which = f"{'shard' if len(gone) == 1 else 'shards'} {', '.join(gone)} of {of}"
        problem = f"{which} not found in {directory}, nor below it"
        raise _error(f"{problem}; run what is missing: --saga-shard={gone[0]}/{of}")


def _parts_once(directory: Path, shares: Sequence[Share]) -> None:
    """Each part was done by one shard, or one of them says why it was not."""
    done = Counter(portion.part for share in shares for portion in share.portions)
    for share in shares:
        # a part that ended with an error has a portion, too
        done.update(share.missing.keys() - {portion.part for portion in share.portions})
    whole = {*shares[0].whole}
    lost, twice = sorted(whole - done.keys()), sorted(p for p in done if done[p] > 1)
    foreign = sorted(part for part in done.keys() - whole if not part.endswith(KNOWN))
    for parts, problem in (
        (lost, "was done by no shard"),
        (twice, "was done twice"),
        (foreign, "is no part of this search"),
    ):
        if parts:
            fix = "a file was changed, or a shard was run with -k; run the shards again"
            raise _error(f"{', '.join(parts)} {problem}, as {directory} has it: {fix}")


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) or "as the target relies on"


def _error(problem: str) -> OptionError:
    return OptionError("--saga-merge", problem)
