"""The three who obey: each carries out commands and replies, and knows nothing of the saga.

Since a command comes only when the one before it is answered, nobody has to be ready for an undoing
that overtakes its action: there are no tombstones here. Copies there are: the inbox keeps them out,
and what two handlers ask of the outside at once has the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from implementations.contract import Answer, Event
from implementations.orchestrated.plan import Command
from implementations.reference.service import Service, Store
from implementations.reference.storage import Held, Message, R, Stock, pieces_of


class Participant(Service[R]):
    """A service that is commanded."""

    def reply(self, event: Event, answer: Answer) -> None:
        """Answer a command, in the transaction that makes the answer true (B60)."""
        order, reason = event["subject"], answer.get("reason")
        self.outbox.add(
            Message(
                id=f"{event['id']}/reply",
                type=Command(event["type"]).reply,
                order=order,
                cause=event["id"],  # how the orchestrator knows which question this answers
                data={"order": order, "status": answer["status"], "reason": reason},
            )
        )


DONE: Answer = {"status": "done"}


class Stage(StrEnum):
    """What has become of a participant's step."""

    IDLE = "idle"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"


S = Stage


@frozen
class Payment:
    """The payment of an order, and the charge by which it is given back."""

    order: str
    status: Stage = S.IDLE
    charge: str = ""


class RefundRefused(Exception):
    """The gateway does not give money back. A compensation may not give up (B08)."""


class PaymentService(Participant[Payment]):
    """Charges and refunds."""

    name = "payment"

    def react(self) -> Mapping[str, Callable[[Event], Payment | None]]:
        """What is decided on each command."""
        return {Command.CHARGE: self.accept, Command.REFUND: self.give_back}

    def accept(self, event: Event) -> Payment | None:
        """Charge, unless that was done before: then say what came of it."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):
            return row
        self.reply(event, {"status": "refused"} if row.status is S.REFUSED else DONE)
        return None

    def give_back(self, event: Event) -> Payment | None:
        """Refund what was charged; if nothing is, that is done already (B21)."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.DONE):
            return row
        self.reply(event, DONE)
        return None

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Move the money: once, however often this is called, as the key is the command's."""
        if event["type"] == Command.CHARGE:
            await self.commit(event, self.charged, await self.charge(row.order, event["data"]))
        else:
            await self.commit(event, self.refunded, await self.refund(row.charge, event["data"]))

    async def charge(self, order: str, asked: dict[str, Any]) -> Answer:
        """Take what the orchestrator says."""
        gateway, key, amount = self.world.payments, asked["key"], asked["amount"]
        return await self.ask(
            gateway, key, lambda: gateway.charge(order, amount, asked["currency"], key=key)
        )

    async def refund(self, charge: str, asked: dict[str, Any]) -> Answer:
        """Give it back."""
        gateway, key, amount = self.world.payments, asked["key"], asked["amount"]
        return await self.ask(gateway, key, lambda: gateway.refund(charge, amount, key=key))

    def charged(self, event: Event, answer: Answer) -> None:
        """Store what the gateway said, and pass it on."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):  # another handler may have been faster
            status = S.DONE if answer["status"] == "done" else S.REFUSED
            self.rows.put(Payment(row.order, status, answer.get("id") or ""))
        self.reply(event, answer)

    def refunded(self, event: Event, answer: Answer) -> None:
        """Tell that the money is back; raising has the command delivered again."""
        row = self.rows[event["subject"]]
        if answer["status"] == "refused":
            raise RefundRefused(f"{row.charge} of order {row.order}: {answer.get('reason')}")
        self.rows.put(evolve(row, status=S.UNDONE))
        self.reply(event, answer)


@frozen
class Reservation:
    """What is set aside for an order."""

    order: str
    status: Stage = S.IDLE
    held: Held = ()


@frozen
class StockedStore(Store[Reservation]):
    """Rows, inbox and outbox, and the stock that changes with them."""

    stock: Stock

    def digest(self) -> Hashable:
        """Exact identity of what is kept."""
        return super().digest(), self.stock.digest()


class InventoryService(Participant[Reservation]):
    """Reserves and releases, all of an order or nothing."""

    name = "inventory"
    store: StockedStore

    def react(self) -> Mapping[str, Callable[[Event], None]]:
        """What is decided on each command; nothing is ever left to do outside."""
        return {Command.RESERVE: self.reserve, Command.RELEASE: self.release}

    def reserve(self, event: Event) -> None:
        """Set the pieces aside, if there are enough."""
        row = self.rows[event["subject"]]
        pieces = pieces_of(event["data"]["lines"])
        if self.stands(row, S.IDLE) and self.store.stock.take(pieces):
            row = self.rows.put(Reservation(row.order, S.DONE, pieces))
        if self.stands(row, S.DONE):
            self.reply(event, DONE)
        else:
            self.reply(event, {"status": "refused", "reason": "out of stock"})

    def release(self, event: Event) -> None:
        """Give back what is set aside; once (B20), and only that (B21)."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.DONE):
            self.store.stock.give_back(row.held)
            self.rows.put(Reservation(row.order, S.UNDONE))
        self.reply(event, DONE)


@frozen
class Shipment:
    """The parcel of an order."""

    order: str
    status: Stage = S.IDLE
    parcel: str = ""


class ShippingService(Participant[Shipment]):
    """Books parcels. That this is the pivot, only the plan knows."""

    name = "shipping"

    def react(self) -> Mapping[str, Callable[[Event], Shipment | None]]:
        """What is decided on each command."""
        return {Command.SHIP: self.accept}

    def accept(self, event: Event) -> Shipment | None:
        """Book, unless that was done before: then say what came of it."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.IDLE):
            return row
        self.reply(event, {"status": "refused"} if row.status is S.REFUSED else DONE)
        return None

    async def carry_on(self, event: Event, row: Shipment) -> None:
        """Ask the carrier."""
        await self.commit(event, self.booked, await self.book(row.order, event["data"]))

    async def book(self, order: str, asked: dict[str, Any]) -> Answer:
        """Book the parcel: one, however often this is called (B41)."""
        carrier, key, lines = self.world.carrier, asked["key"], asked["lines"]
        return await self.ask(carrier, key, lambda: carrier.create_shipment(order, lines, key=key))

    def booked(self, event: Event, answer: Answer) -> None:
        """Store what the carrier said, and pass it on."""
        status = S.DONE if answer["status"] == "done" else S.REFUSED
        self.rows.put(Shipment(event["subject"], status, answer.get("id") or ""))
        self.reply(event, answer)
