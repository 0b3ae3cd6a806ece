"""Orchestrator and participants as one target."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from implementations.contract import AsyncWorld, OrderData
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
from implementations.reference.target import Target
from model.vocabulary import Status

_OBSERVED = {State.CONFIRMED: Status.CONFIRMED, State.FAILED: Status.FAILED}


@frozen
class Parts:
    """What a saga is built of. Replace one to see what it is good for."""

    orchestrator: type[Orchestrator] = Orchestrator
    payment: type[PaymentService] = PaymentService
    inventory: type[InventoryService] = InventoryService
    shipping: type[ShippingService] = ShippingService


class Saga(Target):
    """One who knows all of the saga, and three who know their own work."""

    terminal: ClassVar[dict[str, str]] = {CONFIRMED: "confirmed", FAILED: "failed"}

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        self.sagas, reservations = Table(Progress), Table(Reservation)
        stock = Stock(dict(world.stock))
        shelf = StockedStore(reservations, Inbox(), Outbox(), stock)
        services: dict[str, Service[Any]] = {
            "order": parts.orchestrator(world, Store(self.sagas, Inbox(), Outbox())),
            "payment": parts.payment(world, Store(Table(Payment), Inbox(), Outbox())),
            "inventory": parts.inventory(world, shelf),
            "shipping": parts.shipping(world, Store(Table(Shipment), Inbox(), Outbox())),
        }
        super().__init__(world, services, reservations, stock)
        self.subscriptions = {name: list(s.reactions) for name, s in services.items()}

    @property
    def _orchestrator(self) -> Orchestrator:
        service = self._services["order"]
        assert isinstance(service, Orchestrator)
        return service

    async def place_order(self, order: OrderData) -> None:
        """Start a saga; starting it again changes nothing."""
        await self._orchestrator.place(order)

    async def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels: "refused" once the pivot is asked for."""
        return await self._orchestrator.cancel(order_id)

    def _statuses(self) -> dict[str, Status]:
        return {row.order: _OBSERVED.get(row.status, Status.OPEN) for row in self.sagas}


def build(world: AsyncWorld, parts: Parts) -> Saga:
    """A saga of other parts than the right ones."""
    return Saga(world, parts)


def make(world: AsyncWorld) -> Saga:
    """The order saga with an orchestrator: commands and replies, in memory."""
    return Saga(world, Parts())
