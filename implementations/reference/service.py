"""What the four services have in common: how a message is handled, once and whole.

1. *Decide*, in one transaction: read the row as it is now, change it, write the messages that tell
   of the change. If nothing is left to do, mark the message as handled in the same transaction.
2. If something is left that is not in our database (money, a parcel), do it with an idempotency
   key, and decide again with the answer.

A service may die between any two steps. The message then comes back, since it was not
acknowledged, and finds the row saying how far it got.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol

from attrs import frozen

from implementations.contract import Answer, AsyncWorld, Event
from implementations.reference.storage import Inbox, Message, Outbox, R, Table

P = ParamSpec("P")

#: How often to ask again before the message is given back to the broker.
ATTEMPTS = 3


@frozen
class Store(Generic[R]):
    """Everything that a service keeps, and that outlives a crash."""

    rows: Table[R]
    inbox: Inbox
    outbox: Outbox

    def digest(self) -> Hashable:
        """Exact identity of what is kept."""
        return self.rows.digest(), self.inbox.digest(), self.outbox.digest()


class Keyed(Protocol):
    """Somebody outside who remembers what was answered to an idempotency key."""

    async def lookup(self, key: str) -> Answer | None:
        """The answer to the request with this key; None if there was none."""


class Service(Generic[R]):
    """One participant. All that it remembers is in its store: it may die at any `await`."""

    name: ClassVar[str]
    subscriptions: ClassVar[tuple[str, ...]]

    def __init__(self, world: AsyncWorld, store: Store[R]) -> None:
        self.world = world
        self.store = store
        self.rows = store.rows
        self.inbox = store.inbox
        self.outbox = store.outbox
        self.reactions = self.react()

    def react(self) -> Mapping[str, Callable[[Event], R | None]]:
        """What is decided on each event type."""
        raise NotImplementedError

    async def handle(self, event: Event) -> None:
        """Process one message; raising, for whatever reason, gives it back to the broker (B56)."""
        row = await self.commit(event, self.reactions[event["type"]])
        if row is not None:
            await self.carry_on(event, row)

    async def carry_on(self, event: Event, row: R) -> None:
        """Do what the decision left to do outside of the database."""
        raise NotImplementedError

    async def commit(
        self,
        event: Event,
        decide: Callable[Concatenate[Event, P], R | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R | None:
        """One transaction: decide, and unless something is left to do, mark the message as handled.

        Returns the row with which to carry on, or None when the message needs no more handling.
        """
        await self.world.checkpoint(f"{self.name} commit", may_fail=True)
        if event["id"] in self.inbox:
            return None  # B01, B18, B54: a copy, or one that ran while we waited
        unfinished = decide(event, *args, **kwargs)
        if unfinished is None:
            self.inbox.add(event["id"])  # B45, B46: neither before the effect nor without it
        return unfinished

    def stands(self, row: R, *statuses: str) -> bool:
        """The status guard: a step is taken only from where it may be taken (B30, B31, B43).

        Always on a row read in the same transaction: `UPDATE … WHERE status IN (…)` (B33).
        """
        return row.status in statuses

    def bury(self, tombstone: R) -> None:
        """Remember that what is undone here was never done, and must not be done later (B22)."""
        self.rows.put(tombstone)

    def emit(self, type: str, order: str, cause: Event | None = None, **data: Any) -> None:
        """Write an event to the outbox, in the transaction that makes it true.

        Its id says which fact it is, and is stored: however often the message is sent, and however
        often the transaction is tried, consumers know it again (B49).
        """
        self.outbox.add(
            Message(
                id=f"{order}/{self.name}/{type}",
                type=type,
                order=order,
                cause=cause["id"] if cause else None,
                data={"order": order, **data},
            )
        )

    async def relay(self) -> int:
        """Publish the message that has waited longest; how many were waiting."""
        waiting = len(self.outbox)
        if waiting:
            message = self.outbox.first()
            await self.world.publish(
                message.type,
                message.data,
                id=message.id,
                subject=message.order,
                sagaid=message.order,  # B83
                causationid=message.cause,
            )
            self.outbox.remove(message)  # dying before this line sends it twice: hence inboxes
        return waiting

    def key(self, request: str, order: str) -> str:
        """The idempotency key of a request: the same however often it is made (B02, B46).

        One per order is right here, since an order is charged, refunded and shipped at most once;
        where a customer may try another card, the attempt belongs into the key (B05).
        """
        return f"{request}/{order}"

    async def ask(
        self, outside: Keyed, key: str, request: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The answer of somebody outside, who may time out: done or refused, never a guess."""
        for _ in range(ATTEMPTS):
            try:
                return await request()
            except TimeoutError:
                answer = await self.after_timeout(outside, key)
                if answer is not None:
                    return answer
        raise TimeoutError(f"no answer to {key} in {ATTEMPTS} attempts")

    async def after_timeout(self, outside: Keyed, key: str) -> Answer | None:
        """What became of a request without an answer (B03, B76); None: it was never carried out."""
        return await outside.lookup(key)
