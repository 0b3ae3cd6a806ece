"""What may happen next: one list of actions in canonical order, the benign choice first.

First in, first out means: finish what has begun, empty the outboxes, deliver the oldest message,
and only then let the customer place the next order.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from model.environment import Fault
from model.vocabulary import Status
from properties.world.actions import (
    IDLE,
    Action,
    Kind,
    Mode,
    fault_of_answer,
    made,
    request_name,
)
from properties.world.network import Message
from properties.world.stepping import Operation

if TYPE_CHECKING:
    from properties.world.tasks import Task
    from properties.world.world import World


_RELAY, _PLACE, _ANSWER, _CRASH = Kind.RELAY, Kind.PLACE, Kind.ANSWER, Kind.CRASH
_TWICE, _CANCEL, _RESUBMIT = Kind.TWICE, Kind.CANCEL, Kind.RESUBMIT
_STALL = Kind.STALL
_REFUSED, _TRANSIENT, _BEFORE, _AFTER = Mode.REFUSED, Mode.TRANSIENT, Mode.BEFORE, Mode.AFTER
_CONCURRENCY, _REORDER, _DUPLICATE = Fault.CONCURRENCY, Fault.REORDER, Fault.DUPLICATE
_CRASHES, _CANCELS, _RESUBMITS = Fault.CRASH, Fault.CANCEL, Fault.RESUBMIT
_REPUBLISHES = Fault.REPUBLISH
_LATE, _POISON, _STANDSTILL = Fault.LATE, Fault.POISON, Fault.STANDSTILL


def benign(world: World) -> list[Action]:
    """What may happen without any fault; never empty."""
    tasks = world.tasks
    if world.loop is not None:
        tasks = {name: task for name, task in tasks.items() if task.when <= world.now}
    found = [task.resume for task in tasks.values()]
    if found and not world.concurrent:
        return found[:1]
    stalled: list[Action] = []
    if world.stalled:
        movable = [task for task in tasks.values() if not held_up(world, task)]
        stalled = [task.resume for task in movable if task.stalled]
        found = [task.resume for task in movable if not task.stalled]
    for participant in world.dirty:
        for name in world.relays[participant]:  # on every step of every run: no call, no generator
            if name not in world.tasks:
                found.append(made(_RELAY, participant))
                break
    ready = world.network.deliverable(world.free)
    if world.errors:  # what has failed waits for the others, or it would be tried for ever
        ready = sorted(ready, key=lambda message: message.failures)
        if stalled:  # which may be what it failed for
            ready = [message for message in ready if not message.failures]
    found += [message.deliver for message in (ready if world.reorders else ready[:1])]
    if world.unplaced:
        found += _placing(world)[:1]
    found = found or stalled
    if world.loop is not None and (world.concurrent or not found):
        found += _sleepers(world)
    if found:
        return found
    if world.subject.shape.has("act") and (found := _acts(world)):
        return found  # people come before timers, or whatever waits for them would always expire
    if world.timers:
        return [made(Kind.FIRE, min(world.timers, key=lambda timer: timer.due).name)]
    return [IDLE]


def _sleepers(world: World) -> list[Action]:
    """What goes on when time passes, by letting it: one at a time, in the order of time."""
    tasks = [task for task in world.tasks.values() if world.now < task.when < inf]
    return [min(tasks, key=lambda task: task.when).resume] if tasks else []


def held_up(world: World, task: Task) -> bool:
    """Whether a task waits for another one, which has to run first.

    Where all wait there is nobody to wait for: then each of them may give up.
    """
    if world.loop is not None and task.when > world.now:
        return task.resume not in _sleepers(world)
    return task.waiting and not all(other.waiting for other in world.tasks.values())


def free_relay(world: World, participant: str) -> str:
    """The name of a relay of this participant's outbox that is not under way; empty if all are."""
    for name in world.relays[participant]:
        if name not in world.tasks:
            return name
    return ""


def _placing(world: World) -> list[Action]:
    """Orders that the customer may place; none twice at the same time under one name."""
    if world.free.get(world.order_participant, 1) <= 0:
        return []
    actions = [made(_PLACE, order) for order in world.unplaced]
    return [action for action in actions if request_name(action) not in world.tasks]


def _acts(world: World) -> list[Action]:
    """What people do to a saga that waits for them; each thing once for each order.

    What was tried in vain comes behind the others, on which it may depend.
    """
    names = world.target.actions()
    could = (
        made(Kind.ACT, order, name)
        for order, saga in world.history.sagas.items()
        if saga.status is Status.OPEN
        for name in names
    )
    people = world.people
    may = [action for action in could if request_name(action) not in people.done]
    if people.in_vain:
        may.sort(key=lambda action: people.in_vain.get(request_name(action), 0))
    return may


def faults(world: World) -> list[list[Action]]:
    """What may go wrong now, one list for each kind of fault that can strike."""
    groups = [
        *_answers(world),
        _crashes(world),
        *_copies(world),
        _client(world),
        _stalls(world),
        *_rare(world),
    ]
    return [group for group in groups if group]


def _answers(world: World) -> list[list[Action]]:
    refused: list[Action] = []
    unknown: list[Action] = []
    transient: list[Action] = []
    for task in world.tasks.values():
        operation = task.operation
        if operation is None:
            continue
        for mode in modes(operation):
            if world.left.get(fault_of_answer(operation.port, mode)):
                action = made(_ANSWER, task.name, operation.port, mode)
                if mode == _REFUSED:
                    refused.append(action)
                elif mode == _TRANSIENT:
                    transient.append(action)
                else:
                    unknown.append(action)
    return [refused, unknown, transient]


