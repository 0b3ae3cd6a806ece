"""Every kind of target under the same properties, in whole sessions from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import frozen

from benchmarks.targets import KINDS
from model.environment import DEFAULT_FAULTS, Fault
from model.specification import PROPERTIES
from tests.command_line import Outcome, verify
from tests.implementations.broker_runs import BROKERS, SHOP
from tests.needs import needs

#: Enough for each fault to have its turn, and for a bug to be found: there are ten parts.
FEW = "--saga-schedules=4"
#: Few schedules have what it speaks of: one order whose messages come in another order.
RARE = {"ORDER-1"}


@frozen
class Expected:
    """What a session on a kind of target must come to, besides that all else holds."""

    needs: tuple[str, ...] = ()
    inapplicable: frozenset[str] = frozenset()
    """Properties that do not apply to it."""
    harmless: frozenset[Fault] = frozenset()
    """Faults that have no way to strike it."""


NOBODY = frozenset({"ISO-1"})
OWN_EVENTS = NOBODY | {"ATOM-1", "CAUSE-1"}
SMALL = OWN_EVENTS | {"SHIP-1", "SHIP-2", "STATE-2"}
NO_TIMER = frozenset({Fault.LATE})
NO_OUTSIDE = NO_TIMER | {Fault.CARRIER_REFUSAL, Fault.CANCEL}
NO_GATEWAY = NO_OUTSIDE | {Fault.UNKNOWN, Fault.RESUBMIT}

EXPECTED = {
    "in memory": Expected((), NOBODY, NO_TIMER),
    "orchestrated": Expected((), OWN_EVENTS, NO_TIMER),
    "SQLite": Expected(("sql",), NOBODY, NO_TIMER),
    "PostgreSQL": Expected(("postgresql",), NOBODY, NO_TIMER),
    "RabbitMQ": Expected(("rabbitmq",), NOBODY, NO_TIMER),
    "Redis Streams": Expected(("redis",), NOBODY, NO_TIMER),
    "cmd: Python": Expected((), NOBODY, NO_TIMER),
    "cmd: Node": Expected(("node",), NOBODY, NO_TIMER),
    "a process for each": Expected(("node",), NOBODY, NO_TIMER),
    "FastStream": Expected(("faststream",), SMALL, NO_GATEWAY),
    "aio-pika": Expected(("faststream",), SMALL, NO_GATEWAY),
    "pika": Expected((), SMALL, NO_GATEWAY),
    "Kafka producer": Expected((), SMALL, NO_GATEWAY),
    "outbox table": Expected(("sql",), SMALL, NO_OUTSIDE),
}


def session(folder: Path, target: str, *arguments: str) -> Outcome:
    """All parts of the search, or those that are asked for, and the verdicts."""
    spec = f"--saga-target={target}"
    outcome = verify(folder, "--saga-profile=quick", "--saga-seed=1", spec, FEW, *arguments)
    assert outcome.shows_no_traceback()
    return outcome


def fired(outcome: Outcome) -> dict[str, int]:
    """How often each fault that was asked for was proved to have fired, as the table says."""
    _, _, table = outcome.text.partition("\nfault ")
    rows = re.findall(r"^([a-z-]+) +([\d,]+) ", table.partition("\ncoverage")[0], re.MULTILINE)
    return {fault: int(times.replace(",", "")) for fault, times in rows}


def test_no_kind_is_left_out() -> None:
    """Pins that what is timed (benchmarks/targets.py) is verified here, each kind of it."""
    assert [kind.name for kind in KINDS] == [*EXPECTED]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_right_one_holds(name: str, tmp_path: Path) -> None:
    """Pins that each property holds or is known not to apply, that each fault has fired or is
    known to have no way to strike, and that it is said how much was left out."""
    expected = EXPECTED[name]
    needs(*expected.needs)
    target = next(kind.spec for kind in KINDS if kind.name == name)
    outcome = session(tmp_path, target)
    assert outcome.code == 0, outcome.text
    verdicts = {row.id: outcome.verdict(row.id) for row in PROPERTIES}
    inapplicable = {id for id, said in verdicts.items() if said.startswith("NOT APPLICABLE")}
    assert inapplicable == expected.inapplicable
    others = {id for id in verdicts.keys() - inapplicable if not verdicts[id].startswith("HOLDS")}
    assert others <= RARE
    struck = fired(outcome)
    assert {Fault(fault) for fault in struck} >= DEFAULT_FAULTS
    assert {Fault(fault) for fault, times in struck.items() if not times} == expected.harmless
    assert "schedules at most 4 in each part, as --saga-schedules says" in outcome.joined
    assert re.search(r"sweep 4 of \d{3,}", outcome.joined.replace(",", ""))


@pytest.mark.parametrize("broker", BROKERS)
def test_a_faulty_twin_is_found_by_a_session(broker: str, tmp_path: Path) -> None:
    """Pins that a session finds an inventory without an outbox, and tells of it.

    One part of the search is enough: each has its own counterexample to make minimal.
    """
    needs(broker)
    outcome = session(tmp_path, f"{SHOP}:{broker}_hasty", "-k", "stateful")
    assert outcome.code == 1, outcome.text
    assert outcome.verdict("LIVE-1").startswith("VIOLATED")
    assert outcome.verdict("MONEY-1").startswith("HOLDS")
    assert (tmp_path / "reports" / "LIVE-1.json").exists()
