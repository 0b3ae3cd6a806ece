"""Services on Protean: a pause at each commit, and an event store that lets nobody overtake."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from implementations.errors import TargetError
from model.environment import DEFAULT_FAULTS, Fault
from properties.probing import probe
from properties.profiles import profile_of
from properties.search import Portion, run_part
from properties.world.stepping import Finished, GreenletStepper, Operation, in_task, stop_here
from tests.needs import needs

needs("protean")

ADAPTER: Any = import_module("tests.adapting.protean_adapter")
SHOP = ADAPTER.SHOP
SHELF, TILL = ADAPTER.SHOP.domains["shelf"], ADAPTER.SHOP.domains["till"]


class World:
    """Ports that stop a handler, and keep what is published."""

    def __init__(self) -> None:
        self.stock = {"book": 1}
        self.ids = count(1)
        self.published: list[Any] = []

    def new_id(self) -> str:
        """The next number."""
        return f"id-{next(self.ids)}"

    def checkpoint(self, name: str, may_fail: bool = False) -> Any:
        """Before a commit."""
        return stop_here(Operation(f"before {name}", lambda: None)) if in_task() else None

    def done(self, name: str) -> Any:
        """After it."""
        return stop_here(Operation(f"after {name}", lambda: None)) if in_task() else None

    def publish(self, type: str, data: Any, id: str, subject: str | None) -> None:
        """Keep it."""
        self.published.append({"type": type, "data": data, "id": id, "subject": subject})


@pytest.fixture
def world() -> Iterator[World]:
    """A run that has begun, with one book on the shelf."""
    world = World()
    ADAPTER.Target(world)
    while SHOP.relay("shelf"):
        pass
    world.published.clear()
    yield world
    SHOP.begin(World())


def paid(world: World, *orders: str) -> list[Any]:
    """The messages that these orders, of one book each, are paid."""
    ADAPTER.till_module.bank = type("Bank", (), {"take": staticmethod(lambda order, cents: "c")})
    lines = [{"sku": "book", "quantity": 1}]
    for order in orders:
        SHOP.do("Place", order_id=order, total=1, lines=lines)
        SHOP.relay("desk")
        ADAPTER.ALL.handle("till", world.published.pop())
        SHOP.relay("till")
    return world.published


def at(outcome: Operation | Finished) -> str:
    """Where a handler is."""
    return outcome.port if isinstance(outcome, Operation) else f"returned {outcome.result}"


def test_what_is_not_committed_is_nobody_elses(world: World) -> None:
    """Pins the pause before a commit and the one after, and what others see meanwhile."""
    (event,) = paid(world, "o1")
    handler = GreenletStepper(ADAPTER.ALL.handle, "shelf", event)
    assert at(handler.start()) == "before shelf commit"
    assert SHOP.one("Goods").pieces == {"book": 1}
    assert at(handler.resume(None)) == "after shelf commit"
    assert SHOP.one("Goods").pieces == {"book": 0}
    assert SHOP.outbox() == {"desk": 0, "till": 0, "shelf": 1}


def test_two_who_have_read_the_same_do_not_both_commit(world: World) -> None:
    """Pins that whoever comes second reads anew, as with an event store that is no copy: else the
    last book would be promised twice, by a shop that is right."""
    events = paid(world, "o1", "o2")
    handlers = [GreenletStepper(ADAPTER.ALL.handle, "shelf", event) for event in events]
    for handler in handlers:
        assert at(handler.start()) == "before shelf commit"
    for handler in handlers:
        while not at(handler.resume(None)).startswith("returned"):
            pass
    assert SHOP.one("Goods").pieces == {"book": 0}
    assert len(SHOP.events("SetAside")) == len(SHOP.events("shelf.SoldOut")) == 1


def test_a_commit_that_fails_leaves_nothing(world: World) -> None:
    """Pins that neither the change nor its message stays, and that the message can come again."""
    (event,) = paid(world, "o1")
    handler = GreenletStepper(ADAPTER.ALL.handle, "shelf", event)
    handler.start()
    with pytest.raises(ConnectionError):
        handler.throw(ConnectionError("no"))
    assert (SHOP.one("Goods").pieces, SHOP.outbox()["shelf"]) == ({"book": 1}, 0)
    ADAPTER.ALL.handle("shelf", event)
    assert SHOP.one("Goods").pieces == {"book": 0}


def test_a_commit_without_an_answer_is_told_as_such(world: World) -> None:
    """Pins that the handler sees the timeout, not that its unit of work had ended."""
    (event,) = paid(world, "o1")
    handler = GreenletStepper(ADAPTER.ALL.handle, "shelf", event)
    handler.start()
    handler.resume(None)
    with pytest.raises(TimeoutError):
        handler.throw(TimeoutError("who knows"))
    assert SHOP.one("Goods").pieces == {"book": 0}


def test_a_run_is_quiet(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Pins that Protean does not log each failure, with its traceback: thousands in a search."""
    (event,) = paid(world, "o1")
    handler = GreenletStepper(ADAPTER.ALL.handle, "shelf", event)
    handler.start()
    with pytest.raises(ConnectionError):
        handler.throw(ConnectionError("no"))
    assert caplog.records == []


