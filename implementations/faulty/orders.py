"""Bugs of the order's status: overwritten, resurrected, contradicted, or never final."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from implementations.contract import Event, OrderData
from implementations.faulty.specimen import Theme
from implementations.reference.order import Order, OrderService, OrderStatus
from model.vocabulary import Event as E

ORDERS = Theme()
S = OrderStatus


# -- what the order hears of -----------------------------------------------------------------------


def _without(event: str) -> tuple[str, ...]:
    return tuple(heard for heard in OrderService.subscriptions if heard != event)


@ORDERS.bug("B37", breaks=("LIVE-1",), source="the seed document's code")
class ShipmentUnheard(OrderService):
    """Nobody tells the order that its parcel has left, and it stays open for ever."""

    subscriptions = _without(E.SHIPMENT_CREATED)


@ORDERS.bug("B39", breaks=("LIVE-1",), source="seen in several public order sagas")
class DeclineUnheard(OrderService):
    """The order does not listen to `payment.failed`, and waits for money that was declined."""

    subscriptions = _without(E.PAYMENT_FAILED)


@ORDERS.bug("B39", breaks=("LIVE-1",), source="seen in several public order sagas")
class RefundUnheard(OrderService):
    """The order does not listen to `payment.refunded`, and never learns that it has failed."""

    subscriptions = _without(E.PAYMENT_REFUNDED)


@ORDERS.bug("B37", breaks=("STATE-2", "ATOM-1"), source="the seed document's code")
class EndsInSilence(OrderService):
    """The order is confirmed in its own table, and no event tells anybody."""

    def shipped(self, event: Event) -> None:
        """The parcel is on its way."""
        row = self.rows[event["subject"]]
        if self.stands(row, S.AWAITING_PAYMENT):
            self.rows.put(evolve(row, status=S.CONFIRMED))


# -- cancelling ------------------------------------------------------------------------------------


@ORDERS.bug("B32", "B80", breaks=("MONEY-3", "COMP-1", "SHIP-2"), source="woocommerce#20928")
class CancelDecidedAtOnce(OrderService):
    """A cancel sets the order to failed at once, whatever shipping is doing at that moment."""

    async def cancel(self, order_id: str) -> str | None:
        """Ask for the undoing, and call it done."""
        answer = await super().cancel(order_id)
        if answer is None:
            self.rows.put(evolve(self.rows[order_id], status=S.FAILED))
            self.emit(E.SAGA_FAILED, order_id, reason="cancelled")
        return answer


@ORDERS.bug("B35", breaks=("STATE-2",), source="seen in several public order sagas")
class CancelAnnouncesTheEnd(OrderService):
    """A cancel publishes that the saga has failed, before anybody knows whether it will."""

    async def cancel(self, order_id: str) -> str | None:
        """Ask for the undoing, and announce it."""
        answer = await super().cancel(order_id)
        if answer is None:
            self.emit(E.SAGA_FAILED, order_id, reason="cancelled")
        return answer


@ORDERS.bug("B35", breaks=("STATE-2",), source="seen in several public order sagas")
class SecondRequestAnnouncesAFailure(OrderService):
    """An order that is placed again is answered with `order.saga.failed`, and goes on as before."""

    async def place(self, order: OrderData) -> None:
        """Open the saga, or announce that this is not possible."""
        if order["id"] in self.rows:
            self.emit(E.SAGA_FAILED, order["id"], reason="there is such an order already")
        await super().place(order)


@ORDERS.bug("B78", "B43", breaks=("STOCK-2", "MONEY-3"), source="PrestaShop#35460")
class CancelCompensatesItself(OrderService):
    """A cancel asks for refund and release by itself, beside the one who decides about it."""

    async def cancel(self, order_id: str) -> str | None:
        """Ask shipping, payment and inventory at once."""
        answer = await super().cancel(order_id)
        if answer is None:
            self.emit(E.PAYMENT_REFUND_REQUESTED, order_id)
            self.emit(E.INVENTORY_RELEASE_REQUESTED, order_id)
        return answer


@ORDERS.bug("B69", breaks=("TRUE-1",), source="cqrs-journey#79")
class CancelsTheLatest(OrderService):
    """A cancel is looked up by the customer, and hits whichever order of theirs came last."""

    async def cancel(self, order_id: str) -> str | None:
        """Cancel the customer's order."""
        return await super().cancel([row.order for row in self.rows][-1])


