"""How each action is carried out: what the environment does, and how the target takes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from implementations.errors import TargetError
from model.environment import Fault
from model.monitors import on_handled_again
from properties.world import choices
from properties.world.actions import AFTER, Action, Kind, Mode, request_name
from properties.world.endings import acknowledge, bury, fail, finish, leave_behind
from properties.world.loop_stepper import LoopStepper
from properties.world.network import Message
from properties.world.stepping import Finished, Operation
from properties.world.tasks import Task, Work, advance, describe_error, kill, stepper_for

if TYPE_CHECKING:
    from properties.world.world import Timer, World

#: Seconds of a standstill: gateways keep keys for a day, and money on hold for about a week.
STANDSTILL = 8 * 86_400.0
_HANDLE, _RELAY, _ACT = Work.HANDLE, Work.RELAY, Work.ACT


def _place(world: World, action: Action) -> None:
    if action.kind is Kind.PLACE:
        world.unplaced.remove(action.subject)
    saga = world.history.sagas[action.subject]
    saga.attempted = True
    if world.conformance is not None:
        world.conformance.placed(action.subject)
    _request(world, action, Work.PLACE, "place_order", saga.order.as_dict())


def _cancel(world: World, action: Action) -> None:
    if world.conformance is not None:
        world.conformance.cancelled(action.subject)
    world.history.sagas[action.subject].cancelled = True
    _request(world, action, Work.CANCEL, "cancel_order", action.subject)


def _act(world: World, action: Action) -> None:
    busy = world.tasks or world.dirty or world.unplaced
    at_rest = not busy and not world.network.deliverable(world.free)
    world.people.begin(request_name(action), at_rest)
    _request(world, action, Work.ACT, "act", action.port, action.subject)


def _request(world: World, action: Action, work: Work, member: str, *arguments: Any) -> None:
    """A call from outside, in the participant of the role order."""
    participant = world.order_participant
    name = request_name(action)
    if world.trace is not None:
        world.trace.requested(participant, name)
    world.free[participant] = world.free.get(participant, 1) - 1
    _begin(world, name, work, participant, action.subject, member, arguments)


def _relay(world: World, action: Action) -> None:
    participant = action.subject
    if world.trace is not None:
        world.trace.relays(participant)
    if any(t.work is _RELAY and t.participant == participant for t in world.tasks.values()):
        world.count(Fault.CONCURRENCY)
    name = choices.free_relay(world, participant)
    _begin(world, name, _RELAY, participant, "", "relay", (participant,))


def _deliver(world: World, action: Action) -> None:
    message = choices.deliverable(world, action.subject)
    assert message is not None
    waiting = (other for other in world.network.in_flight if not other.held)
    if next(waiting) is not message:
        world.count(Fault.REORDER)
    _handle(world, message)


def _handle(world: World, message: Message) -> None:
    participant = message.participant
    consumer = world.subject.shape.consumers[participant]
    message.held = True
    original = world.network.originals.get(message.origin, message)
    if original.handled or message.handled:
        on_handled_again(world.history)
    original.handled += 1
    if message is not original:
        message.handled += 1
    if consumer.acknowledge == "before":
        world.network.acknowledge(message)
    if world.conformance is not None and message.readable:
        role = world.role_of.get(participant, participant)
        world.conformance.delivered(message.order, role, message.type)
    if world.trace is not None:
        world.trace.delivered(message)
    world.free[participant] -= 1
    arguments = (participant, json.loads(message.event))
    name = message.task_name
    _begin(world, name, _HANDLE, participant, message.order, "handle", arguments, message)


def _begin(
    world: World,
    name: str,
    work: Work,
    participant: str,
    order: str,
    member: str,
    arguments: tuple[Any, ...],
    message: Message | None = None,
) -> None:
    world.handlings += 1
    function = getattr(world.target, member)
    is_coroutine = member in world.subject.shape.coroutines
    stepper = stepper_for(function, is_coroutine, world.loop, *arguments)
    task = Task(name, work, participant, order, stepper, world.handlings, message)
    task.since = world.history.step
    if work is _HANDLE and any(t.participant == participant for t in world.tasks.values()):
        world.count(Fault.CONCURRENCY)
    world.tasks[name] = task
    _run(world, task, stepper.start)


def _run(world: World, task: Task, move: Callable[..., Operation | Finished], *values: Any) -> None:
    """Let the task run to its next port call, and see to its end if that is where it comes to."""
    world.running = world.last_task = task
    world.touched = True
    world.active.add(task.participant)
    before = task.operation
    outcome = advance(task, move, *values)
    if not (world.stalled and _waits_again(task, before)):
        if world.has_relay and task.work is not _RELAY:
            _may_have_written(world, task)
        if world.stalled:
            _wake_others(world, task)
    if world.asynchronous:
        _check_awaited(world, task, outcome)
    if outcome is None:
        return
    if isinstance(outcome, Finished):
        finish(world, task, outcome.result)
    else:
        fail(world, task, outcome)
    if world.loop is not None:
        leave_behind(world, task)


def _waits_again(task: Task, before: Operation | None) -> bool:
    """Whether a task has only tried once more, and in vain: for others nothing has changed."""
    now = task.operation
    return task.waiting and before is not None and now is not None and before.port == now.port


def _wake_others(world: World, task: Task) -> None:
    """Whoever waits may try again: this task may let go of what it waits for."""
    for other in world.tasks.values():
        if other is not task:
            other.waiting = False


def _may_have_written(world: World, task: Task) -> None:
    """There may be something in an outbox: after an act in anybody's, people go where they like."""
    world.dirty[task.participant] = world.history.step
    others = world.subject.shape.participants if task.work is _ACT else world.subject.reached
    if others:
        world.dirty.update(dict.fromkeys(others, world.history.step))


