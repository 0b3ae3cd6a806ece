"""Services in memory as one target: what is the same however they divide the saga among them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from implementations.contract import AsyncWorld, Event
from implementations.reference.service import Service
from implementations.reference.storage import Stock, Table
from model.vocabulary import Status


class Target:
    """Four services with a store each; whoever takes the orders is the participant `order`."""

    delivery = "at-least-once-unordered"
    idempotent_place = True
    currencies = ("EUR", "JPY", "KWD")  # of two decimals, none and three (B15)

    def __init__(
        self,
        world: AsyncWorld,
        services: Mapping[str, Service[Any]],
        reservations: Table[Any],
        stock: Stock,
    ) -> None:
        self._world, self._services = world, dict(services)
        self.reservations, self.stock = reservations, stock
        self.consumers = {name: {"parallel": 2} for name in self._services}

    def _statuses(self) -> dict[str, Status]:
        """How each order stands."""
        raise NotImplementedError

    async def handle(self, participant: str, event: Event) -> None:
        """Process one message."""
        await self._services[participant].handle(event)

    async def relay(self, participant: str) -> int:
        """Publish one message of an outbox; how many were waiting."""
        return await self._services[participant].relay()

    def restart(self, participant: str) -> None:
        """Start a service anew, on nothing but what it has stored (B82)."""
        died = self._services[participant]
        self._services[participant] = type(died)(self._world, died.store)

    def observe(self) -> dict[str, Any]:
        """Orders, stock and reservations; money and parcels are seen outside."""
        return {
            "orders": self._statuses(),
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
