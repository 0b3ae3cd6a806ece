"""A stranger's saga, plugged in from outside: the right one holds, the wrong one is found out."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from model.environment import DEFAULT_FAULTS, Fault
from model.specification import BY_ID
from properties.drivers.campaign import campaign
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import Portion, run_part
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Source
from tests.command_line import ROOT, SHOP, Outcome, shop_in, verify

ADAPTER_LINES = 40
KIT = {"model", "properties", "implementations", "reports", "tests", "conftest"}
NOT_APPLICABLE = {"ATOM-1", "CAUSE-1", "ISO-1"}


def all_hold(outcome: Outcome, but: set[str]) -> None:
    """Every property holds, but for those that do not apply."""
    assert outcome.code == 0, outcome.text
    assert outcome.shows_no_traceback()
    for property_id in BY_ID:
        expected = "NOT APPLICABLE" if property_id in but else "HOLDS"
        assert outcome.verdict(property_id).startswith(expected), property_id


def test_the_adapter_is_short() -> None:
    """Pins that 40 lines plug in a shop with four services, a bus, an acquirer and a courier."""
    lines = (SHOP / "adapter.py").read_text(encoding="utf-8").splitlines()
    counted = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(counted) <= ADAPTER_LINES


@pytest.mark.parametrize("file", sorted(SHOP.glob("*.py")), ids=lambda file: file.name)
def test_nothing_of_the_kit_is_imported(file: Path) -> None:
    """Pins that neither the shop nor its adapter knows the kit: only itself and Python."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert KIT.isdisjoint(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 or str(node.module).partition(".")[0] not in KIT


def test_the_right_shop_holds_in_quick(tmp_path: Path) -> None:
    """Pins that no property is violated or vacuous, and that every default fault has fired."""
    outcome = verify(shop_in(tmp_path), "--saga-profile=quick", "--saga-target=shop.adapter:make")
    all_hold(outcome, but=NOT_APPLICABLE)
    assert "NEVER FIRED" not in outcome.text
    assert "the target has event names of its own" in outcome.joined
    assert "nobody subscribes" not in outcome.text
    assert not list((tmp_path / "reports").glob("[!.]*.json"))


@pytest.mark.parametrize("part", ["paths", "sweep-0", "sweep-1", "sweep-2", "sweep-3"])
def test_the_right_shop_holds_in_ci(part: str) -> None:
    """Pins that every single fault at every port call, in every scope of `ci`, is survived."""
    assert search("tests.shop.adapter:make", part, "ci").violated == {}


def test_the_right_shop_holds_in_a_campaign() -> None:
    """Pins that nothing is found by schedules drawn with another seed than `quick` has."""
    assert search("tests.shop.adapter:make", "campaign-0", "quick", seed=7).violated == {}


def search(target: str, part: str, profile: str, seed: int = 1) -> Portion:
    """One part of a search, in this process."""
    subject = probe(target)
    delivery = subject.shape.delivery
    return run_part(subject, part, PROFILES[profile], DEFAULT_FAULTS, delivery, seed)


def test_the_faulty_shop_is_found_out(tmp_path: Path) -> None:
    """Pins that the bug is found, that one crash is all it takes, and that the report says so."""
    outcome = verify(
        shop_in(tmp_path),
        *("--saga-profile=quick", "--saga-target=shop.adapter:make_faulty"),
        *("-k", "paths or sweep"),
    )
    assert outcome.code == 1
    assert outcome.shows_no_traceback()
    crash = ["crash", "stockroom on CardCharged(o1)", "acknowledge", "before"]
    for property_id in ("LIVE-0", "COMP-1", "COMP-2", "STOCK-3", "TRUE-1"):
        assert outcome.verdict(property_id).startswith("VIOLATED")
        stored = read(tmp_path / "reports" / f"{property_id}.json")
        assert [action[1:] for action in stored["schedule"]["actions"]] == [crash]
    assert "stockroom on CardCharged(o1): crash before acknowledge" in outcome.joined


def test_only_a_redelivery_after_a_crash_shows_the_bug() -> None:
    """Pins that the faulty shop holds under every fault but a crash, and falls with one."""
    subject = probe("tests.shop.adapter:make_faulty")
    delivery, quick = subject.shape.delivery, PROFILES["quick"]
    without = DEFAULT_FAULTS - {Fault.CRASH}
    for part in ("paths", "sweep-0", "campaign-0"):
        assert run_part(subject, part, quick, without, delivery, 1).violated == {}
    scopes = fitting(SCOPES, DEFAULT_FAULTS, delivery, subject.shape)
    found = [run for _, run in campaign(subject, scopes, 1_000, quick.campaign) if run.findings]
    assert found
    assert all(run.fired.get(Fault.CRASH) for run in found)


