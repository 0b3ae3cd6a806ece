"""A shop that publishes as Kafka's clients do, and its adapter."""
# ruff: noqa: D101, D102, D103

from collections import Counter
from typing import Any

from implementations.adapting.consumers import Consumers, with_body
from implementations.adapting.publishing import Producer


class Shop:
    """Desk, till and shelf; handlers are `f(body)`, and flush before they return if `careful`."""

    def __init__(self, producers: Any, stock: dict[str, int], pays: Any, careful: bool) -> None:
        self.producers, self.stock, self.pays, self.careful = producers, stock, pays, careful
        self.orders: dict[str, str] = {}
        self.paid: dict[str, tuple[int, str]] = {}
        self.held: dict[str, dict[str, int]] = {}

    def say(self, who: str, topic: str, order: str, **value: Any) -> None:
        self.producers[who].send(topic, value={"order": order, **value}, key=order.encode())
        if self.careful:
            self.producers[who].flush()

    def place(self, order: str, total: int, lines: Any) -> None:
        self.say("desk", "Ordered", order, total=total, lines=lines)
        self.producers["desk"].flush()
        self.orders.setdefault(order, "open")

    def ask_for_money(self, body: Any) -> None:
        order = body["order"]
        if order not in self.paid:
            self.paid[order] = (body["total"], "charged" if self.pays(order) else "failed")
        said = "NotPaid" if self.paid[order][1] == "failed" else "Paid"
        self.say("till", said, order, lines=body["lines"])

    def give_back(self, body: Any) -> None:
        self.paid[body["order"]] = (self.paid[body["order"]][0], "refunded")

    def set_aside(self, body: Any) -> None:
        order = body["order"]
        if order not in self.held:
            wanted: Counter[str] = Counter()
            for line in body["lines"]:
                wanted[line["sku"]] += line["quantity"]
            enough = all(self.stock.get(sku, 0) >= n for sku, n in wanted.items())
            self.held[order] = dict(wanted) if enough else {}
            for sku, n in self.held[order].items():
                self.stock[sku] -= n
        self.say("shelf", "SetAside" if self.held[order] else "SoldOut", order)

    def confirm(self, body: Any) -> None:
        self.orders[body["order"]] = "confirmed"

    def fail(self, body: Any) -> None:
        self.orders[body["order"]] = "failed"


class Target:
    roles = {"order": "desk", "payment": "till", "inventory": "shelf"}  # noqa: RUF012

    def __init__(self, world: Any, careful: bool = True) -> None:
        named = self.roles.values()
        self.producers = {n: Producer(world, subject=lambda data: data["order"]) for n in named}
        self.shop = shop = Shop(
            self.producers,
            dict(world.stock),
            lambda order: world.answer("payment", order)["status"] == "done",
            careful,
        )
        failed = with_body(shop.fail)
        consumers = Consumers(
            {
                "desk": {"NotPaid": failed, "SoldOut": failed, "SetAside": with_body(shop.confirm)},
                "till": {
                    "Ordered": with_body(shop.ask_for_money),
                    "SoldOut": with_body(shop.give_back),
                },
                "shelf": {"Paid": with_body(shop.set_aside)},
            }
        )
        self.subscriptions, self.handle = consumers.subscriptions, consumers.handle

    def place_order(self, order: Any) -> None:
        self.shop.place(order["id"], order["total"], order["lines"])

    def relay(self, participant: str) -> int:
        return self.producers[participant].relay()

    def restart(self, participant: str) -> None:
        self.producers[participant].forget()

    def observe(self) -> Any:
        held, paid = self.shop.held, self.shop.paid
        return {
            "orders": dict(self.shop.orders),
            "stock": dict(self.shop.stock),
            "reservations": [
                {"order": o, "sku": s, "quantity": n} for o, h in held.items() for s, n in h.items()
            ],
            "payments": [
                {"id": f"p-{o}", "order": o, "amount": a, "status": s} for o, (a, s) in paid.items()
            ],
        }


def make(world: Any) -> Target:
    return Target(world)


def make_wrong(world: Any) -> Target:
    return Target(world, careful=False)
