"""Targets as people write them the first time; each is a factory for `probe`."""

from __future__ import annotations

import itertools
import uuid
from typing import Any, ClassVar

from implementations.reference import make
from tests.properties.toys import AsyncToy, Toy

COUNTER = itertools.count()


class Nothing(Toy):
    """Takes orders and does nothing."""

    def place_order(self, order: dict[str, Any]) -> None:
        """Remember it."""
        self.orders[order["id"]] = "open"


class Absent(Toy):
    """Takes orders and forgets them."""

    def place_order(self, order: dict[str, Any]) -> None:
        """Forget it."""


class RefusesAll(Toy):
    """Takes no order: it looks for a member that orders do not have."""

    def place_order(self, order: dict[str, Any]) -> str | None:
        """Refuse it."""
        return None if order.get("account") else "refused"


class Stumbles(Toy):
    """Takes no order: it looks for one in the wrong place."""

    def place_order(self, order: dict[str, Any]) -> None:
        """Fail."""
        raise KeyError(order["id"])


class FailsAll(Toy):
    """Fails every order, and shows no stock that could be short."""

    def work(self, event: dict[str, Any]) -> None:
        """Fail it."""
        self.orders[event["subject"]] = "failed"


class Outside(Toy):
    """Keeps its stock in the warehouse of the world, and shows it."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.held: list[dict[str, Any]] = []
        self.skus = [sku for sku in world.stock if world.warehouse.available(sku)]

    def place_order(self, order: dict[str, Any]) -> None:
        """Send the order along."""
        self.orders[order["id"]] = "open"
        self.world.publish("job", order)

    def work(self, event: dict[str, Any]) -> None:
        """Reserve, all or nothing."""
        order = event["subject"]
        wanted: dict[str, int] = {}
        for line in event["data"]["lines"]:
            wanted[line["sku"]] = wanted.get(line["sku"], 0) + line["quantity"]
        done = []
        for sku, quantity in wanted.items():
            if self.world.warehouse.reserve(order, sku, quantity)["status"] == "done":
                done.append((sku, quantity))
        if len(done) == len(wanted):
            self.orders[order] = "confirmed"
            return
        for sku, quantity in done:
            self.world.warehouse.release(order, sku, quantity)
        self.orders[order] = "failed"

    def observe(self) -> dict[str, Any]:
        """Ask the warehouse."""
        stock = {sku: self.world.warehouse.available(sku) for sku in self.world.stock}
        return {"orders": dict(self.orders), "stock": stock}


class AsyncOutside(AsyncToy):
    """Asks the warehouse in an async observe()."""

    async def observe(self) -> dict[str, Any]:  # type: ignore[override]
        """Ask the warehouse."""
        stock = {sku: await self.world.warehouse.available(sku) for sku in self.world.stock}
        return {"orders": dict(self.orders), "stock": stock}


class OwnIds(Toy):
    """Makes all ids with uuid4, as people do, and shows payments under them."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.payments: list[dict[str, Any]] = []

    def place_order(self, order: dict[str, Any]) -> None:
        """Send the order along."""
        self.orders[order["id"]] = "open"
        self.world.publish("job", order, id=str(uuid.uuid4()), sagaid=str(uuid.uuid4()))

    def work(self, event: dict[str, Any]) -> None:
        """Keep a payment."""
        order = event["data"]
        self.world.payments.charge(
            order["id"], order["total"], order["currency"], key=str(uuid.uuid4())
        )
        self.world.carrier.create_shipment(order["id"], order["lines"], key=uuid.uuid4().hex)
        self.orders[order["id"]] = "confirmed"


class Telemetry(Toy):
    """Keeps the ids of its events, but for one that nobody hears."""

    def place_order(self, order: dict[str, Any]) -> None:
        """Send the order along, and count it."""
        super().place_order(order)
        self.world.publish("orders.counted", {"n": len(self.orders)}, id=uuid.uuid4().hex)


class Counts(Toy):
    """Does something else in every other run."""

    def work(self, event: dict[str, Any]) -> None:
        """Use a counter that survives the run."""
        self.orders[event["subject"]] = "confirmed"
        for _ in range(next(COUNTER) % 2):
            self.world.publish("surprise", {})


class Clock(Toy):
    """Shows something else each time."""

    def observe(self) -> dict[str, Any]:
        """Count the calls."""
        return {"orders": {}, "stock": {"book": next(COUNTER), "pen": 0}}


class Hangs(Toy):
    """Waits for something that never comes."""

    def work(self, event: dict[str, Any]) -> None:
        """Wait."""
        while True:
            pass


class Raises(Toy):
    """Has an observe() that fails."""

    def observe(self) -> dict[str, Any]:
        """Fail."""
        raise KeyError("session")


class RaisesLater(Toy):
    """Has an observe() that fails once there is an order."""

    def observe(self) -> dict[str, Any]:
        """Fail later."""
        if self.orders:
            raise KeyError("session")
        return super().observe()


class NoStatus(Toy):
    """Lacks a field in observe()."""

    def observe(self) -> dict[str, Any]:
        """Only the orders."""
        return {"orders": dict(self.orders)}


class OwnStock(Toy):
    """Does not take its stock from the world."""

    def observe(self) -> dict[str, Any]:
        """Stock of its own."""
        return {"orders": dict(self.orders), "stock": {"cheese": 3}}


class Limited(Toy):
    """Accepts nothing."""

    limits: ClassVar[dict[str, int]] = {"skus": 1, "lines": 1, "quantity": 1, "orders": 1}


class Publishes(Toy):
    """Publishes while it is being made."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        world.publish("hello", {})


class Closes(Toy):
    """Counts how many of it are open."""

    opened: ClassVar[list[Any]] = []

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.opened.append(self)

    def close(self) -> None:
        """One fewer."""
        self.opened.remove(self)


def broken(world: Any) -> Any:
    """A factory that fails."""
    raise ImportError("no database driver")


def needs_stock(world: Any) -> Any:
    """A factory that takes it for granted that there is something to sell."""
    assert all(world.stock.values()), "nothing to sell"
    return make(world)


def quits(world: Any) -> Any:
    """A factory that ends the process."""
    raise SystemExit(3)


def returns_nothing(world: Any) -> None:
    """A factory that forgets to return."""
    make(world)


def is_a_world_away(world: Any) -> Any:
    """A factory that asks for what is not there."""
    return make(world.database)
