"""Outboxes that `observe()` shows: nobody is asked to relay what is not there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from implementations.errors import TargetError
from implementations.reference import make
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.probing import probe
from properties.world.scopes import SCOPES, fitting
from properties.world.subject import Subject
from tests.implementations.process_programs import plain

#: What the relays of the targets below have returned.
RETURNED: list[int] = []


def shown(world: Any, count: Callable[[str, int], int], **more: int) -> Any:
    """The reference with its outboxes in what it shows, as `count` has them."""
    target = make(world)
    observe, relay = target.observe, target.relay

    def with_outbox() -> dict[str, Any]:
        services = target._services.items()
        waiting = {name: len(service.store.outbox) for name, service in services}
        outbox = {name: count(name, each) for name, each in waiting.items()}
        return {**observe(), "outbox": {**outbox, **more}}

    async def counted(participant: str) -> int:
        waiting = await relay(participant)
        RETURNED.append(waiting)
        return waiting

    target.observe, target.relay = with_outbox, counted  # type: ignore[method-assign]
    return target


def right(world: Any) -> Any:
    """What is shown is true."""
    return shown(world, lambda name, waiting: waiting)


def liar(world: Any) -> Any:
    """The outbox of the payment service is always shown to be empty."""
    return shown(world, lambda name, waiting: 0 if name == "payment" else waiting)


def stranger(world: Any) -> Any:
    """Somebody is in it whom nobody knows."""
    return shown(world, lambda name, waiting: waiting, paymet=1)


def sometimes(world: Any) -> Any:
    """Only one of them can be counted."""
    target = shown(world, lambda name, waiting: waiting)
    observe = target.observe
    target.observe = lambda: {**observe(), "outbox": {"order": observe()["outbox"]["order"]}}
    return target


def violated(subject: Subject) -> set[str]:
    """What a small campaign with every fault finds."""
    RETURNED.clear()
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    return {name for _, run in campaign(subject, scopes, 3, 60) for name in run.findings}


def test_no_relay_is_asked_for_nothing() -> None:
    """Pins that what is shown to be empty is not relayed, that nothing is lost by it, and that
    without being shown it would be."""
    subject = probe(f"{__name__}:right")
    assert violated(subject) == set()
    assert RETURNED
    believed = RETURNED.count(0)
    assert violated(evolve(subject, believed=False)) == set()
    assert believed * 20 < RETURNED.count(0)  # another relay may have been quicker


def test_whom_nobody_counts_for_is_asked() -> None:
    """Pins that only participants that stand in it are believed to have nothing."""
    assert violated(probe(f"{__name__}:sometimes")) == set()
    assert RETURNED.count(0)


def test_an_outbox_that_is_not_empty_is_a_lie() -> None:
    """Pins that a target is not accused of messages that only its adapter hides."""
    with pytest.raises(TargetError) as caught:
        probe(f"{__name__}:liar")
    assert "the outbox of payment is empty, and its relay publishes payment." in str(caught.value)


def test_an_outbox_of_nobody_is_explained() -> None:
    """Pins that a wrong name is not passed over: its outbox would be asked for nothing for ever."""
    with pytest.raises(TargetError, match=r"outbox of 'paymet'") as caught:
        probe(f"{__name__}:stranger")
    assert "payment" in caught.value.how_to_fix


def unrelayed(world: Any) -> Any:
    """The member that publishes from the outboxes is forgotten."""
    target = right(world)
    target.relay = None
    return target


def test_an_outbox_that_nobody_relays_is_one_message() -> None:
    """Pins that nobody is told of a saga without an end where the adapter lacks one member."""
    with pytest.raises(TargetError) as caught:
        probe(f"{__name__}:unrelayed")
    assert "1 of order's events wait in its outbox" in str(caught.value)
    assert "have the member `relay`" in caught.value.how_to_fix


#: A saga of one message over the plain process, which tells its snapshot only when a run starts.
TOLD_ONCE = """
orders, stock, outbox = {}, {}, []
shown = lambda: {"orders": dict(orders), "stock": stock, "outbox": {"order": len(outbox)}}
def answer(line):
    do = line["do"]
    if do == "hello":
        return hello(line)
    if do == "start":
        orders.clear(); outbox.clear(); stock.update(line["stock"])
        return DECLARED
    if do == "observe":
        return OBSERVED()
    if do == "place":
        orders[line["order"]["id"]] = "open"; outbox.append(line["order"]["id"])
    if do == "handle":
        orders[line["event"]["subject"]] = "confirmed"
    if do == "relay" and outbox:
        event = {"type": "x", "subject": outbox.pop(), "data": {}}
        _say(**{"id": line["id"], "call": "publish", "with": event})
        sys.stdin.readline()
        return 1
    return 0 if do == "relay" else None
_say = say
def say(**message):
    if message.get("return") is DECLARED:
        message["seen"] = shown()
    _say(**message)
"""


@pytest.mark.parametrize(
    ("observed", "says", "fix"),
    [
        ("shown", "with its last `seen`, and shows", "tell `seen` anew"),
        (
            "lambda: {**shown(), 'orders': {}, 'outbox': {'order': 0}}",
            "shows that the outbox of order is empty",
            "count what",
        ),
    ],
)
def test_a_snapshot_that_is_old_is_not_taken_for_a_lie(
    observed: str, says: str, fix: str, tmp_path: Path
) -> None:
    """Pins that where a process never tells `seen` anew, that is said, and not that it counts
    wrongly, which is said only where it shows the same when it is asked."""
    command = plain(tmp_path, f"{TOLD_ONCE}OBSERVED = {observed}")
    with pytest.raises(TargetError) as caught:
        probe(f"cmd: {shlex.join(command.words)}")
    assert says in str(caught.value)
    assert fix in caught.value.how_to_fix


def test_a_process_that_declares_no_relay_is_one_message(tmp_path: Path) -> None:
    """Pins the same for a process, with what it has to declare."""
    forgotten = 'DECLARED["members"] = []\nOBSERVED = shown'
    command = plain(tmp_path, f"{TOLD_ONCE}{forgotten}\n_told, say = say, _say")
    with pytest.raises(TargetError, match="wait in its outbox") as caught:
        probe(f"cmd: {shlex.join(command.words)}")
    assert '"members": ["relay"]' in caught.value.how_to_fix
