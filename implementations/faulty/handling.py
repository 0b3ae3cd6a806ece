"""Bugs of handling a message: marked too early, too coarsely, for too short, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import evolve

from implementations.contract import Answer, AsyncWorld, Event
from implementations.faulty.specimen import Theme
from implementations.faulty.undoing import again
from implementations.reference.inventory import InventoryService
from implementations.reference.payment import Payment, PaymentService, PaymentStatus
from implementations.reference.saga import Parts, Saga
from implementations.reference.service import Service
from implementations.reference.shipping import Shipment
from implementations.reference.storage import Inbox, Table
from model.vocabulary import Event as E

HANDLING = Theme()
S = PaymentStatus


# -- the inbox -------------------------------------------------------------------------------------


@HANDLING.bug("B45", breaks=("LIVE-1",), source="zoolutions/pgbus#385")
class MarkedBeforehand(PaymentService):
    """A message is marked as handled before it is; dying in between loses the step."""

    async def handle(self, event: Event) -> None:
        """Mark, then do."""
        mark = f"begun {event['id']}"
        if mark not in self.inbox:
            self.inbox.add(mark)
            await super().handle(event)


@HANDLING.bug("B50", breaks=("LIVE-1", "MONEY-0"), source="lunarphp/lunar#2204")
class OneMessagePerOrder(PaymentService):
    """The inbox knows orders, not messages: after the charge no refund of that order is handled."""

    async def handle(self, event: Event) -> None:
        """Handle the first message of an order, and its copies."""
        await super().handle({**event, "id": event["subject"]})


@HANDLING.bug(
    "B51",
    "B69",
    breaks=("LIVE-1", "TRUE-1"),
    source="none known: the catalogue has it from a header",
)
class InboxOfCauses(PaymentService):
    """The inbox takes the cause for the id; all new orders have the same one, which is none."""

    async def handle(self, event: Event) -> None:
        """Handle one message per cause."""
        await super().handle({**event, "id": event["causationid"] or "none"})


@HANDLING.bug("B52", breaks=("STOCK-3", "STOCK-2"), source="dex-it/dex-common#232")
class InboxKeepsTheLast(Inbox):
    """The inbox keeps one message, and a copy of an earlier one is handled again."""

    def add(self, message_id: str) -> None:
        """Remember a message, and forget the one before it."""
        self._ids.clear()
        super().add(message_id)


@HANDLING.bug(
    "B52",
    breaks=("STOCK-3", "COMP-1"),
    source="hmchangw/newchat PR 408",
)
class InboxKeepsFour(Inbox):
    """The inbox is emptied after four messages: it takes three orders to see it."""

    def add(self, message_id: str) -> None:
        """Remember a message, and forget the others now and then."""
        if len(self._ids) >= 4:
            self._ids.clear()
        super().add(message_id)


@HANDLING.bug(
    "B82",
    "B52",
    breaks=("STOCK-2",),
    source="none known: an inbox is the first to be kept in memory",
)
class InboxInMemory(Saga):
    """What was handled is forgotten when the service dies, and a later copy is handled again."""

    def restart(self, participant: str) -> None:
        """Start a service anew, with an empty inbox."""
        service = self._services[participant]
        service.store = evolve(service.store, inbox=Inbox())
        super().restart(participant)


@HANDLING.bug("B82", breaks=("LIVE-0", "SHIP-2"), source="the `microservices-saga-pattern` guide")
class RowsInMemory(Saga):
    """Shipping keeps its rows in memory; once it has died it knows nothing of a cancel."""

    def restart(self, participant: str) -> None:
        """Start a service anew; shipping without its rows."""
        service = self._services[participant]
        if participant == "shipping":
            service.store = evolve(service.store, rows=Table(Shipment))
        super().restart(participant)


# -- errors and acknowledgements -------------------------------------------------------------------


@HANDLING.bug("B40", breaks=("TRUE-1",), source="Manning, Microservices Patterns, 2nd edition")
class BlipIsDecline(PaymentService):
    """One broken connection to the gateway counts as a decline, and the order fails."""

    async def charge(self, row: Payment) -> Answer:
        """Take the money; without a connection there is none."""
        try:
            return await super().charge(row)
        except ConnectionError:
            return {"status": "refused", "id": None, "reason": "no connection"}


@HANDLING.bug("B56", breaks=("LIVE-1",), source="seen in several public order sagas")
class ErrorSwallowed(InventoryService):
    """Whatever goes wrong is written to the log, and the message is acknowledged."""

    async def handle(self, event: Event) -> None:
        """Process one message, and be done with it."""
        with suppress(Exception):
            await super().handle(event)


@HANDLING.bug("B57", breaks=("LIVE-1",), source="the `events-message-queue` guide")
class DeadLetteredAtOnce(Saga):
    """The first error sends a message to the dead letters, where nobody looks."""

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        super().__init__(world, parts)
        self.consumers: Any = {name: {"on_error": "reject"} for name in self.subscriptions}


@HANDLING.twin(DeadLetteredAtOnce, DeadLetteredAtOnce)
class TriedAgainAtOnce(Service[Any]):
    """An error goes to the dead letters, but not before the handler was tried three times."""

    async def handle(self, event: Event) -> None:
        """Process one message; after a broken connection, again."""
        for _ in range(2):
            with suppress(ConnectionError):
                return await super().handle(event)
        return await super().handle(event)


@HANDLING.bug("B55", breaks=("LIVE-1",), source="confluentinc/librdkafka#1122")
class AcknowledgedBeforehand(Saga):
    """Messages are acknowledged when they are received: whoever dies handling one has lost it."""

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        super().__init__(world, parts)
        self.consumers: Any = {name: {"acknowledge": "before"} for name in self.subscriptions}


@HANDLING.bug(
    "B58", "B62", breaks=("LIVE-1",), source="none known: a delivery limit that is too low"
)
class ThirdFailureDrops(Service[Any]):
    """A message that has failed three times is dropped as poison, and the network was to blame."""

    async def handle(self, event: Event) -> None:
        """Process one message, unless it has failed too often."""
        times = [f"{event['id']}, time {n}" for n in (1, 2, 3)]
        now = next((time for time in times if time not in self.inbox), None)
        if now is not None:
            self.inbox.add(now)
            await super().handle(event)


@HANDLING.bug("B58", breaks=("LIVE-0", "LIVE-1"), source="spring-projects/spring-kafka#1287")
class PoisonStopsTheConsumer(InventoryService):
    """A message that nobody can read ends the consumer, and no other message is handled."""

    async def handle(self, event: Event) -> None:
        """Process one message, unless there was one that cannot be processed."""
        if "subject" not in event:
            self.inbox.add("stopped")
        if "stopped" in self.inbox:
            raise ValueError("the consumer has stopped")
        await super().handle(event)


# -- two copies at once ----------------------------------------------------------------------------


class SettlesWhateverHasHappened(PaymentService):
    """The gateway's answer is stored without a look at the row; the inbox has kept copies out."""

    def settle(self, event: Event, answer: Answer) -> Payment | None:
        """Store what the gateway said, over what there is."""
        row = self.rows[event["subject"]]
        if row.status in (S.CHARGING, S.UNWANTED):
            return super().settle(event, answer)
        return self.rows.put(evolve(row, status=S.REFUNDING, charge=answer.get("id") or ""))


