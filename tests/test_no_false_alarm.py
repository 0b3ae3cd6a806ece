"""The reference is correct: the kit must find nothing in it, and must have looked everywhere."""

from __future__ import annotations

from functools import cache

import pytest

from model.conformance import observable_rows
from model.environment import DEFAULT_FAULTS, Fault
from model.specification import PROPERTIES
from properties.drivers.exhaustive import Exploration, exhaust, small_scopes
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import parts, run_part
from properties.striking import cannot_fire
from properties.verdicts import Total, not_applicable
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject

SEEDS = (1, 2, 3)
#: Parts that are the same for every seed.
WITHOUT_CHANCE = ("paths", "sweep", "directed", "repeats", "exhaustive")

#: The small scopes that profile ci explores to the end, with their states and transitions: a
#: change here is a change of the reference, of the world's choices, or of what tells states apart.
COMPLETE = {
    "one order, 1 crash": (797, 1006),
    "one order, 1 duplicate": (313, 418),
    "one order, 1 duplicate, 1 crash": (11620, 18947),
    "one order, 1 unknown, 1 refusal": (932, 1215),
    "one order, 1 transient, 1 refusal": (4588, 6332),
    "one order, no fault": (29, 28),
    "out of stock, no fault": (67, 75),
    "the last piece, no fault": (1076, 1330),
    "one order, 2 handlers at once": (3792, 13777),
}
#: Those that are too large for it.
GIVEN_UP = {"one order, 1 cancel, 1 crash", "out of stock, 1 duplicate, 1 crash"}


@cache
def reference() -> Subject:
    """The target that is right."""
    return probe("implementations.reference:make")


@cache
def total() -> Total:
    """What all parts of profile quick find with three seeds."""
    subject, profile, added = reference(), PROFILES["quick"], Total()
    for seed in SEEDS:
        for part in parts(profile):
            if seed == SEEDS[0] or not part.startswith(WITHOUT_CHANCE):
                delivery = subject.shape.delivery
                added.take(run_part(subject, part, profile, DEFAULT_FAULTS, delivery, seed))
    return added


def test_nothing_is_found() -> None:
    """Pins that the reference violates nothing, on three seeds of profile quick."""
    found = total()
    assert found.violated == {}
    assert found.counterexamples == {}


def test_every_property_had_something_to_check() -> None:
    """Pins that no property that applies to the reference is VACUOUS."""
    subject = reference()
    applicable = [row.id for row in PROPERTIES if not not_applicable(row, subject)]
    assert [row for row in applicable if not total().checked.get(row)] == []
    # the reference shows everything there is to see, but no target can show its reads
    assert {row.id for row in PROPERTIES} - set(applicable) == {"ISO-1"}


def test_every_fault_fired() -> None:
    """Pins that no fault is VACUOUS: all of them can strike the reference, which sets no timer."""
    subject = reference()
    for fault in DEFAULT_FAULTS - {Fault.LATE}:
        assert not cannot_fire(fault, subject, subject.shape.delivery)
        assert total().fired.get(str(fault)), fault


def test_the_reference_conforms_to_the_table() -> None:
    """Pins that the choreography explains all that it publishes, whatever goes wrong around it.

    And that no transition which can be seen is left out.
    """
    found = total()
    assert found.rows.keys() == {str(row) for row in observable_rows()}
    assert found.divergences == set()


def test_every_small_scope_is_accounted_for() -> None:
    """Pins which small scopes there are for the reference, so that none goes unpinned."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, reference().shape.delivery, reference().shape)
    assert {name for name, _ in small_scopes(scopes)} == COMPLETE.keys() | GIVEN_UP


@pytest.mark.parametrize("name", COMPLETE)
def test_a_small_scope_is_explored_to_the_end(name: str) -> None:
    """Pins how large each complete scope is, and that no schedule in it violates anything."""
    subject = reference()
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    scope = dict(small_scopes(scopes))[name]
    exploration = Exploration(name)
    for run in exhaust(subject, scope, exploration, PROFILES["ci"].exhaustive_states):
        assert run.findings == {}
    assert exploration.complete
    assert (exploration.states, exploration.transitions) == COMPLETE[name]
