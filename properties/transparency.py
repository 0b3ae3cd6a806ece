"""Properties across runs: what duplicates, crashes, reordering and other orders must not change.

The outcome of each order is compared with that of a run without any fault in which the environment
gave the same business answers. TRUE-2, ORDER-1 and CORR-1 differ in what the disturbed run
contained.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve

from model.environment import BUSINESS_FAULTS, Fault
from model.history import Saga
from model.money import money
from model.vocabulary import Order, Status
from properties.world import choices
from properties.world.actions import Action, Kind, Mode

if TYPE_CHECKING:
    from properties.world.scopes import Scope
    from properties.world.subject import Subject
    from properties.world.world import World

#: status, money kept, whether the stock is held, number of parcels
Outcome = tuple[Status | None, int, bool, int]

_ORDERING = frozenset({Fault.REORDER, Fault.CONCURRENCY})


def judge_outcomes(world: World) -> None:
    """TRUE-2, ORDER-1 or CORR-1 for each order of a run that has come to rest."""
    history = world.history
    disturbances = frozenset(world.fired) - BUSINESS_FAULTS
    if (not disturbances and len(world.orders) == 1) or world.is_baseline:
        return
    property_id = _property_of(disturbances, len(world.orders))
    for saga in history.sagas.values():
        if not _comparable(world, saga):
            continue
        if "LIVE-0" in history.findings:
            history.leave_aside(property_id)  # it has no outcome to compare
            continue
        alone = _Key(world.subject, world.scope, saga.order)
        expected = _baseline(alone, frozenset(saga.reasons))
        if expected is None:
            continue
        history.check(property_id)
        actual = outcome(saga)
        if actual != expected:
            currency = saga.order.currency
            history.report(
                property_id,
                saga.order.id,
                f"ended {_in_words(actual, currency)}; with the same business answers and nothing "
                f"else happening it ends {_in_words(expected, currency)}",
                *history.entries_of(saga.order.id),
            )


def outcome(saga: Saga) -> Outcome:
    """What has become of an order."""
    balance = saga.balance
    return saga.status, balance.money, not balance.empty_handed, balance.parcels


def _in_words(outcome: Outcome, currency: str) -> str:
    status, amount, stock, parcels = outcome
    held = money(amount, currency)
    return (
        f"{status or 'unknown'} with {held} held, {'its' if stock else 'no'} stock and "
        f"{parcels} parcel{'' if parcels == 1 else 's'}"
    )


def _property_of(disturbances: frozenset[Fault], orders: int) -> str:
    if disturbances - _ORDERING:
        return "TRUE-2"
    return "CORR-1" if orders > 1 else "ORDER-1"


def _comparable(world: World, saga: Saga) -> bool:
    """Contention aside; aside too a cancel, which may lose its race, and an unanswered client."""
    if not saga.placed or saga.refused or saga.cancelled or len(saga.reasons) > 1:
        return False
    if _answered_both_ways(saga):
        return False
    return not ("short stock" in saga.reasons and len(world.orders) > 1)


def _answered_both_ways(saga: Saga) -> bool:
    """Whether something was refused, and done when somebody asked anew: with another card, say.

    Who asks when is nothing that a run without faults would repeat.
    """
    done = {
        "payment declined": saga.balance.captures > 0 or saga.balance.authorised > 0,
        "carrier refused": bool(saga.balance.booked),
    }
    return any(done.get(reason, False) for reason in saga.reasons)


class _Key:
    """A subject, a scope and one of its orders as a key of the cache.

    Neither subject nor scope can be hashed, so what matters of them stands in `key`.
    """

    __slots__ = ("key", "order", "scope", "subject")

    def __init__(self, subject: Subject, scope: Scope, order: Order) -> None:
        self.subject = subject
        self.scope = scope
        self.order = order
        self.key = (id(subject), order, tuple(sorted(scope.stock.items())), scope.delivery)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key


@lru_cache(maxsize=4096)
def _baseline(key: _Key, reasons: frozenset[str]) -> Outcome | None:
    """The outcome without faults, or None where the answers cannot be given again."""
    from properties.world.world import World

    world = World(key.subject, evolve(key.scope, orders=(key.order,)))
    world.is_baseline = True
    wanted = {why for why in reasons if why != "short stock"}
    while (action := world.benign()[0]).kind is not Kind.IDLE and not world.exhausted:
        world.apply(_refusal(world, wanted) or action)
    world.drain()
    (saga,) = world.history.sagas.values()
    world.dissolve()
    if saga.reasons != reasons:
        return None
    return outcome(saga)


def _refusal(world: World, wanted: set[str]) -> Action | None:
    for task in world.tasks.values():
        operation = task.operation
        if operation is None or Mode.REFUSED not in choices.modes(operation):
            continue
        port = operation.port
        kind, _, step = port.partition(" ")
        reason = (
            f"{step} refused"
            if kind == "answer"
            else ("carrier refused" if port.startswith("carrier") else "payment declined")
        )
        if reason in wanted:
            return Action(Kind.ANSWER, task.name, port, Mode.REFUSED)
    return None
