"""The reference saga with exactly one safeguard deleted: what the kit must find, one by one.

Each factory is a target: `tests.implementations.without_safeguard:inbox` and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from implementations.contract import Answer, AsyncWorld, Event, OrderData
from implementations.reference import Parts, Saga, build
from implementations.reference.inventory import InventoryService
from implementations.reference.order import OrderService
from implementations.reference.payment import PaymentService
from implementations.reference.service import Keyed, Service
from implementations.reference.shipping import ShippingService
from implementations.reference.storage import Held, Inbox, Stock
from model.vocabulary import Event as E


def of_services(*mixins: type[Service[Any]]) -> Parts:
    """The four services, each with the mixins in front."""

    def mixed(service: type[Service[Any]]) -> Any:
        return type(service.__name__, (*mixins, service), {})

    return Parts(
        order=mixed(OrderService),
        payment=mixed(PaymentService),
        inventory=mixed(InventoryService),
        shipping=mixed(ShippingService),
    )


# -- idempotency key -------------------------------------------------------------------------------


class NewKeys(Service[Any]):
    """Asks gateway and carrier under a new key every time."""

    def key(self, request: str, order: str) -> str:
        """A key that nobody has seen."""
        return f"{request}/{order}/{self.world.new_id()}"


def idempotency_key(world: AsyncWorld) -> Saga:
    """Without idempotency keys at gateway and carrier."""
    return build(world, of_services(NewKeys))


# -- inbox -----------------------------------------------------------------------------------------


class NoInbox(Inbox):
    """Recognises no message."""

    def __contains__(self, message_id: object) -> bool:
        return False


def inbox(world: AsyncWorld) -> Saga:
    """Without the record of processed messages."""
    return build(world, Parts(inbox=NoInbox))


# -- outbox ----------------------------------------------------------------------------------------


class Direct(Service[Any]):
    """Commits first and publishes afterwards, as two things."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The transaction, and behind it its messages."""
        unfinished = await super().commit(event, decide, *args, **kwargs)
        await self.publish_directly()
        return unfinished

    async def publish_directly(self) -> None:
        """Publish what the transaction has said, without keeping it anywhere."""
        messages = []
        while len(self.outbox):
            messages.append(self.outbox.first())
            self.outbox.remove(messages[-1])
        for message in messages:
            await self.world.publish(
                message.type,
                message.data,
                id=message.id,
                subject=message.order,
                sagaid=message.order,
                causationid=message.cause,
            )


class DirectOrders(Direct, OrderService):
    """The order service, which has two requests besides its messages."""

    async def place(self, order: OrderData) -> None:
        """Store the order, then tell of it."""
        await super().place(order)
        await self.publish_directly()

    async def cancel(self, order_id: str) -> str | None:
        """Note the cancel, then tell of it."""
        answer = await super().cancel(order_id)
        await self.publish_directly()
        return answer


def outbox(world: AsyncWorld) -> Saga:
    """Without outboxes: what is published is not stored with what it tells of."""
    parts = of_services(Direct)
    return build(world, Parts(DirectOrders, parts.payment, parts.inventory, parts.shipping))


# -- tombstone -------------------------------------------------------------------------------------


class NoTombstone(Service[Any]):
    """Forgets a compensation that came before its action."""

    def bury(self, tombstone: Any) -> None:
        """Remember nothing."""


def tombstone(world: AsyncWorld) -> Saga:
    """Without tombstones."""
    return build(world, of_services(NoTombstone))


# -- status guard ----------------------------------------------------------------------------------


class Unguarded(Service[Any]):
    """Takes every step from wherever it is."""

    def stands(self, row: Any, *statuses: str) -> bool:
        """Always."""
        return True


def status_guard(world: AsyncWorld) -> Saga:
    """Without any guard on the status."""
    return build(world, of_services(Unguarded))


# -- conditional stock update ----------------------------------------------------------------------


class CarelessStock(Stock):
    """Decrements without looking."""

    def take(self, pieces: Held) -> bool:
        """Take all of `pieces`, there or not."""
        for sku, quantity in pieces:
            self.available[sku] -= quantity
        return True


def conditional_stock_update(world: AsyncWorld) -> Saga:
    """Without the condition on the stock update."""
    return build(world, Parts(stock=CarelessStock))


# -- compensations ---------------------------------------------------------------------------------


class NoRefundWhenShort(InventoryService):
    """Says that there is not enough, and asks for nothing to be undone."""

    undo: ClassVar[tuple[str, ...]] = ()


def refund_on_reservation_failure(world: AsyncWorld) -> Saga:
    """Without the refund when stock is short."""
    return build(world, Parts(inventory=NoRefundWhenShort))


class NoReleaseWhenRefused(ShippingService):
    """Asks for the money to be given back, and forgets the stock."""

    undo: ClassVar[tuple[str, ...]] = (E.PAYMENT_REFUND_REQUESTED,)


def release_on_shipping_failure(world: AsyncWorld) -> Saga:
    """Without the release when nothing is shipped."""
    return build(world, Parts(shipping=NoReleaseWhenRefused))


# -- lookup ----------------------------------------------------------------------------------------


class Guessing(Service[Any]):
    """Takes a timeout for a refusal."""

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """No answer is a no."""
        return {"status": "refused", "id": None, "reason": "no answer"}


def lookup(world: AsyncWorld) -> Saga:
    """Without asking what became of a request that was not answered."""
    return build(world, of_services(Guessing))
