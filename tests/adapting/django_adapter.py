"""Plugs the shop on Django in."""
# ruff: noqa: D101, D102, D103, E402

import os
from functools import lru_cache
from typing import Any

from implementations.adapting.consumers import Consumers, with_body
from implementations.adapting.django import DjangoDatabase

APPS = "tests.adapting.django_shop."
POSTGRESQL = os.environ.get("SHOP_DATABASE", "postgresql://postgres@127.0.0.1/test")


@lru_cache
def database(url: str = "") -> DjangoDatabase:
    return DjangoDatabase(*(APPS + name for name in ("letters", "desk", "till", "shelf")), url=url)


database()

from .django_shop.desk import consumers as desk
from .django_shop.desk.models import Order
from .django_shop.letters.models import Letter
from .django_shop.letters.post import post
from .django_shop.shelf import consumers as shelf
from .django_shop.shelf.models import Goods, Held
from .django_shop.till import cards
from .django_shop.till import consumers as till
from .django_shop.till.models import Payment

FUNCTIONS: dict[str, dict[str, Any]] = {
    "desk": {"NotPaid": desk.fail, "SoldOut": desk.fail, "SetAside": desk.confirm},
    "till": {"Ordered": till.take, "SoldOut": till.give_back},
    "shelf": {"Paid": shelf.set_aside},
}


class Target:
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012
    consumers = {name: {"parallel": 2} for name in FUNCTIONS}  # noqa: RUF012
    idempotent_place = True
    functions = FUNCTIONS
    url = ""

    def __init__(self, world: Any) -> None:
        self.world = world
        found = Consumers(
            {
                name: {type: with_body(f, self.message) for type, f in each.items()}
                for name, each in self.functions.items()
            }
        )
        self.subscriptions, self.handle = found.subscriptions, found.handle
        cards.pays = lambda order: world.answer("payment", order)["status"] == "done"
        self.database = database(self.url)
        self.database.fresh(world)
        Goods.objects.bulk_create(Goods(sku=sku, pieces=n) for sku, n in world.stock.items())

    @staticmethod
    def message(event: Any) -> Any:
        return {**event["data"], "message_id": event["id"]}

    def place_order(self, order: Any) -> None:
        desk.place(order["id"], order["total"], order["lines"])

    def relay(self, participant: str) -> int:
        return post(participant, self.publish)

    def publish(self, letter: Letter) -> None:
        self.world.publish(
            letter.topic, letter.body, f"{letter.topic}-{letter.order}", letter.order
        )

    def observe(self) -> Any:
        return self.database.shown(self.read)

    def read(self) -> Any:
        return {
            "orders": dict(Order.objects.values_list("number", "state")),
            "stock": dict(Goods.objects.values_list("sku", "pieces")),
            "reservations": [
                {"order": each.order, "sku": each.goods_id, "quantity": each.pieces}
                for each in Held.objects.all()
            ],
            "payments": [
                {"id": p.order, "order": p.order, "amount": p.amount, "status": p.state}
                for p in Payment.objects.all()
            ],
        }


def make(world: Any) -> Target:
    return Target(world)


class OnPostgresql(Target):
    url = POSTGRESQL
