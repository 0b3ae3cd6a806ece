"""The four services as one target."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar

from attrs import frozen

from implementations.contract import AsyncWorld, Event, OrderData
from implementations.reference.inventory import InventoryService, InventoryStore, Reservation
from implementations.reference.order import Order, OrderService, OrderStatus
from implementations.reference.payment import Payment, PaymentService
from implementations.reference.service import Service, Store
from implementations.reference.shipping import Shipment, ShippingService
from implementations.reference.storage import Inbox, Outbox, Stock, Table
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


class Saga:
    """Four services that know each other's events and nothing else of each other."""

    delivery = "at-least-once-unordered"
    idempotent_place = True
    currencies = ("EUR", "JPY", "KWD")  # of two decimals, none and three (B15)
    terminal: ClassVar[dict[str, str]] = {E.SAGA_COMPLETED: "confirmed", E.SAGA_FAILED: "failed"}

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        self._world = world
        inbox, outbox = parts.inbox, parts.outbox
        self.orders = Table(Order)
        self.reservations = Table(Reservation)
        self.stock = parts.stock(dict(world.stock))
        inventory = InventoryStore(self.reservations, inbox(), outbox(), self.stock)
        self._order = parts.order(world, Store(self.orders, inbox(), outbox()))
        self._services: dict[str, Service[Any]] = {
            "order": self._order,
            "payment": parts.payment(world, Store(Table(Payment), inbox(), outbox())),
            "inventory": parts.inventory(world, inventory),
            "shipping": parts.shipping(world, Store(Table(Shipment), inbox(), outbox())),
        }
        self.subscriptions = {name: list(s.subscriptions) for name, s in self._services.items()}
        self.roles = {name: name for name in self._services}
        self.consumers = {name: {"parallel": 2} for name in self._services}

    async def place_order(self, order: OrderData) -> None:
        """Start a saga; starting it again changes nothing."""
        await self._order.place(order)

    async def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels: "refused" once the saga has ended."""
        return await self._order.cancel(order_id)

    async def handle(self, participant: str, event: Event) -> None:
        """Process one message."""
        await self._services[participant].handle(event)

    async def relay(self, participant: str) -> int:
        """Publish one message of an outbox; how many were waiting."""
        return await self._services[participant].relay()

    def restart(self, participant: str) -> None:
        """Start a service anew, on nothing but what it has stored (B82)."""
        died = self._services[participant]
        self._services[participant] = anew = type(died)(self._world, died.store)
        if isinstance(anew, OrderService):
            self._order = anew

    def observe(self) -> dict[str, Any]:
        """Orders, stock and reservations; money and parcels are seen outside."""
        return {
            "orders": {row.order: _OBSERVED[row.status] for row in self.orders},
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
    """The reference order saga: a choreography of four services, in memory."""
    return Saga(world, Parts())
