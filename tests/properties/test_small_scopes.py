"""Which small scopes are explored exhaustively: each that there is for a target, and none twice."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.drivers.exhaustive import never_strike, small_scopes
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import EXHAUSTIVE_PARTS, run_part
from properties.world.scopes import SCOPES, Scope, fitting
from tests.properties.toys import Toy, subject_of

REFERENCE = probe("implementations.reference:make")
UNORDERED = Delivery.AT_LEAST_ONCE_UNORDERED


def names(
    faults: frozenset[Fault] = DEFAULT_FAULTS, never: frozenset[Fault] = frozenset()
) -> set[str]:
    """The names of the small scopes for the reference."""
    scopes: tuple[Scope, ...] = fitting(SCOPES, faults, UNORDERED, REFERENCE.shape)
    found = [name for name, _ in small_scopes(scopes, never)]
    assert len(found) == len(set(found))
    return set(found)


def test_a_small_scope_that_is_another_one_is_left_out() -> None:
    """Pins that a cancel nobody can make, or a fault that nobody asked for, makes no scope of its
    own, and that each scope which differs stays."""
    assert names() - names(never=frozenset({Fault.CANCEL})) == {"one order, 1 cancel, 1 crash"}
    assert names() - names(DEFAULT_FAULTS - {Fault.CRASH}) == {
        "one order, 1 crash",
        "one order, 1 duplicate, 1 crash",
        "one order, 1 cancel, 1 crash",
        "out of stock, 1 duplicate, 1 crash",
    }
    assert names(frozenset({Fault.CRASH})) == {"one order, no fault", "one order, 1 crash"}


def test_what_never_strikes_is_what_the_world_never_does() -> None:
    """Pins that only a lack of actions counts: a target may call in a run what was not seen yet."""
    assert never_strike(REFERENCE, UNORDERED) == set()
    assert never_strike(REFERENCE, Delivery.EXACTLY_ONCE_FIFO) == {Fault.DUPLICATE}
    assert never_strike(subject_of(Toy), UNORDERED) == {Fault.CANCEL}


@pytest.mark.parametrize("most", [None, 3])
@pytest.mark.parametrize("faults", [DEFAULT_FAULTS, frozenset({Fault.CRASH})])
def test_the_search_explores_each_of_them_once(faults: frozenset[Fault], most: int | None) -> None:
    """Pins that all parts together do what is left, also where nothing is left for one of them."""
    subject = subject_of(Toy)
    profile = evolve(PROFILES["quick"], exhaustive_states=50, most=most)
    explored: list[str] = []
    for number in range(EXHAUSTIVE_PARTS):
        part = f"exhaustive-{number}"
        portion = run_part(subject, part, profile, faults, Delivery.EXACTLY_ONCE_FIFO, 1)
        assert not portion.error
        explored += [line.partition(":")[0] for line in portion.explored]
    assert len(explored) == len(set(explored))
    assert "one order, 1 crash" in explored
    assert not [name for name in explored if "cancel" in name or "duplicate" in name]
