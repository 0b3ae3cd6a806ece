"""The four services as one target."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from implementations.contract import AsyncWorld, OrderData
from implementations.reference.inventory import InventoryService, InventoryStore, Reservation
from implementations.reference.order import Order, OrderService, OrderStatus
from implementations.reference.payment import Payment, PaymentService
from implementations.reference.service import Service, Store
from implementations.reference.shipping import Shipment, ShippingService
from implementations.reference.storage import Inbox, Outbox, Stock, Table
from implementations.reference.target import Target
from model.vocabulary import Event as E
from model.vocabulary import Status

_OBSERVED = {
    OrderStatus.AWAITING_PAYMENT: Status.OPEN,
    OrderStatus.CONFIRMED: Status.CONFIRMED,
    OrderStatus.FAILED: Status.FAILED,
}


@frozen
class Parts:
    """What a saga is built of. Replace one to see what it is good for."""

    order: type[OrderService] = OrderService
    payment: type[PaymentService] = PaymentService
    inventory: type[InventoryService] = InventoryService
    shipping: type[ShippingService] = ShippingService
    inbox: type[Inbox] = Inbox
    outbox: type[Outbox] = Outbox
    stock: type[Stock] = Stock


class Saga(Target):
    """Four services that know each other's events and nothing else of each other."""

    terminal: ClassVar[dict[str, str]] = {E.SAGA_COMPLETED: "confirmed", E.SAGA_FAILED: "failed"}

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        inbox, outbox = parts.inbox, parts.outbox
        self.orders, reservations = Table(Order), Table(Reservation)
        stock = parts.stock(dict(world.stock))
        inventory = InventoryStore(reservations, inbox(), outbox(), stock)
        services: dict[str, Service[Any]] = {
            "order": parts.order(world, Store(self.orders, inbox(), outbox())),
            "payment": parts.payment(world, Store(Table(Payment), inbox(), outbox())),
            "inventory": parts.inventory(world, inventory),
            "shipping": parts.shipping(world, Store(Table(Shipment), inbox(), outbox())),
        }
        super().__init__(world, services, reservations, stock)
        self.subscriptions = {name: list(s.subscriptions) for name, s in services.items()}
        self.roles = {name: name for name in services}

    @property
    def _order(self) -> OrderService:
        service = self._services["order"]
        assert isinstance(service, OrderService)
        return service

    async def place_order(self, order: OrderData) -> None:
        """Start a saga; starting it again changes nothing."""
        await self._order.place(order)

    async def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels: "refused" once the saga has ended."""
        return await self._order.cancel(order_id)

    def _statuses(self) -> dict[str, Status]:
        return {row.order: _OBSERVED[row.status] for row in self.orders}


def build(world: AsyncWorld, parts: Parts) -> Saga:
    """A saga of other parts than the right ones."""
    return Saga(world, parts)


def make(world: AsyncWorld) -> Saga:
    """The reference order saga: a choreography of four services, in memory."""
    return Saga(world, Parts())
