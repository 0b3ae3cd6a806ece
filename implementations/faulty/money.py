"""Bugs with money: charged twice, kept, given back wrongly, or not the right amount."""

from __future__ import annotations

from contextlib import suppress

from implementations.contract import Answer, Event
from implementations.faulty.specimen import Theme
from implementations.reference.payment import Payment, PaymentService, PaymentStatus
from implementations.reference.service import Keyed
from model.environment import Fault
from model.vocabulary import Event as E

MONEY = Theme()
S = PaymentStatus


# -- charging --------------------------------------------------------------------------------------


@MONEY.bug("B01", breaks=("MONEY-1", "IDEMP-1"), source='"Truxify" PR 5807')
class ChargesEachTime(PaymentService):
    """Every copy of `order.created` charges the card: nothing says that it was done before."""

    async def handle(self, event: Event) -> None:
        """Charge, whatever has been."""
        if event["type"] != E.ORDER_CREATED:
            return await super().handle(event)
        data, order = event["data"], event["subject"]
        answer = await self.world.payments.charge(order, data["amount"], data["currency"])
        self.rows.put(Payment(order, S.CHARGING, data["amount"], data["currency"]))
        self.settle(event, answer)
        return None


@MONEY.bug("B02", breaks=("MONEY-1",), source="akash-network/console PR 3449")
class NewKeyPerAttempt(PaymentService):
    """The idempotency key is made per attempt, so that a retry after a timeout pays again."""

    def key(self, request: str, order: str) -> str:
        """A key that the gateway has never seen."""
        return f"{request}/{order}/{self.world.new_id()}"


@MONEY.bug("B02", "B46", breaks=("MONEY-1",), source="dimagi/commcare-hq PR 33509")
class ChargeWithoutKey(PaymentService):
    """The gateway is asked without an idempotency key: dying after the charge charges twice."""

    async def charge(self, row: Payment) -> Answer:
        """Take the money, again if need be."""
        return await self.world.payments.charge(row.order, row.amount, row.currency)


@MONEY.bug("B03", breaks=("MONEY-0", "MONEY-3", "TRUE-1"), source="the seed document's code")
class TimeoutIsDecline(PaymentService):
    """A timeout of the gateway counts as a decline, and the money that was taken stays there."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """No answer is a no."""
        return {"status": "refused", "id": None, "reason": "no answer"}


@MONEY.bug("B03", breaks=("SHIP-2", "MONEY-3"), source="none known: the opposite guess")
class TimeoutIsSuccess(PaymentService):
    """A timeout of the gateway counts as a charge, and goods leave that nobody has paid for."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """No answer is a yes."""
        return {"status": "done", "id": key, "reason": None}


@MONEY.bug("B04", breaks=("MONEY-3", "TRUE-1"), source="the seed document's payment handler")
class PublishInsideTry(PaymentService):
    """Charge and announcement share one `try`: a broker that is down after the charge fails it."""

    async def carry_on(self, event: Event, row: Payment) -> None:
        """Charge and tell of it; whatever goes wrong means that nothing was paid."""
        unsettled: Payment | None = row
        if row.status is S.CHARGING:
            answer = await self.charge(row)
            type, data = E.PAYMENT_PROCESSED, event["data"]
            try:
                if answer["status"] == "done":
                    await self.world.publish(type, data, f"{row.order}/payment/{type}", row.order)
            except ConnectionError as error:
                answer = {"status": "refused", "id": None, "reason": str(error)}
            unsettled = await self.commit(event, self.settle, answer)
        if unsettled is not None:
            await super().carry_on(event, unsettled)


@MONEY.bug("B05", "B77", breaks=("LIVE-0",), source="the `microservices-saga-pattern` guide")
class OneKeyPerOrder(PaymentService):
    """The order's id is the key of charge and refund alike; the gateway turns the refund away."""

    def key(self, request: str, order: str) -> str:
        """One key per order, whatever is asked."""
        return order


@MONEY.bug("B16", breaks=("TRUE-1",), source="seen in several public order sagas")
class LimitAsText(PaymentService):
    """A limit of 10,000.00 is compared as text, and 19.99 is above it, as 1 is followed by a 9."""

    async def charge(self, row: Payment) -> Answer:
        """Decline what is above the limit."""
        if str(row.amount) > "1000000":
            return {"status": "refused", "id": None, "reason": "above the limit"}
        return await super().charge(row)


# -- authorisation first ---------------------------------------------------------------------------


@MONEY.bug("B10", breaks=("MONEY-3",), source="Automattic/woocommerce-payments#5605")
class AuthorisationLeftLive(PaymentService):
    """An order that fails between authorisation and capture keeps its money on hold."""

    async def charge(self, row: Payment) -> Answer:
        """Put the money on hold, and take it if the order is still wanted."""
        gateway, key = self.world.payments, self.key("hold", row.order)
        held = await self.ask(
            gateway, key, lambda: gateway.authorise(row.order, row.amount, row.currency, key=key)
        )
        if held["status"] == "refused":
            return held
        if self.rows[row.order].status is S.UNWANTED:
            return {"status": "refused", "id": None, "reason": "the order has failed"}
        take = self.key("take", row.order)
        return await self.ask(
            gateway, take, lambda: gateway.capture(row.order, row.amount, row.currency, key=take)
        )


