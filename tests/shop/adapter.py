"""Plugs the shop into the order saga verification kit, which plays bus, acquirer and courier."""
# ruff: noqa: D101, D102, D103

from typing import Any

from .app import Shop
from .stockroom import ForgetfulStockroom, Stockroom

ROLES = {"order": "sales", "payment": "billing", "inventory": "stockroom", "shipping": "dispatch"}
STATUS = {"open": "open", "fulfilled": "confirmed", "rejected": "failed"}


class Target:
    roles, idempotent_place = ROLES, True

    def __init__(self, world: Any, stockroom: type[Stockroom] = Stockroom) -> None:
        self.world, self.shop = world, Shop(self, self, self, world.stock, stockroom)
        self.subscriptions = {name: list(s.topics()) for name, s in self.shop.services.items()}
        self.terminal = {"OrderFulfilled": "confirmed", "OrderRejected": "failed"}
        self.relay, self.restart, self.close = self.shop.flush, self.shop.start, self.shop.stop

    # What the kit asks of the shop.

    def place_order(self, order: Any) -> None:
        self.shop.sales.submit(order["id"], order["total"], order["currency"], order["lines"])

    def cancel_order(self, order_id: str) -> str | None:
        return None if self.shop.sales.cancel(order_id) else "refused"

    def handle(self, participant: str, event: Any) -> None:
        self.shop.services[participant].receive(event["type"], event["data"])

    def observe(self) -> Any:
        orders = {number: STATUS[state] for number, state in self.shop.sales.orders().items()}
        stock, reserved = self.shop.stockroom.shelf(), self.shop.stockroom.reserved()
        return {"orders": orders, "stock": stock, "reservations": reserved}

    # What the shop asks of the world around it; a refusal has no id.

    def send(self, topic: str, body: dict[str, Any]) -> None:
        self.world.publish(topic, body, id=body["message_id"], subject=body["order"])

    def take(self, order: str, cents: int, currency: str, request: str) -> Any:
        return self.world.payments.charge(order, cents, currency, key=request)["id"]

    def give_back(self, charge: str, cents: int, request: str) -> None:
        self.world.payments.refund(charge, cents, key=request)

    def find(self, request: str) -> Any:
        return (self.world.payments.lookup(request) or {"id": None})["id"]

    def book(self, order: str, lines: list[Any], request: str) -> Any:
        return self.world.carrier.create_shipment(order, lines, key=request)["id"]


def make(world: Any) -> Target:
    return Target(world)


def make_faulty(world: Any) -> Target:
    return Target(world, ForgetfulStockroom)
