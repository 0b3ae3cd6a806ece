"""A saga with rows of its own alone, no gateway and no carrier, and what can be wrong with it.

Orders are stored by the desk, the shelf reserves, the van takes the parcel along. Each of them
stores what it does, and then says so, or the other way round.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Kiosk:
    """All three know what they have handled, and publish when it is stored: there is no outbox."""

    subscriptions: ClassVar[dict[str, list[str]]] = {
        "desk": ["sold out", "gone"],
        "shelf": ["ordered"],
        "van": ["reserved"],
    }
    roles: ClassVar[dict[str, str]] = {"order": "desk", "inventory": "shelf", "shipping": "van"}
    limits: ClassVar[dict[str, int]] = {"lines": 1, "quantity": 1}
    inbox: str | None = "subject"
    publishes_first = False
    keeps_session = False
    error: Exception | None = None

    def __init__(self, world: Any) -> None:
        self.world, self.stock, self.open_session = world, dict(world.stock), True
        self.orders: dict[str, str] = {}
        self.held: list[tuple[str, str, int]] = []
        self.parcels: list[tuple[str, str]] = []
        self.handled: set[tuple[str, str]] = set()

    def place_order(self, order: Any) -> None:
        """Take an order."""
        self.orders.setdefault(order["id"], "open")
        self.world.publish("ordered", {"order": order["id"], "sku": order["lines"][0]["sku"]})

    def handle(self, participant: str, event: Any) -> None:
        """Process one message, unless it is known."""
        order = event["subject"]
        if self.error is not None and participant == "van":
            raise self.error
        if (participant, event.get(self.inbox)) not in self.handled:
            getattr(self, participant)(order, event)

    def desk(self, order: str, event: Any) -> None:
        """The order ends."""
        self.orders[order] = "failed" if event["type"] == "sold out" else "confirmed"

    def shelf(self, order: str, event: Any) -> None:
        """Reserve, if there is anything."""
        sku, said = event["data"]["sku"], "sold out"
        if self.stock[sku] > 0:
            said = "reserved"
        if self.publishes_first:
            self.world.publish(said, {"order": order})
        self.commit("shelf", event)
        if said == "reserved":
            self.stock[sku] -= 1
            self.held.append((order, sku, 1))
        self.store("shelf", said, order)
        self.world.done("shelf commit")
        if not self.publishes_first:
            self.say(said, order)

    def van(self, order: str, event: Any) -> None:
        """Take the parcel along."""
        self.commit("van", event)
        self.parcels.append((f"p{len(self.parcels)}", order))
        self.store("van", "gone", order)
        self.say("gone", order)

    def store(self, participant: str, what: str, order: str) -> None:
        """Nothing to be published is stored."""

    def say(self, what: str, order: str) -> None:
        """Publish it, here and now."""
        self.world.publish(what, {"order": order})

    def commit(self, participant: str, event: Any) -> None:
        """Store what has been done, which may fail; and whoever keeps the session then is stuck."""
        if not self.open_session:
            raise RuntimeError("please roll back first")
        self.open_session = not self.keeps_session
        self.world.checkpoint(f"{participant} commit", may_fail=True)
        self.open_session = True
        if self.inbox:
            self.handled.add((participant, event[self.inbox]))

    def observe(self) -> dict[str, Any]:
        """All that is stored."""
        return {
            "orders": dict(self.orders),
            "stock": dict(self.stock),
            "reservations": [
                {"order": order, "sku": sku, "quantity": held} for order, sku, held in self.held
            ],
            "shipments": [
                {"id": parcel, "order": order, "status": "shipped"}
                for parcel, order in self.parcels
            ],
        }


class NullPointerException(Exception):
    """What another language says of something that is not there."""


class WithoutInbox(Kiosk):
    """What comes again is handled again."""

    inbox = None


class ById(Kiosk):
    """What comes again is known by its message id."""

    inbox = "id"


class AtOnce(ById):
    """The same, and what the shelf has been given never comes again by itself."""

    consumers: ClassVar[dict[str, Any]] = {"shelf": {"acknowledge": "before"}}


class TooSoon(Kiosk):
    """What is to be stored is announced before it is."""

    publishes_first = True


class Outboxed(Kiosk):
    """What is to be published is stored with what was done, and so is a line for the books."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.outbox: dict[str, list[tuple[str, str]]] = {"shelf": [], "van": []}

    def store(self, participant: str, what: str, order: str) -> None:
        """It is published later."""
        self.outbox[participant] += [("noted", order), (what, order)]

    def say(self, what: str, order: str) -> None:
        """It is stored already."""

    def relay(self, participant: str) -> int:
        """Publish what is stored, one a time."""
        waiting = self.outbox.get(participant, [])
        if waiting:
            super().say(*waiting[0])
            return len([waiting.pop(0), *waiting])
        return 0


class OutboxInMemory(Outboxed):
    """What is still to be published is forgotten when its sender starts anew."""

    def restart(self, participant: str) -> None:
        """Start anew."""
        self.outbox[participant] = []


class OutboxAlone(Outboxed):
    """What comes again is handled, and told, again."""

    inbox = None


class Stuck(Kiosk):
    """Whoever has failed once fails ever after."""

    keeps_session = True


class GivenUp(Stuck):
    """The same, and the broker gives a message up."""

    consumers: ClassVar[dict[str, Any]] = {"van": {"attempts": 3}}


class Null(Kiosk):
    """The van lacks something that it reads."""

    error = NullPointerException('cannot invoke "Line.sku()"')


class Wrong(Kiosk):
    """The van cannot do what it does."""

    error = ArithmeticError("division by zero")
