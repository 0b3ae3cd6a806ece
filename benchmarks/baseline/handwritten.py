"""The saga under a state machine written by hand, from Hypothesis's documentation.

What an engineer who knows the saga writes in an afternoon. One rule is one thing that can happen to
services and broker; a handler runs from its beginning to its end, or to where its service dies.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from benchmarks.baseline.broker import Broker, Message
from benchmarks.baseline.expectations import Expectations
from benchmarks.baseline.outside import order_of
from benchmarks.baseline.ports import (
    BREAKS,
    DECLINED,
    NOT_CARRIED,
    PRICES,
    TIMES_OUT,
    TIMES_OUT_DONE,
    Ports,
)

DIES_BEFORE, DIES_AFTER = "dies before it", "dies after it"
#: More of them than a saga can need to come to rest.
ENOUGH = 400


class Died(BaseException):
    """The service was killed at a port call."""


@define
class Trouble:
    """Something that will go wrong at the next port call that it fits, or at a later one."""

    way: str
    wait: int = 0
    """So many port calls go well before."""


class TroubledPorts(Ports):
    """The world of the saga; every port is a place where trouble can strike."""

    def __init__(self, stock: dict[str, int]) -> None:
        super().__init__(stock)
        self.troubles: list[Trouble] = []
        self.steps = 0
        self.deviations = 0

    async def call(
        self,
        do: Callable[[], Any],
        ways: tuple[str, ...] = (),
        refuse: Callable[[], Any] | None = None,
    ) -> Any:
        """Do it, unless something strikes."""
        self.steps += 1
        way = self._strikes((DIES_BEFORE, DIES_AFTER, *ways))
        self.deviations += bool(way)
        if way == DIES_BEFORE:
            raise Died
        if way == BREAKS:
            raise ConnectionError(way)
        if way in (DECLINED, NOT_CARRIED) and refuse is not None:
            return refuse()
        answer = do() if way != TIMES_OUT else None
        if way == DIES_AFTER:
            raise Died
        if way in (TIMES_OUT, TIMES_OUT_DONE):
            raise TimeoutError(way)
        return answer

    def _strikes(self, ways: tuple[str, ...]) -> str:
        for trouble in self.troubles:
            if trouble.way in ways:
                if not trouble.wait:
                    self.troubles.remove(trouble)
                    return trouble.way
                trouble.wait -= 1
        return ""


lines = st.lists(
    st.builds(
        lambda sku, quantity: {"sku": sku, "quantity": quantity, "unit_price": PRICES[sku]},
        st.sampled_from(sorted(PRICES)),
        st.integers(1, 2),
    ),
    min_size=1,
    max_size=3,
)
in_flight = st.runner().flatmap(lambda saga: st.sampled_from(list(saga.broker.deliverable())))
known_message = st.runner().flatmap(lambda saga: st.sampled_from(saga.broker.sent))
participant = st.runner().flatmap(lambda saga: st.sampled_from(sorted(saga.target.subscriptions)))
unsent = st.runner().flatmap(lambda saga: st.sampled_from(sorted(saga.unsent)))
known_order = st.runner().flatmap(lambda saga: st.sampled_from(sorted(saga.expect.orders)))


class Rules(RuleBasedStateMachine):
    """Place, deliver, relay, duplicate, crash, decline, and asserts at the end.

    `make` is the saga to test; a subclass sets it.
    """

    make: Callable[[Any], Any]

    @initialize(books=st.integers(0, 4), pens=st.integers(0, 4))
    def set_up(self, books: int, pens: int) -> None:
        """A shop with some stock."""
        stock = {"book": books, "pen": pens}
        self.ports = TroubledPorts(stock)
        self.target = type(self).make(self.ports)
        self.broker = self.ports.broker = Broker(self.target)
        self.expect = Expectations(self.target, self.ports.outside, self.broker, stock)
        self.unsent: dict[str, None] = {}
        self.unanswered: list[str] = []

    # -- what goes well --------------------------------------------------------------------------

    @precondition(lambda self: len(self.expect.orders) < 3)
    @rule(lines=lines, currency=st.sampled_from(["EUR", "JPY", "KWD"]))
    def place(self, lines: Any, currency: str) -> None:
        """A customer orders."""
        id = f"o{len(self.expect.orders) + 1}"
        self.expect.orders[id] = order_of(id, currency, lines)
        self._submit(id)

    @precondition(lambda self: any(self.broker.deliverable()))
    @rule(message=in_flight)
    def deliver(self, message: Message) -> None:
        """The broker delivers any message."""
        oldest = next(self.broker.deliverable())
        self.ports.deviations += message is not oldest
        self._handle(message)

    @precondition(lambda self: self.unsent)
    @rule(participant=unsent)
    def relay(self, participant: str) -> None:
        """A service publishes one message of its outbox."""
        if self._call(self.target.relay(participant), participant) == 0:
            self.unsent.pop(participant, None)

    @precondition(lambda self: self.ports.timers)
    @rule()
    def time_passes(self) -> None:
        """The oldest timer goes off."""
        self.ports.deviations += bool(self.broker.in_flight or self.unsent)
        self._fire()

    # -- what goes wrong -------------------------------------------------------------------------

    @precondition(lambda self: self.broker.sent)
    @rule(message=known_message)
    def duplicate(self, message: Message) -> None:
        """The broker delivers a message again."""
        if self.target.consumers.get(message.participant, {}).get("acknowledge") != "before":
            self._deviate()
            self.broker.again(message)

    @precondition(lambda self: len(self.ports.troubles) < 3)
    @rule(way=st.sampled_from([DIES_BEFORE, DIES_AFTER]), wait=st.integers(0, 5))
    def crash(self, way: str, wait: int) -> None:
        """Whoever makes one of the next port calls dies there, and starts again."""
        self.ports.troubles.append(Trouble(way, wait))

    @precondition(lambda self: len(self.ports.troubles) < 3)
    @rule(way=st.sampled_from([DECLINED, NOT_CARRIED]))
    def decline(self, way: str) -> None:
        """The next charge is declined, or the next parcel refused."""
        self.ports.troubles.append(Trouble(way))

    # -- what must hold --------------------------------------------------------------------------

    def teardown(self) -> None:
        """Nothing goes wrong any more, all comes to rest, and then everything must be right."""
        if not hasattr(self, "expect"):
            return
        self.ports.troubles.clear()
        for _ in range(ENOUGH):
            if self.unanswered:
                self._submit(self.unanswered.pop(0))
            elif message := next(self.broker.deliverable(), None):
                self._handle(message)
            elif self.unsent:
                self.relay(next(iter(self.unsent)))
            elif self.ports.timers:
                self._fire()
            else:
                break
        else:
            self.check("it does not come to rest")
        self.check(self.expect.at_rest())

    def check(self, wrong: str) -> None:
        """Fail if something is wrong."""
        assert not wrong, wrong

    # -- how it is done --------------------------------------------------------------------------

    def _submit(self, order: str) -> None:
        if self._call(self.target.place_order(self.expect.orders[order]), "order") is LOST:
            self.unanswered.append(order)

    def _handle(self, message: Message) -> None:
        where = message.participant
        consumer = self.target.consumers.get(where, {})
        if consumer.get("acknowledge") == "before":
            self.broker.settled(message)
        done = self._call(self.target.handle(where, message.event), where)
        if done is not LOST or (consumer.get("on_error") == "reject" and self._alive):
            self.ports.steps += 1
            self.broker.settled(message)
        else:
            self.broker.back(message)

    def _fire(self) -> None:
        _, type, data = self.ports.timers.pop(0)
        self.ports.steps += 1
        self.broker.publish(self.ports.event(type, data))

    def _deviate(self) -> None:
        self.ports.deviations += 1
        self.ports.steps += 1

    def _call(self, call: Coroutine[Any, Any, Any], participant: str) -> Any:
        """Run a call of the saga to its end; LOST if it raised or died."""
        self.ports.steps += 1
        self._alive = True
        self.unsent[participant] = None
        try:
            call.send(None)
        except StopIteration as end:
            return end.value
        except Died:
            self._alive = False
            self.target.restart(participant)
        except Exception:
            return LOST
        return LOST


class Draft(Rules):
    """What one writes first."""

    @precondition(lambda self: len(self.ports.troubles) == 3)
    @rule()
    def wait(self) -> None:
        """Nothing happens: Hypothesis wants a rule that it can always fire."""


class Saga(Rules):
    """The same with all that the writer can think of, and invariants after each rule."""

    @precondition(lambda self: self.expect.orders)
    @rule(order=known_order)
    def place_again(self, order: str) -> None:
        """The client sends an order again."""
        self._deviate()
        self._submit(order)

    @precondition(lambda self: self.expect.orders)
    @rule(order=known_order)
    def cancel(self, order: str) -> None:
        """The customer cancels."""
        self._deviate()
        if self._call(self.target.cancel_order(order), "order") != "refused":
            self.expect.cancelled.add(order)

    @rule(participant=participant)
    def restart(self, participant: str) -> None:
        """A service dies while it is idle, and starts again."""
        self._deviate()
        self.target.restart(participant)

    @precondition(lambda self: len(self.ports.troubles) < 3)
    @rule(way=st.sampled_from([TIMES_OUT_DONE, TIMES_OUT, BREAKS]), wait=st.integers(0, 3))
    def time_out(self, way: str, wait: int) -> None:
        """A port call gets no answer, or no connection."""
        self.ports.troubles.append(Trouble(way, wait))

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Money, stock, parcels and statuses, after each rule."""
        self.check(self.expect.always())


LOST = object()
