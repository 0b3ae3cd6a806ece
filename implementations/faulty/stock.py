"""Bugs with stock: sold twice, given back twice, half reserved, and data that few think of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import evolve

from implementations.contract import Event
from implementations.faulty.specimen import Theme
from implementations.reference.inventory import (
    InventoryService,
    Reservation,
    ReservationStatus,
)
from implementations.reference.saga import Saga
from implementations.reference.storage import Held, Stock, pieces_of
from model.vocabulary import Event as E

STOCK = Theme()
S = ReservationStatus


# -- how much there is -----------------------------------------------------------------------------


@STOCK.bug("B24", breaks=("STOCK-1",), source="seen in several public order sagas")
class NoAvailabilityCheck(Stock):
    """Whatever is ordered is reserved, there or not."""

    def take(self, pieces: Held) -> bool:
        """Decrement without looking."""
        for sku, quantity in pieces:
            self.available[sku] -= quantity
        return True


@STOCK.bug("B23", breaks=("STOCK-1",), source="awesto/django-shop#888")
class OnePieceIsEnough(Stock):
    """The check asks whether there is any piece at all, not whether there are enough."""

    def take(self, pieces: Held) -> bool:
        """Take all of `pieces` if there is one of each."""
        if not all(self.available.get(sku, 0) > 0 for sku, _ in pieces):
            return False
        for sku, quantity in pieces:
            self.available[sku] -= quantity
        return True


@STOCK.bug("B25", breaks=("STOCK-1",), source="vendure#2702")
class EachLineForItself(InventoryService):
    """Each line is checked against the shelf alone, so two lines of one SKU share one piece."""

    def reserve(self, event: Event) -> None:
        """Reserve if there is enough for each line."""
        order, lines = event["subject"], event["data"]["lines"]
        available = self.store.stock.available
        blank = self.rows[order].status is S.IDLE
        if not blank or any(available[line["sku"]] < line["quantity"] for line in lines):
            return super().reserve(event)
        for line in lines:
            available[line["sku"]] -= line["quantity"]
        self.rows.put(Reservation(order, S.RESERVED, pieces_of(lines)))
        self.emit(E.INVENTORY_RESERVED, order, event, lines=lines)
        return None


@STOCK.bug(
    "B25", breaks=("SHIP-2", "LIVE-0"), source="none known: the other mistake with two lines"
)
class LastLineWins(InventoryService):
    """Lines are kept by SKU, and of two lines of one SKU only the last one is reserved."""

    def reserve(self, event: Event) -> None:
        """Reserve one line of each SKU."""
        lines = list({line["sku"]: line for line in event["data"]["lines"]}.values())
        super().reserve({**event, "data": {**event["data"], "lines": lines}})


@STOCK.bug("B26", breaks=("STOCK-2",), source="FOSSBilling PR 4134")
class PartialReservationLeaks(Stock):
    """The first SKU is taken before the second one is found to be short, and stays taken."""

    def take(self, pieces: Held) -> bool:
        """Take SKU by SKU, as far as there is any."""
        for sku, quantity in pieces:
            if self.available.get(sku, 0) < quantity:
                return False
            self.available[sku] -= quantity
        return True


@STOCK.bug("B21", breaks=("STOCK-2",), source="Alibaba Cloud's guidance on TCC")
class RollsBackWhatWasNotTaken(Stock):
    """When one SKU is short all of the order is put back, also what was never taken."""

    def take(self, pieces: Held) -> bool:
        """Take SKU by SKU; on shortage put everything back."""
        for sku, quantity in pieces:
            if self.available.get(sku, 0) < quantity:
                self.give_back(pieces)
                return False
            self.available[sku] -= quantity
        return True


@STOCK.twin(RollsBackWhatWasNotTaken)
class RollsBackWhatWasTaken(Stock):
    """When one SKU is short, exactly those taken before it are put back."""

    def take(self, pieces: Held) -> bool:
        """Take SKU by SKU; on shortage put back what was taken."""
        for place, (sku, quantity) in enumerate(pieces):
            if self.available.get(sku, 0) < quantity:
                self.give_back(pieces[:place])
                return False
            self.available[sku] -= quantity
        return True


# -- who changes it --------------------------------------------------------------------------------


@STOCK.bug("B18", breaks=("STOCK-2",), source="seen in several public order sagas")
class InventoryWithoutInbox(InventoryService):
    """A copy of `payment.processed` reserves a second time: nothing tells it from the first."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide, whether the message was handled or not."""
        await self.world.checkpoint("inventory commit", may_fail=True)
        return decide(event, *args, **kwargs)


@STOCK.twin(InventoryWithoutInbox, InventoryWithoutInbox)
class ReservesFromIdleOnly(InventoryService):
    """Without an inbox, but the status of the row says that the order has its pieces."""

    def reserve(self, event: Event) -> None:
        """Reserve for an order that nothing has been decided of."""
        if self.rows[event["subject"]].status is S.IDLE:
            super().reserve(event)


