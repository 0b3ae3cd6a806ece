"""The shop: four services, each with a database of its own."""

from __future__ import annotations

from collections.abc import Mapping

from .billing import Billing
from .dispatch import Dispatch
from .outside import Bus, Cards, Courier
from .sales import Sales
from .service import Service, open_database
from .stockroom import Stockroom


class Shop:
    """A shop on the web. Nothing here knows how it will be tested."""

    def __init__(
        self,
        bus: Bus,
        cards: Cards,
        courier: Courier,
        stock: Mapping[str, int],
        stockroom: type[Stockroom] = Stockroom,
    ) -> None:
        self._outside = bus, cards, courier
        self._stockroom = stockroom
        kinds: dict[str, type[Service]] = {
            "sales": Sales,
            "billing": Billing,
            "stockroom": stockroom,
            "dispatch": Dispatch,
        }
        self._databases = {name: open_database(kind.schema) for name, kind in kinds.items()}
        for name in kinds:
            self.start(name)
        self.stockroom.fill(stock)

    def start(self, name: str) -> None:
        """Start a service (again) on its database."""
        (bus, cards, courier), database = self._outside, self._databases[name]
        match name:
            case "sales":
                self.sales = Sales(database, bus)
            case "billing":
                self.billing = Billing(database, bus, cards)
            case "stockroom":
                self.stockroom = self._stockroom(database, bus)
            case _:
                self.dispatch = Dispatch(database, bus, courier)

    @property
    def services(self) -> dict[str, Service]:
        """All services by name."""
        return {name: getattr(self, name) for name in self._databases}

    def flush(self, name: str) -> int:
        """Send the oldest message that a service wants to send; how many were waiting."""
        return self.services[name].flush()

    def stop(self) -> None:
        """Close all databases."""
        for database in self._databases.values():
            database.close()
