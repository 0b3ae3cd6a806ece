"""What a target says of itself: `observe()` checked, and put into the kit's words.

Called after every step of every run, so the good path only copies; what is wrong is worked out
once something is.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from attrs import frozen

from implementations.errors import TargetError, nearest
from model.vocabulary import Status


class PaymentStatus(StrEnum):
    """Where the money of one payment is, by the target's own account."""

    PENDING = "pending"
    CHARGED = "charged"
    REFUNDED = "refunded"
    FAILED = "failed"


class ShipmentStatus(StrEnum):
    """Where one parcel is, by the target's own account."""

    REQUESTED = "requested"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@frozen
class ObservedPayment:
    """One payment that the target keeps; `amount` in minor units."""

    id: str
    order: str
    amount: int
    status: PaymentStatus


@frozen
class ObservedShipment:
    """One parcel that the target keeps."""

    id: str
    order: str
    status: ShipmentStatus


class Observation(NamedTuple):
    """A snapshot of a target. What is None the target does not have; an empty one it has."""

    orders: dict[str, Status]
    stock: dict[str, int]
    reservations: dict[tuple[str, str], int] | None = None
    """Pieces set aside, by (order, sku): several rows are added up."""
    payments: tuple[ObservedPayment, ...] | None = None
    shipments: tuple[ObservedShipment, ...] | None = None
    outbox: dict[str, int] | None = None
    """How many messages wait in the outbox of each participant: where there are none, no relay is
    asked."""


_STATUS: dict[str, Status] = {str(status): status for status in Status}
_PAYMENT: dict[str, PaymentStatus] = {str(status): status for status in PaymentStatus}
_SHIPMENT: dict[str, ShipmentStatus] = {str(status): status for status in ShipmentStatus}


class _Wrong(Exception):
    """Something in the snapshot is wrong; `_complaints` says what."""


def check_observation(observed: Any, known_order_ids: Container[str]) -> Observation:
    """The snapshot as a value, or a `TargetError` that names what is wrong in it.

    `known_order_ids` are the orders that the kit has placed. An order may be absent from the
    snapshot; an order that nobody placed may not stand in it.
    """
    try:
        return _normalise(observed, known_order_ids)
    except (_Wrong, KeyError, TypeError, AttributeError, ValueError) as error:
        for where, what, fix in _complaints(observed, known_order_ids):
            raise TargetError(what, where, fix) from None
        raise TargetError(
            f"the snapshot cannot be read: {type(error).__name__}: {error}",
            "observe()",
            "return plain dicts, lists, strings and whole numbers",
        ) from None


def _normalise(observed: Any, known: Container[str]) -> Observation:
    orders = {}
    for order_id, status in observed["orders"].items():
        if order_id not in known:
            raise _Wrong
        orders[order_id] = _STATUS[status]
    stock = dict(observed["stock"])
    for sku, quantity in stock.items():
        if type(quantity) is not int or type(sku) is not str:
            raise _Wrong
    if len(observed) == 2:
        return Observation(orders, stock)
    rows = observed.get("reservations")
    payments = observed.get("payments")
    shipments = observed.get("shipments")
    outbox = observed.get("outbox")
    return Observation(
        orders,
        stock,
        None if rows is None else _reservations(rows, known),
        None if payments is None else tuple(_payment(row, known) for row in payments),
        None if shipments is None else tuple(_shipment(row, known) for row in shipments),
        None if outbox is None else _waiting(outbox),
    )


def _waiting(outbox: Any) -> dict[str, int]:
    waiting = dict(outbox)
    for count in waiting.values():
        if type(count) is not int or count < 0:
            raise _Wrong
    return waiting


def _reservations(rows: Any, known: Container[str]) -> dict[tuple[str, str], int]:
    held: dict[tuple[str, str], int] = {}
    for row in rows:
        order, sku, quantity = row["order"], row["sku"], row["quantity"]
        if type(quantity) is not int or type(sku) is not str or order not in known:
            raise _Wrong
        if quantity:
            held[order, sku] = held.get((order, sku), 0) + quantity
    return held


def _payment(row: Any, known: Container[str]) -> ObservedPayment:
    if type(row["amount"]) is not int or row["order"] not in known:
        raise _Wrong
    return ObservedPayment(_text(row["id"]), row["order"], row["amount"], _PAYMENT[row["status"]])


def _shipment(row: Any, known: Container[str]) -> ObservedShipment:
    if row["order"] not in known:
        raise _Wrong
    return ObservedShipment(_text(row["id"]), row["order"], _SHIPMENT[row["status"]])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong
    return value


# What follows runs once, when something is wrong: (where, what, how to fix).
_Complaint = tuple[str, str, str]

_ROWS: dict[str, dict[str, Any]] = {
    "reservations": {"order": "order", "sku": str, "quantity": int},
    "payments": {"id": str, "order": "order", "amount": int, "status": _PAYMENT},
    "shipments": {"id": str, "order": "order", "status": _SHIPMENT},
}
_INTEGER_FIX = "give a whole number; money in minor units (19.99 EUR is 1999)"


