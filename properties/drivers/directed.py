"""The directed schedules of the model, carried out on a target that speaks the model's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from model.directed import CustomerCancel, Deliver, DirectedSchedule, Place, directed_schedules
from model.environment import Fault
from model.vocabulary import Order, Role
from properties.drivers.quota import WHOLE, Quota
from properties.run import Recorder, Run
from properties.world.actions import Action, Kind, Mode
from properties.world.network import Message
from properties.world.scopes import SINGLE, Scope
from properties.world.subject import Subject
from properties.world.tasks import Work
from properties.world.watchdog import watched
from properties.world.world import World

#: outcome in the model's words -> port call it strikes (by its beginning), how
_STRIKES: dict[str, tuple[str, Mode]] = {
    "decline": ("payments.", Mode.REFUSED),
    "reply lost": ("payments.", Mode.UNKNOWN_DONE),
    "request lost": ("payments.", Mode.UNKNOWN_NOT_DONE),
    "refuse": ("carrier.", Mode.REFUSED),
}
_TASK_STEPS = 60
#: How often a message that comes back is delivered at once.
_AGAIN = 3
#: A directed schedule needs what it needs; no budget holds it back.
_PLENTY = 20


def directed(
    subject: Subject,
    scope: Scope = SINGLE,
    schedules: Iterable[DirectedSchedule] | None = None,
    quota: Quota = WHOLE,
) -> Iterator[Run]:
    """One run for each directed schedule; none for a target with words of its own."""
    if not subject.sight.model_events:
        return
    there = directed_schedules() if schedules is None else schedules
    short = Fault.OUT_OF_STOCK in scope.faults
    for schedule in quota.chosen(one for one in there if one.stock or short):
        stock = dict.fromkeys(scope.stock, schedule.stock)
        setting = evolve(scope, stock=stock, budgets=dict.fromkeys(scope.budgets, _PLENTY))
        yield follow(subject, setting, schedule)


def follow(subject: Subject, scope: Scope, schedule: DirectedSchedule) -> Run:
    """Carry out one directed schedule, as far as the target goes along with it."""
    with watched(subject.spec):
        world = World(subject, scope, None, subject.conformance())
        follower = _Follower(Recorder(world), scope.orders[0])
        for step in schedule.steps:
            match step:
                case Place():
                    follower.request(Action(Kind.PLACE, follower.order.id))
                case CustomerCancel():
                    follower.request(Action(Kind.CANCEL, follower.order.id))
                case Deliver():
                    follower.deliver(step)
        run = follower.recorder.finish()
        if "LIVE-0" not in run.findings:
            follower.at_rest()
        return run


class _Follower:
    """Carries out abstract steps one by one, relaying outboxes after each."""

    def __init__(self, recorder: Recorder, order: Order) -> None:
        self.recorder = recorder
        self.world = recorder.world
        self.order = order

    def request(self, action: Action) -> None:
        """Something that the customer does."""
        if self.world.enabled(action):
            self._do(action)
            self._finish(f"{action.kind} {action.subject}")
            self._relay()

    def deliver(self, step: Deliver) -> None:
        """Hand one message to its consumer and see it through."""
        participant = self.world.subject.shape.roles.get(step.consumer, step.consumer)  # type: ignore[call-overload]
        name = f"{step.event}({self.order.id}) to {participant}"
        message = self._waiting(name)
        if message is None or step.again:
            duplicate = Action(Kind.DUPLICATE, name)
            if not self.world.enabled(duplicate):
                return
            self._do(duplicate)
            message = self.world.network.in_flight[-1]
        if not self.world.enabled(message.deliver):
            return  # others are in front of it, and the broker keeps them in order
        self._do(message.deliver)
        self._finish(message.task_name, step.outcome, step.crash_before_ack)
        if not step.crash_before_ack:
            self._see_through(message.name)
        self._relay()

    def _see_through(self, name: str) -> None:
        """A message that came back is delivered again, a few times: it may wait for others."""
        for _ in range(_AGAIN):
            message = self._waiting(name)
            if message is None or not self.world.enabled(message.deliver):
                return
            self._do(message.deliver)
            self._finish(message.task_name)

    def at_rest(self) -> None:
        """All outboxes are empty: what a participant has not published by now, it never will."""
        if self.world.conformance is not None:
            for role in Role:
                self.world.conformance.drained(self.order.id, role)

    def _waiting(self, name: str) -> Message | None:
        for message in self.world.network.in_flight:
            if message.name == name and not message.held:
                return message
        return None

    def _finish(self, task_name: str, outcome: str = "", crash: bool = False) -> None:
        """Let a task run to its end, with one answer that is not the benign one."""
        port, mode = _STRIKES.get(outcome, ("", Mode.REFUSED))
        world = self.world
        for _ in range(_TASK_STEPS):
            task = world.tasks.get(task_name)
            if task is None or task.operation is None:
                return
            action = task.resume
            if port and task.operation.port.startswith(port):
                strike = Action(Kind.ANSWER, task_name, task.operation.port, mode)
                if crash and mode is not Mode.REFUSED:
                    where = Mode.AFTER if mode is Mode.UNKNOWN_DONE else Mode.BEFORE
                    strike = Action(Kind.CRASH, task_name, task.operation.port, where)
                if world.enabled(strike):
                    action, port = strike, ""
            elif crash and task.finished:
                action = Action(Kind.CRASH, task_name, task.operation.port, Mode.BEFORE)
                if not world.enabled(action):
                    return
            self._do(action)

    def _relay(self) -> None:
        world = self.world
        for _ in range(_TASK_STEPS):
            relays = [task for task in world.tasks.values() if task.work is Work.RELAY]
            if relays:
                self._do(relays[0].resume)
            elif world.dirty:
                self._do(Action(Kind.RELAY, next(iter(world.dirty))))
            else:
                return

    def _do(self, action: Action) -> None:
        world = self.world
        task = world.tasks.get(action.subject)
        before = len(world.history.ledger.entries)
        self.recorder.apply(action, world.benign()[0])
        if world.conformance is not None and task is not None:
            role = world.role_of.get(task.participant, "")
            for entry in world.history.ledger.entries[before:]:
                world.conformance.took_effect(entry.order, role, entry.effect)
