"""What stands between target and world changes nothing by itself, and hides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from model.environment import DEFAULT_FAULTS
from properties.drivers.paths import strikes
from properties.mutation.mutation import Arguments, Instead, Mutation, Tally
from properties.mutation.usage import Usage, noticing
from properties.mutation.wrapping import PortsBetween, TargetBetween, wrapped
from properties.probing import probe
from properties.run import Deviation, Schedule, run_schedule
from properties.world.scopes import SCOPES, fitting
from properties.world.trace import Trace
from tests.properties.toys import AsyncToy, Toy, subject_of, world_of

TARGETS = ["implementations.reference:make", "tests.shop.adapter:make", "tests.shop.pickup:Pickup"]


@pytest.mark.parametrize("spec", [*TARGETS, "tests.shop.express:Express"])
def test_a_mutation_that_changes_nothing_is_not_noticed(spec: str) -> None:
    """Pins that plain and async targets go the same steps with it, whatever strikes them."""
    subject = probe(spec)
    looked_at = noticing(subject, Usage())
    scope = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)[0]
    schedules = [
        Schedule(scope, (Deviation(wait, action),))
        for wait, actions in enumerate(strikes(subject, Schedule(scope)))
        for action in actions[wait % 3 :: 7]
    ]
    assert len(schedules) > 10
    for schedule in [Schedule(scope), *schedules]:
        one, other = Trace(), Trace()
        findings = run_schedule(subject, schedule, one).findings
        assert run_schedule(looked_at, schedule, other).findings == findings
        assert one.steps == other.steps


class Slots:
    """A target that takes no further attributes, and has no optional member."""

    __slots__ = ("world",)
    subscriptions: Any = {"order": []}  # noqa: RUF012

    def __init__(self, world: Any) -> None:
        self.world = world

    def place_order(self, order: Any) -> None:
        """Take it."""

    def handle(self, participant: str, event: Any) -> None:
        """Nothing comes."""

    def observe(self) -> Any:
        """Nothing is there."""
        return {"orders": {}, "stock": {}}


def test_what_the_target_lacks_the_wrapped_one_lacks() -> None:
    """Pins that optional members show through, and that nothing is set on the target."""
    target = Slots(None)
    between = TargetBetween(target, Mutation(None, (), Tally()), False, False)  # type: ignore[arg-type]
    assert not hasattr(between, "relay")
    assert not hasattr(between, "cancel_order")
    assert between.subscriptions is target.subscriptions
    assert between.observe() == target.observe()
    between.restart("order")  # it has none: nothing to do


def test_the_digest_is_hidden() -> None:
    """Pins that no state is taken for another because what a mutation remembers is not in it."""
    subject = probe("implementations.reference:make")
    assert subject.shape.has("digest")
    assert not noticing(subject, Usage()).shape.has("digest")


class Recording(Mutation):
    """Notes with what ports are called, by name."""

    ports = ("payments.charge", "publish")

    def __init__(self, world: Any) -> None:
        super().__init__(world, (), Tally())
        self.seen: list[Any] = []

    def asked(self, port: str, arguments: Arguments) -> Arguments | Instead:
        """Note it; publish nothing."""
        self.seen.append((port, arguments))
        return Instead("not sent") if port == "publish" else arguments


def test_arguments_have_names_however_they_are_given() -> None:
    """Pins that a key is seen, given by place or by name, and that other ports go straight on."""
    world = world_of(Toy)
    mutation = Recording(world)
    ports = PortsBetween(world.ports, mutation, awaited=False)
    ports.payments.charge("o1", 5, "EUR", "k1")
    ports.payments.charge("o1", 5, currency="EUR", key="k2")
    assert ports.publish("job", {"order": "o1"}) == "not sent"
    assert ports.payments.lookup("k1")["status"] == "done"
    assert ports.clock() == world.ports.clock()
    assert ports.stock is world.ports.stock
    assert [arguments.get("key") for _, arguments in mutation.seen] == ["k1", "k2", None]
    assert not world.network.published


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [(("o1",), {}), ((1, 2, 3, 4, 5, 6), {}), (("o1", 5, "EUR"), {"order": "o2"}), ((), {"x": 1})],
)
def test_a_wrong_call_is_refused_as_ever(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Pins that a mistake in the target's call is the error that it is without a mutation."""
    world = world_of(Toy)
    with pytest.raises(TypeError) as without:
        world.ports.payments.charge(*args, **kwargs)
    ports = PortsBetween(world.ports, Recording(world), awaited=False)
    with pytest.raises(TypeError, match="charge") as with_it:
        ports.payments.charge(*args, **kwargs)
    assert str(with_it.value) == str(without.value)


@pytest.mark.parametrize("toy", [Toy, AsyncToy])
def test_a_message_that_is_dropped_is_acknowledged(toy: type[Toy]) -> None:
    """Pins that a mutation can keep a message from the handler, plain or async."""

    class Dropping(Mutation):
        """Lets nothing through."""

        def received(self, participant: str, event: dict[str, Any]) -> None:
            """Drop it."""

    subject = wrapped(subject_of(toy), lambda world: Dropping(world, (), Tally()))
    run = run_schedule(subject, Schedule(world_of(toy).scope))
    assert run.world.network.published
    assert not run.world.network.in_flight
    assert run.world.target.seen == []