def _complaints(observed: Any, known: Container[str]) -> Iterator[_Complaint]:
    if not isinstance(observed, Mapping):
        fix = "return {'orders': {...}, 'stock': {...}}"
        if observed is None:
            fix += "; it returned None: is the `return` missing?"
        yield "observe()", f"returned {_shown(observed)}, not a dict", fix
        return
    for field in ("orders", "stock"):
        if field not in observed:
            others = nearest(field, [str(key) for key in observed])
            hint = f"; the snapshot has '{others}' instead" if others else ""
            yield "observe()", f"the field '{field}' is missing", f"add it{hint}"
        elif not isinstance(observed[field], Mapping):
            what = f"is {_shown(observed[field])}, not a dict"
            yield f"observe()['{field}']", what, _example(field)
        elif field == "orders":
            yield from _order_complaints(observed[field], known)
        else:
            yield from _stock_complaints(observed[field])
    if observed.get("outbox") is not None:
        yield from _outbox_complaints(observed["outbox"])
    for field, columns in _ROWS.items():
        if observed.get(field) is not None:
            yield from _row_complaints(field, columns, observed[field], known)


def _example(field: str) -> str:
    return {
        "orders": "give a dict of order id to 'open', 'confirmed' or 'failed'",
        "stock": "give a dict of SKU to the number of pieces that nobody holds",
    }[field]


def _order_complaints(orders: Mapping[Any, Any], known: Container[str]) -> Iterator[_Complaint]:
    for order_id, status in orders.items():
        where = f"observe()['orders'][{order_id!r}]"
        yield from _unknown_order(order_id, known, where)
        yield from _unknown_word(status, _STATUS, where)


def _stock_complaints(stock: Mapping[Any, Any]) -> Iterator[_Complaint]:
    for sku, quantity in stock.items():
        where = f"observe()['stock'][{sku!r}]"
        if type(sku) is not str:
            yield where, f"the SKU {_shown(sku)} is not a string", "use the SKU as it was given"
        if type(quantity) is not int:
            yield where, f"is {_shown(quantity)}, not an int", "give the pieces as a whole number"


def _outbox_complaints(outbox: Any) -> Iterator[_Complaint]:
    fix = "give a dict of participant to the number of messages that wait in its outbox"
    if not isinstance(outbox, Mapping):
        yield "observe()['outbox']", f"is {_shown(outbox)}, not a dict", fix
        return
    for participant, waiting in outbox.items():
        if type(waiting) is not int or waiting < 0:
            yield f"observe()['outbox'][{participant!r}]", f"is {_shown(waiting)}", fix


def _row_complaints(
    field: str, columns: dict[str, Any], rows: Any, known: Container[str]
) -> Iterator[_Complaint]:
    if isinstance(rows, (str, bytes, Mapping)) or not hasattr(rows, "__iter__"):
        fix = f"give a list of dicts with {', '.join(columns)}; leave it out if you have none"
        yield f"observe()['{field}']", f"is {_shown(rows)}, not a list", fix
        return
    for index, row in enumerate(rows):
        where = f"observe()['{field}'][{index}]"
        if not isinstance(row, Mapping):
            yield where, f"is {_shown(row)}, not a dict", f"give a dict with {', '.join(columns)}"
            continue
        for column, kind in columns.items():
            if column not in row:
                yield where, f"the field '{column}' is missing", f"the row is {_shown(row)}; add it"
            else:
                yield from _cell_complaints(row[column], kind, known, f"{where}['{column}']")


def _cell_complaints(
    value: Any, kind: Any, known: Container[str], where: str
) -> Iterator[_Complaint]:
    if kind == "order":
        yield from _unknown_order(value, known, where)
    elif isinstance(kind, dict):
        yield from _unknown_word(value, kind, where)
    elif kind is int and type(value) is not int:
        yield where, f"is {_shown(value)}, not an int", _INTEGER_FIX
    elif kind is str and not isinstance(value, str):
        yield where, f"is {_shown(value)}, not a string", "give a string, str(...) will do"


def _unknown_order(order_id: Any, known: Container[str], where: str) -> Iterator[_Complaint]:
    if not isinstance(order_id, str):
        what = f"the order id {_shown(order_id)} is not a string"
        yield where, what, "use the id that place_order was given"
    elif order_id not in known:
        fix = (
            "use the id that place_order was given (order['id']), not one of the target's own; if "
            "an earlier run placed it, let the factory make everything afresh"
        )
        yield where, f"the order {order_id!r} was never placed in this run", fix


def _unknown_word(value: Any, words: Mapping[str, Any], where: str) -> Iterator[_Complaint]:
    if isinstance(value, str) and value in words:
        return
    fix = "use one of " + ", ".join(repr(word) for word in words)
    close = nearest(value, words) if isinstance(value, str) else None
    if close:
        fix += f"; the nearest is {close!r}"
    yield where, f"is {_shown(value)}", fix


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
