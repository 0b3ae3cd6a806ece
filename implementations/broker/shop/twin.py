"""The shop without a broker: the same services in this process, for what needs many runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from implementations.broker.shop.services import RIGHT, VARIANTS, Refused, Service
from implementations.broker.shop.store import Store

DECLARED: Mapping[str, Any] = {
    "roles": {kind.name: kind.name for kind in RIGHT},
    "terminal": {"order.saga.completed": "confirmed", "order.saga.failed": "failed"},
    "idempotent_place": True,
}


def shown(orders: Store, inventory: Store) -> dict[str, Any]:
    """What `observe()` shows of two databases."""
    reserved = [
        {"order": order, **line}
        for order, (status, data) in inventory.sagas().items()
        if status == "reserved"
        for line in data["lines"]
    ]
    status = {order: status for order, (status, _) in orders.sagas().items()}
    return {"orders": status, "stock": inventory.stock(), "reservations": reserved}


class Twin:
    """A variant of the shop, as the kit wants to see it."""

    roles, terminal = DECLARED["roles"], DECLARED["terminal"]
    idempotent_place = DECLARED["idempotent_place"]

    def __init__(self, world: Any, variant: str) -> None:
        self.world, self._kinds = world, {kind.name: kind for kind in VARIANTS[variant]}
        self._stores = {name: Store(":memory:") for name in self._kinds}
        self._stores["inventory"].reset(world.stock)
        self._services: dict[str, Service] = {}
        self._handling: set[str] = set()
        self._relaying: set[str] = set()
        for name in self._kinds:
            self.restart(name)
        self.subscriptions = {name: list(kind.subscriptions) for name, kind in self._kinds.items()}

    def restart(self, participant: str) -> None:
        """What is in memory is gone."""
        kind, store = self._kinds[participant], self._stores[participant]
        self._services[participant] = kind(store, self._outside, self._publish)
        self._handling.discard(participant)
        self._relaying.discard(participant)

    @contextmanager
    def _alone(self, participant: str, doing: set[str]) -> Iterator[None]:
        """A process does one thing at a time."""
        while participant in self._relaying:
            if not self.world.blocked(f"{participant} to start"):
                raise ConnectionError(f"{participant} does not start")
        doing.add(participant)
        try:
            yield
        finally:
            doing.discard(participant)

    def _work(self, participant: str, type: str, id: str, order: str, data: Any) -> str:
        try:
            with self._alone(participant, self._handling):
                self._services[participant].handle(type, id, order, data)
        except (ConnectionError, TimeoutError):
            return "requeue"
        except Refused:
            return "reject"
        return "ack"

    def _outside(self, port: str, **arguments: Any) -> Any:
        return attrgetter(port)(self.world)(**arguments)

    def _publish(self, type: str, body: str, id: str, order: str) -> None:
        self.world.publish(type, json.loads(body), id=id, subject=order)

    def place_order(self, order: Mapping[str, Any]) -> str | None:
        """The customer places an order."""
        return self._ask("order.place", order["id"], order)

    def cancel_order(self, order_id: str) -> str | None:
        """The customer cancels one."""
        return self._ask("order.cancel", order_id, {})

    def _ask(self, type: str, order: str, data: Mapping[str, Any]) -> str | None:
        verdict = self._work("order", type, self.world.new_id(), order, data)
        if verdict == "requeue":
            raise ConnectionError(f"{type} was given back")
        return "refused" if verdict == "reject" else None

    def handle(self, participant: str, event: Mapping[str, Any]) -> str:
        """Process one message; one that cannot be read goes to the dead letters."""
        if isinstance(event["data"], str):
            return "reject"
        return self._work(participant, event["type"], event["id"], event["subject"], event["data"])

    def relay(self, participant: str) -> int:
        """What was not published when it died."""
        store = self._stores[participant]
        row = store.first()
        if row is None or participant in self._handling:
            return 0
        with self._alone(participant, self._relaying):
            number, id, type, order, body = row
            self._publish(type, body, id, order)
            store.sent(number)
        return 1 + (store.first() is not None)

    def observe(self) -> dict[str, Any]:
        """What is in the databases."""
        return shown(self._stores["order"], self._stores["inventory"])

    def close(self) -> None:
        """The databases are not needed any more."""
        for store in self._stores.values():
            store.close()
