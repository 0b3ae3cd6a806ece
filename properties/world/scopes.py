"""Scopes: which orders are placed, how much stock there is, and how many faults a run may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from implementations.shape import TargetShape
from model.environment import Delivery, Fault
from model.money import money
from model.vocabulary import Line, Order

#: The most faults of a kind in one run: enough for "a second one while the first is repaired".
BUDGETS: dict[Fault, int] = {
    Fault.DUPLICATE: 2,
    Fault.REPUBLISH: 2,
    Fault.CRASH: 2,
    Fault.DECLINE: 2,
    Fault.CARRIER_REFUSAL: 2,
    Fault.UNKNOWN: 2,
    Fault.TRANSIENT: 2,
    Fault.CONCURRENCY: 2,
    Fault.RESUBMIT: 1,
    Fault.CANCEL: 1,
    Fault.LATE: 1,
    Fault.POISON: 1,
    Fault.STANDSTILL: 1,
}


@frozen
class Scope:
    """The setting of a run. Two runs with one scope and one schedule are the same run."""

    name: str
    orders: tuple[Order, ...]
    stock: Mapping[str, int]
    delivery: Delivery = Delivery.AT_LEAST_ONCE_UNORDERED
    faults: frozenset[Fault] = frozenset(Fault)
    budgets: Mapping[Fault, int] = field(factory=lambda: dict(BUDGETS))

    @property
    def prices(self) -> dict[str, int]:
        """The price of each SKU in minor units."""
        return {line.sku: line.unit_price for order in self.orders for line in order.lines}

    @property
    def size(self) -> int:
        """Lines and pieces ordered, pieces in stock, and twice what is missing: the less of it, the
        easier to read. Twice, since running out is a story of its own: told only where needed.
        """
        ordered = sum(1 + line.quantity for order in self.orders for line in order.lines)
        return ordered + sum(self.stock.values()) + 2 * self.missing

    @property
    def missing(self) -> int:
        """The pieces that all orders want together and that are not in stock."""
        return sum(max(0, pieces - self.stock.get(sku, 0)) for sku, pieces in self.wanted.items())

    @property
    def wanted(self) -> dict[str, int]:
        """The pieces of each SKU that all orders want together."""
        wanted: dict[str, int] = {}
        for order in self.orders:
            for sku, pieces in order.quantities.items():
                wanted[sku] = wanted.get(sku, 0) + pieces
        return wanted

    @property
    def setting(self) -> str:
        """Orders and stock in one line, for reports."""
        orders = "; ".join(
            f"{order.id}: "
            + ", ".join(
                f"{line.quantity} {line.sku} at {money(line.unit_price, order.currency)}"
                for line in order.lines
            )
            for order in self.orders
        )
        stock = ", ".join(f"{pieces} {sku}" for sku, pieces in self.stock.items())
        return f"{orders}; stock: {stock}"

    def without(self, order: str) -> Scope:
        """This scope without one of its orders."""
        return evolve(self, orders=tuple(kept for kept in self.orders if kept.id != order))

    def sold_out(self) -> Scope:
        """This scope with nothing in stock."""
        return evolve(self, stock=dict.fromkeys(self.stock, 0))

    def as_json(self) -> dict[str, Any]:
        """The scope as JSON data."""
        return {
            "name": self.name,
            "orders": [order.as_dict() for order in self.orders],
            "stock": dict(self.stock),
            "delivery": str(self.delivery),
            "faults": ", ".join(sorted(self.faults)),
            **self._other_budgets(),
        }

    def _other_budgets(self) -> dict[str, Any]:
        if self.budgets == BUDGETS:
            return {}
        return {"budgets": {str(fault): count for fault, count in self.budgets.items()}}


def scope_from_json(data: Mapping[str, Any]) -> Scope:
    """The scope that `as_json` described.

    Raises:
        KeyError, ValueError, TypeError: the data is no scope.
    """
    orders = tuple(
        Order(
            id=order["id"],
            customer=order["customer"],
            currency=order["currency"],
            lines=tuple(
                Line(line["sku"], line["quantity"], line["unit_price"]) for line in order["lines"]
            ),
        )
        for order in data["orders"]
    )
    return Scope(
        name=data["name"],
        orders=orders,
        stock=dict(data["stock"]),
        delivery=Delivery(data["delivery"]),
        faults=frozenset(Fault(name) for name in data["faults"].split(", ") if name),
        budgets={Fault(name): int(n) for name, n in data.get("budgets", BUDGETS).items()},
    )


_ONE = (Line("book", 1, 1999),)
_PAIR = (Line("book", 2, 1999),)
_MIXED = (Line("book", 1, 1999), Line("pen", 2, 250), Line("book", 1, 1999))

SINGLE = Scope("one order", (Order("o1", _ONE),), {"book": 1})
SHORT = Scope("out of stock", (Order("o1", _PAIR),), {"book": 1})
BASKET = Scope("several lines", (Order("o1", _MIXED),), {"book": 2, "pen": 2})
HALF = Scope("second SKU short", (Order("o1", _MIXED),), {"book": 2, "pen": 1})
DOUBLED = Scope("one SKU on two lines, short", (Order("o1", _MIXED),), {"book": 1, "pen": 2})
CONTENTION = Scope("the last piece", (Order("o1", _ONE), Order("o2", _ONE)), {"book": 1})
NEIGHBOURS = Scope("two orders", (Order("o1", _ONE), Order("o2", _PAIR)), {"book": 3})
SAME_CUSTOMER = Scope(
    "three orders",
    (Order("o1", _ONE), Order("o2", _PAIR), Order("o3", _MIXED)),
    {"book": 4, "pen": 2},
)

#: Instead of SHORT, for a target that takes one piece at a time.
SOLD_OUT = evolve(SINGLE.sold_out(), name=SHORT.name)

SCOPES = (SINGLE, SHORT, BASKET, HALF, DOUBLED, CONTENTION, NEIGHBOURS, SAME_CUSTOMER)


def fitting(
    scopes: Iterable[Scope],
    faults: frozenset[Fault],
    delivery: Delivery,
    shape: TargetShape,
) -> tuple[Scope, ...]:
    """The scopes that fit the faults asked for and the orders that a target accepts.

    The currencies take turns: the first scope is in the first one.
    """
    limits, currencies = shape.limits, shape.currencies
    chosen = []
    for number, scope in enumerate(scopes):
        if scope == SHORT and limits.get("quantity", 2) < 2:
            scope = SOLD_OUT
        if Fault.CONTENTION not in faults and len(scope.orders) > 1:
            continue
        if Fault.OUT_OF_STOCK not in faults and _short(scope):
            continue
        fits = all(
            len(order.lines) <= limits.get("lines", 99)
            and max(line.quantity for line in order.lines) <= limits.get("quantity", 10**9)
            and len(order.quantities) <= limits.get("skus", 99)
            for order in scope.orders
        )
        if fits and len(scope.orders) <= limits.get("orders", 99):
            orders = tuple(
                evolve(order, currency=currencies[turn % len(currencies)])
                for turn, order in enumerate(scope.orders, start=number)
            )
            chosen.append(evolve(scope, orders=orders, faults=faults, delivery=delivery))
    return tuple(chosen)


def _short(scope: Scope) -> bool:
    return len(scope.orders) == 1 and scope.missing > 0
