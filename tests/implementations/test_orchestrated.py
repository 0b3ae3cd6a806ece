"""The orchestrated saga holds, whatever its plan; the mistakes of an orchestrator are found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import pytest

from implementations.contract import AsyncWorld, Event
from implementations.orchestrated import Parts, Saga, build
from implementations.orchestrated.plan import CHARGE_FIRST, RESERVE_FIRST, Plan
from implementations.orchestrated.plan import Command as C
from implementations.orchestrated.variants import Dispatches, DispatchingInventory
from model.environment import DEFAULT_FAULTS, Fault
from model.vocabulary import Role, Status
from properties.drivers.campaign import campaign
from properties.drivers.exhaustive import Exploration, exhaust, small_scopes
from properties.drivers.paths import business_schedules, paths
from properties.drivers.sweep import sweep
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SCOPES, SINGLE, Scope, fitting
from properties.world.subject import Subject

MAKE = "implementations.orchestrated:make"
VARIANTS = [
    f"implementations.orchestrated:{name}" for name in ("make", "reserve_first", "dispatching")
]
#: Mistake -> a property that it violates; some of them by one fault, some by chance alone.
MISTAKES = {
    "forgets_its_position": "LIVE-1",
    "new_key_for_each_attempt": "MONEY-1",
    "old_reply_counts": "STATE-1",
    "undoes_beside_the_step": "MONEY-0",
    "late_reply_is_success": "STATE-1",
    "replies_by_kind": "TRUE-1",
    "turns_back_behind_the_pivot": "COMP-1",
    "declined_and_kept": "STOCK-3",
}
SEED = 1_000


def scopes_of(subject: Subject) -> tuple[Scope, ...]:
    """The scopes in which a session would run it."""
    shape = subject.shape
    return tuple(fitting(SCOPES, DEFAULT_FAULTS, shape.delivery, shape))


def runs(spec: str, schedules: int) -> Iterator[Run]:
    """Business answers, single faults, and so many schedules that are drawn by chance."""
    subject = probe(spec)
    scopes = scopes_of(subject)
    drawn = (run for _, run in campaign(subject, scopes, SEED, schedules))
    with fewer_collections():
        yield from chain(paths(subject, scopes), sweep(subject, scopes[:1]), drawn)


def told(run: Run) -> list[str]:
    """The types of all that was published, in its order."""
    return [draft.type for draft in run.world.network.published]


@pytest.mark.parametrize(
    "spec", [*VARIANTS, "implementations.orchestrated.faulty:asks_again_under_a_new_id"]
)
def test_it_holds(spec: str) -> None:
    """Pins that nothing is said against any plan, nor against asking anew for the same request.

    Faults that an orchestrator has to stand have fired in these runs.
    """
    fired: set[Fault] = set()
    for run in runs(spec, 150):
        assert not run.findings, {found.text for found in run.findings.values()}
        fired |= run.fired.keys()
    assert {Fault.CRASH, Fault.UNKNOWN, Fault.CANCEL, Fault.CONCURRENCY, Fault.DUPLICATE} <= fired


@pytest.mark.parametrize(("slug", "property_id"), MISTAKES.items())
def test_a_mistake_is_found(slug: str, property_id: str) -> None:
    """Pins that each mistake violates the property that one would expect."""
    for run in runs(f"implementations.orchestrated.faulty:{slug}", 300):
        if property_id in run.findings:
            return
    pytest.fail(f"{slug} was not seen to violate {property_id}")


def test_a_declined_card_is_harmless_where_the_money_comes_first() -> None:
    """Pins B27: the mistake shows in the plan that reserves first, by a declined card alone."""
    subject = probe("implementations.orchestrated.faulty:declined_and_kept")
    first = next(run for run in paths(subject, [SINGLE]) if run.findings)
    assert first.fired == {Fault.DECLINE: 1}
    assert told(first)[-1] == "order.failed"


@pytest.mark.parametrize(
    ("plan", "spec"), [(CHARGE_FIRST, VARIANTS[0]), (RESERVE_FIRST, VARIANTS[1])]
)
def test_the_way_there_and_back(plan: Plan, spec: str) -> None:
    """Pins that each command is answered before the next, and undone last first, when refused."""
    subject = probe(spec)
    good, *refused = (run_schedule(subject, s) for s in business_schedules(subject, SINGLE))
    pairs = [kind for command in plan.forward for kind in (command, command.reply)]
    assert told(good) == [*pairs, "order.confirmed"]
    shipping = next(run for run in refused if C.SHIP in told(run))
    undo = [step.undo for step in reversed(plan.reversible)]
    back = [kind for command in undo for kind in (command, command.reply)]
    assert told(shipping) == [*pairs, *back, "order.failed"]
    causes = [d.attributes["causationid"] for d in good.world.network.published]
    ids = [d.attributes["id"] for d in good.world.network.published]
    assert causes == ["", *ids[:-1]]


def test_a_cancel_is_accepted_until_the_pivot_is_asked_for() -> None:
    """Pins for every moment of a saga that an accepted cancel fails it, and a refused one does not.

    It is accepted if and only if the parcel is not asked for yet.
    """
    subject = probe(MAKE)
    seen = set()
    for wait in range(run_schedule(subject, Schedule(SINGLE)).steps):
        schedule = Schedule(SINGLE, (Deviation(wait, Action(Kind.CANCEL, "o1")),))
        run = run_schedule(subject, schedule)
        saga = run.world.history.sagas["o1"]
        assert not run.findings
        assert saga.cancelled == (C.SHIP not in told(run))
        assert saga.status is (Status.FAILED if saga.cancelled else Status.CONFIRMED)
        seen.add(saga.cancelled)
    assert seen == {True, False}


def test_it_asks_again_after_a_crash() -> None:
    """Pins that an orchestrator which starts again asks for what it awaits, under the same id.

    It dies before it has taken the reply in; the card is charged once all the same.
    """
    dies = Action(Kind.CRASH, f"order on {C.CHARGE.reply}(o1)", "order commit", Mode.BEFORE)
    run = run_schedule(probe(MAKE), Schedule(SINGLE, (Deviation(0, dies),)))
    charges = [d for d in run.world.network.published if d.type == C.CHARGE]
    assert run.fired == {Fault.CRASH: 1}
    assert [d.attributes["id"] for d in charges] == [f"o1/{C.CHARGE}/1"] * 2
    assert run.world.history.sagas["o1"].balance.captures == 1
    assert run.world.history.sagas["o1"].status is Status.CONFIRMED


class RefusesOnce(DispatchingInventory):
    """Inventory that is not ready for a dispatch when it is first asked."""

    def dispatch(self, event: Event) -> None:
        """Refuse the first attempt."""
        if event["id"].endswith("/1"):
            self.reply(event, {"status": "refused", "reason": "not ready"})
        else:
            super().dispatch(event)


def refuses_once(world: AsyncWorld) -> Saga:
    """A target whose last step is refused once."""
    return build(world, Parts(orchestrator=Dispatches, inventory=RefusesOnce))


def test_behind_the_pivot_there_is_only_the_way_forward() -> None:
    """Pins forward recovery: a step behind the pivot that is refused is asked for again."""
    subject = probe(f"{__name__}:refuses_once")
    run = run_schedule(subject, Schedule(SINGLE))
    assert told(run).count(C.DISPATCH) == 2
    assert run.world.history.sagas["o1"].status is Status.CONFIRMED
    for other in islice(sweep(subject, [SINGLE]), 400):
        assert not other.findings, other.findings


def test_a_participant_obeys_and_knows_nobody() -> None:
    """Pins that participants hear commands and nothing else, and only the orchestrator replies."""
    subscriptions = probe(MAKE).shape.subscriptions
    assert all(kind.endswith(".reply") for kind in subscriptions[Role.ORDER])
    for role in (Role.PAYMENT, Role.INVENTORY, Role.SHIPPING):
        assert all(kind.endswith(".command") for kind in subscriptions[role])


def test_small_scopes_are_explored_to_the_end() -> None:
    """Pins that states are told apart, so that small scopes end: none of their runs fails."""
    subject = probe(MAKE)
    scopes = dict(small_scopes(scopes_of(subject)))
    for name in (
        "one order, 1 duplicate",
        "one order, 1 transient, 1 refusal",
        "one order, 1 unknown, 1 refusal",
    ):
        exploration = Exploration(name)
        for run in exhaust(subject, scopes[name], exploration, 2_000):
            assert run.findings == {}
        assert exploration.complete
        assert exploration.states > 100
