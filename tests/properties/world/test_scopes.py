"""Which settings a target is tried in."""

from __future__ import annotations

from attrs import evolve

from model.environment import DEFAULT_FAULTS, Fault
from properties.drivers.paths import paths
from properties.probing import probe
from properties.world.scopes import SCOPES, SHORT, Scope, fitting
from properties.world.subject import Subject


def one_piece() -> Subject:
    """The reference, as if it took orders of one piece only."""
    subject = probe("implementations.reference:make")
    return evolve(subject, shape=evolve(subject.shape, limits={"quantity": 1}))


def single(subject: Subject, faults: frozenset[Fault]) -> tuple[Scope, ...]:
    """The settings with one order that fit it."""
    scopes = fitting(SCOPES, faults, subject.shape.delivery, subject.shape)
    return tuple(scope for scope in scopes if len(scope.orders) == 1)


def test_who_takes_one_piece_at_a_time_runs_out_of_stock_too() -> None:
    """Pins that nothing is in stock then, under the name that the setting has for all others."""
    subject = one_piece()
    (enough, short) = single(subject, DEFAULT_FAULTS)
    assert (enough.missing, short.missing) == (0, 1)
    assert short.name == SHORT.name
    fired = [run.fired.get(Fault.OUT_OF_STOCK, 0) for run in paths(subject, (short,))]
    assert all(fired), fired
    assert fired


def test_nobody_runs_out_of_stock_unasked() -> None:
    """Pins that the setting goes with its fault."""
    (enough,) = single(one_piece(), DEFAULT_FAULTS - {Fault.OUT_OF_STOCK})
    assert enough.missing == 0