class InboxAskedOnce(PaymentService):
    """The inbox is asked at the door and not after the charge; the row has kept copies out."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """One transaction, with a look at the inbox if it is the first one."""
        at_the_door = decide == self.reactions[event["type"]]
        await self.world.checkpoint("payment commit", may_fail=True)
        if at_the_door and event["id"] in self.inbox:
            return None
        unfinished = decide(event, *args, **kwargs)
        if unfinished is None:
            self.inbox.add(event["id"])
        return unfinished


HANDLING.both(
    "two_copies_at_once",
    *("B54", "B67"),
    gone=(SettlesWhateverHasHappened, InboxAskedOnce),
    text="Of two copies at once the second one refunds what the first one has just charged.",
    breaks=("LIVE-0", "MONEY-3", "SHIP-2"),
    source="pretix/pretix#2058",
)


@HANDLING.twin("two_copies_at_once", SettlesWhateverHasHappened, InboxAskedOnce)
class OneAtATime(Saga):
    """Neither row nor inbox is asked again, but no service handles two messages at once."""

    def __init__(self, world: AsyncWorld, parts: Parts) -> None:
        super().__init__(world, parts)
        self.consumers = {}


class PaymentWithoutInbox(PaymentService):
    """The payment keeps no inbox; the status of its row says what was done, and copies find it."""

    async def commit(
        self, event: Event, decide: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Decide, whether the message was handled or not."""
        await self.world.checkpoint("payment commit", may_fail=True)
        return decide(event, *args, **kwargs)


class PaidIsToldAgain(PaymentService):
    """An order that was paid is announced again, under a new id; no copy gets past the inbox."""

    def accept(self, event: Event) -> Payment | None:
        """Charge, or tell once more that it is done."""
        row = self.rows[event["subject"]]
        if row.status is S.PAID:
            told = again(event, E.PAYMENT_PROCESSED)
            self.outbox.add(evolve(told, data=event["data"]))
        return super().accept(event)


HANDLING.both(
    "paid_and_told_twice",
    *("B49", "B70"),
    gone=(PaymentWithoutInbox, PaidIsToldAgain),
    text="A copy of `order.created` has the payment announced again, and stock is reserved twice.",
    breaks=("STOCK-2",),
    source="AxonFramework#1111",
)
