"""The contract between the kit and a target: types to read and check against, no base class.

A target never imports this module. It is a factory, `make(world) -> target`, called afresh for each
run; the target is any object with the members of `Target` (and, if it has them, the further ones in
`MEMBERS`), and `world` offers the ports of `World`. Where `handle` is a coroutine function every
port but `clock` and `new_id` is awaited: `AsyncWorld`, `AsyncTarget`.

Ports answer `Answer`. An *unknown* answer raises `TimeoutError`: the effect may have happened, and
`lookup(key)` can tell. A *transient* fault raises `ConnectionError`: nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from attrs import frozen

Json = Mapping[str, Any]
Text = str | None


class Answer(TypedDict):
    """What a port answers; `id` names the effect (a charge, a parcel) when it was done."""

    status: Literal["done", "refused"]
    id: NotRequired[str | None]
    reason: NotRequired[str | None]


class Event(TypedDict):
    """A message as `handle` gets it: the attributes of CloudEvents 1.0 in a plain dict."""

    id: str
    type: str
    source: str
    subject: str
    time: float
    data: dict[str, Any]
    sagaid: str
    causationid: str | None


class OrderLine(TypedDict):
    """One line of an order; one SKU may stand on several lines."""

    sku: str
    quantity: int
    unit_price: int


class OrderData(TypedDict):
    """The order that `place_order` gets; money in minor units of `currency`."""

    id: str
    customer: str
    currency: str
    lines: list[OrderLine]
    total: int


class Payments(Protocol):
    """The payment gateway. Same key, same stored answer, declines included.

    With `notify`, it also tells the outcome in an event of that type, as a webhook does.
    """

    def authorise(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Hold money without taking it."""

    def capture(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Take money that is held."""

    def charge(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Take money at once; the answer's id is the charge."""

    def refund(self, charge_id: str, amount: int, key: Text = None, notify: Text = None) -> Answer:
        """Give money back. More than was taken is accepted, and recorded."""

    def void(self, charge_id: str, key: Text = None) -> Answer:
        """Let go of money that is held."""

    def lookup(self, key: str) -> Answer | None:
        """The stored answer to `key`; None when no request with that key was carried out."""

    def find(self, order: str) -> list[Json]:
        """What was charged or put on hold for an order, whatever the keys: they expire."""


class Carrier(Protocol):
    """The carrier that takes parcels."""

    def create_shipment(self, order: str, lines: Sequence[Json], key: Text = None) -> Answer:
        """Book a parcel; the answer's id is the shipment."""

    def cancel(self, shipment_id: str, key: Text = None) -> Answer:
        """Take a booking back."""

    def lookup(self, key: str) -> Answer | None:
        """The stored answer to `key`; None when no request with that key was carried out."""


class Warehouse(Protocol):
    """Stock that is kept outside the target; not used by a target that keeps its own."""

    def reserve(self, order: str, sku: str, quantity: int, key: Text = None) -> Answer:
        """Set pieces aside for an order."""

    def release(self, order: str, sku: str, quantity: int, key: Text = None) -> Answer:
        """Put pieces back."""

    def available(self, sku: str) -> int:
        """How many pieces nobody holds."""


class World(Protocol):
    """What a factory is given: what is in stock, and the ports of a target of plain functions."""

    @property
    def stock(self) -> Mapping[str, int]:
        """Pieces per SKU at the start of the run."""

    @property
    def prices(self) -> Mapping[str, int]:
        """Price per SKU in minor units."""

    @property
    def payments(self) -> Payments:
        """The payment gateway."""

    @property
    def carrier(self) -> Carrier:
        """The carrier."""

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse."""

    def publish(
        self,
        type: str,
        data: Json,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> None:
        """Hand an event to the broker. Without an id it gets a new one; order, saga and cause that
        are left out are those of the call that is running."""

    def answer(self, step: str, order_id: str) -> Answer:
        """Accept or refuse a step that the target simulates itself; once, for each order."""

    def timer(self, delay: float, type: str, data: Json) -> None:
        """Deliver an event of that type to its subscribers after `delay`."""

    def acknowledge(self) -> None:
        """Acknowledge the message in hand before `handle` returns: no crash brings it back."""

    def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """A further place to be paused or killed, or, where `may_fail`, to fail transiently."""

    def blocked(self, on: str) -> bool:
        """Let others go first, who hold the lock `on`; then whether to try again.

        False: they all wait as well, and nobody will let go. Give up, by an exception.
        """

    def done(self, name: str) -> None:
        """Say that an effect has happened: a failure here is an unknown answer."""

    def clock(self) -> float:
        """The time of the run. Never pauses, fails or kills."""

    def new_id(self) -> str:
        """An id that nobody has yet. Never pauses, fails or kills."""


class AsyncPayments(Protocol):
    """`Payments` for coroutines."""

    async def authorise(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Hold money without taking it."""

    async def capture(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Take money that is held."""

    async def charge(
        self, order: str, amount: int, currency: str, key: Text = None, notify: Text = None
    ) -> Answer:
        """Take money at once; the answer's id is the charge."""

    async def refund(
        self, charge_id: str, amount: int, key: Text = None, notify: Text = None
    ) -> Answer:
        """Give money back. More than was taken is accepted, and recorded."""

    async def void(self, charge_id: str, key: Text = None) -> Answer:
        """Let go of money that is held."""

    async def lookup(self, key: str) -> Answer | None:
        """The stored answer to `key`; None when no request with that key was carried out."""

    async def find(self, order: str) -> list[Json]:
        """What was charged or put on hold for an order, whatever the keys: they expire."""


class AsyncCarrier(Protocol):
    """`Carrier` for coroutines."""

    async def create_shipment(self, order: str, lines: Sequence[Json], key: Text = None) -> Answer:
        """Book a parcel; the answer's id is the shipment."""

    async def cancel(self, shipment_id: str, key: Text = None) -> Answer:
        """Take a booking back."""

    async def lookup(self, key: str) -> Answer | None:
        """The stored answer to `key`; None when no request with that key was carried out."""


class AsyncWarehouse(Protocol):
    """`Warehouse` for coroutines."""

    async def reserve(self, order: str, sku: str, quantity: int, key: Text = None) -> Answer:
        """Set pieces aside for an order."""

    async def release(self, order: str, sku: str, quantity: int, key: Text = None) -> Answer:
        """Put pieces back."""

    async def available(self, sku: str) -> int:
        """How many pieces nobody holds."""


class AsyncWorld(Protocol):
    """`World` for coroutines: every port is awaited, but for `clock` and `new_id`."""

    @property
    def stock(self) -> Mapping[str, int]:
        """Pieces per SKU at the start of the run."""

    @property
    def prices(self) -> Mapping[str, int]:
        """Price per SKU in minor units."""

    @property
    def payments(self) -> AsyncPayments:
        """The payment gateway."""

    @property
    def carrier(self) -> AsyncCarrier:
        """The carrier."""

    @property
    def warehouse(self) -> AsyncWarehouse:
        """The warehouse."""

    async def publish(
        self,
        type: str,
        data: Json,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> None:
        """Hand an event to the broker. Without an id it gets a new one; order, saga and cause that
        are left out are those of the call that is running."""

    async def answer(self, step: str, order_id: str) -> Answer:
        """Accept or refuse a step that the target simulates itself; once, for each order."""

    async def timer(self, delay: float, type: str, data: Json) -> None:
        """Deliver an event of that type to its subscribers after `delay`."""

    async def acknowledge(self) -> None:
        """Acknowledge the message in hand before `handle` returns: no crash brings it back."""

    async def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """A further place to be paused or killed, or, where `may_fail`, to fail transiently."""

    async def blocked(self, on: str) -> bool:
        """Let others go first, who hold the lock `on`; then whether to try again.

        False: they all wait as well, and nobody will let go. Give up, by an exception.
        """

    async def done(self, name: str) -> None:
        """Say that an effect has happened: a failure here is an unknown answer."""

    def clock(self) -> float:
        """The time of the run. Never pauses, fails or kills."""

    def new_id(self) -> str:
        """An id that nobody has yet. Never pauses, fails or kills."""


class Target(Protocol):
    """What every target of plain functions has; see `MEMBERS` for what it may have besides."""

    @property
    def subscriptions(self) -> Mapping[str, Sequence[str]]:
        """The event types that each participant consumes."""

    def place_order(self, order: OrderData) -> str | None:
        """Start a saga; "refused" is a business refusal."""

    def handle(self, participant: str, event: Event) -> str | None:
        """Process one message: nothing, or "ack", "requeue", "reject", "unacked"."""

    def observe(self) -> Mapping[str, Any]:
        """A snapshot in the kit's words. Changes nothing, calls no port."""


class AsyncTarget(Protocol):
    """`Target` for coroutines."""

    @property
    def subscriptions(self) -> Mapping[str, Sequence[str]]:
        """The event types that each participant consumes."""

    async def place_order(self, order: OrderData) -> str | None:
        """Start a saga; "refused" is a business refusal."""

    async def handle(self, participant: str, event: Event) -> str | None:
        """Process one message: nothing, or "ack", "requeue", "reject", "unacked"."""

    def observe(self) -> Mapping[str, Any]:
        """A snapshot in the kit's words. Changes nothing, calls no port."""


Factory = Callable[[Any], Any]


@frozen
class Member:
    """One member of the contract: the source of what loading checks, and of what it says."""

    name: str
    meaning: str
    parameters: tuple[str, ...] | None = None
    """What it is called with; None for a member that is data."""
    needed: bool = False
    calls_ports: bool = False
    """Whether ports may be called from it, so that it must be a coroutine where `handle` is."""

    @property
    def callable(self) -> bool:
        """Whether the member is a function."""
        return self.parameters is not None

    @property
    def declaration(self) -> str:
        """The member as one writes it: `handle(participant, event)`."""
        if self.parameters is None:
            return self.name
        return f"{self.name}({', '.join(self.parameters)})"


MEMBERS: tuple[Member, ...] = (
    Member("subscriptions", "a dict of participant to the event types it consumes", needed=True),
    Member("place_order", "starts a saga", ("order",), needed=True, calls_ports=True),
    Member(
        "handle", "processes one message", ("participant", "event"), needed=True, calls_ports=True
    ),
    Member("observe", "a snapshot of orders and stock", (), needed=True),
    Member("cancel_order", "the customer cancels", ("order_id",), calls_ports=True),
    Member("actions", "a list of names: further things that people do to a saga", ()),
    Member("act", "does one of `actions`", ("name", "order_id"), calls_ports=True),
    Member("relay", "publishes from an outbox", ("participant",), calls_ports=True),
    Member("restart", "forgets what is not durable", ("participant",)),
    Member("close", "ends what the run opened, waiting for nobody", ()),
    Member("queues", "the queue that a message waits in", ("participant", "type")),
    Member("refuses", "a business rule of the target's own", ("order",)),
    Member("digest", "exact identity of the whole state; no process has it", ()),
    Member("consumers", "acknowledge, on_error, parallel, relays and attempts, per participant"),
    Member("loop", "'asyncio' where coroutines need a running event loop"),
    Member("delivery", "the delivery contract that the target relies on"),
    Member("roles", "a dict of role to participant"),
    Member("limits", "what orders it accepts: {'lines': 1, 'quantity': 10}"),
    Member("currencies", "what orders may be priced in: ('EUR', 'JPY'); EUR if absent"),
    Member("terminal", "a dict of event type to 'confirmed' or 'failed'"),
    Member("idempotent_place", "whether the same order may be placed twice"),
    Member(
        "twin", "where runs are slow: the same saga in memory, 'module:factory', or '' for none"
    ),
)
