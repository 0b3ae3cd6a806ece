"""The three anti-patterns: each found where it is, and not found a step beside it."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.antipatterns import MANY_EVENTS, AntiPattern, Done, Observed, Said, remarks
from model.ledger import Effect

CHARGED = Done(Effect.CHARGE, 1, "billing")
PAID = Said("e1", "Paid", "o1", "billing", "e0", 1, by_relay=False)
REFUNDED = Done(Effect.REFUND, 2, "billing")
SUBSCRIPTIONS = {"billing": ("Ordered", "Undo"), "store": ("Paid",)}


def found(*runs: Observed) -> list[AntiPattern]:
    """What is remarked on these runs."""
    return [remark.pattern for remark in remarks(runs, SUBSCRIPTIONS)]


def chain(*types: str) -> Observed:
    """Events of one order, each of them because of the one before."""
    said = [
        Said(f"e{n}", kind, "o1", "billing", f"e{n - 1}", n, by_relay=True)
        for n, kind in enumerate(types, start=1)
    ]
    return Observed(tuple(said))


def test_an_effect_before_its_event_is_recorded() -> None:
    """Who does it and what is lost; an outbox, or another handling, is no reason for a remark."""
    (remark,) = remarks([Observed((CHARGED, PAID))], SUBSCRIPTIONS)
    assert remark.pattern is AntiPattern.EFFECT_FIRST
    assert remark.where == "billing does charge, then publishes Paid from the handler"
    assert found(Observed((CHARGED, evolve(PAID, by_relay=True)))) == []
    assert found(Observed((CHARGED, evolve(PAID, handling=2)))) == []
    assert found(Observed((PAID, CHARGED))) == []


def test_what_people_did_is_not_put_down_to_a_participant() -> None:
    """The kit hands an act to whoever takes orders, which says nothing about where it is done."""
    charged, paid = (
        evolve(CHARGED, participant="sales", act="pay"),
        evolve(PAID, participant="sales"),
    )
    (remark,) = remarks([Observed((charged, paid))], SUBSCRIPTIONS)
    assert remark.where == "the act 'pay' does charge, then publishes Paid at once"
    (remark,) = remarks(
        [Observed((evolve(CHARGED, act="pay"),), {Effect.CHARGE: 1})], SUBSCRIPTIONS
    )
    assert remark.where == "there is charge and never refund, though orders came to nothing"


def test_an_event_that_is_relayed_too_was_recorded() -> None:
    """To publish at once what also stands in the outbox is lawful, whichever run shows it."""
    relayed = Observed((evolve(PAID, id="e9", handling=7, by_relay=True),))
    assert found(Observed((CHARGED, PAID)), relayed) == []


def test_a_step_without_compensation() -> None:
    """The effect, and the request for its compensation that nobody makes."""
    stands = Observed((CHARGED,), {Effect.CHARGE: 1})
    (remark,) = remarks([stands], SUBSCRIPTIONS)
    assert remark.pattern is AntiPattern.NO_COMPENSATION
    assert remark.where == (
        "there is charge and never refund, though orders came to nothing "
        "(billing waits for Ordered, which nobody publishes; "
        "billing waits for Undo, which nobody publishes)"
    )


def test_a_compensation_that_was_seen_once_is_one() -> None:
    """That it is lacking elsewhere is for the properties to say; so is an order that is well."""
    stands = Observed((CHARGED,), {Effect.CHARGE: 1})
    assert found(stands, Observed((CHARGED, REFUNDED))) == []
    assert found(Observed((CHARGED,))) == []


@pytest.mark.parametrize(
    ("types", "circle"),
    [
        (("Undo", "Undone", "Undo"), "Undo → Undone → Undo"),
        (("Ordered", "Undo", "Undo"), "Undo → Undo"),
    ],
)
def test_a_circle_is_told_event_by_event(types: tuple[str, ...], circle: str) -> None:
    """An event among its own causes."""
    (remark,) = remarks([chain(*types)], {})
    assert (remark.pattern, remark.where) == (AntiPattern.CIRCLE, circle)


def test_what_two_ask_for_is_no_circle() -> None:
    """The same type twice, for reasons that have nothing to do with each other."""
    asked = Said("e1", "Undo", "o1", "store", "e0", 1, by_relay=True)
    assert found(Observed((asked, evolve(asked, id="e2", participant="dispatch")))) == []
    assert found(chain("Ordered", "Paid", "Undo", "Undone", "Failed")) == []


def test_an_event_that_names_itself_as_its_cause_is_no_endless_loop() -> None:
    """Ids are the target's: they may be wrong in any way."""
    odd = Said("e1", "Paid", "o1", "billing", "e1", 1, by_relay=True)
    assert found(Observed((odd, odd))) == [AntiPattern.CIRCLE]


def test_no_end_of_events_is_a_circle() -> None:
    """Whatever they are called."""
    many = chain(*(f"Type{n}" for n in range(MANY_EVENTS + 1)))
    assert found(many) == [AntiPattern.CIRCLE]
    assert found(chain(*(f"Type{n}" for n in range(MANY_EVENTS)))) == []
