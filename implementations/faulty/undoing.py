"""Bugs of undoing: not asked for, half done, forgotten, overtaken, or round in circles."""

from __future__ import annotations

from typing import ClassVar

from implementations.contract import Answer, Event
from implementations.faulty.specimen import Theme
from implementations.reference.inventory import InventoryService
from implementations.reference.payment import Payment, PaymentService
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
