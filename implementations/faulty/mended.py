"""Bugs of the zoo, each mended by somebody who has read nothing but the kit's first report of it.

A fix is one small class in front of the faulty one: it does what the report advises, in its own
way, and not what the reference does in that place, unless the advice leads straight there. Each is
a target: `--saga-target=implementations.faulty.mended:charge_with_key`. docs/fixes.md has the
reports beside the fixes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from attrs import frozen

from implementations.contract import Answer, Event, OrderData
from implementations.faulty import ZOO, Nature, Specimen
from implementations.faulty.specimen import Factory, slug_of
from implementations.faulty.undoing import RefundsAndKeepsTheStock
from implementations.reference.inventory import InventoryService, Reservation
from implementations.reference.order import OrderService, OrderStatus
from implementations.reference.payment import Payment, PaymentService
from implementations.reference.service import Keyed
from implementations.reference.shipping import ShipmentStatus, ShippingService
from implementations.reference.storage import Held, Stock
from model.vocabulary import Event as E

Change = TypeVar("Change", bound=type[Any])
_BUGS = {specimen.slug: specimen for specimen in ZOO}


@frozen
class Mended:
    """A bug, and the fix that its report asks for."""

    bug: Specimen
    fix: type[Any]
    told_first: tuple[str, str]
    """The property whose violation a run tells first, and the part of the search that finds it."""
    place: str
    """Where in the code the fix belongs, in words that stand in the report."""
    as_reference: bool
    """Whether the advice leads to what the reference does there, and to nothing else."""

    @property
    def slug(self) -> str:
        """Its name as a target."""
        return slug_of(self.fix)

    @property
    def factory(self) -> Factory:
        """The faulty saga with the fix in front."""
        bug, text = self.bug, f"{self.bug.text} Mended."
        changes = (self.fix, *bug.changes)
        twin = Specimen(self.slug, text, Nature.TWIN, changes, bug.entries, bug.source, of=bug.slug)
        return twin.factory


_MENDED: list[Mended] = []


def mends(
    bug: str, told_first: tuple[str, str], place: str, as_reference: bool = False
) -> Callable[[Change], Change]:
    """A fix of a bug; what its report says of the place."""

    def add(change: Change) -> Change:
        _MENDED.append(Mended(_BUGS[bug], change, told_first, place, as_reference))
        return change

    return add


# -- money -----------------------------------------------------------------------------------------


@mends(
    "charge_without_key", ("MONEY-1", "sweep-0"), "payment on order.created(o1): payments.charge"
)
class ChargeWithKey(PaymentService):
    """The charge goes out under a key of order and step."""

    async def charge(self, row: Payment) -> Answer:
        """Take the money, once."""
        key = f"charge-{row.order}"
        return await self.world.payments.charge(row.order, row.amount, row.currency, key=key)


@mends(
    "refund_without_key",
    ("MONEY-2", "sweep-0"),
    "payment on payment.refund.requested(o1): payments.refund",
)
class RefundWithKey(PaymentService):
    """The refund goes out under a key of order and step."""

    async def refund(self, row: Payment) -> None:
        """Give the money back, once."""
        key = f"refund-{row.order}"
        await self.world.payments.refund(row.charge, row.amount, key=key)


@mends(
    "refund_error_swallowed",
    ("MONEY-0", "sweep-0"),
    "payment on payment.refund.requested(o1): payments.refund",
)
class RefundErrorRaised(PaymentService):
    """An error of the refund leaves the handler, so that the request comes again."""

    async def refund(self, row: Payment) -> None:
        """Give the money back; what goes wrong is for the broker to know."""
        key = self.key("refund", row.order)
        await self.world.payments.refund(row.charge, row.amount, key=key)


@mends(
    "timeout_is_decline", ("MONEY-0", "sweep-0"), "payment on order.created(o1): payments.charge"
)
class TimeoutAsksAgain(PaymentService):
    """After a timeout the call is repeated with the same key."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """No answer is no answer."""
        return None


@mends(
    "float_cents",
    ("MONEY-4", "paths"),
    "payment on order.created(o1): payments.charge",
    as_reference=True,
)
class WholeCents(PaymentService):
    """The amount of the event goes to the gateway as it is."""

    async def charge(self, row: Payment) -> Answer:
        """Take the amount that the event has."""
        return await PaymentService.charge(self, row)


# -- messages --------------------------------------------------------------------------------------


@mends("marked_beforehand", ("MONEY-0", "sweep-0"), "payment on order.created(o1)")
class MarkedAfterwards(PaymentService):
    """A message counts as handled once everything that it asks for is done."""

    async def handle(self, event: Event) -> None:
        """Do, then mark."""
        mark = f"done {event['id']}"
        if mark not in self.inbox:
            await PaymentService.handle(self, event)
            self.inbox.add(mark)


@mends("one_message_per_order", ("MONEY-0", "paths"), "payment on payment.refund.requested(o1)")
class OneMessagePerId(PaymentService):
    """The inbox knows messages by their id and the consumer's name."""

    async def handle(self, event: Event) -> None:
        """Handle each message once."""
        await PaymentService.handle(self, {**event, "id": f"payment/{event['id']}"})