# -- at the same time ------------------------------------------------------------------------------


@ORDERS.bug("B33", breaks=("LIVE-1",), source="statamic/cargo PR 195")
class OrderRowSavedWhole(OrderService):
    """Two handlers read the row, and the one that saves last wipes out what the other has noted."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Read, pause, and decide on what was read."""
        read = self.rows[event["subject"]]
        await self.world.checkpoint("order read")
        self.rows.put(read)
        return await super().commit(event, decide, *args, **kwargs)


@ORDERS.bug("B34", breaks=("LIVE-1",), source="MassTransit#2935")
class ConflictTakenForDone(OrderService):
    """A row that has changed since it was read means "handled already": the event is dropped."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide, unless somebody else has changed the row."""
        read = self.rows[event["subject"]]
        await self.world.checkpoint("order read")
        if self.rows[event["subject"]] != read:
            return None
        return await super().commit(event, decide, *args, **kwargs)


@ORDERS.twin(ConflictTakenForDone)
class ConflictTriedAgain(OrderService):
    """A row that has changed since it was read sends the event back to the broker."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide, unless somebody else has changed the row: then later."""
        read = self.rows[event["subject"]]
        await self.world.checkpoint("order read")
        if self.rows[event["subject"]] != read:
            raise ConnectionError("the row has changed: try again")
        return await super().commit(event, decide, *args, **kwargs)


@ORDERS.bug("B67", breaks=("STATE-1", "LIVE-1"), source="NServiceBus#4150")
class PlacedAnew(OrderService):
    """An order that the client places again is opened again, over the one that there is."""

    async def place(self, order: OrderData) -> None:
        """Open the saga of an order, whether there is one or not."""
        if order["id"] in self.rows:
            await self.world.checkpoint("order commit", may_fail=True)
            self.rows.put(Order(order["id"], S.AWAITING_PAYMENT))
        else:
            await super().place(order)


@ORDERS.bug("B67", breaks=("STATE-1", "LIVE-1"), source="NServiceBus PR 4182")
class PlacedTwiceAtOnce(OrderService):
    """Two requests at once both find no order, and each of them opens one."""

    async def place(self, order: OrderData) -> None:
        """Look whether there is an order, pause, and open one."""
        there = order["id"] in self.rows
        await self.world.checkpoint("order read", may_fail=True)
        if there or order["id"] not in self.rows:
            return await super().place(order)
        self.rows.put(Order(order["id"], S.AWAITING_PAYMENT))
        return None


# -- timers ----------------------------------------------------------------------------------------


@ORDERS.bug("B38", "B32", breaks=("MONEY-3", "SHIP-2"), source="woocommerce-gateway-stripe#5485")
class PaymentTimesOut(OrderService):
    """The order gives its payment a quarter of an hour, and fails while the payment is made."""

    async def place(self, order: OrderData) -> None:
        """Open the saga, and set the timer."""
        await super().place(order)
        late = {"order": order["id"], "reason": "timed out"}
        await self.world.timer(900.0, E.PAYMENT_FAILED, late)


@ORDERS.twin(PaymentTimesOut)
class TimeoutAsksForACancel(OrderService):
    """When the time is up the saga is cancelled, and shipping knows whether it is too late."""

    async def place(self, order: OrderData) -> None:
        """Open the saga, and set the timer."""
        await super().place(order)
        await self.world.timer(900.0, E.ORDER_CANCEL_REQUESTED, {"order": order["id"]})


@ORDERS.bug(
    *("B30", "B38"),
    breaks=("STATE-1",),
    source="NServiceBus.Testing PR 516",
    under=(PaymentTimesOut,),
)
class TimeoutOverwritesTheEnd(OrderService):
    """The timeout of the payment goes off after the order was confirmed, and sets it to failed."""

    def fail(self, event: Event, row: Order) -> None:
        """End the saga, whether it has ended or not."""
        self.rows.put(evolve(row, status=S.FAILED))
        self.emit(E.SAGA_FAILED, row.order, event, reason=row.reason)
