"""Bugs around the pivot: a second parcel, one too early, one that nobody has paid for."""

from __future__ import annotations

from attrs import evolve

from implementations.contract import Answer, Event
from implementations.faulty.specimen import Theme
from implementations.reference.payment import Payment, PaymentService
from implementations.reference.service import Keyed
from implementations.reference.shipping import Shipment, ShipmentStatus, ShippingService
from model.vocabulary import Event as E

SHIPPING = Theme()
S = ShipmentStatus


# -- the parcel ------------------------------------------------------------------------------------


@SHIPPING.bug("B41", breaks=("SHIP-1",), source="hotwax/bopis#692")
class BooksWithoutKey(ShippingService):
    """The carrier is asked without an idempotency key: asked again, it sends a second parcel."""

    async def book(self, row: Shipment, event: Event) -> Answer:
        """Book a parcel, again if need be."""
        return await self.world.carrier.create_shipment(row.order, event["data"]["lines"])


@SHIPPING.bug("B41", breaks=("COMP-1", "LIVE-0"), source="solidusio/solidus_easypost#113")
class CarrierTimeoutIsRefusal(ShippingService):
    """A timeout of the carrier counts as a refusal: the saga is undone, and the parcel travels."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """No answer is a no."""
        return {"status": "refused", "id": None, "reason": "no answer"}


@SHIPPING.bug("B31", "B42", breaks=("LIVE-0", "COMP-1", "SHIP-2"), source="Adyen magento2#1943")
class ShipsAfterTheCancel(ShippingService):
    """A reservation that arrives after the cancel is shipped as if nothing had been."""

    def accept(self, event: Event) -> Shipment | None:
        """Intend to ship, cancelled or not."""
        row = self.rows[event["subject"]]
        if row.status is S.CANCELLED:
            self.rows.put(evolve(row, status=S.IDLE))
        return super().accept(event)


@SHIPPING.bug(
    "B43",
    breaks=("MONEY-3", "STOCK-2", "LIVE-0"),
    source="Azure's guidance on sagas: the pivot transaction",
)
class CancelBehindThePivot(ShippingService):
    """A cancel is carried out although the parcel has left: the goods travel unpaid."""

    def cancel(self, event: Event) -> None:
        """Undo the saga, wherever it is."""
        row = self.rows[event["subject"]]
        self.rows.put(evolve(row, status=S.CANCELLED))
        self.fail(event, "cancelled by the customer")


@SHIPPING.bug("B36", breaks=("ATOM-1", "LIVE-1"), source="mollie/PrestaShop PR 1441")
class ShippedButNotAnnounced(ShippingService):
    """The row says "shipped" before the event is written; dying in between, the retry skips it."""

    async def carry_on(self, event: Event, row: Shipment) -> None:
        """Book, save the status, and then announce it."""
        answer = await self.book(row, event)
        if answer["status"] == "done":
            self.rows.put(evolve(row, status=S.SHIPPED))
            await self.world.checkpoint("shipping announcement")
            self.rows.put(row)
        await self.commit(event, self.settle, answer)


@SHIPPING.bug("B61", breaks=("CAUSE-1",), source="MassTransit#1005")
class ParcelAnnouncedBeforehand(ShippingService):
    """`shipment.created` goes out before the carrier was asked, who may refuse."""

    async def carry_on(self, event: Event, row: Shipment) -> None:
        """Announce the parcel, then book it."""
        await self.world.publish(E.SHIPMENT_CREATED, {"order": row.order}, subject=row.order)
        await super().carry_on(event, row)


@SHIPPING.bug("B61", "B42", breaks=("CAUSE-1", "SHIP-2"), source="NEventStore#54")
class PaymentAnnouncedBeforehand(PaymentService):
    """`payment.processed` goes out before the card was charged, and others act on it."""

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Announce the payment, then ask for it."""
        data = {"order": row.order, "amount": row.amount, "lines": event["data"].get("lines", [])}
        type, id = E.PAYMENT_PROCESSED, f"{row.order}/payment/{E.PAYMENT_PROCESSED}"
        if event["type"] == E.ORDER_CREATED:
            await self.world.publish(type, data, id=id, subject=row.order, sagaid=row.order)
        await super().carry_on(event, row)
