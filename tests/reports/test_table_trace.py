"""A way through the table, told as a counterexample of a target is."""

from __future__ import annotations

from model.choreography import TABLE
from model.exploration import explore
from model.semantics import Kind, Scope, World, beginning, steps
from model.semantics import Step as TableStep
from reports.counterexample import ArrowKind, Counterexample, StepKind
from reports.table_trace import of_rows, of_steps, table_counterexample
from reports.wording import sentence
from tests.model.broken_tables import lost_tombstone


def told(*wanted: str) -> Counterexample:
    """The first step that fits each text, from the beginning of a world of one order, told."""
    world, way = beginning(TABLE, Scope(1, 1, 1, 1, 1, 1)), list[TableStep]()
    for text in wanted:
        step = next(step for step in steps(TABLE, world) if text in str(step.move))
        way.append(step)
        world: World = step.world  # type: ignore[no-redef]
    return table_counterexample("no-such", "nothing", of_steps(way), "one order")


GOOD = [
    "deliver order.created to payment [payment: idle",
    "[gateway: fresh --gateway.charge (approve)",
    "[payment: charging --gateway.approved",
    "[inventory: idle --payment.processed (in stock)",
    "[shipping: idle --inventory.reserved (ship)",
    "[order: awaiting --shipment.created",
]


def test_first_in_first_out_has_no_deviation() -> None:
    """A plain run is told as one, with the ledger and how the order stands in the end."""
    c = told(*GOOD)
    assert [step.kind for step in c.steps] == [StepKind.DEFAULT] * len(GOOD)
    assert sentence(c) == "First in, first out, without any fault."
    assert [e.text for s in c.steps for e in s.entries] == ["charge", "reserve", "ship"]
    (balance,) = c.steps[-1].balances
    assert (balance.status, balance.money, balance.reserved, balance.shipped) == (
        "confirmed",
        100,
        1,
        1,
    )
    assert c.steps[-1].guilty
    assert not c.steps[0].guilty


def test_what_goes_wrong_is_marked_and_named() -> None:
    """A copy, a crash, a lost answer and a cancel are faults; each is told in words."""
    c = told(
        "duplicate order.created to payment",
        "deliver, crash before the call order.created",
        "deliver order.created to payment [payment: charging",
        "(reply lost)",
        "cancel customer.cancel to order [order: awaiting",
    )
    assert [step.action for step in c.steps] == [
        "the broker copies order.created(o1) for payment",
        "order.created(o1) to payment, which dies before the call",
        "order.created(o1) to payment",
        "gateway.charge(o1) to gateway: reply lost",
        "the customer asks to cancel o1",
    ]
    faults = [step.kind is StepKind.FAULT for step in c.steps]
    assert faults == [True, True, False, True, True]
    kinds = [arrow.kind for arrow in c.steps[1].arrows]
    assert kinds == [ArrowKind.MESSAGE, ArrowKind.CRASH]


def test_a_message_that_overtakes_is_a_deviation() -> None:
    """The cancel reaches shipping before the money reaches inventory."""
    c = told(*GOOD[:3], "cancel customer.cancel", "[shipping: idle --order.cancel.requested")
    assert c.steps[-1].kind is StepKind.DEVIATION


def test_calls_go_between_payment_and_gateway() -> None:
    """They are no messages of the broker."""
    c = told(*GOOD[:2])
    call, answer = c.steps[0].arrows[-1], c.steps[1].arrows[-1]
    assert (call.kind, call.source, call.target) == (ArrowKind.CALL, "payment", "gateway")
    assert (answer.kind, answer.source, answer.target) == (ArrowKind.ANSWER, "gateway", "payment")
    assert len(c.steps[1].arrows) == 1


def test_a_violation_of_an_exploration_is_told_to_its_end() -> None:
    """As many steps as the trace has; the last one is guilty, and so are its entries."""
    scope, table = Scope(cancels=1), lost_tombstone("shipping")
    (violation,) = explore(scope, table).violations
    c = table_counterexample(violation.invariant, "…", of_steps(violation.trace), "…", 1, table)
    assert len(c.steps) == len(violation.trace)
    assert c.steps[-1].guilty
    assert all(entry.guilty for entry in c.steps[-1].entries)
    assert any(each.move.kind is Kind.CANCEL for each in violation.trace)


def test_rows_of_a_proof_are_told_too() -> None:
    """A message that was acknowledged before comes again: that is a fault."""
    row = TABLE.at("payment", "idle", "order.created")[0]
    c = table_counterexample("x", "y", of_rows([row, row]), "one order")
    assert [step.kind for step in c.steps] == [StepKind.DEFAULT, StepKind.FAULT]
    assert c.steps[1].action == "order.created(o1) to payment, again"
