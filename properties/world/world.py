"""The world of one run: everything around the target, and the only thing that drives it.

`choices` lists what may happen next, the benign choice first; `apply` lets one of them happen;
`drain` lets the benign ones happen until all is at rest, and judges the run. Every driver of the
search is a loop around these three.
"""

from __future__ import annotations

from typing import Any

from attrs import define, field

from implementations.errors import TargetError
from model.conformance import Conformance, Divergence
from model.courses import Courses, courses
from model.environment import BUSINESS_FAULTS, Fault
from model.history import History, Saga
from model.ledger import Effect, Entry
from model.monitors import on_entry, on_money_without_stock, on_published, on_stable
from model.quiescence import at_quiescence, not_quiescent
from model.vocabulary import Order, Role
from properties.world import choices, moves
from properties.world.actions import Action, Kind, fault_of, relay_names
from properties.world.doubles import Carrier, Gateway, Simulated, Warehouse
from properties.world.endings import abandon, never_end
from properties.world.loop import Loop
from properties.world.network import Draft, Message, Network, queue_per_pair, subscribers_of
from properties.world.people import People
from properties.world.ports import Ports
from properties.world.scopes import Scope
from properties.world.sighting import Sighting
from properties.world.stepping import ProcessKilled
from properties.world.subject import Subject
from properties.world.tasks import Task
from properties.world.trace import Trace

#: A run that has not come to rest after so many benign steps per order never will.
DRAIN_STEPS_PER_ORDER = 300
#: How often a client places the same order when it gets no answer.
PLACE_ATTEMPTS = 5
#: The budget of a fault that has none.
UNLIMITED = 99
_EPOCH = 1_700_000_000.0
_IDLE = Kind.IDLE


@define(eq=False)
class Timer:
    """An event that is due later."""

    due: float
    draft: Draft
    name: str