@MONEY.twin(AuthorisationLeftLive)
class AuthorisationVoided(PaymentService):
    """What is on hold for an order that has failed is let go of, unless it was taken already."""

    async def charge(self, row: Payment) -> Answer:
        """Put the money on hold, and take it if the order is still wanted, or else let go."""
        gateway, key = self.world.payments, self.key("hold", row.order)
        held = await self.ask(
            gateway, key, lambda: gateway.authorise(row.order, row.amount, row.currency, key=key)
        )
        if held["status"] == "refused":
            return held
        take = self.key("take", row.order)
        unwanted = self.rows[row.order].status is S.UNWANTED
        if unwanted and await gateway.lookup(take) is None:
            void = self.key("void", row.order)
            await self.ask(gateway, void, lambda: gateway.void(held["id"] or "", key=void))
            return {"status": "refused", "id": None, "reason": "the order has failed"}
        return await self.ask(
            gateway, take, lambda: gateway.capture(row.order, row.amount, row.currency, key=take)
        )


@MONEY.bug(
    "B11",
    breaks=("SHIP-2", "MONEY-3"),
    source="Automattic/woocommerce-payments#739",
    faults=(Fault.STANDSTILL,),
)
class CaptureNotLookedAt(PaymentService):
    """Money that was on hold counts as taken, though the hold may have expired before."""

    async def charge(self, row: Payment) -> Answer:
        """Put the money on hold, and take it, which cannot fail."""
        gateway, key = self.world.payments, self.key("hold", row.order)
        held = await self.ask(
            gateway, key, lambda: gateway.authorise(row.order, row.amount, row.currency, key=key)
        )
        if held["status"] == "done":
            take = self.key("take", row.order)
            await gateway.capture(row.order, row.amount, row.currency, key=take)
        return held


MONEY.itself(
    "key_has_expired",
    "B06",
    text="The reference repeats a charge under its key, and the gateway has forgotten the key.",
    breaks=("MONEY-1",),
    source="Stripe's documentation: keys are kept for a day",
    faults=(Fault.STANDSTILL,),
)


# -- giving back -----------------------------------------------------------------------------------


@MONEY.bug("B07", breaks=("MONEY-2",), source="fossasia/eventyay#1405")
class RefundWithoutKey(PaymentService):
    """The refund carries no idempotency key: asked twice, the gateway gives back twice."""

    async def refund(self, row: Payment) -> None:
        """Give the money back, again if need be."""
        await self.world.payments.refund(row.charge, row.amount)


@MONEY.bug("B08", breaks=("MONEY-3", "COMP-1"), source="vendure-ecommerce/vendure#3152")
class RefundErrorSwallowed(PaymentService):
    """A refund that fails is written to the log, and the order counts as refunded."""

    async def refund(self, row: Payment) -> None:
        """Try to give the money back."""
        with suppress(ConnectionError):
            await super().refund(row)


@MONEY.bug("B09", breaks=("MONEY-3", "COMP-1"), source="seen in several public order sagas")
class RefundOfTheWrongRecord(PaymentService):
    """The refund looks for a charge under the order's id, finds none, and is content."""

    async def refund(self, row: Payment) -> None:
        """Give back a charge that does not exist."""
        await self.world.payments.refund(row.order, row.amount, key=self.key("refund", row.order))


@MONEY.bug("B14", breaks=("MONEY-2",), source="odoo/odoo PR 48127")
class RefundInHalves(PaymentService):
    """The refund goes out in two halves, each rounded, and together they are a cent too much."""

    async def refund(self, row: Payment) -> None:
        """Half to the card, half to the voucher."""
        for half in ("card", "voucher"):
            key = self.key(f"refund {half}", row.order)
            await self.world.payments.refund(row.charge, round(row.amount / 2), key=key)


@MONEY.twin(RefundInHalves)
class RefundInHalvesThatAddUp(PaymentService):
    """The second half of a refund is what the first one has left."""

    async def refund(self, row: Payment) -> None:
        """Half to the card, the rest to the voucher."""
        first = row.amount // 2
        for half, amount in (("card", first), ("voucher", row.amount - first)):
            key = self.key(f"refund {half}", row.order)
            await self.world.payments.refund(row.charge, amount, key=key)


@MONEY.bug("B76", breaks=("LIVE-0",), source="the opposite of Temporal's advice to register first")
class LookUpLosesTheCharge(PaymentService):
    """A charge that timed out and was looked up is never noted, so that nobody can undo it."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """Whether it was done; not what."""
        answer = await super().after_timeout(outside, key)
        if answer is not None:
            answer["id"] = None
        return answer


@MONEY.bug("B75", "B68", breaks=("MONEY-0", "LIVE-1"), source="lysu/go-saga PR 5")
class LateChargeKept(PaymentService):
    """A refund that is asked for while the card is being charged finds nothing to give back."""

    def give_back(self, event: Event) -> Payment | None:
        """Undo what is done, and not what is being done."""
        if self.rows[event["subject"]].status is S.CHARGING:
            return None
        return super().give_back(event)


@MONEY.twin(LateChargeKept)
class RefundWaitsForTheCharge(PaymentService):
    """A refund that comes during the charge goes back to the broker until the charge is done."""

    def give_back(self, event: Event) -> Payment | None:
        """Undo what is done; what is being done, later."""
        if self.rows[event["subject"]].status is S.CHARGING:
            raise ConnectionError("the charge is under way: try again")
        return super().give_back(event)


@MONEY.bug("B80", "B36", breaks=("LIVE-1",), source="notes on Richardson's semantic lock")
class LockedForEver(PaymentService):
    """A row that says "being charged" belongs to another worker, though that one may have died."""

    def accept(self, event: Event) -> Payment | None:
        """Charge, unless somebody is at it."""
        if self.rows[event["subject"]].status is S.CHARGING:
            return None
        return super().accept(event)
