"""Bugs that need nothing but the right figures: floats, rounding, currencies, what is left out."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve

from implementations.contract import Answer, Event
from implementations.faulty.specimen import Theme
from implementations.reference.payment import Payment, PaymentService
from model.money import decimals

AMOUNTS = Theme()


@AMOUNTS.bug("B13", breaks=("MONEY-4",), source="BasedHardware/omi PR 10158")
class FloatCents(PaymentService):
    """Euros times a hundred in floats loses a cent: 19.99 becomes 1998."""

    async def charge(self, row: Payment) -> Answer:
        """Turn euros into cents."""
        euros = row.amount / 100
        return await super().charge(evolve(row, amount=int(euros * 100)))


@AMOUNTS.twin(FloatCents)
class DecimalCents(PaymentService):
    """Euros times a hundred in decimals are the cents that they came from."""

    async def charge(self, row: Payment) -> Answer:
        """Turn euros into cents."""
        euros = Decimal(row.amount) / 100
        return await super().charge(evolve(row, amount=int(euros * 100)))


@AMOUNTS.bug("B13", "B14", breaks=("MONEY-4",), source="woocommerce/woocommerce#26734")
class HalfCentsRoundedUp(PaymentService):
    """Each of two halves is rounded to a whole cent, and 19.99 is charged as 20.00."""

    async def charge(self, row: Payment) -> Answer:
        """Add up the share of the shop and that of the seller."""
        share = round(row.amount / 2)
        return await super().charge(evolve(row, amount=2 * share))


@AMOUNTS.bug(
    "B15",
    breaks=("MONEY-4",),
    source="woocommerce-payments PR 91",
)
class YenTimesHundred(PaymentService):
    """Every amount is multiplied by a hundred for the gateway, also that of a currency without."""

    async def charge(self, row: Payment) -> Answer:
        """Turn the currency's own unit into what is taken for its smallest one."""
        units = row.amount * 100 if decimals(row.currency) == 0 else row.amount
        return await super().charge(evolve(row, amount=units))


@AMOUNTS.bug(
    "B15",
    breaks=("MONEY-4",),
    source="Stripe's documentation of currencies",
)
class DinarTimesHundred(PaymentService):
    """A currency of three decimals is multiplied by a hundred too, and a tenth is charged."""

    async def charge(self, row: Payment) -> Answer:
        """Turn the currency's own unit into what is taken for its smallest one."""
        units = row.amount // 10 if decimals(row.currency) == 3 else row.amount
        return await super().charge(evolve(row, amount=units))


@AMOUNTS.bug("B15", breaks=("MONEY-4",), source="none known: the neighbour of a wrong factor")
class CurrencyForgotten(PaymentService):
    """The currency is not passed on, and the gateway charges in its own."""

    async def charge(self, row: Payment) -> Answer:
        """Take so many of the gateway's units."""
        return await super().charge(evolve(row, currency="USD"))


@AMOUNTS.bug("B12", breaks=("MONEY-4",), source="solidusio/solidus_stripe#186")
class PricedAnew(PaymentService):
    """The payment works out the amount again, from prices, and one piece of each line."""

    def accept(self, event: Event) -> Payment | None:
        """Ask the price list what the order costs."""
        prices, lines = self.world.prices, event["data"]["lines"]
        amount = sum(prices[line["sku"]] for line in lines)
        return super().accept({**event, "data": {**event["data"], "amount": amount}})


@AMOUNTS.bug("B17", breaks=("MONEY-4",), source="seen in several public order sagas")
class AmountUnderAnotherName(PaymentService):
    """The payment reads a field that the event does not have, and nothing is what it charges."""

    def accept(self, event: Event) -> Payment | None:
        """Read `total`, which is called `amount`."""
        amount = event["data"].get("total", 0)
        return super().accept({**event, "data": {**event["data"], "amount": amount}})
