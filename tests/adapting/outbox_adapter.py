"""Plugs the shop with an outbox table in."""
# ruff: noqa: D101, D102, D103

from functools import partial
from typing import Any

from implementations.adapting.consumers import Consumers, with_session
from implementations.adapting.databases import Database, sqlite_engine
from implementations.adapting.publishing import relay_rows

from . import outbox_shop as shop

DATABASES = {
    name: Database(sqlite_engine(), shop.Base.metadata, name=name) for name in shop.Sessions
}
for name, sessions in shop.Sessions.items():
    sessions.configure(bind=DATABASES[name].engine)


def message(event: Any) -> Any:
    return {**event["data"], "message_id": event["id"]}


class Target:
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012
    idempotent_place = True

    def __init__(self, world: Any, once: Any = shop.once) -> None:
        self.world = world
        self.decided: dict[str, bool] = {}
        failed, done = partial(shop.end, state="failed"), partial(shop.end, state="confirmed")
        functions: dict[str, dict[str, Any]] = {
            "desk": {"NotPaid": failed, "SoldOut": failed, "SetAside": done},
            "till": {"Ordered": partial(shop.take, pays=self.pays), "SoldOut": shop.give_back},
            "shelf": {"Paid": shop.set_aside},
        }
        consumers = Consumers(
            {
                name: {
                    type: with_session(
                        once(f),
                        shop.Sessions[name],
                        lambda e: {**e["data"], "message_id": e["id"]},
                        True,
                    )
                    for type, f in each.items()
                }
                for name, each in functions.items()
            }
        )
        self.subscriptions, self.handle = consumers.subscriptions, consumers.handle
        shelf = [{"sku": sku, "pieces": n} for sku, n in world.stock.items()]
        for name, database in DATABASES.items():
            database.fresh(world, {shop.Shelf: shelf} if name == "shelf" else {})

    def pays(self, order: str) -> bool:
        if order not in self.decided:  # a customer who is asked again says the same
            self.decided[order] = self.world.answer("payment", order)["status"] == "done"
        return self.decided[order]

    def place_order(self, order: Any) -> None:
        shop.place(order["id"], order["total"], order["lines"])

    def relay(self, participant: str) -> int:
        publish = partial(self.publish, participant)
        return relay_rows(DATABASES[participant].engine, shop.Outbox, publish)

    def publish(self, participant: str, row: Any) -> None:
        self.world.publish(
            row.topic, row.body, id=f"{participant}-{row.number}", subject=row.body["order"]
        )

    def restart(self, participant: str) -> None:
        DATABASES[participant].crash()

    def observe(self) -> Any:
        rows = {"desk": shop.Order, "till": shop.Payment, "shelf": shop.Held}
        desk, till, shelf = (DATABASES[name].rows(table) for name, table in rows.items())
        return {
            "orders": {row.id: row.state for row in desk},
            "stock": {row.sku: row.pieces for row in DATABASES["shelf"].rows(shop.Shelf)},
            "reservations": [{"order": r.order, "sku": r.sku, "quantity": r.pieces} for r in shelf],
            "payments": [
                {"id": r.id, "order": r.id, "amount": r.amount, "status": r.state} for r in till
            ],
        }


def make(world: Any) -> Target:
    return Target(world)


def make_wrong(world: Any) -> Target:
    return Target(world, shop.too_early)
