"""The world that a saga is given in a test: each of its calls outside goes through one place."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from benchmarks.baseline.broker import Broker, Event
from benchmarks.baseline.outside import Answer, Outside

PRICES = {"book": 1999, "pen": 250}

#: How a port call can go wrong.
BREAKS = "the connection breaks"
TIMES_OUT_DONE = "no answer, but it was done"
TIMES_OUT = "no answer, and it was not done"
DECLINED = "declined"
NOT_CARRIED = "not carried"


class Ports:
    """The ports that sagas of the zoo use. A test says in `call` what can become of a call."""

    def __init__(self, stock: dict[str, int]) -> None:
        self.stock, self.prices = dict(stock), dict(PRICES)
        self.outside = Outside()
        self.broker: Broker
        self.timers: list[tuple[float, str, Any]] = []
        self._ids = 0
        outside, ask = self.outside, self._ask
        self.payments = SimpleNamespace(
            charge=lambda *of, key=None: ask(outside.charge, of, key, DECLINED),
            authorise=lambda *of, key=None: ask(outside.authorise, of, key, DECLINED),
            capture=lambda *of, key=None: ask(outside.capture, of, key),
            refund=lambda *of, key=None: ask(outside.refund, of, key),
            void=lambda *of, key=None: ask(outside.void, of, key),
            lookup=self._lookup,
        )
        self.carrier = SimpleNamespace(
            create_shipment=lambda *of, key=None: ask(
                outside.create_shipment, of, key, NOT_CARRIED
            ),
            cancel=lambda *of, key=None: ask(outside.cancel, of, key),
            lookup=self._lookup,
        )

    async def call(
        self,
        do: Callable[[], Any],
        ways: tuple[str, ...] = (),
        refuse: Callable[[], Any] | None = None,
    ) -> Any:
        """A port call that does something, and the ways in which it may go wrong."""
        raise NotImplementedError

    async def publish(
        self,
        type: str,
        data: Any,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> None:
        """Hand an event to the broker."""
        event = self.event(type, data, id, subject, sagaid, causationid)
        await self.call(lambda: self.broker.publish(event), (BREAKS,))

    def event(
        self,
        type: str,
        data: Any,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> Event:
        """An event as services get it; what is not said is made up, as by a broker."""
        return {
            "id": id or self.new_id(),
            "type": type,
            "source": "",
            "subject": subject or data.get("order", ""),
            "time": 0.0,
            "data": data,
            "sagaid": sagaid,
            "causationid": causationid,
        }

    async def timer(self, delay: float, type: str, data: Any) -> None:
        """Have an event published later."""
        await self.call(lambda: self.timers.append((delay, type, data)))

    async def checkpoint(self, name: str, may_fail: bool = False) -> None:
        """A commit of the saga's."""
        await self.call(lambda: None, (BREAKS,) if may_fail else ())

    def new_id(self) -> str:
        """An id that there was not."""
        self._ids += 1
        return f"id{self._ids}"

    async def _lookup(self, key: str) -> Any:
        return await self.call(lambda: self.outside.lookup(key), (BREAKS,))

    async def _ask(
        self, do: Callable[..., Answer], of: tuple[Any, ...], key: str | None, refusal: str = ""
    ) -> Any:
        """Gateway or carrier; they cannot refuse what they have answered already."""
        once, request = self.outside.once, (do.__name__, *of)
        ways: tuple[str, ...] = (BREAKS, TIMES_OUT_DONE, TIMES_OUT)
        if refusal and key not in self.outside.answers:
            ways = (*ways, refusal)
        return await self.call(
            lambda: once(key, request, lambda: do(*of)),
            ways,
            lambda: once(key, request, lambda: self.outside.refuse(of[0])),
        )
