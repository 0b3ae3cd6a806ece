"""A whole session on a real broker, from the command line, as its users run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.environment import DEFAULT_FAULTS, Fault
from model.specification import PROPERTIES
from tests.command_line import Outcome, verify
from tests.implementations.broker_runs import BROKERS, SHOP
from tests.needs import needs

ON_BROKERS = pytest.mark.parametrize("broker", BROKERS)
#: Enough for each fault to have its turn, and for a bug to be found: there are ten parts.
FEW = "--saga-schedules=4"


def session(folder: Path, target: str) -> Outcome:
    """All parts of the search, and the verdicts."""
    spec = f"--saga-target={SHOP}:{target}"
    outcome = verify(folder, "--saga-profile=quick", "--saga-seed=1", spec, FEW)
    assert outcome.shows_no_traceback()
    return outcome


@ON_BROKERS
def test_a_session_on_a_broker(broker: str, tmp_path: Path) -> None:
    """Pins that the shop holds by every property that applies to it, that each fault has fired on
    the broker, and that it is said how much was left out."""
    needs(broker)
    outcome = session(tmp_path, broker)
    assert outcome.code == 0, outcome.text
    verdicts = {row.id: outcome.verdict(row.id) for row in PROPERTIES}
    assert verdicts.pop("ISO-1").startswith("NOT APPLICABLE")
    assert {id for id, said in verdicts.items() if not said.startswith("HOLDS")} <= {"ORDER-1"}
    for fault in DEFAULT_FAULTS - {Fault.LATE}:
        assert fired(outcome, fault) > 0, fault
    assert "schedules at most 4 in each part, as --saga-schedules says" in outcome.joined
    assert "sweep 4 of 813" in outcome.joined


@ON_BROKERS
def test_a_faulty_twin_is_found_by_a_session(broker: str, tmp_path: Path) -> None:
    """Pins that a session finds an inventory without an outbox, and makes the schedule minimal."""
    needs(broker)
    outcome = session(tmp_path, f"{broker}_hasty")
    assert outcome.code == 1, outcome.text
    assert outcome.verdict("LIVE-1").startswith("VIOLATED")
    assert outcome.verdict("MONEY-1").startswith("HOLDS")
    assert (tmp_path / "reports" / "LIVE-1.json").exists()


def fired(outcome: Outcome, fault: Fault) -> int:
    """How often a fault was proved to have fired, as the closing table says."""
    _, _, table = outcome.text.partition("\nfault ")
    rows = (line.split() for line in table.splitlines())
    return next(int(row[1].replace(",", "")) for row in rows if row[:1] == [str(fault)])
