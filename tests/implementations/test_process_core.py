"""One core for kit and process, for as long as a run goes on."""

from __future__ import annotations

import os

import pytest

from implementations.process.core import Core
from implementations.process.target import ProcessTarget
from properties.probing import probe
from properties.world.scopes import SINGLE
from properties.world.world import World
from tests.implementations.process_programs import REFERENCE, python

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system ties no thread to a core"
)


def here() -> set[int]:
    """The cores that this thread may be on."""
    return os.sched_getaffinity(0)


def test_kit_and_process_share_a_core_while_a_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that both are on one, two runs at once included, and that the kit is free afterwards."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    before = here()
    subject = probe(python(REFERENCE))
    assert here() == before
    one, other = World(subject, SINGLE), World(subject, SINGLE)
    assert isinstance(one.target, ProcessTarget)
    (session,) = one.target.sessions
    assert len(here()) == 1
    assert os.sched_getaffinity(session.connection._process.pid) == here()
    one.dissolve()
    assert len(here()) == 1
    other.dissolve()
    assert here() == before


def test_workers_are_left_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that nobody is tied where there are as many workers as cores: two of them, or those of
    two sessions on one machine, might be tied to the same one while another is idle."""
    before = here()
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    core = Core()
    core.enter()
    assert here() == before
    core.leave()
    assert here() == before


def test_a_system_that_ties_nobody_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a container that forbids it, or a system that lacks it, is no error."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    before = here()
    core = Core()
    with monkeypatch.context() as patched:
        patched.delenv("PYTEST_XDIST_WORKER", raising=False)
        patched.setattr(os, "sched_setaffinity", forbidden)
        core.enter()
        core.leave()
        assert here() == before
        patched.delattr(os, "sched_setaffinity")
        core = Core()
        core.enter()
        core.leave()
    assert here() == before
