"""One machine's share of a search that several machines do together: which one, of how many."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

from properties.settings.sources import Given

_WRITTEN = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@frozen
class Shard:
    """The share of one machine; shards are counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        """As it is told, not as it is written."""
        return f"shard {self.number} of {self.of}"


def parse_shard(given: Given) -> Shard:
    """Read a shard: `2/3` is the second one of three."""
    written = _WRITTEN.fullmatch(given.text())
    if written is None:
        raise given.error(f"{given.text()!r} is no shard; write 2/3 for the second of three")
    shard = Shard(*map(int, written.groups()))
    if not 1 <= shard.number <= shard.of:
        raise given.error(f"there is no {shard}; they are counted from 1 to {shard.of}")
    return shard


def parse_merge(given: Given) -> Path:
    """Read the path of the directory that has what all shards found."""
    path = given.path()
    if not path.is_dir():
        raise given.error(f"no such directory: {path}")
    return path
