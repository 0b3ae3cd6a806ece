"""How messages are taken: acknowledged, redelivered, rejected, held, lost; and outboxes relayed."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from attrs import evolve

from implementations.errors import TargetError
from model.environment import Fault
from model.history import Sight
from model.vocabulary import Status
from properties.world.actions import Kind, Mode
from properties.world.world import World
from tests.properties.toys import (
    ONE,
    THREE,
    TWO,
    Toy,
    act,
    benign,
    rest,
    status,
    subject_of,
    toy,
    until,
    world_of,
)

JOB = "worker on job(o1)"


def consuming(**settings: Any) -> dict[str, Any]:
    """The members of a toy whose worker takes messages like this."""
    return {"consumers": {"worker": settings}}


class Fails(Toy):
    """Fails the first time that it handles something."""

    def work(self, event: dict[str, Any]) -> None:
        """Fail, or confirm."""
        if len(self.seen) < 2:
            raise RuntimeError("the first time")
        super().work(event)


class Pauses(Toy):
    """Stands at a port call before it does its work."""

    def work(self, event: dict[str, Any]) -> None:
        """Pause, and confirm."""
        self.world.checkpoint("here")
        super().work(event)


def answers(*verdicts: Any) -> type[Toy]:
    """A toy that handles without doing anything and returns these, one after the other."""
    return toy(work=lambda self, event: verdicts[min(len(self.seen), len(verdicts)) - 1])


def test_a_message_is_acknowledged_after_its_handling() -> None:
    """Pins that the message stays with the broker until the acknowledgement, a step of its own."""
    world = until(world_of(Toy), Kind.RESUME, JOB, "acknowledge")
    assert status(world) is Status.CONFIRMED
    assert len(world.network.in_flight) == 1
    benign(world, 1)
    assert world.network.in_flight == []


def test_a_crash_before_the_acknowledgement_brings_the_message_back() -> None:
    """Pins that what was done and not acknowledged is handled again, under the same id."""
    world = until(world_of(Toy), Kind.RESUME, JOB, "acknowledge")
    act(world, Kind.CRASH, JOB, "acknowledge", Mode.BEFORE)
    rest(world)
    assert len(world.target.seen) == 2
    assert len(set(world.target.seen)) == 1
    assert world.history.checked["IDEMP-1"] == 1


def test_there_is_no_crash_after_the_acknowledgement() -> None:
    """Pins that it would be the same as an idle crash, and is not offered twice."""
    world = until(world_of(Toy), Kind.RESUME, JOB, "acknowledge")
    crashes = [a.mode for group in world.faults() for a in group if a.kind is Kind.CRASH]
    assert Mode.AFTER not in crashes


def test_a_crash_in_a_handler_brings_the_message_back() -> None:
    """Pins that a killed handling leaves no trace but the message, in its place."""
    world = until(world_of(Pauses), Kind.RESUME, JOB, "here")
    act(world, Kind.CRASH, JOB, "here", Mode.BEFORE)
    assert world.tasks == {}
    assert status(world) is Status.OPEN
    assert status(rest(world)) is Status.CONFIRMED


def test_acknowledged_before_a_crash_loses_the_message() -> None:
    """Pins that with acknowledge "before" there is no redelivery, and LIVE-1 sees it."""
    world = until(
        world_of(toy(Pauses, **consuming(acknowledge="before"))), Kind.RESUME, JOB, "here"
    )
    assert world.network.in_flight == []
    act(world, Kind.CRASH, JOB, "here", Mode.BEFORE)
    world.drain()
    assert "LIVE-1" in world.history.findings


def test_acknowledged_before_an_error_loses_the_message() -> None:
    """Pins that on_error has no say over a message that is acknowledged already."""
    world = rest(world_of(toy(Fails, **consuming(acknowledge="before"))))
    assert len(world.target.seen) == 1
    assert world.dead_letters == []


def test_acknowledged_before_needs_no_acknowledgement_after() -> None:
    """Pins that the handling is over when the handler returns."""
    world = rest(world_of(toy(**consuming(acknowledge="before"))))
    assert status(world) is Status.CONFIRMED
    assert world.free["worker"] == 1


class NeverDone(Toy):
    """Gives its message back, by an error or by its word."""

    raises: ClassVar[bool] = True

    def work(self, event: dict[str, Any]) -> str:
        """Not today."""
        if self.raises:
            raise RuntimeError("never")
        return "requeue"


@pytest.mark.parametrize("raises", [True, False])
def test_after_so_many_attempts_a_message_is_dead(raises: bool) -> None:
    """Pins that the broker gives up where the target says so, and that this is no end of a saga."""
    world = rest(world_of(toy(NeverDone, raises=raises, **consuming(attempts=3))))
    assert len(world.target.seen) == 3
    assert [message.name for message in world.dead_letters] == ["job(o1) to worker"]
    assert world.free["worker"] == 1
    world.drain()
    assert "LIVE-1" in world.history.findings


@pytest.mark.parametrize(
    ("on_error", "handled", "dead"), [("requeue", 2, 0), ("reject", 1, 1), ("acknowledge", 1, 0)]
)
def test_what_becomes_of_a_message_whose_handler_raised(
    on_error: str, handled: int, dead: int
) -> None:
    """Pins the three policies: again, to the dead letters, or gone; requeue unless it is said."""
    world = rest(world_of(toy(Fails, **consuming(on_error=on_error))))
    assert len(world.target.seen) == handled
    assert len(world.dead_letters) == dead
    assert world.network.in_flight == []
    assert world.free["worker"] == 1
    assert f"{JOB} raised RuntimeError: the first time" in world.errors[0]


def test_without_a_policy_an_error_brings_the_message_back() -> None:
    """Pins requeue as the default."""
    assert len(rest(world_of(Fails)).target.seen) == 2


@pytest.mark.parametrize(
    ("verdicts", "handled", "dead"),
    [
        ([None], 1, 0),
        (["ack"], 1, 0),
        (["requeue", "requeue", "ack"], 3, 0),
        (["reject"], 1, 1),
    ],
)
def test_what_a_handler_answers(verdicts: list[Any], handled: int, dead: int) -> None:
    """Pins the verdicts that a handler can give by itself."""
    world = rest(world_of(answers(*verdicts)))
    assert (len(world.target.seen), len(world.dead_letters)) == (handled, dead)


def test_an_unknown_verdict_is_an_error_of_the_target() -> None:
    """Pins that True, as many libraries return it, is not taken for an acknowledgement."""
    with pytest.raises(TargetError, match="returned True"):
        rest(world_of(answers(True)))


def test_unacked_is_held_until_the_restart() -> None:
    """Pins that a message neither acknowledged nor given back comes again after a crash only."""
    world = rest(world_of(answers("unacked", "ack")))
    assert len(world.target.seen) == 1
    assert world.free["worker"] == 1
    act(world, Kind.CRASH, "worker")
    rest(world)
    assert len(world.target.seen) == 2
    assert world.parked == {}


def test_unacked_messages_come_back_in_their_order() -> None:
    """Pins that the broker keeps its order over a restart."""
    world = rest(world_of(answers("unacked"), TWO))
    act(world, Kind.CRASH, "worker")
    assert [message.order for message in world.network.in_flight] == ["o1", "o2"]


def test_a_crash_takes_all_that_the_participant_does_and_nothing_else() -> None:
    """Pins that both parallel handlers die, and that another participant goes on."""
    world = until(world_of(toy(Pauses, **consuming(parallel=2)), THREE), Kind.RESUME, JOB, "here")
    act(world, Kind.PLACE, "o2")
    act(world, Kind.RESUME, "place o2", "publish job")
    act(world, Kind.DELIVER, "job(o2) to worker")
    act(world, Kind.PLACE, "o3")
    assert len(world.tasks) == 3
    act(world, Kind.CRASH, JOB, "here", Mode.BEFORE)
    assert list(world.tasks) == ["place o3"]
    assert world.free == {"order": 0, "worker": 2}
    assert [message.held for message in world.network.in_flight] == [False, False]


class Outboxed(Toy):
    """Publishes from an outbox, one item at a time."""

    items: ClassVar[int] = 1

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.outbox: list[str] = []
        self.restarted: list[str] = []

    def place_order(self, order: dict[str, Any]) -> None:
        """Write to the outbox."""
        self.world.checkpoint("commit")
        self.orders[order["id"]] = "open"
        self.outbox += [order["id"]] * self.items

    def relay(self, participant: str) -> int:
        """Publish one."""
        if participant != "order":
            return 0
        waiting = len(self.outbox)
        if waiting:
            self.world.publish("job", {"order": self.outbox[0]}, subject=self.outbox[0])
            self.outbox.pop(0)
        return waiting

    def restart(self, participant: str) -> None:
        """Remember it."""
        self.restarted.append(participant)


def relays(world: World) -> int:
    """How many relays run until everything is at rest."""
    count = 0
    while (action := world.benign()[0]).kind is not Kind.IDLE:
        count += action.kind is Kind.RELAY
        world.apply(action)
    return count


@pytest.mark.parametrize("items", [0, 1, 2, 3])
def test_an_outbox_is_relayed_until_it_is_empty(items: int) -> None:
    """Pins that a participant that has worked is relayed, and that the last item needs no more."""
    world = world_of(toy(Outboxed, items=items))
    assert relays(world) >= max(1, items)
    assert world.target.outbox == []
    assert world.dirty == {}
    assert len(world.target.seen) == items


class Elsewhere(Outboxed):
    """People do something to a service that is not the one that takes orders."""

    items = 0
    items_of_worker: tuple[str, ...] = ()

    def actions(self) -> list[str]:
        """What they do."""
        return ["reserve"]

    def act(self, name: str, order_id: str) -> None:
        """The worker writes to its outbox."""
        self.items_of_worker = (order_id,)

    def relay(self, participant: str) -> int:
        """Publish what the worker has."""
        waiting = len(self.items_of_worker) if participant == "worker" else 0
        if waiting:
            self.world.publish("job", {}, subject=self.items_of_worker[0])
            self.items_of_worker = ()
        return waiting


def test_after_an_act_every_outbox_is_relayed() -> None:
    """Pins that what people do may write to the outbox of any participant."""
    world = rest(world_of(Elsewhere))
    assert world.target.orders == {"o1": "confirmed"}


def test_what_is_written_while_a_relay_is_under_way_is_relayed() -> None:
    """Pins that a relay clears only what was there when it began."""
    world = world_of(Outboxed, TWO)
    until(world, Kind.RESUME, "order relay")
    act(world, Kind.PLACE, "o2")
    act(world, Kind.RESUME, "place o2", "commit")
    act(world, Kind.RESUME, "order relay", "publish job")
    assert "order" in world.dirty
    assert len(rest(world).target.seen) == 2


def test_an_outbox_is_pending() -> None:
    """Pins that money without stock is no violation while the message is still in an outbox."""

    class Charges(Outboxed):
        def place_order(self, order: dict[str, Any]) -> None:
            self.world.payments.charge(order["id"], order["total"], "EUR")
            super().place_order(order)

        def work(self, event: dict[str, Any]) -> None:
            """Take the message and do nothing."""

    world = World(evolve(subject_of(Charges), sight=Sight()), ONE)
    until(until(world, Kind.PLACE), Kind.RELAY, "order")
    assert world.history.ledger.balance("o1").money == 1999
    assert world.target.outbox == ["o1"]
    assert "MONEY-0" not in world.history.findings
    assert world.history.checked["MONEY-0"] > 0
    assert "MONEY-0" in rest(world).history.findings


def test_a_relay_that_fails_is_tried_again() -> None:
    """Pins that a transient fault in a relay loses nothing."""
    world = until(world_of(Outboxed), Kind.RESUME, "order relay")
    act(world, Kind.ANSWER, "order relay", "publish job", Mode.TRANSIENT)
    assert "order" in world.dirty
    assert len(rest(world).target.seen) == 1


def test_a_crash_between_publish_and_removal_sends_twice() -> None:
    """Pins that a relay that dies after its publish is started again on its full outbox."""
    world = until(world_of(Outboxed), Kind.RESUME, "order relay")
    act(world, Kind.CRASH, "order relay", "publish job", Mode.AFTER)
    assert world.target.restarted == ["order"]
    assert len(rest(world).target.seen) == 2
    assert world.fired[Fault.CRASH] == 1


def test_a_relay_that_always_fails_never_rests() -> None:
    """Pins that an outbox that is never emptied violates LIVE-0."""

    class Broken(Outboxed):
        def relay(self, participant: str) -> int:
            raise RuntimeError("no broker")

    world = world_of(Broken)
    world.drain()
    assert "no broker" in world.history.findings["LIVE-0"].text


@pytest.mark.parametrize("answer", [None, True, "1", -1])
def test_a_relay_says_how_many_were_waiting(answer: Any) -> None:
    """Pins that any other answer of relay() is explained."""
    with pytest.raises(TargetError, match="relay\\('order'\\): returned"):
        rest(world_of(toy(Outboxed, relay=lambda self, participant: answer)))


def test_who_only_polls_is_relayed_from_the_start() -> None:
    """Pins that a participant without subscriptions gets its first relay before anything else."""
    assert world_of(Outboxed).benign()[0].kind is Kind.RELAY


@pytest.mark.parametrize(
    ("restart", "says"),
    [
        (lambda self, participant: self.world.checkpoint("here"), "called the port 'here'"),
        (lambda self, participant: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_a_restart_only_forgets(restart: Any, says: str) -> None:
    """Pins that a restart that works, or fails, is an error of the target."""
    world = until(world_of(toy(Outboxed, restart=restart)), Kind.RESUME, "place o1")
    with pytest.raises(TargetError, match=says):
        act(world, Kind.CRASH, "place o1", "commit", Mode.BEFORE)


def test_budgets_are_kept() -> None:
    """Pins that a fault strikes no more often than the scope allows."""
    world = world_of(Toy, evolve(ONE, budgets={Fault.CRASH: 1}))
    until(world, Kind.RESUME, JOB, "acknowledge")
    act(world, Kind.CRASH, JOB, "acknowledge", Mode.BEFORE)
    assert not [a for group in rest(world).faults() for a in group if a.kind is Kind.CRASH]
