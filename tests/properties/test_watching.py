"""What is remarked of real targets: the three anti-patterns, seen in runs without faults."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from implementations.broker.bridge import BrokerTarget
from implementations.document.saga import Saga
from model.antipatterns import AntiPattern, Remark, remarks
from model.environment import DEFAULT_FAULTS
from properties.drivers.paths import paths
from properties.probing import probe
from properties.watching import Watcher
from properties.world.scopes import SCOPES, fitting


def remarked(spec: str) -> list[Remark]:
    """The remarks on a target."""
    subject = probe(spec)
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    observed = []
    for run in paths(subject, scopes, trace=Watcher):
        assert isinstance(run.world.trace, Watcher)
        observed.append(run.world.trace.observed(run.world))
        run.world.dissolve()
    return list(remarks(observed, subject.shape.subscriptions))


def test_the_document_has_what_it_warns_of() -> None:
    """Its payment service charges and then publishes, and nobody ever asks it for a refund."""
    first, second = remarked("implementations.document:make")
    assert first.pattern is AntiPattern.EFFECT_FIRST
    assert first.where.startswith("payment does charge, then publishes payment.processed")
    assert second.pattern is AntiPattern.NO_COMPENSATION
    assert "payment waits for payment.refund.requested, which nobody publishes" in second.where


@pytest.mark.parametrize(
    "spec", ["implementations.reference:make", "implementations.document.ladder:rung_11"]
)
def test_who_has_an_outbox_and_compensations_is_left_alone(spec: str) -> None:
    """No remark on the reference, nor on a rung of the ladder that has both."""
    assert remarked(spec) == []


def test_outboxes_that_nobody_can_see(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a target is not told to have an outbox, whose services may have one in processes
    of their own; what it lacks besides is remarked all the same."""
    monkeypatch.setattr(Saga, "outboxes_unseen", True, raising=False)
    (only,) = remarked("implementations.document:make")
    assert only.pattern is AntiPattern.NO_COMPENSATION
    assert BrokerTarget.outboxes_unseen


class Circle:
    """Two that undo things for each other, until one of them has had enough."""

    subscriptions: ClassVar[dict[str, list[str]]] = {"order": ["Undone"], "payment": ["Undo"]}

    def __init__(self, world: Any) -> None:
        self.world, self.orders, self.rounds = world, dict[str, str](), 0

    def place_order(self, order: Any) -> None:
        """Ask for what goes round."""
        self.orders[order["id"]] = "open"
        self.world.publish("Undo", {}, id=self.world.new_id(), subject=order["id"])

    def handle(self, participant: str, event: Any) -> None:
        """Answer, or give up."""
        self.rounds += 1
        if self.rounds > 4:
            self.orders[event["subject"]] = "failed"
            return
        answer = "Undone" if participant == "payment" else "Undo"
        self.world.publish(answer, {}, id=self.world.new_id(), subject=event["subject"])

    def observe(self) -> dict[str, Any]:
        """Where the orders stand."""
        return {"orders": dict(self.orders), "stock": dict(self.world.stock)}


def test_a_circle_is_seen_in_a_target() -> None:
    """Told event by event, though the kit knows none of its names."""
    found = remarked("tests.properties.test_watching:Circle")
    assert {remark.pattern for remark in found} == {AntiPattern.CIRCLE}
    assert "Undo → Undone → Undo" in {remark.where for remark in found}


class Counter(Circle):
    """Whoever has ordered pays at a counter, which tells the rest of it at once."""

    subscriptions: ClassVar[dict[str, list[str]]] = {"order": ["Paid"]}

    def place_order(self, order: Any) -> None:
        """Wait for the money."""
        self.orders[order["id"]] = "open"

    def actions(self) -> list[str]:
        """What there is to do at the counter."""
        return ["pay up"]

    def act(self, name: str, order: str) -> None:
        """Take the money, and say so."""
        self.world.payments.charge(order, 1999, "EUR", key=order)
        self.world.publish("Paid", {}, id=self.world.new_id(), subject=order)

    def handle(self, participant: str, event: Any) -> None:
        """Done."""
        self.orders[event["subject"]] = "confirmed"


def test_what_people_did_is_told_as_that() -> None:
    """Pins that the name of the act stands in the remark, and not that of the order service."""
    (remark,) = remarked("tests.properties.test_watching:Counter")
    assert remark.where == "the act 'pay up' does charge, then publishes Paid at once"


class Loop(Counter):
    """The act writes to an outbox, which is emptied before anything else is done."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.outbox: list[str] = []

    def act(self, name: str, order: str) -> None:
        """Take the money, and write it down; publish what is written down."""
        self.world.payments.charge(order, 1999, "EUR", key=order)
        self.outbox.append(order)
        self.world.checkpoint("commit")
        self.relay("order")

    def relay(self, participant: str) -> int:
        """Publish, and only then forget it."""
        waiting = len(self.outbox)
        if waiting:
            order = self.outbox[0]
            self.world.publish("Paid", {}, id=f"paid {order}", subject=order)
            self.outbox.remove(order)
        return waiting

    def observe(self) -> dict[str, Any]:
        """What waits, too."""
        return {**super().observe(), "outbox": {"order": len(self.outbox)}}


def test_who_empties_a_shown_outbox_at_once_is_left_alone() -> None:
    """Pins that a loop which handles and then publishes what waits, as consumers of Kafka do, is
    not taken for one without an outbox."""
    assert remarked("tests.properties.test_watching:Loop") == []
