"""What a log says of one saga."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from model.vocabulary import Status


class Answer(StrEnum):
    """Whether the lines of a saga can be explained."""

    CONFORMS = "conforms"
    """Explained, settled, and nothing pending."""
    RUNNING = "running"
    """Explained, and not at its end."""
    BEHIND = "behind"
    """Explained only if a service did more than its lines show so far."""
    DIFFERS = "differs"
    """Not explained, whatever may still come."""


@frozen
class Judgement:
    """What came of the search for one saga."""

    answer: Answer
    explained: tuple[int, ...]
    """How many lines of each lane the longest explanation covers, in the order of the lanes."""
    states: tuple[tuple[str, str], ...]
    """Where each participant is after that."""
    expected: tuple[str, ...]
    """What the table allows next."""
    waits: str
    """The first of it in a few words; empty if there is none."""
    status: Status
    compensating: bool
    """Whether an undoing was asked for."""
    places: int
    """How many places the search visited."""
