"""Bugs on the way from a change to the message about it: lost, ghostly, renamed, out of order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from implementations.contract import Event, OrderData
from implementations.faulty.specimen import Theme
from implementations.reference.inventory import InventoryService
from implementations.reference.order import OrderService
from implementations.reference.payment import Payment, PaymentService
from implementations.reference.saga import Saga
from implementations.reference.service import Service
from implementations.reference.storage import Message, Outbox
from model.vocabulary import Event as E

OUTBOXES = Theme()


async def publish(service: Service[Any], message: Message, id: str | None) -> None:
    """Publish a message under an id; None leaves it to the broker."""
    order = message.order
    await service.world.publish(message.type, message.data, id, order, order, message.cause)


async def publish_at_once(service: Service[Any]) -> None:
    """Publish all that waits, having forgotten it first."""
    waiting = []
    while len(service.outbox):
        waiting.append(service.outbox.first())
        service.outbox.remove(waiting[-1])
    for message in waiting:
        await publish(service, message, message.id)


# -- two writes ------------------------------------------------------------------------------------


@OUTBOXES.bug(
    "B60", breaks=("ATOM-1", "LIVE-1"), source="kbastani/event-sourcing-microservices-example#28"
)
class OrderStoredThenPublished(OrderService):
    """The order is stored and then published: dying in between leaves one that nobody hears of."""

    async def place(self, order: OrderData) -> None:
        """Store, then publish."""
        await super().place(order)
        await publish_at_once(self)


@OUTBOXES.bug(
    "B47", "B60", breaks=("ATOM-1", "LIVE-1"), source="Particular docs.particular.net#4795"
)
class ReservedThenPublished(InventoryService):
    """The inbox commits with the reservation, the message does not: the retry is a duplicate."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The transaction, and behind it its messages."""
        unfinished = await super().commit(event, decide, *args, **kwargs)
        await publish_at_once(self)
        return unfinished


@OUTBOXES.bug("B60", "B47", breaks=("ATOM-1", "LIVE-1"), source="microservices.io on the outbox")
class RelayForgetsFirst(Service[Any]):
    """The relay deletes a message and then publishes it: dying in between loses it."""

    async def relay(self) -> int:
        """Publish the message that has waited longest, having deleted it."""
        waiting = len(self.outbox)
        if waiting:
            message = self.outbox.first()
            self.outbox.remove(message)
            await publish(self, message, message.id)
        return waiting


@OUTBOXES.bug("B62", breaks=("ATOM-1", "LIVE-1"), source="a guide with `publishAttempts < 5`")
class SecondErrorGivesUp(PaymentService):
    """A message that could not be sent twice is skipped, and those behind it go out."""

    async def relay(self) -> int:
        """Publish the message that has waited longest, unless it has failed twice."""
        try:
            return await super().relay()
        except ConnectionError:
            failed = f"not sent: {self.outbox.first().id}"
            if failed in self.inbox:
                self.outbox.remove(self.outbox.first())
            self.inbox.add(failed)
            return len(self.outbox)


@OUTBOXES.bug("B63", "B62", breaks=("ATOM-1", "LIVE-1"), source="kamu-data/kamu-cli#1398")
class RelayClearsTheOutbox(Service[Any]):
    """The relay publishes what it has read, and deletes all: also what was written meanwhile."""

    async def relay(self) -> int:
        """Publish what waits; then there is nothing."""
        waiting = len(self.outbox)
        batch = []
        while len(self.outbox):
            batch.append(self.outbox.first())
            self.outbox.remove(batch[-1])
        for message in batch:
            self.outbox.add(message)
        for message in batch:
            await publish(self, message, message.id)
        while len(self.outbox):
            self.outbox.remove(self.outbox.first())
        return waiting


@OUTBOXES.bug("B62", "B63", breaks=("ATOM-1", "LIVE-1"), source="NEventStore#425")
class RelayDeletesMoreThanItRead(Outbox):
    """Two rows of a type are read at a time and all of it are deleted: a third order is lost."""

    def remove(self, message: Message) -> None:
        """Forget a message that was published, and those of its type that were not read."""
        same = [other for other in self._waiting.values() if other.type == message.type]
        for other in (message, *same[2:]):
            super().remove(other)


# -- ids -------------------------------------------------------------------------------------------


@OUTBOXES.bug("B49", breaks=("STOCK-2",), source="zalando/restful-api-guidelines PR 694")
class IdMadeAtEachPublish(PaymentService):
    """Every attempt to publish has an id of its own, and no inbox knows the second one."""

    async def relay(self) -> int:
        """Publish the message that has waited longest, under a new id."""
        waiting = len(self.outbox)
        if waiting:
            message = self.outbox.first()
            await publish(self, message, self.world.new_id())
            self.outbox.remove(message)
        return waiting


@OUTBOXES.twin(IdMadeAtEachPublish)
class IdMadeOnce(PaymentService):
    """The id is a random one, but made when the message is written, and stored with it."""

    def emit(self, type: str, order: str, cause: Event | None = None, **data: Any) -> None:
        """Write an event to the outbox, under a new id."""
        data["order"] = order
        caused_by = cause["id"] if cause else None
        self.outbox.add(Message(self.world.new_id(), type, order, caused_by, data))


@OUTBOXES.bug("B83", breaks=("OBS-1",), source="the seed document's list of what to observe")
class EndWithoutSagaId(OrderService):
    """The event that ends the saga says neither which saga nor which order it is about."""

    async def relay(self) -> int:
        """Publish the message that has waited longest, with no more than its reason."""
        waiting = len(self.outbox)
        if not waiting or self.outbox.first().type == E.ORDER_CREATED:
            return await super().relay()
        message = self.outbox.first()
        if message.type == E.ORDER_CANCEL_REQUESTED:
            return await super().relay()
        await self.world.publish(message.type, {"reason": message.data.get("reason", "")})
        self.outbox.remove(message)
        return waiting


# -- order -----------------------------------------------------------------------------------------


class TopicPerType(Saga):
    """A broker that keeps the messages of an order in order, within each type of event."""

    delivery = "at-least-once-per-order-fifo"


class OneQueuePerService(Saga):
    """A broker that keeps the messages of an order in order, for each service."""

    delivery = "at-least-once-per-order-fifo"

    def queues(self, participant: str, type: str) -> str:
        """All that a service listens to is in one queue."""
        return participant


@OUTBOXES.bug("B65", breaks=("MONEY-0", "LIVE-0"), source="KAFKA-20030", under=(TopicPerType,))
class OrderLeftToTheBroker(PaymentService):
    """The broker is trusted with the order of events, and keeps it within each topic only."""

    def bury(self, tombstone: Payment) -> None:
        """Forget a refund that came first, since none does."""


class NewestFirst(Outbox):
    """The relay sends the newest message first, and the services stand any order."""

    def first(self) -> Message:
        """The message that was written last."""
        return list(self._waiting.values())[-1]


class TrustsTheQueue(PaymentService):
    """The payment keeps no trace of a refund that comes first: its one queue brings it second."""

    def bury(self, tombstone: Payment) -> None:
        """Remember nothing."""


OUTBOXES.both(
    "cancel_overtakes_the_order",
    "B64",
    gone=(NewestFirst, TrustsTheQueue),
    text="The relay sends the cancel before the order, to services that count on the order.",
    breaks=("MONEY-0", "LIVE-0"),
    source="Spring Kafka's documentation of retry topics",
    under=(OneQueuePerService,),
)
