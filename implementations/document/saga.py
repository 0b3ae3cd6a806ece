"""The adapter: the services as the kit wants to see them. It has no defects to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from implementations.document.services import Handler, Inventory, Orders, Payments, Service

Services = Mapping[str, type[Service]]

#: The services of the document: it shows none for shipping (B37).
SERVICES: Services = {"order": Orders, "payment": Payments, "inventory": Inventory}

_OBSERVED = {"CONFIRMED": "confirmed", "FAILED": "failed"}


class Saga:
    """Services that know each other's events and nothing else of each other."""

    def __init__(self, world: Any, services: Services) -> None:
        self._services = {name: service(world) for name, service in services.items()}
        self._consumers: dict[str, dict[str, Handler]] = {
            name: service.consumers() for name, service in self._services.items()
        }
        self.subscriptions = {name: list(types) for name, types in self._consumers.items()}
        self.roles = {name: name for name in services}

    def place_order(self, order: dict[str, Any]) -> None:
        """Start a saga."""
        self._orders.create(order)

    def handle(self, participant: str, event: dict[str, Any]) -> None:
        """Process one message."""
        data = {**event["data"], "event_id": event["id"]}
        self._consumers[participant][event["type"]](data)

    def relay(self, participant: str) -> int:
        """Publish one message of an outbox; how many were waiting."""
        return self._services[participant].relay()

    def observe(self) -> dict[str, Any]:
        """Orders and stock; money and parcels are seen outside."""
        rows = self._orders.rows.items()
        orders = {order: _OBSERVED.get(row["status"], "open") for order, row in rows}
        return {"orders": orders, **self._inventory.observe()}

    @property
    def _orders(self) -> Orders:
        service = self._services["order"]
        assert isinstance(service, Orders)
        return service

    @property
    def _inventory(self) -> Inventory:
        service = self._services["inventory"]
        assert isinstance(service, Inventory)
        return service