@mends("inventory_without_inbox", ("STOCK-2", "sweep-0"), "inventory on payment.processed(o1)")
class ReservesOncePerMessage(InventoryService):
    """The transaction that reserves also inserts the message's id, or does nothing."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide on a message that is not in the inbox, and put it there."""

        def once(event: Event, *args: Any, **kwargs: Any) -> Any:
            if event["id"] in self.inbox:
                return None
            self.inbox.add(event["id"])
            return decide(event, *args, **kwargs)

        return await super().commit(event, once, *args, **kwargs)


@mends(
    "reserved_then_published",
    ("LIVE-0", "sweep-0"),
    "inventory on payment.processed(o1): publish inventory.reserved",
    as_reference=True,
)
class ReservedWithItsMessage(InventoryService):
    """The handler publishes nothing; what the transaction has written, the relay sends."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The transaction, and nothing behind it."""
        return await InventoryService.commit(self, event, decide, *args, **kwargs)


# -- stock -----------------------------------------------------------------------------------------


@mends(
    "no_availability_check",
    ("STOCK-1", "paths"),
    "inventory on payment.processed(o1): inventory commit",
)
class TakesWhatIsThere(Stock):
    """SKU by SKU: test and take; where there is too little, what was taken goes back."""

    def take(self, pieces: Held) -> bool:
        """Take all of `pieces`, or none."""
        for place, (sku, quantity) in enumerate(pieces):
            if self.available.get(sku, 0) < quantity:
                self.give_back(pieces[:place])
                return False
            self.available[sku] -= quantity
        return True


@mends(
    "stock_row_saved_whole",
    ("STOCK-2", "sweep-0"),
    "inventory on payment.processed(o1): inventory read",
)
class StockRowCompared(InventoryService):
    """What was read is written only if it still stands there; else it is read again."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Read, pause, compare, and decide."""
        shelf = self.store.stock.available
        read: dict[str, int] = {}
        while read != shelf:
            read = dict(shelf)
            await self.world.checkpoint("inventory read")
        return await InventoryService.commit(self, event, decide, *args, **kwargs)


@mends(
    "inventory_forgets_the_release",
    ("STOCK-3", "directed"),
    "inventory published inventory.reserved(o1)",
)
class ReleaseIsRemembered(InventoryService):
    """A release that finds nothing leaves a note, and a reservation looks for it."""

    def bury(self, tombstone: Reservation) -> None:
        """Leave a note."""
        self.inbox.add(f"{tombstone.order} is called off")

    def reserve(self, event: Event) -> None:
        """Reserve, unless that is called off."""
        if f"{event['subject']} is called off" not in self.inbox:
            super().reserve(event)


# -- the course of the saga ------------------------------------------------------------------------


@mends("placed_anew", ("STATE-1", "sweep-0"), "resubmit o1: order commit")
class PlacedOnce(OrderService):
    """An order is opened only if its status is that of one that nobody has opened."""

    async def place(self, order: OrderData) -> None:
        """Open the saga of a new order."""
        if self.rows[order["id"]].status is OrderStatus.NEW:
            await super().place(order)


@mends("refunds_and_keeps_the_stock", ("LIVE-0", "paths"), "the shipping service")
class RefundsAndReleases(ShippingService):
    """When nothing is shipped the release is asked for beside the refund."""

    undo: ClassVar[tuple[str, ...]] = (
        *RefundsAndKeepsTheStock.undo,
        E.INVENTORY_RELEASE_REQUESTED,
    )


@mends("cancel_behind_the_pivot", ("STOCK-2", "sweep-0"), "shipping published shipping.failed(o1)")
class NoCancelBehindThePivot(ShippingService):
    """A cancel is refused as soon as the carrier is asked."""

    def cancel(self, event: Event) -> None:
        """Undo the saga, if nothing has been asked of the carrier."""
        if self.rows[event["subject"]].status is ShipmentStatus.IDLE:
            super().cancel(event)


MENDED: tuple[Mended, ...] = tuple(_MENDED)
_BY_SLUG = {mended.slug: mended for mended in MENDED}


def __getattr__(name: str) -> Factory:
    """The factory of a fix, by its slug."""
    if name in _BY_SLUG:
        return _BY_SLUG[name].factory
    raise AttributeError(name)


def __dir__() -> list[str]:
    """What there is to choose from, for the message about a name that is not there."""
    return [*_BY_SLUG, "MENDED"]