def read(file: Path) -> dict[str, Any]:
    """A stored counterexample."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


def test_terminal_events_of_its_own_are_used() -> None:
    """Pins that STATE-2 is judged by the events that the target declares as terminal."""
    sight = probe("tests.shop.adapter:make").sight
    assert sight.terminal == {"OrderFulfilled": "confirmed", "OrderRejected": "failed"}
    assert not sight.model_events


def test_a_terminal_event_of_the_wrong_kind_is_found(tmp_path: Path) -> None:
    """Pins that a declared terminal event that contradicts the status violates STATE-2."""
    code = (
        "from shop.adapter import Target\n\n"
        "def make(world):\n"
        "    target = Target(world)\n"
        "    target.terminal = {'OrderFulfilled': 'failed', 'OrderRejected': 'confirmed'}\n"
        "    return target\n"
    )
    (shop_in(tmp_path) / "mine.py").write_text(code, encoding="utf-8")
    arguments = ("--saga-profile=quick", "--saga-target=mine:make", "-k", "paths")
    outcome = verify(tmp_path, *arguments)
    assert outcome.code == 1
    assert outcome.verdict("STATE-2").startswith("VIOLATED")


def test_a_shop_without_courier_and_gateway(tmp_path: Path) -> None:
    """Pins that payments may be listed, and that what is missing is NOT APPLICABLE, and why."""
    arguments = ("--saga-profile=quick", "--saga-target=shop.pickup:make")
    outcome = verify(shop_in(tmp_path), *arguments)
    assert outcome.code == 0, outcome.text
    for property_id in ("SHIP-1", "SHIP-2"):
        assert outcome.verdict(property_id).startswith("NOT APPLICABLE - needs parcels: call world")
    assert outcome.verdict("STATE-2").startswith("NOT APPLICABLE - needs terminal events")
    for property_id in ("MONEY-1", "MONEY-3", "STOCK-2", "STOCK-3", "COMP-1", "LIVE-0", "TRUE-2"):
        assert outcome.verdict(property_id).startswith("HOLDS")
    assert "VIOLATED" not in outcome.text
    assert "the target does not call world.carrier" in outcome.joined
    assert "the target has no cancel_order" in outcome.joined


def test_a_shop_with_totals_only(tmp_path: Path) -> None:
    """Pins that a stock total is judged as far as it goes, and no further."""
    arguments = ("--saga-profile=quick", "--saga-target=shop.pickup:make_totals")
    outcome = verify(shop_in(tmp_path), *arguments)
    assert outcome.code == 0, outcome.text
    for property_id in ("MONEY-0", "MONEY-1", "MONEY-2", "MONEY-3", "MONEY-4"):
        assert outcome.verdict(property_id).startswith("NOT APPLICABLE - needs payments")
    assert outcome.verdict("COMP-1").startswith("NOT APPLICABLE - needs something to undo")
    for property_id in ("STOCK-2", "STOCK-3"):
        assert outcome.verdict(property_id).startswith("NOT APPLICABLE - needs reservations")
    for property_id in ("STOCK-1", "STATE-1", "LIVE-0", "LIVE-1", "TRUE-1", "TRUE-2"):
        assert outcome.verdict(property_id).startswith("HOLDS")


def test_where_the_variants_are_seen() -> None:
    """Pins which source each kind of effect is taken from, found out by trying."""
    pickup = probe("tests.shop.pickup:make").sources
    assert (pickup.money, pickup.stock, pickup.parcels) == (
        Source.OBSERVED,
        Source.OBSERVED,
        Source.NONE,
    )
    totals = probe("tests.shop.pickup:make_totals").sources
    assert (totals.money, totals.stock) == (Source.NONE, Source.TOTAL)
    express = probe("tests.shop.express:make")
    assert express.shape.is_async
    assert express.sources.money is express.sources.parcels is Source.DOUBLE


@pytest.mark.parametrize("part", ["paths", "sweep-0", "campaign-0", "stateful-0"])
def test_an_async_shop_holds(part: str) -> None:
    """Pins that coroutines are verified like plain functions, and give no false alarm."""
    assert search("tests.shop.express:make", part, "quick").violated == {}


def test_the_shop_stands_outside_the_kit() -> None:
    """Pins that nothing but tests refers to the shop."""
    for room in ("model", "properties", "implementations", "reports"):
        for file in (ROOT / room).rglob("*.py"):
            assert "tests.shop" not in file.read_text(encoding="utf-8"), file
