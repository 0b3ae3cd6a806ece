"""Mermaid text of the table."""

from __future__ import annotations

import pytest

from model.automaton import LEDGER
from model.choreography import TABLE
from model.diagrams import compensations, event_flow, ledger_diagram, state_diagram


@pytest.mark.parametrize("actor", TABLE.actors)
def test_a_state_diagram_shows_every_row_of_its_actor(actor: str) -> None:
    """One arrow per row, one declaration per state, one beginning."""
    lines = state_diagram(actor).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert sum(": " in line for line in lines) == sum(row.actor == actor for row in TABLE.rows)
    assert sum(line.startswith("    state ") for line in lines) == len(TABLE.machine(actor).states)
    assert sum("[*] -->" in line for line in lines) == 1


def test_a_label_tells_guard_outcome_effect_and_fault() -> None:
    """Everything that a row says can be read off the arrow."""
    inventory, gateway = state_diagram("inventory"), state_diagram("gateway")
    assert (
        "    idle --> reserved: payment.processed [in stock] RESERVE / inventory.reserved"
    ) in inventory
    assert (
        "    fresh --> captured: FAULT gateway.charge [reply lost] CHARGE / gateway.charge.unknown"
    ) in gateway


def test_dashes_do_not_reach_mermaid() -> None:
    """A state called money-back is drawn under an identifier without a dash."""
    order = state_diagram("order")
    assert '    state "money-back" as money_back' in order
    assert "    money_back --> failed: inventory.released / order.saga.failed" in order


def test_the_event_flow_shows_every_message() -> None:
    """From sender to receiver, with the customer's request and the announcements."""
    flow = event_flow()
    for message, _ in TABLE.channels:
        assert message in flow
    assert "    customer -- customer.cancel --> order" in flow
    assert "    order -- order.saga.completed, order.saga.failed --> world" in flow
    assert "    shipping -- inventory.release.requested --> inventory" in flow


def test_the_ledger_automaton_is_drawn() -> None:
    """Every arrow, and where nothing need follow."""
    lines = ledger_diagram().splitlines()
    assert "    s0 --> s1: charge" in lines
    assert sum(": " in line for line in lines) == len(LEDGER.arrows)
    assert [line for line in lines if line.endswith("--> [*]")] == ["    s2 --> [*]"]


def test_compensations_are_told_from_the_rest() -> None:
    """What asks for an undoing, and what says that it is done."""
    assert compensations() == {
        "inventory.release.requested",
        "inventory.released",
        "payment.refund.requested",
        "payment.refunded",
    }