def _check_awaited(world: World, task: Task, outcome: Finished | Exception | None) -> None:
    if isinstance(task.stepper, LoopStepper):
        if isinstance(outcome, Finished):  # until then, a task may await what another has made
            world.calls_made, world.calls_awaited = task.stepper.made, task.stepper.awaited
    elif outcome is None:
        world.calls_awaited += 1
    if world.calls_made != world.calls_awaited:
        world.calls_awaited = world.calls_made
        raise TargetError(
            "called a port without awaiting it",
            task.name,
            "write `await world.publish(...)`: handlers are coroutines, so every port but clock "
            "and new_id is awaited",
        )


def _resume(world: World, action: Action) -> None:
    task = world.tasks[action.subject]
    operation = task.operation
    assert operation is not None
    world.running = task
    if world.trace is not None:
        world.trace.called(task, operation, "")
    if task.finished:
        acknowledge(world, task)
        return
    if operation.when is not None and operation.when() > world.now:
        _hurry(world, task)
    try:
        answer = operation.perform()
    except ValueError as error:  # an idempotency key used with other parameters
        refusal = error
        _run(world, task, task.stepper.throw, refusal)
        return
    if operation.port.startswith("publish "):
        task.published += 1
    if world.trace is not None:
        world.trace.answered(task, operation, answer)
    _run(world, task, task.stepper.resume, answer)


def _hurry(world: World, task: Task) -> None:
    """Time passes while others could have gone on: a saga may fail for that."""
    if choices.benign(world)[0] != task.resume:
        world.count(Fault.CONCURRENCY)
        world.reason(task.order, "time passed while others were at work")


def _answer(world: World, action: Action) -> None:
    task = world.tasks[action.subject]
    operation = task.operation
    assert operation is not None
    world.running = task
    mode = Mode(action.mode)
    if world.trace is not None:
        world.trace.called(task, operation, mode)
    if mode is Mode.REFUSED:
        assert operation.refuse is not None
        answer = operation.refuse()
        if world.trace is not None:
            world.trace.answered(task, operation, answer)
        _run(world, task, task.stepper.resume, answer)
        return
    error: Exception
    if mode is Mode.TRANSIENT:
        error = ConnectionError(f"{operation.port} is not available right now")
    else:
        error = TimeoutError(f"{operation.port.removeprefix(AFTER)} did not answer in time")
        if mode is Mode.UNKNOWN_DONE:
            try:
                operation.perform()
            except ValueError as refusal:
                error = refusal
    _run(world, task, task.stepper.throw, error)


