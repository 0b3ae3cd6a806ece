"""The zoo: every bug is found by the search, and every twin and half-lost defence holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import pytest

from implementations.contract import MEMBERS
from implementations.faulty import ZOO, Nature, Specimen
from implementations.faulty.catalogue import LACKING, PARTLY, TITLES
from implementations.loading import TargetError, load
from model.environment import DEFAULT_FAULTS
from model.specification import BY_ID
from properties.drivers.campaign import campaign
from properties.drivers.detours import detours
from properties.drivers.directed import directed
from properties.drivers.paths import paths
from properties.drivers.repeats import repeats
from properties.drivers.sweep import sweep
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.profiles import PROFILES
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, fault_of
from properties.world.scopes import SAME_CUSTOMER, SCOPES, SINGLE, Scope, fitting

ROOT = Path(__file__).resolve().parents[2]
QUICK, CI = PROFILES["quick"], PROFILES["ci"]
BUGS = [specimen for specimen in ZOO if specimen.nature is Nature.BUG]
HARMLESS = [specimen for specimen in ZOO if specimen.nature is not Nature.BUG]
#: The seed of the campaign; that of the first shard of a session with seed 1.
SEED = 1_000
#: Schedules in the campaign of what must hold, and of what is known to be missed.
PATIENCE = 200
#: Detours that are drawn for what must hold.
DRAWN = 50
#: Schedules in the campaign of a bug; most are found by the first few.
STAMINA = CI.shards * CI.campaign


def parametrize(specimens: Iterable[Specimen]) -> pytest.MarkDecorator:
    """One test for each; where the kit is wrong about one, the test is known to fail."""
    return pytest.mark.parametrize(
        "specimen",
        [
            pytest.param(
                specimen,
                id=specimen.slug,
                marks=[pytest.mark.xfail(reason=specimen.misjudged, strict=True)]
                if specimen.misjudged
                else [],
            )
            for specimen in specimens
        ],
    )


def runs(specimen: Specimen, schedules: int, drawn: int) -> Iterator[Run]:
    """What profile ci runs, cheapest first: parts without chance, detours, campaign."""
    subject = probe(f"implementations.faulty:{specimen.slug}")
    faults = DEFAULT_FAULTS.union(specimen.faults)
    scopes = fitting(SCOPES, faults, subject.shape.delivery, subject.shape)
    yield from paths(subject, scopes)
    yield from directed(subject, scopes[0])
    yield from repeats(subject, scopes)
    yield from sweep(subject, scopes[:1])
    yield from detours(subject, scopes, 1, SEED, drawn)
    shards = (campaign(subject, scopes, SEED + shard, CI.campaign) for shard in range(CI.shards))
    yield from (run for _, run in islice(chain.from_iterable(shards), schedules))


@parametrize(BUGS)
def test_the_bug_is_found(specimen: Specimen) -> None:
    """Pins that the search finds each bug, by a property that it is said to violate."""
    with fewer_collections():
        for run in runs(specimen, PATIENCE if specimen.missed else STAMINA, QUICK.detours):
            if run.findings.keys() & set(specimen.breaks):
                return
    pytest.fail(f"{specimen.slug} was not seen to violate {' or '.join(specimen.breaks)}")


@parametrize(HARMLESS)
def test_it_holds(specimen: Specimen) -> None:
    """Pins that nothing is said against a bug that is mended, or a defence that is only thinner."""
    with fewer_collections():
        for run in runs(specimen, PATIENCE, DRAWN):
            assert not run.findings, {found.text for found in run.findings.values()}


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.slug)
def test_it_differs_in_one_thing(specimen: Specimen) -> None:
    """Pins that each change overrides one member, and that nothing has more changes than it says.

    A bug is one change, or the two halves of a defence; a twin has the bug's own besides.
    """
    for change in specimen.changes:
        own = {name for name in vars(change) if not name.startswith("__") or name == "__init__"}
        inherited = {name for base in change.__bases__ for name in dir(base)}
        own -= {"delivery"} if change in specimen.setting else set()
        assert len(own) <= 1, own
        assert own <= inherited | {member.name for member in MEMBERS}
    changes = set(specimen.changes) - set(specimen.setting)
    halves = {
        c for s in ZOO if s.of == specimen.slug and s.nature is Nature.DEFENCE for c in s.changes
    }
    if len(changes) > 1 and specimen.nature is Nature.BUG:
        assert set(specimen.changes) == halves
    if specimen.of:
        (bug,) = (other for other in BUGS if other.slug == specimen.of)
        assert len(changes - set(bug.changes)) <= 1


ONCE = "payment on order.created(o1)"
AGAIN = "payment on order.created(o1), copy 2"
#: slug, scope, property, deviations: the shortest way to a bug that takes three of something.
THREE = (
    (
        "third_failure_drops",
        SINGLE,
        "LIVE-1",
        (
            Deviation(0, Action(Kind.ANSWER, ONCE, "payment commit", "transient")),
            Deviation(2, Action(Kind.DUPLICATE, "order.created(o1) to payment")),
            Deviation(0, Action(Kind.DELIVER, "order.created(o1) to payment, copy 2")),
            Deviation(0, Action(Kind.RESUME, AGAIN, "payment commit")),
            Deviation(0, Action(Kind.CRASH, AGAIN, "payments.charge", "before")),
        ),
    ),
    (
        "relay_deletes_more_than_it_read",
        SAME_CUSTOMER,
        "LIVE-1",
        (Deviation(1, Action(Kind.PLACE, "o2")), Deviation(0, Action(Kind.PLACE, "o3"))),
    ),
)


@pytest.mark.parametrize(("slug", "scope", "property_id", "deviations"), THREE)
def test_it_takes_three(
    slug: str, scope: Scope, property_id: str, deviations: tuple[Deviation, ...]
) -> None:
    """Pins that one bug needs three faults together and one needs three orders, and no less does.

    Neither can be seen without any one of what deviates, nor without any one of the orders.
    """
    subject = probe(f"implementations.faulty:{slug}")
    found = run_schedule(subject, Schedule(scope, deviations))
    assert not found.skipped
    assert property_id in found.findings
    faults = [fault for deviation in deviations if (fault := fault_of(deviation.action))]
    assert 3 in (len(set(faults)), len(scope.orders))
    for gone in range(len(deviations)):
        fewer = (*deviations[:gone], *deviations[gone + 1 :])
        assert not run_schedule(subject, Schedule(scope, fewer)).findings
    for order in scope.orders[1:]:
        assert not run_schedule(subject, Schedule(scope.without(order.id), deviations)).findings


def test_slugs_are_unique_and_names() -> None:
    """Pins that each specimen can be named on the command line, and means one thing."""
    slugs = [specimen.slug for specimen in ZOO]
    assert len(set(slugs)) == len(slugs) >= 50
    assert all(slug.isidentifier() for slug in slugs)
    assert len(BUGS) >= 50


def test_each_says_what_it_is() -> None:
    """Pins that everything has a sentence, a source, an entry, and properties that there are."""
    for specimen in ZOO:
        assert specimen.text.endswith("."), specimen.slug
        assert specimen.source, specimen.slug
        assert specimen.entries, specimen.slug
        assert set(specimen.breaks) <= BY_ID.keys(), specimen.slug
        assert bool(specimen.breaks) == (specimen.nature is Nature.BUG), specimen.slug


def test_every_entry_of_the_catalogue_is_accounted_for() -> None:
    """Pins that each of B01 to B83 is in the zoo, or else in the table of what is lacking."""
    shown = {entry for specimen in BUGS for entry in specimen.entries}
    assert list(TITLES) == [f"B{number:02}" for number in range(1, 84)]
    assert not shown & LACKING.keys()
    assert shown | LACKING.keys() == TITLES.keys()
    assert PARTLY.keys() <= shown


def test_a_specimen_is_a_target() -> None:
    """Pins that a specimen is loaded by its slug, and says in one line what it is."""
    loaded = load("implementations.faulty:float_cents")
    assert loaded.description == "Euros times a hundred in floats loses a cent: 19.99 becomes 1998."


def test_a_wrong_slug_is_explained() -> None:
    """Pins that the nearest slug is offered for one that does not exist."""
    with pytest.raises(TargetError, match="did you mean 'float_cents'"):
        load("implementations.faulty:flaot_cents")


@pytest.mark.parametrize("script", ["docs/make_zoo.py", "docs/make_gallery.py"])
def test_the_pages_are_current(script: str) -> None:
    """Pins that docs/zoo.md is what the registry says, and the gallery what the kit says."""
    done = subprocess.run(
        [sys.executable, script, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: python {script}"
