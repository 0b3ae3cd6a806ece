"""How a task ends: well, with an error, or with the death of its participant."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from implementations.errors import SETTLED, SETTLED_ON_ERROR, TargetError
from model.history import Cancel
from model.quiescence import not_quiescent
from properties.world.actions import Kind, made
from properties.world.loop_stepper import LoopStepper
from properties.world.network import Message
from properties.world.stepping import Operation
from properties.world.tasks import Task, Work, describe_error, describe_place, kill

if TYPE_CHECKING:
    from properties.world.world import World

#: The port call at which a handled message waits to be acknowledged.
ACKNOWLEDGE = "acknowledge"
_RELAY, _BACKGROUND, _RESUME = Work.RELAY, Work.BACKGROUND, Kind.RESUME
#: A message that has failed so often does not fail for the faults of a run: they are far fewer.
HOPELESS = 20
#: The broker drops a message that nobody can read when it has come back so often.
POISON_ATTEMPTS = 3
_VERDICTS = ("ack", "requeue", "reject", "unacked")


def finish(world: World, task: Task, result: Any) -> None:
    """The call has returned `result`."""
    task.result = result
    match task.work:
        case Work.HANDLE:
            _finish_handling(world, task, result)
        case Work.RELAY:
            _finish_relay(world, task, result)
        case Work.PLACE:
            saga = world.history.sagas[task.order]
            saga.refused = result == "refused" and (saga.refused or not saga.placed)
            saga.placed = True
            world.people.moved(world.tasks)
            end(world, task)
        case Work.CANCEL:
            refused = result == "refused"
            if not refused:
                world.cancels.add(task.order)
            world.history.answer(Cancel.REFUSED if refused else Cancel.ACCEPTED)
            world.history.sagas[task.order].cancelled = task.order in world.cancels
            world.people.moved(world.tasks)
            end(world, task)
        case Work.ACT:
            world.people.moved(world.tasks)
            end(world, task)
        case _:
            end(world, task)


def _finish_handling(world: World, task: Task, result: Any) -> None:
    if result is not None and result not in _VERDICTS:
        raise TargetError(
            f"returned {result!r}",
            task.name,
            'handle() returns nothing or "ack", "requeue", "reject" or "unacked"',
        )
    message = task.message
    assert message is not None
    if _forgotten(world, task):
        _handled(world, task)
        end(world, task)
    elif result is None or result == "ack":
        # the acknowledgement is a port call of its own: a crash may fall just before it
        task.finished = True
        task.operation = Operation(ACKNOWLEDGE, _nothing, has_effect=False)
        task.resume = made(_RESUME, task.name, ACKNOWLEDGE)
    else:
        if result == "requeue" and _attempts(world, task) is not None:
            message.failures += 1
        _give_back(world, task, message, result)


def _nothing() -> None:
    """What an acknowledgement does before the broker hears of it."""


def _forgotten(world: World, task: Task) -> bool:
    """Whether the broker has forgotten the message before its handling had come to an end."""
    consumer = world.subject.shape.consumers[task.participant]
    return task.acknowledged or consumer.acknowledge == "before"


def acknowledge_early(world: World, task: Task | None) -> None:
    """The target acknowledges a message while it handles it; what it does after that is extra.

    Raises:
        TargetError: there is none.
    """
    if task is None or task.message is None:
        raise TargetError(
            "acknowledged a message, and has none in hand",
            "world.acknowledge()" if task is None else task.name,
            "call it in handle(), where the service acknowledges the message being handled",
        )
    if task.work is Work.HANDLE and not _forgotten(world, task):
        task.acknowledged = True
        world.network.acknowledge(task.message)


def acknowledge(world: World, task: Task) -> None:
    """The broker hears that the message was handled."""
    assert task.message is not None
    world.network.acknowledge(task.message)
    _handled(world, task)
    end(world, task)


def _handled(world: World, task: Task) -> None:
    world.people.handled(world.tasks)
    if world.conformance is not None and task.message is not None and task.message.readable:
        role = world.role_of.get(task.participant, task.participant)
        world.conformance.acknowledged(task.order, role, task.message.type)


def _finish_relay(world: World, task: Task, result: Any) -> None:
    if type(result) is not int or result < 0:
        raise TargetError(
            f"returned {result!r}",
            f"relay({task.participant!r})",
            "relay() returns how many items were waiting when it was called; 0 means that the "
            "outbox is empty",
        )
    emptied = result == 0 or (result == 1 and task.published > 0)
    if emptied and world.dirty.get(task.participant, 0) <= task.since:
        world.dirty.pop(task.participant, None)
    end(world, task)


def fail(world: World, task: Task, error: Exception) -> None:
    """The call has raised `error`."""
    said = f"{task.name} raised {describe_error(error)}"
    error.__traceback__ = None  # it holds the frames, and they hold the error: garbage in a circle
    world.errors.append(said)
    if world.trace is not None:
        world.trace.note(said)
    match task.work:
        case Work.HANDLE:
            _fail_handling(world, task, error)
        case Work.PLACE:
            world.place_again(task.order)
            end(world, task)
        case Work.CANCEL:
            world.cancels.add(task.order)  # nobody can tell: it may have been accepted
            world.history.answer(Cancel.RAISED)
            end(world, task)
        case Work.ACT:
            world.people.fail(task.name)
            end(world, task)
        case _:
            end(world, task)


def _fail_handling(world: World, task: Task, error: Exception) -> None:
    message = task.message
    assert message is not None
    message.failures += 1
    world.hopeless = world.hopeless or message.failures >= HOPELESS
    if _forgotten(world, task):
        world.lost.add(task.name)
        end(world, task)
        return
    consumer = world.subject.shape.consumers[task.participant]
    settled = getattr(error, SETTLED, SETTLED_ON_ERROR[consumer.on_error])
    if settled == "ack":
        world.network.acknowledge(message)
        end(world, task)
    else:
        _give_back(world, task, message, settled)


def _give_back(world: World, task: Task, message: Message, settled: str) -> None:
    """The message was not dealt with: it waits again, is dropped, or is held until the restart."""
    if settled == "requeue":
        _requeue(world, task, message)
    elif settled == "reject":
        _reject(world, task, message)
    else:
        world.network.in_flight.remove(message)
        world.parked.setdefault(task.participant, []).append(message)
        end(world, task)


def _requeue(world: World, task: Task, message: Message) -> None:
    attempts = _attempts(world, task)
    spent = attempts is not None and message.failures >= attempts
    if spent or (not message.readable and message.handled >= POISON_ATTEMPTS):
        _reject(world, task, message)
        return
    world.network.give_back(message, to_the_end=True)
    if world.trace is not None:
        world.trace.note(f"{message.name} waits to be delivered again")
    end(world, task)


def _attempts(world: World, task: Task) -> int | None:
    """After how many attempts the broker gives a message up, if it does."""
    return world.subject.shape.consumers[task.participant].attempts


def _reject(world: World, task: Task, message: Message) -> None:
    world.network.in_flight.remove(message)
    world.dead_letters.append(message)
    if world.trace is not None:
        world.trace.note(f"{message.name} goes to the dead letters")
    end(world, task)


def end(world: World, task: Task) -> None:
    """The call is over, however it went: its consumer is free."""
    del world.tasks[task.name]
    if task.work is not _RELAY and task.work is not _BACKGROUND:
        world.free[task.participant] = world.free.get(task.participant, 0) + 1


def bury(world: World, task: Task) -> None:
    """What a killed call leaves behind for the rest of the world."""
    if task.work is Work.PLACE:
        world.place_again(task.order)
    elif task.work is Work.CANCEL:
        world.cancels.add(task.order)
    elif task.work is Work.ACT:
        world.people.fail(task.name)
    message = task.message
    if task.work is Work.HANDLE and not task.finished and _forgotten(world, task):
        world.lost.add(task.name)
    if message is not None and message in world.network.in_flight:
        world.network.give_back(message, to_the_end=False)
    end(world, task)


def leave_behind(world: World, task: Task) -> None:
    """The call is over, and tasks that it has started on the event loop go on in the background.

    They are the participant's: no message waits for them, and a crash kills them with it.
    """
    stepper = task.stepper
    standing = stepper.left_behind() if isinstance(stepper, LoopStepper) else None
    if standing is None or task.work is _BACKGROUND:
        return
    name, count = f"{task.name}, background", 1
    while name in world.tasks:
        count += 1
        name = f"{task.name}, background #{count}"
    left = Task(
        name, _BACKGROUND, task.participant, task.order, stepper, task.handling, task.message
    )
    left.since = world.history.step
    left.stop_at(standing)
    world.tasks[name] = left


def abandon(world: World) -> None:
    """The run is over: what still waits on the event loop dies, and nobody hears of it."""
    for task in world.tasks.values():
        world.running = task
        with suppress(TargetError):
            kill(task)
    world.running = None
    if world.loop is not None:
        world.loop.detach()


def never_end(world: World) -> None:
    """All is at rest: a call that still waits, for what is in nobody's hands, waits for ever."""
    for task in world.tasks.values():
        if task.work is not _BACKGROUND:
            why = f"{task.name} waits for what never comes{describe_place(task)}"
            not_quiescent(world.history, task.order, why)
