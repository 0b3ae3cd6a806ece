"""Each kind of mutation on a toy: what the target gets to see, and when it counts as needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from properties.mutation import at_handlers, at_ports
from properties.mutation.kinds import KINDS, mutants
from properties.mutation.mutation import Instead, Mutation, Tally
from properties.mutation.usage import Usage, noticing
from properties.run import Schedule, run_schedule
from properties.world.tasks import Work
from tests.properties.faulty import reference
from tests.properties.toys import ONE, Everything, Toy, subject_of


def a(kind: type[Mutation], *where: str) -> Any:
    """A mutation in a world in which the payment is handling a message for the first time."""
    message = SimpleNamespace(origin="m1", readable=True)
    call = SimpleNamespace(
        participant="payment", handling=1, message=message, cause="m1", work=Work.HANDLE, order="o1"
    )
    return kind(SimpleNamespace(running=call), where, Tally())  # type: ignore[arg-type]


def counted(mutation: Mutation) -> tuple[int, int]:
    """How often it was taken away, and how often it was needed."""
    return mutation.tally.removed, mutation.tally.needed


def test_a_key_is_needed_when_it_comes_again() -> None:
    """Pins that dropping the first key of a request costs nothing yet."""
    mutation = a(at_ports.KeyDropped, "payments.charge")
    asked = [mutation.asked("payments.charge", {"order": "o1", "key": key}) for key in "ab"]
    assert asked == [{"order": "o1", "key": None}] * 2
    assert counted(mutation) == (2, 0)
    mutation.asked("payments.charge", {"order": "o1", "key": "a"})
    assert counted(mutation) == (3, 1)
    assert mutation.asked("payments.charge", {"order": "o1"}) == {"order": "o1"}
    assert counted(mutation) == (3, 1)


def test_a_key_made_anew_is_the_same_within_one_call() -> None:
    """Pins that repeating and looking up work in one call, and not from one call to the next."""
    mutation = a(at_ports.KeyPerCall, "payments.charge")
    first = mutation.asked("payments.charge", {"key": "k"})
    assert mutation.asked("payments.charge", {"key": "k"}) == first
    assert mutation.asked("payments.lookup", {"key": "k"}) == first
    assert counted(mutation) == (2, 0)
    mutation.call.handling = 2
    assert mutation.asked("payments.charge", {"key": "k"}) != first
    assert counted(mutation) == (3, 1)
    assert mutation.asked("payments.lookup", {"key": "of a refund"}) == {"key": "of a refund"}
    assert mutation.touches("payments.lookup")
    assert not mutation.touches("carrier.lookup")


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        (at_ports.ErrorIsSuccess, TimeoutError, "done"),
        (at_ports.ErrorIsSuccess, ConnectionError, "done"),
        (at_ports.TimeoutIsRefusal, TimeoutError, "refused"),
        (at_ports.BlipIsRefusal, ConnectionError, "refused"),
    ],
)
def test_an_error_is_an_answer(kind: Any, error: type[Exception], status: str) -> None:
    """Pins which error becomes which answer, and that a mistake of the target stays one."""
    mutation = a(kind, "payments.refund")
    assert mutation.failed("payments.refund", {}, error())["status"] == status
    assert counted(mutation) == (1, 1)
    with pytest.raises(ValueError, match="another amount"):
        mutation.failed("payments.refund", {}, ValueError("another amount"))
    assert counted(mutation) == (1, 1)


def test_a_look_up_finds_nothing() -> None:
    """Pins that only what would have been found counts."""
    mutation = a(at_ports.LookUpBlind, "payments.lookup")
    assert mutation.answered("payments.lookup", {}, None) is None
    assert counted(mutation) == (0, 0)
    assert mutation.answered("payments.lookup", {}, {"status": "done"}) is None
    assert mutation.answered("payments.find", {}, [{"id": "ch"}]) == []
    assert counted(mutation) == (2, 2)


def test_a_message_sent_again_has_another_id_everywhere() -> None:
    """Pins that the id changes in the envelope and in the data, the second time only."""
    mutation = a(at_ports.IdPerPublish, "payment")
    sent = {"type": "paid", "id": "m7", "data": {"message_id": "m7", "order": "o1", "of": ["m7"]}}
    assert mutation.asked("publish", sent) == sent
    again = mutation.asked("publish", sent)
    assert again["id"] == again["data"]["message_id"] == again["data"]["of"][0] != "m7"
    assert again["data"]["order"] == "o1"
    assert counted(mutation) == (2, 1)
    assert mutation.asked("publish", {"type": "paid"}) == {"type": "paid"}
    mutation.call.participant = "order"
    assert mutation.asked("publish", sent) == sent
    assert counted(mutation) == (2, 1)


def test_what_was_interrupted_is_not_announced_again() -> None:
    """Pins that only the message whose handler died is affected, and only what it publishes."""
    mutation = a(at_ports.NotAnnouncedAgain, "payment")
    assert mutation.asked("publish", {}) == {}
    mutation.killed()
    assert mutation.asked("publish", {}) == Instead()
    assert mutation.asked("payments.charge", {}) == {}
    mutation.call.message.origin = "m2"
    assert mutation.asked("publish", {}) == {}
    assert counted(mutation) == (3, 1)


def test_a_copy_looks_new_and_is_spoken_of_by_its_own_id() -> None:
    """Pins that only the inbox is forgotten: what is made of the id comes out as it would have."""
    mutation = a(at_handlers.InboxForgotten, "payment", "order.created")
    event = {"id": "m1", "type": "order.created", "data": {"message_id": "m1"}}
    assert mutation.received("payment", event) == event
    copy = mutation.received("payment", event)
    assert copy["id"] == copy["data"]["message_id"] != "m1"
    assert counted(mutation) == (1, 0)  # the first one was not handled to its end
    mutation.handled("payment", event)
    mutation.received("payment", event)
    assert counted(mutation) == (2, 1)
    asked = mutation.asked("publish", {"id": f"{copy['id']}/paid", "data": {"cause": copy["id"]}})
    assert asked == {"id": "m1/paid", "data": {"cause": "m1"}}
    other = {**event, "type": "payment.refund.requested"}
    assert mutation.received("payment", other) == other
    assert mutation.received("order", event) == event


def test_a_message_that_nobody_can_read_is_not_an_error_to_swallow() -> None:
    """Pins that poison is left to the target: to be done with it is right."""
    mutation = a(at_handlers.ErrorAcknowledged, "payment")
    assert mutation.raised("payment", {"type": "x"}, KeyError("lines")) is None
    mutation.call.message.readable = False
    with pytest.raises(KeyError):
        mutation.raised("payment", {"type": "x"}, KeyError("lines"))
    assert counted(mutation) == (1, 1)


class Relay:
    """A target with three messages in its outbox, and ports that pass by a mutation."""

    def __init__(self, mutation: Any, port: str = "publish") -> None:
        self.mutation, self.port, self.waiting = mutation, port, 3

    def relay(self, participant: str) -> int:
        """Publish one."""
        waiting = self.waiting
        if waiting:
            assert self.mutation.asked(self.port, {}) == Instead()
            self.waiting -= 1
        return waiting


class AsyncRelay(Relay):
    """The same in coroutines."""

    async def relay(self, participant: str) -> int:  # type: ignore[override]
        """Publish one."""
        return super().relay(participant)


@pytest.mark.parametrize("relay", [Relay, AsyncRelay])
def test_an_outbox_is_emptied_into_nowhere(relay: type[Relay]) -> None:
    """Pins that a restart loses what waits, in the outbox of that participant alone."""
    mutation = a(at_handlers.OutboxForgotten, "payment")
    target = relay(mutation)
    mutation.restarted("order", target)
    assert target.waiting == 3
    mutation.restarted("payment", target)
    assert target.waiting == 0
    assert counted(mutation) == (3, 3)
    assert mutation.asked("publish", {}) == {}


def test_a_relay_that_moves_money_is_left_alone() -> None:
    """Pins that emptying an outbox never has an effect outside."""
    mutation = a(at_handlers.OutboxForgotten, "payment")
    target = Relay(mutation, "payments.charge")
    mutation.restarted("payment", target)
    assert target.waiting == 3
    assert counted(mutation) == (0, 0)


def names(factory: Any) -> set[str]:
    """The mutants of a target that was seen in one run."""
    subject, usage = subject_of(factory), Usage()
    run_schedule(noticing(subject, usage), Schedule(ONE))
    return {mutant.name for mutant in mutants(subject, usage)}


def test_a_target_has_the_mutants_of_what_it_uses() -> None:
    """Pins that nothing is offered at ports that a target does not call."""
    assert names(Toy) == {
        "inbox: worker, job",
        "reaction: worker, job",
        "acknowledgement after handling: worker",
        "redelivery after an error: worker",
        "announcing again after a crash: order",
        "retry of a failed publish: order",
        "stable message id: order",
    }
    assert names(Everything) == names(Toy) | {"timer: job"}


def test_who_acknowledges_first_has_no_acknowledgement_to_lose() -> None:
    """Pins that what a target says of its consumers decides what can be taken from them."""

    class Careless(Toy):
        """Acknowledges first."""

        consumers: Any = {"worker": {"acknowledge": "before"}}  # noqa: RUF012

    assert names(Careless) == names(Toy) - {
        "acknowledgement after handling: worker",
        "redelivery after an error: worker",
    }


def test_the_broker_is_told_of_an_early_acknowledgement() -> None:
    """Pins that this mutant changes what the target says of its consumer, and no other one."""
    subject = reference()
    (mutant,) = (
        mutant
        for mutant in mutants(subject, Usage())
        if mutant.name == "acknowledgement after handling: payment"
    )
    consumers = mutant.of(subject, Tally()).shape.consumers
    assert [name for name, c in consumers.items() if c.acknowledge == "before"] == ["payment"]
    assert {c.acknowledge for c in subject.shape.consumers.values()} == {"after"}


def test_kinds_have_names_of_their_own() -> None:
    """Pins that no two test items can be called the same."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
