"""The saga as asyncio services, for a simulator that owns the event loop.

Each service is a machine with consumers and a relay; a broker carries messages, with a delay; the
gateway and the carrier answer, with a delay; customers order, cancel and order again; and somebody
pulls plugs. How a task runs, when, and what goes wrong, the simulator decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from benchmarks.baseline.broker import Broker, Message
from benchmarks.baseline.expectations import Expectations
from benchmarks.baseline.outside import order_of
from benchmarks.baseline.ports import BREAKS, PRICES, TIMES_OUT, TIMES_OUT_DONE, Ports

Service = Callable[[], Coroutine[Any, Any, None]]
#: Seconds that a message or an answer takes; the last one is a network that hangs.
DELAYS = (0.0, 0.001, 0.005, 0.02, 0.1, 1000.0)
#: Percent of port calls that go wrong, of each way in which they can.
TROUBLE = 4
#: How often a message may fail once nothing goes wrong any more.
ENOUGH = 10
#: More steps than a saga needs to come to rest: some go round in circles while the clock stands.
MANY = 2_000


class Simulator(Protocol):
    """What a simulator offers to a test."""

    def sometimes(self, label: str, percent: int) -> bool:
        """Whether something that rarely happens does."""

    def draw(self, label: str, bound: int) -> int:
        """A number below `bound`; 0 is the plainest."""

    def start(self, machine: str, services: list[Service]) -> None:
        """Run services on a machine, for the first time or again after a crash."""

    def crash(self, machine: str) -> None:
        """Pull the plug of a machine."""


class Shop(Ports):
    """One run of a saga: the world that it is given, and everything that happens to it."""

    def __init__(self, make: Callable[[Any], Any], simulator: Simulator) -> None:
        self.simulator = simulator
        draw = simulator.draw
        stock = {sku: (3, 1, 2, 0)[draw("setting.stock", 4)] for sku in PRICES}
        super().__init__(stock)
        self.target = make(self)
        self.broker = Broker(self.target)
        self.expect = Expectations(self.target, self.outside, self.broker, stock)
        self.steps = 0
        self.faults = 0
        self.troubled = True
        self.outgoing: asyncio.Queue[Any] = asyncio.Queue()
        self.under_way = 0
        """Calls of customers, retries and timers that are not over."""
        self.unsent: dict[str, asyncio.Event] = {}
        self.arrived: dict[str, asyncio.Event] = {}
        self.relaying: set[str] = set()
        self.tasks: list[asyncio.Task[None]] = []
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # -- the ports -----------------------------------------------------------------------------

    async def call(
        self,
        do: Callable[[], Any],
        ways: tuple[str, ...] = (),
        refuse: Callable[[], Any] | None = None,
    ) -> Any:
        """A port call: there, and back; between the two it is done."""
        await self._delay()
        self.steps += 1
        if self.steps > MANY:
            self._fail("it does not come to rest")
        way = next((way for way in ways if self._goes_wrong(way)), "")
        if way == BREAKS:
            raise ConnectionError(way)
        published, timers = len(self.broker.in_flight), len(self.timers)
        if way not in ("", TIMES_OUT, TIMES_OUT_DONE) and refuse is not None:
            answer = refuse()
        else:
            answer = do() if way != TIMES_OUT else None
        for message in self.broker.in_flight[published:]:
            message.arrived = False
            self.outgoing.put_nowait(message)
        for timer in self.timers[timers:]:
            self.outgoing.put_nowait(timer)
        await self._delay()
        if way in (TIMES_OUT, TIMES_OUT_DONE):
            raise TimeoutError(way)
        return answer

    async def _delay(self) -> None:
        bound = len(DELAYS) if self._goes_wrong("delay.hangs", 1) else len(DELAYS) - 1
        await asyncio.sleep(DELAYS[self.simulator.draw("delay", bound)] if self.troubled else 0.0)

    def _goes_wrong(self, what: str, percent: int = TROUBLE) -> bool:
        wrong = self.troubled and self.simulator.sometimes(what, percent)
        if wrong:
            self.faults += 1
        return wrong

    # -- the broker ----------------------------------------------------------------------------

    async def post(self) -> None:
        """Take in what is published and what timers are set, and carry it."""
        loop = asyncio.get_running_loop()
        while True:
            item = await self.outgoing.get()
            carried = self._carry(item) if isinstance(item, Message) else self._ring(*item)
            self.tasks.append(loop.create_task(carried))

    async def _carry(self, message: Message) -> None:
        await self._delay()
        self._arrives(message)
        if self._goes_wrong("duplicate") and self._acknowledges(message.participant):
            self.steps += 1
            copy = self.broker.again(message)
            copy.arrived = False
            await self._delay()
            self._arrives(copy)

    async def _ring(self, delay: float, type: str, data: Any) -> None:
        self.under_way += 1
        await asyncio.sleep(delay)
        await self._insist(lambda: self.publish(type, data))
        self.under_way -= 1

    def _arrives(self, message: Message) -> None:
        message.arrived = True
        self.arrived[message.participant].set()

    def _acknowledges(self, participant: str) -> bool:
        consumer = self.target.consumers.get(participant, {})
        return bool(consumer.get("acknowledge") != "before")

    # -- the services --------------------------------------------------------------------------

    def boot(self, machine: str) -> None:
        """Start a service: its consumers, and the relay of its outbox."""
        consumers = self.target.consumers.get(machine, {}).get("parallel", 1)
        self.arrived[machine], self.unsent[machine] = asyncio.Event(), asyncio.Event()
        self.arrived[machine].set()
        self.unsent[machine].set()
        services = [lambda: self.consume(machine)] * consumers
        self.simulator.start(machine, [*services, lambda: self.relay(machine)])

    async def consume(self, machine: str) -> None:
        """Handle whatever arrives, one message after the other."""
        while True:
            message = next(self.broker.deliverable(machine), None)
            if message is None:
                self.arrived[machine].clear()
                await self.arrived[machine].wait()
            else:
                message.held = True
                await self._handle(machine, message)

    async def _handle(self, machine: str, message: Message) -> None:
        consumer = self.target.consumers.get(machine, {})
        self.steps += 1
        if consumer.get("acknowledge") == "before":
            self.broker.settled(message)
        try:
            await self.target.handle(machine, message.event)
        except Exception:
            message.failures += 1
            if consumer.get("on_error") != "reject":
                await asyncio.sleep(0.05)
                if not self.troubled and message.failures > ENOUGH:
                    self._fail(f"{message} fails again and again")
                self.broker.back(message)
                self.arrived[machine].set()
                return
        finally:
            self.unsent[machine].set()
        await self._delay()
        self.steps += 1
        self.broker.settled(message)
        self.arrived[machine].set()
        if wrong := self.expect.always():
            self._fail(wrong)

    async def relay(self, machine: str) -> None:
        """Publish what waits in the outbox of a service, whenever there may be something."""
        while True:
            await self.unsent[machine].wait()
            self.unsent[machine].clear()
            self.relaying.add(machine)
            self.steps += 1
            try:
                waiting = await self.target.relay(machine)
            except ConnectionError:
                waiting = 1
                await asyncio.sleep(0.05)
            if waiting:
                self.unsent[machine].set()
            self.relaying.discard(machine)

    def _fail(self, wrong: str) -> None:
        if not self.broken.done():
            self.broken.set_result(wrong)

    # -- customers, and whoever pulls plugs ----------------------------------------------------

    async def customer(self, order: dict[str, Any]) -> None:
        """Order, and perhaps cancel, or order again."""
        id = order["id"]
        self.expect.orders[id] = order
        await self._insist(lambda: self.target.place_order(order))
        if self._goes_wrong("cancels", 25):
            await self._delay()
            self.steps += 1
            self.expect.cancelled.add(id)
            try:
                if await self.target.cancel_order(id) == "refused":
                    self.expect.cancelled.discard(id)
            except ConnectionError:
                pass
            self.unsent["order"].set()
        if self._goes_wrong("orders again", 10):
            await self._delay()
            await self._insist(lambda: self.target.place_order(order))

    async def _insist(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Try until there is an answer; what the service dies of, its client sees as no answer."""
        while True:
            self.steps += 1
            try:
                await call()
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                break
        self.unsent["order"].set()

    async def pull_plugs(self) -> None:
        """Now and then a machine dies, and is started again."""
        machines = sorted(self.target.subscriptions)
        for _ in range(3):
            await self._delay()
            if self._goes_wrong("crash", 25):
                self.steps += 1
                machine = machines[self.simulator.draw("crash.who", len(machines))]
                self.simulator.crash(machine)
                self.relaying.discard(machine)
                await asyncio.sleep(0.01)
                self.target.restart(machine)
                for message in list(self.broker.in_flight):
                    if message.participant == machine and message.held:
                        message.held = False
                self.boot(machine)

    # -- the test ------------------------------------------------------------------------------

    def orders(self) -> list[dict[str, Any]]:
        """One to three orders of one to three lines."""
        draw, skus, orders = self.simulator.draw, sorted(PRICES), []
        for number in range(1 + draw("setting.orders", 3)):
            lines = []
            for _ in range(1 + draw("setting.lines", 3)):
                sku, quantity = skus[draw("setting.sku", 2)], 1 + draw("setting.quantity", 2)
                lines.append({"sku": sku, "quantity": quantity, "unit_price": PRICES[sku]})
            currency = ("EUR", "JPY", "KWD")[draw("setting.currency", 3)]
            orders.append(order_of(f"o{number + 1}", currency, lines))
        return orders

    async def story(self) -> str:
        """A day in the shop; then nothing goes wrong any more, and all must come to rest."""
        loop = asyncio.get_running_loop()
        self.tasks.append(loop.create_task(self.post()))
        for machine in sorted(self.target.subscriptions):
            self.boot(machine)
        customers = [loop.create_task(self.customer(order)) for order in self.orders()]
        await asyncio.gather(self.pull_plugs(), *customers)
        await asyncio.sleep(5.0)
        self.troubled = False
        for _ in range(100):
            await asyncio.sleep(100.0)
            if self._rests():
                return self.expect.at_rest()
        return "it does not come to rest"

    def _rests(self) -> bool:
        relays = any(event.is_set() for event in self.unsent.values()) or self.relaying
        return not (self.broker.in_flight or relays or self.under_way or self.outgoing.qsize())

    async def test(self) -> None:
        """The whole test: the first thing that is wrong ends it."""
        story = asyncio.get_running_loop().create_task(self.story())
        await asyncio.wait([story, self.broken], return_when=asyncio.FIRST_COMPLETED)
        wrong = self.broken.result() if self.broken.done() else story.result()
        assert not wrong, wrong
