"""Targets that do one thing each, and how to put them into a world without probing them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, ClassVar

from attrs import evolve

from implementations.shape import check_target
from model.environment import Delivery, Fault
from model.history import Sight
from model.vocabulary import Status
from properties.world.actions import Action, Kind
from properties.world.scopes import NEIGHBOURS, SAME_CUSTOMER, SINGLE, Scope
from properties.world.subject import Source, Sources, Subject
from properties.world.world import World

ONE = evolve(SINGLE, budgets={})
TWO = evolve(NEIGHBOURS, budgets={})
THREE = evolve(SAME_CUSTOMER, budgets={})
NOT_CONCURRENT = frozenset(Fault) - {Fault.CONCURRENCY}
NO_STOCK = Sources(Source.DOUBLE, Source.NONE, Source.DOUBLE)


class Toy:
    """Confirms an order when its message arrives, and remembers what it was called with."""

    subscriptions: ClassVar[dict[str, list[str]]] = {"order": [], "worker": ["job"]}

    def __init__(self, world: Any) -> None:
        self.world = world
        self.orders: dict[str, str] = {}
        self.seen: list[str] = []

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Publish the one message."""
        self.orders.setdefault(order["id"], "open")
        self.world.publish("job", {"order": order["id"]})
        return None

    def handle(self, participant: str, event: dict[str, Any]) -> Any:
        """Handle it."""
        self.seen.append(event["id"])
        return self.work(event)

    def work(self, event: dict[str, Any]) -> Any:
        """What a test wants to be done in a handler."""
        self.orders[event["subject"]] = "confirmed"
        return None

    def observe(self) -> dict[str, Any]:
        """Orders, and no stock."""
        return {"orders": dict(self.orders), "stock": {}}


def toy(base: type[Toy] = Toy, **members: Any) -> type[Toy]:
    """A toy with other members."""
    return type("Other", (base,), members)


class AsyncToy(Toy):
    """The same in coroutines."""

    async def place_order(self, order: dict[str, Any]) -> str | None:  # type: ignore[override]
        """Publish the one message."""
        self.orders[order["id"]] = "open"
        await self.world.publish("job", {"order": order["id"]})
        return None

    async def handle(self, participant: str, event: dict[str, Any]) -> Any:
        """Handle it."""
        self.seen.append(event["id"])
        return await self.work(event)

    async def work(self, event: dict[str, Any]) -> Any:
        """What a test wants to be done in a handler."""
        self.orders[event["subject"]] = "confirmed"


class Looping(AsyncToy):
    """A toy on a loop, with two handlers at once and a log of what they do."""

    loop = "asyncio"
    consumers: ClassVar[dict[str, Any]] = {"worker": {"parallel": 2}}

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.log: list[Any] = []
        self.lock = asyncio.Lock()
        self.event = asyncio.Event()
        self.background: list[asyncio.Task[Any]] = []

    def confirm(self, event: dict[str, Any]) -> None:
        """The end of a handler."""
        self.orders[event["subject"]] = "confirmed"


#: What a handler of `Looping` does.
Body = Callable[[Any, Any], Coroutine[Any, Any, Any]]


def working(body: Body, base: type[Looping] = Looping) -> type[Looping]:
    """A toy whose handler does this."""
    return type("Working", (base,), {"work": body})


class Everything(Toy):
    """A toy with all that the environment can do something to."""

    idempotent_place = True
    consumers: ClassVar[dict[str, Any]] = {"worker": {"parallel": 2}}
    cancel_says: ClassVar[str | None] = None

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.calls: list[str] = []

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Publish, and set a timer."""
        self.calls.append("place")
        super().place_order(order)
        self.world.timer(60, "job", {"order": order["id"]})
        return None

    def cancel_order(self, order_id: str) -> str | None:
        """Accept or refuse."""
        self.calls.append("cancel")
        return self.cancel_says

    def work(self, event: dict[str, Any]) -> None:
        """Ask, and wait for a person."""
        self.world.answer("check", event["subject"])

    def actions(self) -> list[str]:
        """What a person can do."""
        return ["approve"]

    def act(self, name: str, order_id: str) -> None:
        """A person does it."""
        self.calls.append(name)
        self.orders[order_id] = "confirmed"

    def relay(self, participant: str) -> int:
        """Nothing to relay."""
        self.calls.append(f"relay {participant}")
        return 0


def subject_of(
    factory: Callable[[Any], Any], sources: Sources = NO_STOCK, terminal: Any = None
) -> Subject:
    """A subject as probing would make it, of a factory that calls no port."""
    shape = check_target(factory(SimpleNamespace(stock={"book": 1}, prices={"book": 1999})))
    sight = Sight(
        money=False,
        stock=sources.stock is not Source.NONE,
        reservations=sources.stock in (Source.OBSERVED, Source.DOUBLE),
        parcels=False,
        model_events=False,
        terminal=terminal or {},
    )
    return Subject("toys", factory, shape, sources, sight)


def world_of(factory: Callable[[Any], Any], scope: Scope = ONE, **more: Any) -> World:
    """A run of a factory, at its beginning."""
    return World(subject_of(factory, **more), scope)


def delivering(contract: Delivery, scope: Scope = ONE) -> Scope:
    """A scope under another delivery contract."""
    return evolve(scope, delivery=contract)


def act(world: World, kind: Kind, subject: str = "", port: str = "", mode: str = "") -> World:
    """One action, which must be possible."""
    action = Action(kind, subject, port, mode)
    assert world.enabled(action), f"{action} cannot happen; benign: {world.benign()}"
    world.apply(action)
    return world


def benign(world: World, steps: int) -> World:
    """So many steps first in, first out."""
    for _ in range(steps):
        world.apply(world.benign()[0])
    return world


def until(world: World, kind: Kind, subject: str = "", port: str = "") -> World:
    """Benign steps until the next one would be this."""
    for _ in range(100):
        action = world.benign()[0]
        if action.kind is kind and subject in action.subject and port in action.port:
            return world
        world.apply(action)
    raise AssertionError(f"never came to {kind} {subject} {port}")


def rest(world: World) -> World:
    """Benign steps until nothing is left to do."""
    return until(world, Kind.IDLE)


def status(world: World, order: str = "o1") -> Status | None:
    """The status of an order as it was last seen."""
    return world.history.sagas[order].status


def run_of(body: Body, scope: Any = ONE) -> World:
    """A run of it until everything is at rest."""
    return rest(world_of(working(body), scope))
