"""What the tests of the durable saga share: where it runs, and searches of a size to wait for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

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


def subject(spec: str) -> Subject:
    """A target, probed once in each place: on a database that takes longer than most tests."""
    return _probed(spec, os.environ[VARIABLE])


@lru_cache
def _probed(spec: str, place: str) -> Subject:
    return probe(spec)


def scopes_of(target: Subject) -> tuple[Scope, ...]:
    """The scopes of a session with the default faults."""
    return fitting(SCOPES, DEFAULT_FAULTS, target.shape.delivery, target.shape)


def swept(spec: str) -> Iterator[Run]:
    """Every business answer, and every single fault at every port call, of one order."""
    target = subject(spec)
    scopes = scopes_of(target)[:1]
    yield from closing(chain(paths(target, scopes), sweep(target, scopes)))


def drawn(spec: str, schedules: int, seed: int = 1_000, only: Scope | None = None) -> Iterator[Run]:
    """Schedules of the seeded campaign, in all scopes or only in one."""
    target = subject(spec)
    scopes = scopes_of(target)
    if only is not None:
        scopes = tuple(scope for scope in scopes if scope.name == only.name)
    runs = campaign(target, scopes, seed, schedules)
    yield from closing(run for _, run in runs)


def closing(runs: Iterator[Run]) -> Iterator[Run]:
    """Each run in its turn; its target is closed before the next one begins."""
    for run in runs:
        try:
            yield run
        finally:
            run.world.dissolve()
