"""Bugs of undoing: not asked for, half done, forgotten, overtaken, or round in circles."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from implementations.contract import Answer, Event
from implementations.faulty.specimen import Theme
from implementations.reference.inventory import InventoryService, ReservationStatus
from implementations.reference.payment import Payment, PaymentService, PaymentStatus
from implementations.reference.shipping import ShippingService
from implementations.reference.storage import Message
from model.vocabulary import Event as E

UNDOING = Theme()


# -- what is undone --------------------------------------------------------------------------------


@UNDOING.bug("B44", breaks=("LIVE-0", "LIVE-1"), source="danielgerlag/workflow-core#191")
class RefundsAndKeepsTheStock(ShippingService):
    """When nothing is shipped the money goes back, and the pieces stay reserved."""

    undo: ClassVar[tuple[str, ...]] = (E.PAYMENT_REFUND_REQUESTED,)


@UNDOING.bug("B44", breaks=("MONEY-0", "LIVE-1"), source="danielgerlag/workflow-core#682")
class ReleasesAndKeepsTheMoney(ShippingService):
    """When nothing is shipped the pieces go back, and the money stays."""

    undo: ClassVar[tuple[str, ...]] = (E.INVENTORY_RELEASE_REQUESTED,)


@UNDOING.twin(ReleasesAndKeepsTheMoney, ReleasesAndKeepsTheMoney)
class ReleaseAsksForTheRefund(InventoryService):
    """Shipping asks for the release alone, and each service that undoes asks the one before it."""

    def release(self, event: Event) -> None:
        """Give back, and have the step before this one undone as well."""
        super().release(event)
        self.emit(E.PAYMENT_REFUND_REQUESTED, event["subject"], event)


@UNDOING.bug("B72", breaks=("MONEY-0",), source="the seed document's code")
class ShortAndNoRefund(InventoryService):
    """Inventory says that it is short, and asks nobody to give the money back."""

    undo: ClassVar[tuple[str, ...]] = ()


@UNDOING.bug("B72", breaks=("MONEY-0", "LIVE-1"), source="the seed document's code")
class RefundRequestUnheard(PaymentService):
    """Refunds are asked for under a name that the payment does not listen to."""

    subscriptions = (E.ORDER_CREATED,)


@UNDOING.bug("B73", breaks=("LIVE-0",), source="the seed document's code")
class LinesLeftOut(PaymentService):
    """`payment.processed` lacks the lines that inventory reserves, and fails there for ever."""

    def settle(self, event: Event, answer: Answer) -> Payment | None:
        """Store what the gateway said, and pass on no lines."""
        waiting = len(self.outbox)
        unsettled = super().settle(event, answer)
        if len(self.outbox) > waiting:
            message = self.outbox.first()
            message.data.pop("lines", None)
        return unsettled


@UNDOING.bug(
    "B74", breaks=("LIVE-1", "ATOM-1"), source="microservices-patterns/ftgo-application#107"
)
class UndoingCutShort(ShippingService):
    """The first request to undo that cannot be sent ends the list: the others are never sent."""

    async def relay(self) -> int:
        """Publish what waits, and give up all of it after an error."""
        try:
            return await super().relay()
        except ConnectionError:
            while len(self.outbox):
                self.outbox.remove(self.outbox.first())
            return 0


@UNDOING.bug("B22", breaks=("MONEY-0", "LIVE-0"), source="apache/servicecomb-saga#346")
class PaymentForgetsTheRefund(PaymentService):
    """A refund that comes before its charge leaves no trace, and the charge is never undone."""

    def bury(self, tombstone: Payment) -> None:
        """Remember nothing."""


@UNDOING.bug("B66", breaks=("LIVE-1",), source="MassTransit#1163")
class RefundOfAnUnknownOrderIgnored(PaymentService):
    """A refund that overtakes `order.created` is of an order that nobody knows, and is dropped."""

    def give_back(self, event: Event) -> Payment | None:
        """Undo the payment of an order that is known."""
        return super().give_back(event) if event["subject"] in self.rows else None


# -- round in circles ------------------------------------------------------------------------------


class ReleaseAsksOnceMore(InventoryService):
    """Every release asks for the refund too, under a new id; the payment knows that it is done."""

    def release(self, event: Event) -> None:
        """Give back, and have the money given back."""
        super().release(event)
        self.outbox.add(again(event, E.PAYMENT_REFUND_REQUESTED))


class RefundAsksOnceMore(PaymentService):
    """Every refund asks for the release too, under a new id; inventory knows that it is done."""

    def give_back(self, event: Event) -> Payment | None:
        """Give back, and have the stock given back."""
        self.outbox.add(again(event, E.INVENTORY_RELEASE_REQUESTED))
        return super().give_back(event)


def again(event: Event, type: str) -> Message:
    """A request that no inbox has seen, because of a request."""
    id, order = f"{event['id']}, again", event["subject"]
    return Message(id, type, order, event["id"], {"order": order})


UNDOING.both(
    "undoing_in_circles",
    "B77",
    gone=(ReleaseAsksOnceMore, RefundAsksOnceMore),
    text="The refund asks for the release and the release for the refund, without end.",
    breaks=("LIVE-0",),
    source="the seed document's third anti-pattern",
)


# -- undone on a way that hardly anybody takes -----------------------------------------------------


@UNDOING.bug("B29", breaks=("MONEY-0", "LIVE-0"), source="a saga in Rust that tried the kit")
class UnwantedChargeGivesUp(PaymentService):
    """A charge that met the cancel on its way is given back, unless the first attempt fails."""

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Settle the charge; and give back at once what nobody wants any more, come what may."""
        if row.status not in (PaymentStatus.CHARGING, PaymentStatus.UNWANTED):
            return await super().carry_on(event, row)
        unwanted = await self.commit(event, self.settle, await self.charge(row))
        if unwanted is not None:
            with suppress(Exception):
                await self.refund(unwanted)
            await self.commit(event, self.refunded)
        return None


class TellsWhyItIsUndone(ShippingService):
    """The requests to undo say what they are for."""

    def fail(self, event: Event, reason: str) -> None:
        """Tell that nothing is shipped, and ask for all that to be undone, and why."""
        self.emit(E.SHIPPING_FAILED, event["subject"], event, reason=reason)
        for request in self.undo:
            self.emit(request, event["subject"], event, reason=reason)


@UNDOING.bug(
    "B29",
    breaks=("MONEY-0", "LIVE-0"),
    source="a saga in Java that tried the kit",
    under=(TellsWhyItIsUndone,),
)
class CancelIsBestEffort(PaymentService):
    """Who has cancelled gets the money back if the gateway answers at once, and else never."""

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Move the money; for a cancel no error matters."""
        try:
            await super().carry_on(event, row)
        except Exception:
            if not event["data"].get("reason", "").startswith("cancelled"):
                raise
            await self.commit(event, self.refunded)


@UNDOING.bug("B22", "B45", breaks=("STOCK-3", "LIVE-0"), source="the pattern of B45, at B22")
class TombstoneInASecondTransaction(InventoryService):
    """A release that comes first is marked as handled, and its tombstone is written after that."""

    async def handle(self, event: Event) -> None:
        """Process one message; one that undoes what is not there yet in two transactions."""
        row = self.rows[event["subject"]]
        if event["type"] != E.INVENTORY_RELEASE_REQUESTED or row.status != ReservationStatus.IDLE:
            return await super().handle(event)
        await self.commit(event, lambda event: None)
        await self.world.checkpoint("inventory commit", may_fail=True)
        return self.release(event)
