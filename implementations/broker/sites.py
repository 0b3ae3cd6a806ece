"""Sets of running services with a broker behind them: made when needed, kept for the next run."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from implementations.broker.lines import Ended, Lines
from implementations.broker.seam import Broker
from implementations.broker.seats import Seat
from implementations.errors import TargetError

#: As many as runs overlap, when one is compared with what it would have been without faults.
SPARE = 2


@frozen
class Services:
    """What the kit has to know of services that it did not make."""

    commands: Mapping[str, str]
    """Participant -> how its process is started."""
    subscriptions: Mapping[str, tuple[str, ...]]
    """Participant -> the event types that it consumes."""
    reset: Callable[[Path, Mapping[str, int]], None]
    """Leaves nothing of an earlier run in their databases, and puts stock on the shelf."""
    observe: Callable[[Path], Mapping[str, Any]]
    """Reads their databases, for `observe()`."""
    place: str = "order.place"
    """The type of the message by which a customer places an order."""
    cancel: str = ""
    """The type of the message by which a customer cancels one, if one can."""
    address: str = "BROKER_URL"
    """Environment variable in which services find the broker, and (below) the outside."""
    outside: str = "GATEWAY_URL"
    state: str = "STATE"
    """Environment variable: the directory with their databases; `reset` and `observe` get it."""
    environment: Mapping[str, str] = field(factory=dict)
    declared: Mapping[str, Any] = field(factory=dict)
    """Further members of the contract: roles, terminal, idempotent_place and so on."""


class Site:
    """One set of services: used by one run at a time."""

    def __init__(self, services: Services, broker: Broker) -> None:
        self.services, self.broker = services, broker
        self.broken = False
        self.state = Path(tempfile.mkdtemp(prefix="saga-broker-"))
        self.seats = {
            name: Seat(name, command, services.environment)
            for name, command in services.commands.items()
        }
        for seat in self.seats.values():
            own = {
                services.address: broker.url(seat.line.getsockname()[1]),
                services.outside: f"http://127.0.0.1:{seat.outside.getsockname()[1]}",
                services.state: str(self.state),
                "PARTICIPANT": seat.participant,
            }
            seat.environment = {**services.environment, **own}
        self.lines = Lines(broker, self.seats)
        _ALIVE.add(self)

    @contextmanager
    def working(self) -> Iterator[None]:
        """What is interrupted in here leaves a broker or a socket in the middle of a word."""
        self.broken = True
        try:
            yield
        except Ended:
            self.broken = False
            raise
        self.broken = False

    def begin(self, stock: Mapping[str, int]) -> None:
        """Begin a run: everybody is there, and nothing is left of an earlier one.

        Raises:
            TargetError: a participant does not start, or the broker is not there.
        """
        self.services.reset(self.state, stock)
        with self.working():
            self.lines.catch_up()  # somebody may have had enough of waiting, and be gone
            for seat in self.seats.values():
                if not (seat.idle and seat.queue and self.broker.lasts(seat.queue)):
                    self.start(seat)
            self.broker.begin()

    def start(self, seat: Seat) -> None:
        """Start a participant, which may have been killed."""
        self.stop(seat)
        try:
            self.lines.start(seat)
        except Ended as ended:
            raise TargetError(
                f"does not come to consume anything: {ended}",
                seat.where,
                "it connects to the address in its environment and consumes from its queue",
            ) from None

    def stop(self, seat: Seat) -> int:
        """Kill a participant, and take back what it has not acknowledged; how many came back."""
        queue, seat.unsettled = seat.unsettled, ""
        self.lines.stop(seat)
        return self.broker.take_back(queue) if queue else 0

    def rest(self) -> bool:
        """A run is over; whether another one may begin here."""
        if not self.broken:
            with self.working():
                for seat in self.seats.values():
                    self.lines.release(seat)
                    if not seat.idle:
                        self.stop(seat)
        return not self.broken

    def end(self) -> None:
        """Leave nothing behind."""
        for seat in self.seats.values():
            self.lines.stop(seat)
            seat.end()
        self.broker.end()
        shutil.rmtree(self.state, ignore_errors=True)
        _ALIVE.discard(self)


class Pool:
    """The sites of one target."""

    def __init__(self, services: Services, broker: Callable[[], Broker]) -> None:
        self._services, self._broker = services, broker
        self._idle: list[Site] = []
        self.early: set[str] = set()
        """Participants that were seen to go on with a message after they had acknowledged it."""

    def take(self, stock: Mapping[str, int]) -> Site:
        """A site in which a run has begun."""
        site = self._idle.pop() if self._idle else Site(self._services, self._broker())
        try:
            site.begin(stock)
        except BaseException:
            site.end()
            raise
        return site

    def give_back(self, site: Site) -> None:
        """The run is over."""
        try:
            usable = site.rest() and len(self._idle) < SPARE
        except TargetError:
            usable = False
        if usable:
            self._idle.append(site)
        else:
            site.end()

    def end(self) -> None:
        """End the sites that wait for a run."""
        while self._idle:
            self._idle.pop().end()


_ALIVE: weakref.WeakSet[Site] = weakref.WeakSet()


@atexit.register
def end_all() -> None:
    """End everything that is still there."""
    for site in list(_ALIVE):
        site.end()