def _crash(world: World, action: Action) -> None:
    task = world.tasks.get(action.subject)
    participant = task.participant if task else action.subject
    if task is not None and task.operation is not None and action.mode == Mode.AFTER:
        world.running = task
        if world.trace is not None:
            world.trace.called(task, task.operation, "")
        with suppress(ValueError):  # a key used with other parameters: nobody is left to be told
            task.operation.perform()
    if world.trace is not None:
        world.trace.crashed(participant)
    for other in [other for other in world.tasks.values() if other.participant == participant]:
        world.running = other
        kill(other)
        bury(world, other)
        _wake_others(world, other)
    world.running = None
    for message in world.parked.pop(participant, []):
        message.held = False
        world.network.in_flight.append(message)
        world.network.in_flight.sort(key=lambda waiting: waiting.place)
    _restart(world, participant)


def _restart(world: World, participant: str) -> None:
    world.active.discard(participant)
    world.people.moved(world.tasks)
    shape = world.subject.shape
    if shape.has("restart"):
        name = f"{participant} restart"
        is_coroutine = "restart" in shape.coroutines
        stepper = stepper_for(world.target.restart, is_coroutine, world.loop, participant)
        task = Task(name, Work.ACT, participant, "", stepper, 0)
        world.running, calls = task, world.calls_made
        outcome = advance(task, stepper.start)
        world.running = None
        if isinstance(outcome, Exception):
            raise TargetError(
                f"raised {describe_error(outcome)}",
                f"restart({participant!r})",
                "restart() forgets what is not durable, and cannot fail",
            )
        if outcome is None or calls != world.calls_made:
            raise TargetError(
                f"called the port {task.operation.port!r}" if task.operation else "called a port",
                f"restart({participant!r})",
                "restart() only forgets what is not durable; what there is to do then belongs "
                "into relay() or handle()",
            )
    if world.has_relay:
        world.dirty[participant] = world.history.step
    world.touched = True


def _duplicate(world: World, action: Action) -> None:
    copy = world.network.copy(world.network.originals[action.subject])
    if world.trace is not None:
        world.trace.copied(copy)


def _republish(world: World, action: Action) -> None:
    original = world.network.originals[action.subject]
    copy = world.network.copy(original, new_id=f"again-{world.fired[Fault.REPUBLISH]}")
    if world.trace is not None:
        world.trace.copied(copy)


def _twice(world: World, action: Action) -> None:
    message = choices.deliverable(world, action.subject)
    assert message is not None
    copy = world.network.copy(message)
    _handle(world, message)
    _handle(world, copy)


def _poison(world: World, action: Action) -> None:
    message = world.network.poison(world.network.kinds[action.subject, action.port])
    if world.trace is not None:
        world.trace.poisoned(message)


def _standstill(world: World, action: Action) -> None:
    """Long enough for every key to be forgotten, and for money on hold to be let go of."""
    world.now += STANDSTILL
    for order in world.gateway.expire():
        world.reason(order, "authorisation expired")
    world.carrier.keys.forget()
    world.warehouse.keys.forget()


def _late(world: World, action: Action) -> None:
    """A saga may fail for that, although what the timer waited for was on its way."""
    timer = _due(world, action)
    world.reason(timer.draft.order, f"{timer.draft.type} came first")
    _fire(world, action)


def _due(world: World, action: Action) -> Timer:
    return next(timer for timer in world.timers if timer.name == action.subject)


def _stall(world: World, action: Action) -> None:
    world.tasks[action.subject].stalled = world.stalled = True


def _fire(world: World, action: Action) -> None:
    timer = _due(world, action)
    world.timers.remove(timer)
    world.people.moved(world.tasks)
    world.now = max(world.now, timer.due)
    world.publish(timer.draft)


MOVES: dict[Kind, Callable[[World, Action], None]] = {
    Kind.PLACE: _place,
    Kind.RESUBMIT: _place,
    Kind.CANCEL: _cancel,
    Kind.ACT: _act,
    Kind.DELIVER: _deliver,
    Kind.RESUME: _resume,
    Kind.RELAY: _relay,
    Kind.FIRE: _fire,
    Kind.ANSWER: _answer,
    Kind.CRASH: _crash,
    Kind.DUPLICATE: _duplicate,
    Kind.REPUBLISH: _republish,
    Kind.TWICE: _twice,
    Kind.STALL: _stall,
    Kind.LATE: _late,
    Kind.POISON: _poison,
    Kind.STANDSTILL: _standstill,
}
