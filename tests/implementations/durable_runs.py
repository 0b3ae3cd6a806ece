"""What the tests of the durable saga share: where it runs, and searches of a size to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import pytest

from implementations.durable.homes import POSTGRESQL, VARIABLE
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.drivers.paths import paths
from properties.drivers.sweep import sweep
from properties.probing import probe
from properties.run import Run
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject
from tests.needs import needs

#: Where the saga can run; an empty address is a directory with SQLite files.
PLACES = {"sqlite": "", "postgresql": POSTGRESQL}


def use(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let targets run in a place; skipped where it is not there."""
    needs("sql", *(["postgresql"] if place == "postgresql" else []))
    monkeypatch.setenv(VARIABLE, PLACES[place])


def scopes_of(subject: Subject) -> tuple[Scope, ...]:
    """The scopes of a session with the default faults."""
    return fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)


def swept(spec: str) -> Iterator[Run]:
    """Every business answer, and every single fault at every port call, of one order."""
    subject = probe(spec)
    scopes = scopes_of(subject)
    yield from closing(chain(paths(subject, scopes[:1]), sweep(subject, scopes[:1])))


def drawn(spec: str, schedules: int, seed: int = 1_000) -> Iterator[Run]:
    """Schedules of the seeded campaign."""
    subject = probe(spec)
    runs = (run for _, run in campaign(subject, scopes_of(subject), seed, schedules))
    yield from closing(islice(runs, schedules))


def closing(runs: Iterator[Run]) -> Iterator[Run]:
    """Each run in its turn; its target is closed before the next one begins."""
    for run in runs:
        try:
            yield run
        finally:
            run.world.dissolve()
