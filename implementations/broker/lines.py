"""The kit between services and broker: one loop over all their sockets, and nothing in between.

Nothing here waits for a time to pass: `wait` waits until a participant has done something that
the kit has to answer, and it is a mistake of the participant if that takes longer than `PATIENCE`.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from attrs import define, field

from implementations.broker.outside import Hearing
from implementations.broker.resting import rest_of
from implementations.broker.seam import PATIENCE, Broker, Passed
from implementations.broker.seats import Happening, Link, Seat
from implementations.errors import TargetError

_CHUNK = 1 << 16
#: Seconds between two looks at a process that runs, unless it says something before.
_MOMENT = 0.001


class Ended(Exception):
    """The process of a participant has ended by itself."""


@define(eq=False)
class Lines:
    """All participants of one set of services, and their broker."""

    broker: Broker
    seats: Mapping[str, Seat]
    patience: float = PATIENCE
    _poll: select.poll = field(factory=select.poll)
    _readers: dict[int, Callable[[], None]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for seat in self.seats.values():
            self._watch(seat.line.fileno(), _bound(self._connected, seat))
            self._watch(seat.outside.fileno(), _bound(self._called, seat))

    def start(self, seat: Seat) -> None:
        """Start a participant, and wait until it consumes, or has something to publish first."""
        seat.start()
        self._watch(seat.output, _bound(self._wrote, seat))
        self.wait(seat, "to consume from a queue", lambda: seat.consumes_or_asks)

    def stop(self, seat: Seat) -> None:
        """Kill a participant."""
        if seat.process is not None:
            self._forget(seat.output)
        for link in seat.links:
            self._forget(link.service.fileno())
            self._forget(link.broker.fileno())
        for hearing in seat.hearings:
            self._forget(hearing.caller.fileno())
        seat.kill()

    def wait(self, seat: Seat, awaited: str, done: Callable[[], bool]) -> None:
        """Let everything go on until `done`.

        Raises:
            Ended: the process of the participant has ended.
            TargetError: it took too long.
        """
        deadline = time.monotonic() + self.patience
        while not done():
            self._check_alive(seat)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TargetError(
                    f"did not come {awaited} within {self.patience:g} s\n"
                    f"  last lines of its output:{seat.last_words()}",
                    seat.where,
                    "a handler works without waiting for other messages, and acknowledges, rejects "
                    "or requeues every message in the end, also one that it has handled before",
                )
            self._hear_of(left)

    def _check_alive(self, seat: Seat) -> None:
        if seat.ended:
            assert seat.process is not None
            code = seat.process.wait(self.patience)
            raise Ended(f"the process ended with exit status {code}: {seat.last_words()}")

    def catch_up(self) -> None:
        """See to everything that has come by now, without waiting."""
        while self._hear_of(0):
            pass

    def goes_on(self, seat: Seat, link: Link, grace: float) -> bool:
        """Whether a participant goes on with a message that it has acknowledged.

        It does if it has something more to say, on this connection or on another one, by the time
        that it sleeps, and that nothing has come from anywhere for the time of `grace`.

        Raises:
            Ended: its process has ended.
        """
        deadline, before = time.monotonic() + self.patience, None
        while time.monotonic() < deadline:
            self.catch_up()
            if seat.happenings or not all(isinstance(said, Passed) for said in link.said):
                return True
            self._check_alive(seat)
            assert seat.process is not None
            rest = rest_of(seat.process.pid)
            if rest is None:
                self._hear_of(_MOMENT)
            elif rest == before and not (grace and self._hear_of(grace)):
                return False
            before = rest
        return False

    def _hear_of(self, seconds: float) -> bool:
        """See to one socket: the next may belong to one that the first has closed."""
        for descriptor, _ in self._poll.poll(seconds * 1000)[:1]:
            self._readers[descriptor]()
            return True
        return False

    def advance(self, seat: Seat, link: Link) -> None:
        """Let pass what may of what a service has said."""
        said = link.advance()
        if said is not None:
            seat.happenings.append(Happening(said, link))

    def go_on(self, seat: Seat, link: Link) -> None:
        """What a link was held for is done."""
        link.holding = False
        self._hear(link)
        self.advance(seat, link)

    def release(self, seat: Seat) -> None:
        """Let the broker hear of the acknowledgement, and the participant go on."""
        if seat.settled is not None:
            link, settled = seat.settled
            seat.settled = None
            if settled.left:
                self.broker.take_back(seat.unsettled)
            if settled.verdict != "unacked":
                seat.unsettled = ""
            link.to_broker(settled.data)
            self.go_on(seat, link)

    # -- what the sockets bring ------------------------------------------------------------------

    def _watch(self, descriptor: int, reader: Callable[[], None]) -> None:
        self._readers[descriptor] = reader
        self._poll.register(descriptor, select.POLLIN)

    def _forget(self, descriptor: int) -> None:
        if self._readers.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def _wrote(self, seat: Seat) -> None:
        seat.listen()
        if seat.ended:
            self._forget(seat.output)

    def _connected(self, seat: Seat) -> None:
        service, _ = seat.line.accept()
        try:
            broker = socket.create_connection(self.broker.address, self.patience)
        except OSError:
            service.close()
            return
        for end in (service, broker):
            end.settimeout(self.patience)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(service, broker, self.broker.wire(seat.participant))
        seat.links.append(link)
        self._watch(service.fileno(), _bound(self._from_service, seat, link))
        self._watch(broker.fileno(), _bound(self._from_broker, seat, link))

    def _from_service(self, seat: Seat, link: Link) -> None:
        data = _received(link.service)
        if not data:
            self.hang_up(seat, link)
            return
        link.said.extend(link.wire.from_service(data))
        self.advance(seat, link)

    def _from_broker(self, seat: Seat, link: Link) -> None:
        data = _received(link.broker)
        link.heard += data
        if not link.holding:
            self._hear(link)
        if not data:
            self.hang_up(seat, link)

    def _hear(self, link: Link) -> None:
        """Let a service hear what the broker has said."""
        heard, link.heard = link.wire.from_broker(link.heard), b""
        with suppress(OSError):  # it has hung up, which will be noticed
            link.service.sendall(heard)

    def hang_up(self, seat: Seat, link: Link) -> None:
        """A connection is over, from whichever side."""
        self._forget(link.service.fileno())
        self._forget(link.broker.fileno())
        link.close()
        seat.links.remove(link)

    def _called(self, seat: Seat) -> None:
        caller, _ = seat.outside.accept()
        caller.settimeout(self.patience)
        hearing = Hearing(caller)
        seat.hearings = [*(one for one in seat.hearings if one.open), hearing]
        self._watch(caller.fileno(), _bound(self._heard, seat, hearing))

    def _heard(self, seat: Seat, hearing: Hearing) -> None:
        call = hearing.listen()
        if call is not None:
            self._forget(hearing.caller.fileno())
            seat.happenings.append(Happening(call))


def _bound(function: Callable[..., None], *values: object) -> Callable[[], None]:
    return lambda: function(*values)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(_CHUNK)
    except OSError:
        return b""
