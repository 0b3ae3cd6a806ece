"""Orchestrator and participants as one target."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar

from attrs import frozen

from implementations.contract import AsyncWorld, Event, OrderData
from implementations.orchestrated.orchestrator import (
    CONFIRMED,
    FAILED,
    Orchestrator,
    Progress,
    State,
)
from implementations.orchestrated.participants import (
    InventoryService,
    Payment,
    PaymentService,
    Reservation,
    Shipment,
    ShippingService,
    StockedStore,
)
from implementations.reference.service import Service, Store
from implementations.reference.storage import Inbox, Outbox, Stock, Table
from model.vocabulary import Status

_OBSERVED = {State.CONFIRMED: Status.CONFIRMED, State.FAILED: Status.FAILED}


@frozen
class Parts:
    """What a saga is built of. Replace one to see what it is good for."""

    orchestrator: type[Orchestrator] = Orchestrator
    payment: type[PaymentService] = PaymentService
    inventory: type[InventoryService] = InventoryService
    shipping: type[ShippingService] = ShippingService


class Saga:
    """One who knows all of the saga, and three who know their own work."""

    delivery = "at-least-once-unordered"
    idempotent_place = True
    currencies = ("EUR", "JPY", "KWD")  # of two decimals, none and three (B15)
    terminal: ClassVar[dict[str, str]] = {CONFIRMED: "confirmed", FAILED: "failed"}

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        self._world = world
        self.sagas, self.reservations = Table(Progress), Table(Reservation)
        self.stock = Stock(dict(world.stock))
        shelf = StockedStore(self.reservations, Inbox(), Outbox(), self.stock)
        self._orchestrator = parts.orchestrator(world, Store(self.sagas, Inbox(), Outbox()))
        self._services: dict[str, Service[Any]] = {
            "order": self._orchestrator,
            "payment": parts.payment(world, Store(Table(Payment), Inbox(), Outbox())),
            "inventory": parts.inventory(world, shelf),
            "shipping": parts.shipping(world, Store(Table(Shipment), Inbox(), Outbox())),
        }
        self.subscriptions = {name: list(s.reactions) for name, s in self._services.items()}
        self.consumers = {name: {"parallel": 2} for name in self._services}

    async def place_order(self, order: OrderData) -> None:
        """Start a saga; starting it again changes nothing."""
        await self._orchestrator.place(order)

    async def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels: "refused" once the pivot is asked for."""
        return await self._orchestrator.cancel(order_id)

    async def handle(self, participant: str, event: Event) -> None:
        """Process one command or reply."""
        await self._services[participant].handle(event)

    async def relay(self, participant: str) -> int:
        """Publish one message of an outbox; how many were waiting."""
        return await self._services[participant].relay()

    def restart(self, participant: str) -> None:
        """Start a service anew, on nothing but what it has stored (B82)."""
        died = self._services[participant]
        self._services[participant] = anew = type(died)(self._world, died.store)
        if isinstance(anew, Orchestrator):
            self._orchestrator = anew

    def observe(self) -> dict[str, Any]:
        """Orders, stock and reservations; money and parcels are seen outside."""
        return {
            "orders": {row.order: _OBSERVED.get(row.status, Status.OPEN) for row in self.sagas},
            "stock": dict(self.stock.available),
            "reservations": [
                {"order": row.order, "sku": sku, "quantity": quantity}
                for row in self.reservations
                for sku, quantity in row.held
            ],
        }

    def digest(self) -> Hashable:
        """Exact identity of the four stores."""
        return tuple(service.store.digest() for service in self._services.values())


def build(world: AsyncWorld, parts: Parts) -> Saga:
    """A saga of other parts than the right ones."""
    return Saga(world, parts)


def make(world: AsyncWorld) -> Saga:
    """The order saga with an orchestrator: commands and replies, in memory."""
    return Saga(world, Parts())