def test_the_outbox_is_relayed_message_by_message(world: World) -> None:
    """Pins the order, the ids that stay, and what the messages are about."""
    SHOP.do("Place", order_id="o1", total=1, lines=[{"sku": "book", "quantity": 1}])
    SHOP.do("Place", order_id="o2", total=1, lines=[{"sku": "book", "quantity": 1}])
    assert [SHOP.relay("desk") for _ in range(3)] == [2, 1, 0]
    assert [(each["type"], each["subject"]) for each in world.published] == [
        ("Desk.Placed.v1", "o1"),
        ("Desk.Placed.v1", "o2"),
    ]
    assert world.published[0]["id"] != world.published[1]["id"]


def test_further_functions_are_consumers_too(world: World) -> None:
    """Pins that a webhook is called with the data of its event, beside the handlers."""
    told: list[Any] = []
    till = SHOP.consumers(till={"bank.told": told.append})["till"]
    assert set(till) == {"Desk.Placed.v1", "Shelf.SoldOut.v1", "bank.told"}
    till["bank.told"].call({"type": "bank.told", "data": {"order": "o1"}})
    assert told == [{"order": "o1"}]


def test_what_is_not_there_is_told_with_what_is(world: World) -> None:
    """Pins the messages for a name that nobody has, and for what is not there yet."""
    with pytest.raises(TargetError, match=r"no command 'Plaec'(.|\n)*did you mean 'Place'"):
        SHOP.do("Plaec")
    with pytest.raises(LookupError, match=r"no Order with \{'id': 'o9'\}"):
        SHOP.one("Order", id="o9")


def test_a_name_of_two_domains_is_asked_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that neither of them is taken by chance, and what is to be said."""
    both = [(domain, type("Paid", (), {})) for domain in (TILL, SHELF)]
    monkeypatch.setattr(SHOP, "_elements", lambda kind: both)
    with pytest.raises(TargetError, match=r"say 'till\.Paid' or 'shelf\.Paid'"):
        SHOP.events("Paid")


def search(target: str, part: str) -> Portion:
    """One part of a search, in this process."""
    subject = probe(f"tests.adapting.{target}")
    profile = profile_of("quick", 30, slow=False)
    return run_part(subject, part, profile, DEFAULT_FAULTS, subject.shape.delivery, 1)


@pytest.mark.parametrize("part", ["paths", "sweep-0"])
def test_the_right_shop_holds(part: str) -> None:
    """Pins that it is not accused, and was not spared."""
    found = search("protean_adapter:make", part)
    assert found.violated == {}
    if part == "sweep-0":
        assert {Fault.CRASH, Fault.TRANSIENT} <= found.fired.keys()


def test_a_charge_without_a_key_is_found() -> None:
    """Pins that a crash between the charge and the commit brings it out."""
    (found,) = (
        each
        for each in search("protean_twins:WithoutKey", "sweep-0").counterexamples
        if each.property_id == "MONEY-1"
    )
    assert "till" in found.deviations[0].action
