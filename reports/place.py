"""Where in the user's own code a run is reported: a file and a line, if they are known."""

from __future__ import annotations

from attrs import frozen


@frozen
class Place:
    """A place in a file, by its path in the repository."""

    path: str
    line: int