@define(eq=False)
class World:
    """One run of a subject in a scope."""

    subject: Subject
    scope: Scope
    trace: Trace | None = None
    conformance: Conformance | None = None
    orders: dict[str, Order] = field(init=False)
    history: History = field(init=False)
    gateway: Gateway = field(init=False)
    carrier: Carrier = field(init=False)
    warehouse: Warehouse = field(init=False)
    simulated: Simulated = field(init=False)
    network: Network = field(init=False)
    ports: Ports = field(init=False)
    target: Any = field(init=False)
    sighting: Sighting = field(init=False)
    asynchronous: bool = field(init=False)
    loop: Loop | None = field(init=False)
    """What coroutines run on that need an asyncio loop."""
    free: dict[str, int] = field(init=False)
    """Participant -> consumers that are free."""
    relays: dict[str, tuple[str, ...]] = field(init=False)
    """Participant -> the names of what relays its outbox."""
    unplaced: list[str] = field(init=False)
    tasks: dict[str, Task] = field(factory=dict)
    running: Task | None = None
    last_task: Task | None = None
    """The call that ran in this step, if one did."""
    hopeless: bool = False
    """A message has failed so often that it always will."""
    restocked: bool = True
    """Whether stock may have changed since it was last added up."""
    touched: bool = False
    """Whether code of the target ran in this step."""
    dirty: dict[str, int] = field(factory=dict)
    """Participants whose outbox may not be empty, with the step of their last other work."""
    parked: dict[str, list[Message]] = field(factory=dict)
    dead_letters: list[Message] = field(factory=list)
    lost: set[str] = field(factory=set)
    """Handlers that came to a bad end when their message had been acknowledged, by name."""
    timers: list[Timer] = field(factory=list)
    timers_set: int = 0
    active: set[str] = field(factory=set)
    """Participants that have done something since they last started."""
    fired: dict[Fault, int] = field(factory=dict)
    """How often each fault was seen to take effect."""
    left: dict[Fault, int] = field(init=False)
    """How often each fault may still strike."""
    stalled: bool = False
    """Whether something takes long, or has."""
    concurrent: bool = field(init=False)
    """Whether handlers may interleave, and (below) messages overtake each other."""
    reorders: bool = field(init=False)
    people: People = field(factory=People)
    """What people have done, and tried in vain."""
    cancels: set[str] = field(factory=set)
    """Orders of which a cancel was accepted, or was not answered."""
    attempts: dict[str, int] = field(factory=dict)
    at_risk: dict[str, None] = field(factory=dict)
    """Orders that have paid and have not their stock."""
    errors: list[str] = field(factory=list)
    now: float = _EPOCH
    calls_made: int = 0
    """Ports called by a coroutine, and (below) those that it awaited."""
    calls_awaited: int = 0
    handlings: int = 0
    divergence: tuple[int, Divergence] | None = None
    courses: Courses = field(init=False)
    """The ledger of each order against that of the model."""
    role_of: dict[str, str] = field(init=False)
    order_participant: str = field(init=False)
    """The participant in which `place_order` and `cancel_order` run."""
    has_relay: bool = field(init=False)
    is_baseline: bool = False
    """The run is what others are compared with."""
    events: dict[str, int] = field(factory=dict)
    """How many of each event and timer there were, for their names."""

    def __attrs_post_init__(self) -> None:
        subject, scope = self.subject, self.scope
        shape = subject.shape
        self.orders = {order.id: order for order in scope.orders}
        self.asynchronous = shape.is_async
        self.role_of = {name: str(role) for role, name in shape.roles.items()}
        self.order_participant = shape.roles.get(Role.ORDER) or next(iter(shape.participants), "")
        self.has_relay = shape.has("relay")
        self.left = {fault: scope.budgets.get(fault, UNLIMITED) for fault in scope.faults}
        self.concurrent = Fault.CONCURRENCY in self.left
        self.reorders = Fault.REORDER in self.left
        self.history = History(dict(scope.stock), subject.sight, stock=dict(scope.stock))
        self.courses = courses(subject.sight)
        self.free = {name: shape.consumers[name].parallel for name in shape.participants}
        self.relays = {n: relay_names(n, c.relays) for n, c in shape.consumers.items()}
        self.unplaced = list(self.orders)
        self.gateway = Gateway(self.post, self.reason)
        self.carrier = Carrier(self.post, self.reason, self.orders)
        self.warehouse = Warehouse(self.post, self.reason, dict(scope.stock))
        self.simulated = Simulated(self.reason)
        self.loop = Loop(self) if shape.loop else None  # type: ignore[abstract]
        self.ports = Ports(self)
        self.target = subject.factory(self.ports)
        self.network = Network(
            scope.delivery,
            subscribers_of(shape.subscriptions),
            getattr(self.target, "queues", None) or queue_per_pair,
            frozenset(n for n, c in shape.consumers.items() if c.acknowledge == "after"),
        )
        for order in scope.orders:
            self.history.saga(order)
            if shape.has("refuses") and self.target.refuses(order.as_dict()):
                self.reason(order.id, "a rule of the target's own")
        self.sighting = Sighting(self)
        self.sighting.look()
        if self.has_relay:
            self.dirty = dict.fromkeys(self.polling, 0)

    def dissolve(self) -> None:
        """The run is over and judged: close the target, and cut what refers in circles.

        Its memory is free at once then; to have it collected takes a tenth of the time of a run.
        """
        if self.loop is not None:
            abandon(self)
        self.subject.close(self.target)
        self.ports.detach()
        del self.target, self.sighting, self.gateway, self.carrier, self.warehouse, self.simulated

    @property
    def polling(self) -> tuple[str, ...]:
        """Participants that subscribe to nothing, and so can only poll."""
        return tuple(name for name, types in self.subject.shape.subscriptions.items() if not types)

    # -- the three things that a driver does -----------------------------------------------------

    def benign(self) -> list[Action]:
        """What may happen without any fault; the first one is first in, first out."""
        return choices.benign(self)

    def faults(self) -> list[list[Action]]:
        """What may go wrong now, one list for each kind of fault that can strike."""
        return choices.faults(self)

    def enabled(self, action: Action) -> bool:
        """Whether `action` can happen now."""
        return choices.enabled(self, action)

    def apply(self, action: Action) -> None:
        """Let `action` happen, and judge what came of it.

        Raises:
            TargetError: the target broke its contract with the kit.
        """
        if action.kind is _IDLE:
            return
        history = self.history
        history.step += 1
        if self.trace is not None:
            self.trace.begin(history.step, action)
        fault = fault_of(action)
        if fault is not None:
            self.spend(fault)
        self.last_task, self.touched = None, False
        try:
            moves.MOVES[action.kind](self, action)
        finally:
            self.running = None
        if self.touched:
            self.sighting.look()
            if self.dirty:
                self.sighting.believe()
        if self.restocked and not self.tasks:
            self.restocked = False
            on_stable(history)
        if self.at_risk:
            self._judge_money_without_stock()
        if self.trace is not None:
            self.trace.end(self)

    @property
    def _limit(self) -> int:
        return DRAIN_STEPS_PER_ORDER * max(1, len(self.orders))

    @property
    def exhausted(self) -> bool:
        """Whether the run will not come to rest: it is too long, or a message fails for ever."""
        return self.hopeless or self.history.step > self._limit

    def drain(self) -> None:
        """Stop all faults, let everything come to rest first in, first out, and judge the run."""
        if self.trace is not None:
            self.trace.draining = True
        last = self.history.step + self._limit
        while (action := self.benign()[0]).kind is not _IDLE:
            if self.hopeless or self.history.step >= last:
                self._never_rests()
                break
            self.apply(action)
        else:
            never_end(self)
        self._count_short_stock()
        if self.trace is not None:
            self.trace.begin(self.history.step, Action(Kind.IDLE))
        on_stable(self.history)
        at_quiescence(self.history)

    def spend(self, fault: Fault) -> None:
        """A fault takes effect, and uses up its budget."""
        self.left[fault] = max(0, self.left.get(fault, 0) - 1)
        self.count(fault)

    def count(self, fault: Fault) -> None:
        """A fault takes effect."""
        self.fired[fault] = self.fired.get(fault, 0) + 1
        if fault not in BUSINESS_FAULTS:
            self.history.disturbed = True

    # -- what doubles, ports and moves tell the world --------------------------------------------

    def post(
        self, effect: Effect, order: str, quantity: int, unit: str, ref: str, key: str
    ) -> None:
        """Enter an effect in the ledger."""
        task = self.running
        entry = Entry(
            self.history.step,
            order,
            effect,
            quantity,
            unit,
            ref,
            key,
            task.cause if task else "",
            task.handling if task else 0,
        )
        self.restocked = True
        on_entry(self.history, entry)
        saga = self.history.sagas.get(order)
        if saga is not None:
            self.courses.entered(saga, entry)
            self._weigh(saga)
        if self.trace is not None:
            self.trace.effect(entry)

    def reason(self, order: str, why: str) -> None:
        """The environment gave a business reason for `order` to fail."""
        if order in self.orders:
            self.history.sagas[order].reasons.add(why)

    def place_again(self, order: str) -> None:
        """The client got no answer: it tries again, if the target says that it may."""
        attempts = self.attempts[order] = self.attempts.get(order, 0) + 1
        may = self.subject.shape.idempotent_place and attempts < PLACE_ATTEMPTS
        if may and order not in self.unplaced and not self.history.sagas[order].placed:
            self.unplaced.insert(0, order)

    def answer_of_the_dead(self) -> Any:
        """A port call of a process that was killed: it dies again."""
        raise ProcessKilled("the process was killed")

    def publish(self, draft: Draft) -> None:
        """Put an event in flight.

        Raises:
            TargetError: its data cannot be sent.
        """
        try:
            messages = self.network.publish(draft)
        except (TypeError, ValueError) as error:
            raise TargetError(
                f"published {draft.type} with data that cannot be sent: {error}",
                draft.source or "publish",
                "data is what JSON can hold: dicts, lists, texts, numbers, true, false, none",
            ) from None
        if messages or draft.order or draft.type in self.history.sight.terminal:
            on_published(self.history, draft.order, draft.type, draft.attributes["sagaid"])
        # else it is news that belongs to no saga, and that no participant waits for: low stock, say
        if self.conformance is not None and self.divergence is None:
            role = self.role_of.get(draft.source, draft.source)
            divergence = self.conformance.published(draft.order, role, draft.type)
            if divergence is not None:
                self.divergence = (self.history.step, divergence)
        if self.trace is not None:
            self.trace.published(draft, messages)

    def set_timer(self, delay: float, draft: Draft) -> None:
        """Have an event published later."""
        name = f"{draft.type}({draft.order})"
        count = self.events[f"timer {name}"] = self.events.get(f"timer {name}", 0) + 1
        self.timers_set += 1
        self.timers.append(
            Timer(self.now + delay, draft, name if count == 1 else f"{name} #{count}")
        )

    # -- judging ---------------------------------------------------------------------------------

    def _judge_money_without_stock(self) -> None:
        """MONEY-0."""
        for order in self.at_risk:
            on_money_without_stock(self.history, order, self.pending(order))

    def _weigh(self, saga: Saga) -> None:
        """An entry was made for an order: only entries change whether its money is at risk."""
        order, balance = saga.order.id, saga.balance
        if balance.captured > balance.refunded and not balance.holds(saga.wanted):
            self.at_risk[order] = None
        else:
            self.at_risk.pop(order, None)

    def pending(self, order: str) -> bool:
        """Whether anything may still happen to `order` by itself."""
        return self.under_way(order) or any(
            timer.draft.order in (order, "") for timer in self.timers
        )

    def under_way(self, order: str) -> bool:
        """Whether anything is on its way or at work that may belong to `order`."""
        return bool(
            self.dirty
            or self.network.pending(order)
            or any(task.order in (order, "") for task in self.tasks.values())
            or any(self.parked.values())
        )

    def _never_rests(self) -> None:
        moving = [message for message in self.network.in_flight if message.failures]
        if moving:
            worst = max(moving, key=lambda message: message.failures)
            order = worst.order
            why = f"{worst.task_name} has failed {worst.failures} times and is tried again for ever"
        else:
            order, why = "", f"still moving {self._limit} steps after faults stopped"
        last = f": {self.errors[-1]}" if self.errors else ""
        not_quiescent(self.history, order, why + last)

    def _count_short_stock(self) -> None:
        short = any("short stock" in saga.reasons for saga in self.history.sagas.values())
        if short:
            fault = Fault.CONTENTION if len(self.orders) > 1 else Fault.OUT_OF_STOCK
            self.count(fault)