@STOCK.bug("B54", "B18", breaks=("STOCK-2",), source="celery/celery#5935")
class InboxAskedTooEarly(InventoryService):
    """Two copies at once both ask the inbox before either of them has written to it."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Ask the inbox, and then begin the transaction."""
        if event["id"] in self.inbox:
            return
        await self.world.checkpoint("inventory commit", may_fail=True)
        decide(event, *args, **kwargs)
        self.inbox.add(event["id"])


@STOCK.bug("B23", "B33", "B81", breaks=("STOCK-1", "STOCK-2"), source="vendure PR 4930")
class StockRowSavedWhole(InventoryService):
    """The whole stock is read, and written back later: what others took meanwhile is back."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Read, pause, write back, and decide."""
        shelf = self.store.stock.available
        read = dict(shelf)
        await self.world.checkpoint("inventory read")
        shelf.update(read)
        return await super().commit(event, decide, *args, **kwargs)


@STOCK.bug("B81", breaks=("STOCK-2",), source="the countermeasure of commutative updates")
class ShelfResetOnRelease(InventoryService):
    """A release sets the shelf to a number instead of adding to it: right for one order only."""

    def release(self, event: Event) -> None:
        """Give back, and make the shelf what it was in the beginning."""
        held = self.rows[event["subject"]].held
        super().release(event)
        self.store.stock.available.update({sku: self.world.stock[sku] for sku, _ in held})


@STOCK.bug("B19", breaks=("STOCK-2",), source="Automattic/woocommerce-payments#3345")
class ReducedByTheParcelToo(Saga):
    """Stock is reduced when it is reserved, and once more when the parcel leaves."""

    async def handle(self, participant: str, event: Event) -> None:
        """Handle the message, and count the pieces off the shelf."""
        await super().handle(participant, event)
        if event["type"] == E.SHIPMENT_CREATED:
            for sku, quantity in self.reservations[event["subject"]].held:
                self.stock.available[sku] -= quantity


# -- giving back -----------------------------------------------------------------------------------


@STOCK.bug("B20", breaks=("STOCK-2",), source="PrestaShop#35460")
class ReservationNotCrossedOut(InventoryService):
    """The pieces go back on the shelf, and the reservation that they belong to stays as it is."""

    def release(self, event: Event) -> None:
        """Give back what the row says, and leave the row alone."""
        row = self.rows[event["subject"]]
        if row.status is not S.RESERVED:
            return super().release(event)
        self.store.stock.give_back(row.held)
        self.emit(E.INVENTORY_RELEASED, row.order, event)
        return None


@STOCK.bug("B73", breaks=("STOCK-2",), source="seen in several public order sagas")
class ReleaseReadsTheEvent(InventoryService):
    """The release takes its pieces from the request, which lists none."""

    def release(self, event: Event) -> None:
        """Give back what the request names."""
        row = self.rows[event["subject"]]
        if row.status is S.RESERVED:
            self.rows.put(evolve(row, held=pieces_of(event["data"].get("lines", ()))))
        super().release(event)


@STOCK.bug("B29", "B56", breaks=("LIVE-0", "LIVE-1"), source="seen in several public order sagas")
class ReleaseErrorSwallowed(InventoryService):
    """A release that fails once is logged and acknowledged, and the pieces stay reserved."""

    async def handle(self, event: Event) -> None:
        """Process a message; an error of a release is nobody's affair."""
        if event["type"] != E.INVENTORY_RELEASE_REQUESTED:
            return await super().handle(event)
        with suppress(ConnectionError):
            await super().handle(event)
        return None


@STOCK.bug("B22", breaks=("STOCK-3", "COMP-1"), source="apache/incubator-seata PR 3545")
class InventoryForgetsTheRelease(InventoryService):
    """A release that comes before its reservation leaves no trace, and the reservation sticks."""

    def bury(self, tombstone: Reservation) -> None:
        """Remember nothing."""


@STOCK.bug("B28", breaks=("STOCK-2", "SHIP-2"), source="saleor/saleor#15246")
class ReservationExpires(InventoryService):
    """Reserved pieces go back on the shelf after a quarter of an hour, paid and shipped or not."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide, and set the timer of what was reserved."""
        unfinished = await super().commit(event, decide, *args, **kwargs)
        if event["type"] == E.PAYMENT_PROCESSED:
            data = {"order": event["subject"]}
            await self.world.timer(900.0, E.INVENTORY_RELEASE_REQUESTED, data)
        return unfinished


@STOCK.bug("B42", breaks=("SHIP-2",), source="seen in several public order sagas")
class ShortAndReservedAllTheSame(InventoryService):
    """An order that is short is passed on as reserved, and its parcel leaves empty."""

    def reserve(self, event: Event) -> None:
        """Reserve what there is, and say that it is enough."""
        pieces = pieces_of(event["data"]["lines"])
        if self.rows[event["subject"]].status is S.IDLE and not self.store.stock.take(pieces):
            self.emit(E.INVENTORY_RESERVED, event["subject"], event, lines=event["data"]["lines"])
        elif self.rows[event["subject"]].status is S.IDLE:
            self.store.stock.give_back(pieces)
            super().reserve(event)