def _crashes(world: World) -> list[Action]:
    if not world.left.get(_CRASHES):
        return []
    found = []
    busy = set()
    for task in world.tasks.values():
        busy.add(task.participant)
        if task.operation is None:
            continue
        port = task.operation.port
        found.append(made(_CRASH, task.name, port, _BEFORE))
        if task.operation.has_effect:
            found.append(made(_CRASH, task.name, port, _AFTER))
    for participant in world.subject.shape.subscriptions:
        if participant in world.active and participant not in busy:
            found.append(made(_CRASH, participant))
    return found


def _copies(world: World) -> list[list[Action]]:
    """Copies of messages: late ones first, since the benign choices never bring those about."""
    network = world.network
    if not network.contract.duplicates:
        return []
    duplicates: list[Action] = []
    republished: list[Action] = []
    twice: list[Action] = []
    if world.left.get(_DUPLICATE):
        duplicates = network.repeatable[::-1]
    if world.left.get(_REPUBLISHES):
        changing = world.subject.changing
        republished = [
            made(Kind.REPUBLISH, name)
            for name, message in reversed(network.originals.items())
            if not changing or message.type in changing
        ]
    if world.left.get(_CONCURRENCY) and _DUPLICATE in world.left:
        twice = [
            made(_TWICE, message.name)
            for message in network.deliverable(world.free)
            if world.free[message.participant] > 1 and _comes_again(world, message)
        ]
    return [duplicates, republished, twice]


def _stalls(world: World) -> list[Action]:
    """What may take long: a deviation that stands for many steps at which it is passed over."""
    if not world.left.get(_CONCURRENCY):
        return []
    return [made(_STALL, task.name) for task in world.tasks.values() if not task.stalled]


def _comes_again(world: World, message: Message) -> bool:
    """A broker delivers again what is acknowledged late, never what is acknowledged first."""
    return message.readable and message.participant in world.network.late


def _client(world: World) -> list[Action]:
    shape = world.subject.shape
    found = []
    if world.free.get(world.order_participant, 1) <= 0:
        return []
    sagas = world.history.sagas.items()
    if shape.has_cancel and world.left.get(_CANCELS):
        found += [made(_CANCEL, order) for order, saga in sagas if saga.placed]
    if shape.idempotent_place and world.left.get(_RESUBMITS):  # who waits too long asks again
        found += [made(_RESUBMIT, order) for order, saga in sagas if saga.attempted]
    return [action for action in found if request_name(action) not in world.tasks]


def _rare(world: World) -> list[list[Action]]:
    late: list[Action] = []
    poison: list[Action] = []
    if world.timers and world.left.get(_LATE):
        acts = world.subject.shape.has("act") and bool(_acts(world))
        late = [
            made(Kind.LATE, timer.name)
            for timer in world.timers
            if acts or world.under_way(timer.draft.order)
        ]
    if world.left.get(_POISON):
        poison = [made(Kind.POISON, *kind) for kind in world.network.kinds]
    standstill = [made(Kind.STANDSTILL)] if world.active and world.left.get(_STANDSTILL) else []
    return [late, poison, standstill]


def enabled(world: World, action: Action) -> bool:
    """Whether `action` can happen now."""
    kind, subject, port, _ = action
    match kind:
        case Kind.RESUME:
            return subject in world.tasks and not held_up(world, world.tasks[subject])
        case Kind.DELIVER:
            return deliverable(world, subject) is not None
        case Kind.ANSWER | Kind.CRASH if port:
            return _strikes(world, action)
        case Kind.RELAY:
            return subject in world.dirty and free_relay(world, subject) != ""
        case Kind.PLACE:
            return action in _placing(world)
        case Kind.CRASH:
            busy = any(task.participant == subject for task in world.tasks.values())
            return bool(world.left.get(Fault.CRASH)) and subject in world.active and not busy
        case Kind.DUPLICATE:
            may = world.network.contract.duplicates and world.left.get(Fault.DUPLICATE)
            original = world.network.originals.get(subject)
            return bool(may) and original is not None and _comes_again(world, original)
        case Kind.REPUBLISH:
            may = world.network.contract.duplicates and world.left.get(Fault.REPUBLISH)
            return bool(may) and subject in world.network.originals
        case Kind.FIRE:
            return any(timer.name == subject for timer in world.timers)
        case Kind.ACT:
            may = world.subject.shape.has("act") and port in world.target.actions()
            return may and subject in world.orders and request_name(action) not in world.people.done
        case Kind.IDLE:
            return True
        case _:
            return any(action in group for group in faults(world))


def _strikes(world: World, action: Action) -> bool:
    task = world.tasks.get(action.subject)
    if task is None or task.operation is None or task.operation.port != action.port:
        return False
    if action.kind is Kind.CRASH:
        may = task.operation.has_effect or action.mode == Mode.BEFORE
        return may and bool(world.left.get(Fault.CRASH))
    left = world.left.get(fault_of_answer(action.port, action.mode))
    return action.mode in modes(task.operation) and bool(left)


def modes(operation: Operation) -> tuple[str, ...]:
    """How else a port call may end now."""
    if operation.settled is not None and operation.settled():
        return tuple(mode for mode in operation.modes if mode != Mode.REFUSED)
    return operation.modes


def deliverable(world: World, name: str) -> Message | None:
    """The message of this name, if it may be delivered now."""
    for message in world.network.deliverable(world.free):
        if message.name == name:
            return message
    return None
