"""The target that the kit sees: between the services' publications and what they consume.

A message that the kit delivers is put into the real queue of one participant, whose client library
takes it from there. What the participant does meanwhile is a port call each: it publishes (the
message goes through the broker, and is taken off the kit's exchange), it asks the gateway or the
carrier, it acknowledges. At each of them it can be held, refused, or killed.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from implementations.broker.lines import Ended
from implementations.broker.orders import not_taken
from implementations.broker.outside import Call
from implementations.broker.seam import Broker, Message, Published, Settled, Wrong
from implementations.broker.seats import Happening, Link, Seat
from implementations.broker.sites import Pool, Services, Site
from implementations.errors import TargetError

__all__ = ["BrokerTarget", "Services", "bridged"]

_CONSUME = "to consume from a queue"
#: Seconds in which who has acknowledged too early, and sleeps, may come back to the message: what
#: it waits for may be a database, or a moment before the next attempt.
GRACE = 0.05


class ParticipantEnded(Exception):
    """The process of a participant ended by itself while it handled a message."""


def bridged(services: Services, broker: Callable[[], Broker]) -> Callable[[Any], BrokerTarget]:
    """A factory of targets that are these services on this broker."""
    pool = Pool(services, broker)

    def make(world: Any) -> BrokerTarget:
        return BrokerTarget(pool, services, world)

    return make


class BrokerTarget:
    """Services on a broker, as the kit wants to see them."""

    subscriptions: Mapping[str, Any]
    outboxes_unseen = True
    """An outbox is emptied in the handler: what comes out of it looks like any publication."""

    def __init__(self, pool: Pool, services: Services, world: Any) -> None:
        self.world, self._services, self._early = world, services, pool.early
        self._site: Site = pool.take(world.stock)
        self._release = weakref.finalize(self, pool.give_back, self._site)
        self._release.atexit = False
        self.subscriptions = {name: list(types) for name, types in services.subscriptions.items()}
        for name, value in services.declared.items():
            setattr(self, name, value)
        roles = services.declared.get("roles", {})
        self._orders = self._site.seats[roles.get("order", next(iter(services.commands)))]
        self.cancel_order = self._cancel if services.cancel else None
        self._known: dict[str, Message] = {}
        self._last: dict[str, Message] = {}
        self._delivered: set[tuple[str, str]] = set()
        self._queue = ""
        """Where the last message was put."""
        self.came_back = 0
        """Messages that the broker has given back, since their consumer died."""

    def place_order(self, order: Mapping[str, Any]) -> str | None:
        """The customer places an order, by a message; one that is rejected is refused."""
        return self._ask(self._services.place, order["id"], order)

    def where_orders_go(self) -> tuple[str, str, str]:
        """For the message that none is accepted: where they go, why it may be, how to fix it."""
        bound = self._site.broker.bound(self._queue)
        return self._orders.where, *not_taken(self._services.place, self._orders.participant, bound)

    def _cancel(self, order_id: str) -> str | None:
        return self._ask(self._services.cancel, order_id, {"order": order_id})

    def _ask(self, type: str, order: str, data: Mapping[str, Any]) -> str | None:
        body = json.dumps(data).encode()
        verdict = self._work(self._orders, Message(type, body, self.world.new_id(), order))
        if verdict == "requeue":
            raise ConnectionError(f"{type} was given back")
        return "refused" if verdict == "reject" else None

    def handle(self, participant: str, event: Mapping[str, Any]) -> str:
        """One message, through the real queue; how the participant settled it."""
        seat, message = self._site.seats[participant], self._message(event)
        return self._work(seat, message, lambda: self.world.acknowledge())

    def relay(self, participant: str) -> int:
        """Let go of what a participant wants to publish when it starts; how many were waiting."""
        seat = self._site.seats[participant]
        self._site.lines.release(seat)
        if seat.ended:
            self._site.start(seat)
        if not seat.happenings:
            return 0
        self._check_in_hand(seat)
        seat.starting = True
        try:
            self._answer(seat, seat.happenings.popleft())
        finally:
            seat.starting = False
        self._wait(seat, _CONSUME, lambda: seat.consumes_or_asks)
        return 1 + len(seat.happenings)

    def restart(self, participant: str) -> None:
        """A participant was killed: the broker notices, gives back what it had, and it starts."""
        seat, site = self._site.seats[participant], self._site
        with site.working():
            self.came_back += site.stop(seat)
            site.start(seat)

    def observe(self) -> Mapping[str, Any]:
        """What is in the databases of the services."""
        return self._services.observe(self._site.state)

    def close(self) -> None:
        """The run is over: the services are free for the next one."""
        self._release()

    # -- one message -----------------------------------------------------------------------------

    def _work(
        self, seat: Seat, message: Message, acknowledge: Callable[[], Any] = lambda: None
    ) -> str:
        """Have a message handled; `acknowledge` is called where there is more to do after that."""
        site = self._site
        while seat.starting:
            if not self.world.blocked(f"{seat.participant} to start"):
                raise ConnectionError(f"{seat.participant} does not start")
        if seat.ended:
            site.start(seat)
        site.lines.release(seat)
        try:
            while seat.happenings or not seat.queue:
                self._wait(seat, _CONSUME, lambda: seat.consumes_or_asks)
                if seat.happenings:
                    self._check_in_hand(seat)
                    self._answer(seat, seat.happenings.popleft())
            self._deliver(seat, message)
            return self._handled(seat, message, acknowledge)
        except Ended as ended:
            with site.working():
                site.stop(seat)
            raise ParticipantEnded(str(ended)) from None

    def _handled(self, seat: Seat, message: Message, acknowledge: Callable[[], Any]) -> str:
        """How a participant has settled a message, when it has come to the end of it."""
        awaited, lines = f"to the end of handling {message.type}", self._site.lines
        early: Link | None = None
        while early is None or self._goes_on(seat, early):
            self._wait(seat, awaited, lambda: bool(seat.happenings))
            happening = seat.happenings.popleft()
            what, link = happening.what, happening.link
            if early is not None or link is None or not isinstance(what, Settled):
                self._answer(seat, happening)
                continue
            if what.verdict != "ack" or not self._goes_on(seat, link):
                seat.settled = link, what
                return what.verdict
            self._early.add(seat.participant)
            early = link
            acknowledge()
            seat.settled = link, what
            lines.release(seat)
        return "ack"

    def _goes_on(self, seat: Seat, link: Link) -> bool:
        """Whether a participant goes on with what it has acknowledged."""
        with self._site.working():
            grace = GRACE if seat.participant in self._early else 0.0
            return self._site.lines.goes_on(seat, link, grace)

    def _check_in_hand(self, seat: Seat) -> None:
        """See that what a participant wants belongs to a message, or to its start.

        Raises:
            TargetError: it has none in hand.
        """
        what = seat.happenings[0].what
        if seat.queue and not seat.fresh and isinstance(what, Published | Call):
            does = f"calls {what.port}" if isinstance(what, Call) else "publishes"
            raise TargetError(
                f"{does} after it has acknowledged its last message ({seat.last}), or of its own "
                "accord, where the kit cannot follow it",
                seat.where,
                "acknowledge when the work is done, or a crash in between loses the message; empty "
                "an outbox before that, or at the start, not by a timer",
            )

    def _deliver(self, seat: Seat, message: Message) -> None:
        name = (seat.participant, message.id)
        for link in seat.links:
            if link.wire.queue:
                link.wire.expect(message, name in self._delivered)
        self._delivered.add(name)
        seat.unsettled = self._queue = seat.queue
        seat.fresh, seat.last = False, message.type
        with self._site.working():
            self._site.broker.deliver(seat.queue, message)

    def _wait(self, seat: Seat, awaited: str, done: Callable[[], bool]) -> None:
        with self._site.working():
            self._site.lines.wait(seat, awaited, done)

    def _answer(self, seat: Seat, happening: Happening) -> None:
        what, link = happening.what, happening.link
        if isinstance(what, Call):
            what.perform(self.world)
        elif isinstance(what, Wrong):
            raise TargetError(what.what, seat.where, what.how_to_fix)
        elif isinstance(what, Published) and link is not None:
            self._publish(seat, link, what)
        elif link is not None:  # settled before anything was delivered: nothing of ours
            link.to_broker(what.data)
            self._site.lines.go_on(seat, link)

    def _publish(self, seat: Seat, link: Link, published: Published) -> None:
        with self._site.working():
            link.to_broker(published.data)
            message = self._site.broker.take()
        self._last[message.type] = message
        if message.id:
            self._known[message.id] = message
        try:
            self.world.publish(
                message.type,
                _data(message.body),
                id=message.id or None,
                subject=message.subject or None,
            )
        except ConnectionError:
            if not link.wire.refuse():
                self._site.lines.hang_up(seat, link)  # without confirms, this is how one hears
                return
        self._site.lines.go_on(seat, link)

    def _message(self, event: Mapping[str, Any]) -> Message:
        """The event as the message that it was, under its own id or another."""
        known = self._known.get(event["id"])
        if known is not None:
            return known
        data = event["data"]
        body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
        like = self._last.get(event["type"]) or Message(event["type"], body)
        return evolve(like, body=body, id=event["id"], subject=event["subject"])


def _data(body: bytes) -> Any:
    """What is in a message: JSON, or else its text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
