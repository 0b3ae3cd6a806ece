"""Histories told by hand, for the tests of monitors and quiescence: no target, no world."""

from __future__ import annotations

from typing import Any

from model.history import Finding, History, Sight
from model.ledger import Effect, Entry
from model.monitors import (
    on_entry,
    on_handled_again,
    on_money_without_stock,
    on_published,
    on_stable,
    on_statuses,
    on_stock,
)
from model.quiescence import at_quiescence
from model.vocabulary import TERMINAL_EVENTS, Event, Line, Order, Status

TOTAL = 1000
ORDER = Order("o1", (Line("book", 2, 500),))
OTHER = Order("o2", (Line("book", 2, 500),))
SIGHT = Sight(terminal=TERMINAL_EVENTS)


class Story:
    """One history, told in short sentences; every order wants two books for 1000."""

    def __init__(self, *orders: Order, stock: int = 2, sight: Sight = SIGHT) -> None:
        self.history = History({"book": stock}, sight, stock={"book": stock})
        self.handling = 0
        for order in orders or (ORDER,):
            saga = self.history.saga(order)
            saga.placed = saga.attempted = True

    @property
    def checked(self) -> dict[str, int]:
        """How often each property had something to check."""
        return self.history.checked

    @property
    def findings(self) -> dict[str, Finding]:
        """What was found so far."""
        return self.history.findings

    def saga(self, **changes: Any) -> Story:
        """Set fields of the saga of o1."""
        for name, value in changes.items():
            setattr(self.history.sagas["o1"], name, value)
        return self

    def effect(
        self,
        effect: Effect,
        quantity: int,
        unit: str = "EUR",
        order: str = "o1",
        cause: str = "",
        ref: str = "",
    ) -> Story:
        """Something is done, in a handling of its own."""
        self.history.step += 1
        self.handling += 1
        entry = Entry(
            self.history.step, order, effect, quantity, unit, ref, "", cause, self.handling
        )
        on_entry(self.history, entry)
        return self

    def charge(self, amount: int = TOTAL, **more: Any) -> Story:
        """Money is taken."""
        return self.effect(Effect.CHARGE, amount, **more)

    def refund(self, amount: int = TOTAL, **more: Any) -> Story:
        """Money is given back."""
        return self.effect(Effect.REFUND, amount, **more)

    def authorise(self, amount: int = TOTAL) -> Story:
        """Money is put on hold."""
        return self.effect(Effect.AUTHORISE, amount)

    def void(self, amount: int = TOTAL) -> Story:
        """Money on hold is let go."""
        return self.effect(Effect.VOID, amount)

    def reserve(self, pieces: int = 2, order: str = "o1", cause: str = "") -> Story:
        """Books are set aside, and the shelf shows it."""
        self.effect(Effect.RESERVE, pieces, "book", order, cause)
        return self.shelf(self.history.stock["book"] - pieces)

    def release(self, pieces: int = 2, order: str = "o1", cause: str = "") -> Story:
        """Books are put back, and the shelf shows it."""
        self.effect(Effect.RELEASE, pieces, "book", order, cause)
        return self.shelf(self.history.stock["book"] + pieces)

    def ship(self, ref: str = "p1", pieces: int = 2, unit: str = "book", cause: str = "") -> Story:
        """A parcel is booked."""
        return self.effect(Effect.SHIP, pieces, unit, ref=ref, cause=cause)

    def recall(self, ref: str = "p1") -> Story:
        """A parcel is recalled."""
        return self.effect(Effect.RECALL, 2, "book", ref=ref)

    def shelf(self, books: int) -> Story:
        """`observe()` shows so many books."""
        on_stock(self.history, {"book": books})
        return self

    def no_shelf(self) -> Story:
        """`observe()` shows no stock at all."""
        on_stock(self.history, {})
        return self

    def status(self, status: Status, order: str = "o1") -> Story:
        """`observe()` shows a status."""
        on_statuses(self.history, {order: status})
        return self

    def say(self, *events: Event | str, order: str = "o1", saga: str | None = "o1") -> Story:
        """Events are published."""
        for event in events:
            on_published(self.history, order, event, saga)
        return self

    def again(self) -> Story:
        """A message is handled again."""
        on_handled_again(self.history)
        return self

    def settled(self, pending: bool = False) -> Story:
        """What the world does after each step: MONEY-0 is told of money without stock."""
        saga = self.history.sagas["o1"]
        if saga.balance.money > 0 and not saga.balance.holds(saga.wanted):
            on_money_without_stock(self.history, "o1", pending)
        return self

    def stable(self) -> Story:
        """No handler is half-way."""
        on_stable(self.history)
        return self

    def rest(self) -> Story:
        """Everything has come to rest."""
        at_quiescence(self.history)
        return self

    def cancel(self) -> Story:
        """A cancel was accepted."""
        return self.saga(cancelled=True)

    def reason(self, why: str = "payment declined") -> Story:
        """The environment gives a business reason."""
        self.history.sagas["o1"].reasons.add(why)
        return self

    def disturbed(self) -> Story:
        """Something other than a business answer went wrong."""
        self.history.disturbed = True
        return self

    def confirmed(self) -> Story:
        """The whole good story, told by all."""
        self.say(Event.ORDER_CREATED).status(Status.OPEN)
        self.charge().say(Event.PAYMENT_PROCESSED)
        self.reserve().say(Event.INVENTORY_RESERVED)
        self.ship().say(Event.SHIPMENT_CREATED)
        return self.status(Status.CONFIRMED).say(Event.SAGA_COMPLETED)

    def rejected(self) -> Story:
        """The card is declined, and nothing was done."""
        self.say(Event.ORDER_CREATED).status(Status.OPEN).reason()
        self.say(Event.PAYMENT_FAILED)
        return self.status(Status.FAILED).say(Event.SAGA_FAILED)

    def compensated(self) -> Story:
        """The carrier refuses, and everything is undone."""
        self.say(Event.ORDER_CREATED).status(Status.OPEN)
        self.charge().say(Event.PAYMENT_PROCESSED)
        self.reserve().say(Event.INVENTORY_RESERVED)
        self.reason("carrier refused").say(Event.SHIPPING_FAILED)
        self.release().say(Event.INVENTORY_RELEASED)
        self.refund().say(Event.PAYMENT_REFUNDED)
        return self.status(Status.FAILED).say(Event.SAGA_FAILED)
