"""The four services on their databases, as one target."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, ClassVar

from attrs import frozen
from sqlalchemy import select

from implementations.contract import Event, OrderData, World
from implementations.durable.databases import Lending
from implementations.durable.homes import POSTGRESQL, VARIABLE, Home, home, home_at
from implementations.durable.inventory import RESERVATIONS, STOCK, InventoryService
from implementations.durable.order import ORDERS, OrderService, OrderStatus
from implementations.durable.payment import PaymentService
from implementations.durable.service import Service
from implementations.durable.shipping import ShippingService
from model.vocabulary import Event as E
from model.vocabulary import Status

_OBSERVED = {
    OrderStatus.AWAITING_PAYMENT: Status.OPEN,
    OrderStatus.CONFIRMED: Status.CONFIRMED,
    OrderStatus.FAILED: Status.FAILED,
}
_ORDERS = select(ORDERS.c.order_id, ORDERS.c.status).where(ORDERS.c.status.in_(list(_OBSERVED)))
_STOCK = select(STOCK)
_RESERVATIONS = select(RESERVATIONS.c.order_id, RESERVATIONS.c.held).order_by(
    RESERVATIONS.c.order_id
)


@frozen
class Parts:
    """What a saga is built of. Replace one to see what it is good for."""

    order: type[OrderService] = OrderService
    payment: type[PaymentService] = PaymentService
    inventory: type[InventoryService] = InventoryService
    shipping: type[ShippingService] = ShippingService

    @property
    def services(self) -> dict[str, type[Service[Any]]]:
        """By participant."""
        parts = (self.order, self.payment, self.inventory, self.shipping)
        return {part.name: part for part in parts}


@lru_cache
def lending(where: Home, parts: Parts, statements: bool) -> Lending:
    """The databases of a saga of such parts."""
    tables = {name: service.tables() for name, service in parts.services.items()}
    return Lending(where, tables, statements)


class Saga:
    """Four services that share no database, and know nothing of each other but events."""

    delivery = "at-least-once-unordered"
    idempotent_place = True
    currencies = ("EUR", "JPY", "KWD")
    terminal: ClassVar[dict[str, str]] = {E.SAGA_COMPLETED: "confirmed", E.SAGA_FAILED: "failed"}

    def __init__(self, world: World, parts: Parts, lent: Lending) -> None:
        self._world, self._parts, self._lent = world, parts, lent
        stock = [{"sku": sku, "available": pieces} for sku, pieces in world.stock.items()]
        self._databases = lent.take(world, {STOCK: stock})
        self._services = {name: self._start(name) for name in self._databases}
        self.subscriptions = {name: list(s.subscriptions) for name, s in self._services.items()}
        self.roles = {name: name for name in self._services}
        self.consumers = {name: {"parallel": 2} for name in self._services}

    def _start(self, participant: str) -> Service[Any]:
        service = self._parts.services[participant]
        return service(self._world, self._databases[participant].engine)

    @property
    def _orders(self) -> OrderService:
        service = self._services["order"]
        assert isinstance(service, OrderService)
        return service

    def place_order(self, order: OrderData) -> None:
        """Start a saga; starting it again changes nothing."""
        self._orders.place(order)

    def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels: "refused" once the saga has ended."""
        return self._orders.cancel(order_id)

    def handle(self, participant: str, event: Event) -> None:
        """Process one message."""
        self._services[participant].handle(event)

    def relay(self, participant: str) -> int:
        """Publish one message of an outbox; how many were waiting."""
        return self._services[participant].relay()

    def restart(self, participant: str) -> None:
        """A service has died: new connections, a new object, and what was committed."""
        self._databases[participant].crash()
        self._services[participant] = self._start(participant)

    def close(self) -> None:
        """Give the databases back."""
        self._lent.give_back(self._databases)

    def observe(self) -> dict[str, Any]:
        """Orders, stock and reservations, as committed; money and parcels are seen outside."""
        order, inventory = self._databases["order"], self._databases["inventory"]
        return {
            "orders": {row.order_id: _OBSERVED[row.status] for row in order.show(_ORDERS)},
            "stock": {row.sku: row.available for row in inventory.show(_STOCK)},
            "reservations": [
                {"order": row.order_id, "sku": sku, "quantity": quantity}
                for row in inventory.show(_RESERVATIONS)
                for sku, quantity in row.held.items()
            ],
        }


def build(world: World, parts: Parts, where: Home | None = None, statements: bool = False) -> Saga:
    """A saga of other parts than the right ones, or in another place."""
    return Saga(world, parts, lending(where or home(), parts, statements))


def make(world: World) -> Saga:
    """The order saga on SQL databases: SQLite files, or PostgreSQL with DURABLE_URL."""
    return build(world, Parts())


def postgresql(world: World) -> Saga:
    """The order saga on PostgreSQL: at DURABLE_URL, or on this machine."""
    return build(world, Parts(), home_at(os.environ.get(VARIABLE) or POSTGRESQL))


def every_statement(world: World) -> Saga:
    """The order saga on SQL databases, paused before each statement as well."""
    return build(world, Parts(), statements=True)
