"""The specification: what must be true of an order saga, whatever its event names.

Each property is one row here; `monitors` decides it over the history of a run. Neither looks at the
choreography table, or checking the table against them would prove nothing.

Sources: the property vocabulary of the kit's own catalogue of real order-saga bugs. MONEY-0,
LIVE-0, TRUE-1 and TRUE-2 keep the others honest: a target that does nothing violates none of the
others.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class When(StrEnum):
    """When a property can be decided."""

    ALWAYS = "always"
    QUIESCENCE = "at quiescence"
    ACROSS_RUNS = "across runs"


class Needs(StrEnum):
    """What a target must show before a property says anything about it."""

    MONEY = "payments: call world.payments, or list payments in observe()"
    STOCK = "stock: call world.warehouse, or list stock in observe()"
    RESERVATIONS = "reservations: call world.warehouse, or list reservations in observe()"
    PARCELS = "parcels: call world.carrier, or list shipments in observe()"
    EFFECTS = "something to undo: payments, reservations or parcels"
    TERMINAL = "terminal events: publish order.saga.completed/failed, or declare `terminal`"
    MODEL_EVENTS = "the model's event names"
    ISOLATION = "knowledge of which reads belong to which saga, which no target can show yet"


@frozen
class Property:
    """A named statement about every order saga."""

    id: str
    statement: str
    when: When
    needs: tuple[Needs, ...] = ()


_A, _Q, _R = When.ALWAYS, When.QUIESCENCE, When.ACROSS_RUNS
_M, _S, _RES, _P = Needs.MONEY, Needs.STOCK, Needs.RESERVATIONS, Needs.PARCELS

PROPERTIES: tuple[Property, ...] = (
    Property(
        "MONEY-0",
        "no money is kept without stock: while money is held for an order without stock, "
        "something is pending from which a refund or a reservation can follow",
        _A,
        (_M, _S),
    ),
    Property("MONEY-1", "an order is charged at most once", _A, (_M,)),
    Property("MONEY-2", "never more is refunded than was charged", _A, (_M,)),
    Property(
        "MONEY-3",
        "a failed order keeps no money and no authorisation; a confirmed one has paid its total",
        _Q,
        (_M,),
    ),
    Property("MONEY-4", "what is charged is the order's total, in exact minor units", _A, (_M,)),
    Property("STOCK-1", "stock is never negative and never promised twice", _A, (_S,)),
    Property("STOCK-2", "no piece appears or disappears: shelf + held = initial", _A, (_RES,)),
    Property("STOCK-3", "a failed order holds no reservation", _Q, (_RES,)),
    Property("SHIP-1", "an order is shipped at most once", _A, (_P,)),
    Property(
        "SHIP-2",
        "a parcel is booked only for an order that is paid, reserved and not cancelled",
        _A,
        (_P,),
    ),
    Property("STATE-1", "a final status never changes", _A),
    Property(
        "STATE-2", "a saga ends with exactly one kind of terminal event", _A, (Needs.TERMINAL,)
    ),
    Property(
        "LIVE-0", "once faults stop, the saga comes to rest and all stores tell one story", _Q
    ),
    Property("LIVE-1", "every order that was placed reaches a final status", _Q),
    Property("COMP-1", "a failed saga has undone every step that was done", _Q, (Needs.EFFECTS,)),
    Property(
        "COMP-2",
        "no compensation for a step that never took effect, and none after the shipment",
        _A,
        (_M, _S),
    ),
    Property("IDEMP-1", "handling a message again adds no effect", _A),
    Property("ORDER-1", "the order of delivery does not change the outcome", _R),
    Property(
        "ATOM-1", "what is done is also announced, sooner or later", _Q, (Needs.MODEL_EVENTS,)
    ),
    Property(
        "CAUSE-1", "what is announced was also done: no ghost events", _Q, (Needs.MODEL_EVENTS,)
    ),
    Property("CORR-1", "the outcome of an order does not depend on other orders, stock aside", _R),
    Property(
        "ISO-1", "no decision rests on another saga's uncommitted state", _A, (Needs.ISOLATION,)
    ),
    Property("OBS-1", "every event carries the id of its saga and order", _A),
    Property("TRUE-1", "an order fails only for a business reason", _Q),
    Property("TRUE-2", "duplicates, crashes and transient faults do not change the outcome", _R),
)

BY_ID: dict[str, Property] = {row.id: row for row in PROPERTIES}
