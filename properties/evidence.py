"""What a minimal run shows, as plain facts: all that the diagnosis may conclude from.

Nothing here knows which target it was. Names of the model's events are looked for; a target with
names of its own says less, and is told less.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, dropwhile, takewhile
from typing import Any

from attrs import evolve, field, frozen

from model.environment import BUSINESS_FAULTS, Fault
from model.history import Finding, History, Saga
from model.ledger import Effect, Entry
from model.vocabulary import Status
from properties.overlap import Overlap, overlap
from properties.places import handled, interrupted, is_own
from properties.run import Deviation, Run, run_schedule
from properties.world.actions import Action, Kind, fault_of, in_words
from properties.world.network import Message
from properties.world.subject import Source, Sources
from properties.world.world import World
from reports.counterexample import Arrow, ArrowKind, Step

#: After these a call that was made already is made again.
RETRIED = frozenset(
    {Fault.CRASH, Fault.UNKNOWN, Fault.TRANSIENT, Fault.CONCURRENCY, Fault.RESUBMIT}
)


@frozen
class Copy:
    """A message that its sender has sent twice."""

    name: str
    type: str
    same_id: bool


def _no_harm(name: str) -> bool:
    return False


@frozen
class Evidence:
    """What a minimal run shows: the finding, what was needed for it, what came of it."""

    finding: Finding
    actions: tuple[Action, ...] = ()
    """The deviations of the schedule: each of them is necessary."""
    violated: frozenset[str] = frozenset()
    """What else the run violates, apart from what the target violates always."""
    orders: int = 1
    sagas: tuple[Saga, ...] = ()
    """The orders concerned."""
    entries: tuple[Entry, ...] = ()
    """Their part of the ledger."""
    enough: bool = True
    """Whether there was stock for all of them from the beginning."""
    surplus: bool = False
    """Whether there are more pieces in the end than there were."""
    told: Mapping[str, int] = field(factory=dict)
    """`type(order)` -> the first step at which it was published."""
    heard: Mapping[str, int] = field(factory=dict)
    """`type(order)` -> the first step at which it was delivered to anybody."""
    redelivered: frozenset[str] = frozenset()
    """`type(order)` of what was delivered more than once."""
    failed: Mapping[str, int] = field(factory=dict)
    """Order -> the step at which it was first seen to have failed."""
    asked_anew: bool = False
    """Gateway or carrier were asked for the same thing under two keys, or without any."""
    copies: tuple[Copy, ...] = ()
    same_harm: Callable[[str], bool] = _no_harm
    """Whether it is as bad if the broker delivers this message again, under the id it has."""
    errors: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    """Event types that nobody subscribes to, those that end a saga left out."""
    lost: frozenset[str] = frozenset()
    """Handlers that came to a bad end when their message had been acknowledged."""
    failing: Mapping[str, int] = field(factory=dict)
    """Handlers that have never come to a good end -> how often they ended with an error."""
    observed: frozenset[Effect] = frozenset()
    """What only the target's own data show: nobody outside was asked for it."""
    relaying: frozenset[str] = frozenset()
    """Participants that sent what stood in their outbox."""
    told_first: frozenset[Action] = frozenset()
    """Deviations that struck a handler whose own work came behind what it published."""
    done_again: frozenset[Action] = frozenset()
    """Deviations that struck a handler behind its own work, which it then did, and told, again."""
    overlap: Overlap | None = None
    """Two messages of one order that a participant handled at once."""
    unsent: frozenset[Action] = frozenset()
    """Crashes of somebody idle who may have had something still to send, and never sent it."""

    @property
    def faults(self) -> frozenset[Fault]:
        """What the environment did; deliveries and port calls out of turn included."""
        faults = {fault for action in self.actions if (fault := fault_of(action))}
        kinds = {action.kind for action in self.actions}
        if Kind.DELIVER in kinds:
            faults.add(Fault.REORDER)
        if Kind.RESUME in kinds:
            faults.add(Fault.CONCURRENCY)
        return frozenset(faults)

    @property
    def technical(self) -> frozenset[Fault]:
        """The faults that are no business answers."""
        return self.faults - BUSINESS_FAULTS

    @property
    def short(self) -> bool:
        """Whether stock was short for an order concerned."""
        return any("short stock" in saga.reasons for saga in self.sagas)

    def of_kind(self, *kinds: Kind) -> tuple[Action, ...]:
        """The deviations of some kinds."""
        return tuple(action for action in self.actions if action.kind in kinds)


def evidence(
    finding: Finding, violated: Collection[str], run: Run, steps: Sequence[Step]
) -> Evidence:
    """Gather what a run shows; `steps` is its trace."""
    world, order = run.world, finding.order
    history = world.history
    actions = _without_copies(finding, run)
    names = [name for name in history.sagas if order in ("", name)]
    return Evidence(
        finding=finding,
        actions=actions,
        violated=frozenset(violated),
        orders=len(run.schedule.scope.orders),
        sagas=tuple(history.sagas[name] for name in names),
        entries=tuple(entry for entry in history.ledger.entries if entry.order in names),
        enough=all(
            n <= history.initial.get(sku, 0) for sku, n in run.schedule.scope.wanted.items()
        ),
        surplus=_surplus(history),
        told=_messages(steps, published=True),
        heard=_messages(steps, published=False),
        redelivered=_redelivered(steps),
        failed=_failed(steps),
        asked_anew=any(_asked_anew(world, name) for name in names),
        copies=tuple(_copies(world.network.originals.values())),
        same_harm=lambda name: _same_harm(finding.property_id, run, name),
        errors=tuple(world.errors),
        unheard=tuple(name for name in world.network.unheard if name not in history.sight.terminal),
        lost=frozenset(world.lost),
        failing=_failing(world),
        observed=_observed(world.subject.sources),
        relaying=frozenset(_relaying(steps)),
        told_first=frozenset(action for action in actions if _told_first(steps, action)),
        done_again=frozenset(action for action in actions if _done_again(steps, action)),
        overlap=overlap(steps),
        unsent=frozenset(action for action in actions if _unsent(steps, action)),
    )


def _failing(world: World) -> dict[str, int]:
    """Who was tried again to the last, or until the broker gave the message up."""
    messages = (*world.network.in_flight, *world.dead_letters)
    return {each.task_name: each.failures for each in messages if each.failures}


def _observed(sources: Sources) -> frozenset[Effect]:
    money = {Effect.CHARGE, Effect.REFUND} if sources.money is Source.OBSERVED else set()
    parcels = {Effect.SHIP} if sources.parcels is Source.OBSERVED else set()
    return frozenset(money | parcels)


def _relaying(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        participant, sends, _ = step.action.partition(" relay: publish ")
        if sends:
            yield participant


def _told_first(steps: Sequence[Step], action: Action) -> bool:
    """Whether a handler that failed at its own work, or took long, had published before it."""
    transient = fault_of(action) is Fault.TRANSIENT and is_own(action.port)
    if not handled(action) or not (transient or action.kind is Kind.STALL):
        return False
    before, after = _around(steps, action)
    handed = f"deliver {handled(action)}"
    calls = [step.action for step in takewhile(lambda step: step.action != handed, before[::-1])]
    if action.kind is Kind.STALL:
        calls = [step.action for step in after]
        works = (place for place, call in enumerate(calls) if _is_work(call, action.subject))
        calls = calls[: next(works, 0)]
    return any(call.startswith(f"{action.subject}: publish ") for call in calls)


def _done_again(steps: Sequence[Step], action: Action) -> bool:
    """Whether a handler that was struck behind its own work did it again, and told of it again."""
    before, after = _around(steps, action)
    done = {step.action for step in before if _is_work(step.action, action.subject)}
    again = [step.action for step in dropwhile(lambda step: step.action not in done, after)]
    sends = f"{action.subject.partition(' on ')[0]} relay: publish "
    sent = [step.action for step in after if step.action.startswith(sends)]
    told = any(call.startswith(f"{action.subject}: publish ") for call in again)
    return bool(handled(action) and again) and (told or len(sent) > 1)


def _unsent(steps: Sequence[Step], action: Action) -> bool:
    """Whether somebody who died while idle had worked since it last sent, and sent nothing after.

    What it sends after that, before it works again, has been in an outbox that is still there.
    """
    if action.kind is not Kind.CRASH or action.port:
        return False
    before, after = _around(steps, action)
    worked = _next(before[::-1], action.subject) == "worked"
    return worked and _next(after, action.subject) != "sent"


def _next(steps: Iterable[Step], participant: str) -> str:
    """What a participant does first: it sends what is in its outbox, or it works."""
    for step in steps:
        if step.action.startswith(f"{participant} relay: publish "):
            return "sent"
        if step.action.startswith(f"{participant} on "):
            return "worked"
    return ""


def _around(steps: Sequence[Step], action: Action) -> tuple[Sequence[Step], Sequence[Step]]:
    """The steps before and behind the one in which something deviated."""
    words = in_words(action)
    places = [place for place, step in enumerate(steps) if step.action == words]
    return (steps[: places[0]], steps[places[0] + 1 :]) if places else ((), ())


def _is_work(call: str, subject: str) -> bool:
    """Whether a step is a handler's own work."""
    others, _, port = call.partition(f"{subject}: ")
    return not others and is_own(port)


def _surplus(history: History) -> bool:
    for sku, pieces in history.stock.items():
        for saga in history.sagas.values():
            balance = saga.balance
            pieces += balance.reserved.get(sku, 0) or balance.shipped.get(sku, 0)
        if pieces > history.initial.get(sku, 0):
            return True
    return False


def _messages(steps: Sequence[Step], published: bool) -> dict[str, int]:
    """`type(order)` -> the first step at which it went to the broker, or came from it."""
    first: dict[str, int] = {}
    for step in steps:
        for arrow in step.arrows:
            at = arrow.target if published else arrow.source
            if arrow.kind is ArrowKind.MESSAGE and at == "broker":
                first.setdefault(_message(arrow), step.number)
    return first


def _message(arrow: Arrow) -> str:
    """`type(order)` of what an arrow brings, whichever copy it is."""
    name, _, _ = arrow.text.partition(")")
    return f"{name})"


def _redelivered(steps: Sequence[Step]) -> frozenset[str]:
    arrows = [arrow for step in steps for arrow in step.arrows if arrow.source == "broker"]
    times = Counter(_message(arrow) for arrow in arrows if arrow.kind is ArrowKind.MESSAGE)
    return frozenset(message for message, count in times.items() if count > 1)


def _failed(steps: Sequence[Step]) -> dict[str, int]:
    first: dict[str, int] = {}
    for step in steps:
        for balance in step.balances:
            if balance.status == Status.FAILED:
                first.setdefault(balance.order, step.number)
    return first


def _asked_anew(world: World, order: str) -> bool:
    """Whether somebody outside was asked for the same thing twice, and could not see that it was.

    A refusal without a key leaves no trace outside but the reason that it gave.
    """
    charges = world.gateway.charges
    kept = chain(world.gateway.keys.stored.values(), world.carrier.keys.stored.values())
    asked = [
        what for what, _ in kept if what[1] == order or charges.get(what[1], ("",))[0] == order
    ]
    saga = world.history.sagas[order]
    refused_and_done = ("payment declined" in saga.reasons and saga.balance.captures) or (
        "carrier refused" in saga.reasons and saga.balance.booked
    )
    return bool(refused_and_done) or has_twice(asked)


def has_twice(things: Iterable[Any]) -> bool:
    """Whether one of some things comes twice."""
    known = list(things)
    return len(set(known)) < len(known)


def _copies(messages: Iterable[Message]) -> Iterator[Copy]:
    """Messages whose event was sent twice, under one id or under two."""
    first: dict[tuple[str, ...], Message] = {}
    for message in messages:
        content = json.dumps(json.loads(message.event)["data"], sort_keys=True)
        before = first.setdefault(
            (message.type, message.order, message.participant, content), message
        )
        if before is not message:
            yield Copy(before.name, message.type, before.id == message.id)


def _same_harm(property_id: str, run: Run, name: str) -> bool:
    """Run it once more, with a copy under the message's own id instead of what made it come again.

    That is a crash of its sender, or an error of its handler. If it cannot come again under its own
    id, whoever handles it may not know that one, either.
    """
    subject = run.world.subject
    gone = (Kind.CRASH, Kind.REPUBLISH)
    kept = [
        each
        for each in run.schedule.deviations
        if each.action.kind not in gone and not interrupted(each.action)
    ]
    again = Deviation(0, Action(Kind.DUPLICATE, name))
    scope = run.schedule.scope
    may = evolve(
        scope,
        faults=scope.faults | {Fault.DUPLICATE},
        budgets={**scope.budgets, Fault.DUPLICATE: len(kept) + 1},
    )
    other = run_schedule(subject, evolve(run.schedule, scope=may, deviations=(*kept, again)))
    other.world.dissolve()
    return property_id in other.findings or again.action in other.skipped


def _without_copies(finding: Finding, run: Run) -> tuple[Action, ...]:
    """What deviated; where a copy was no more than a message out of turn, that message alone.

    Brought forward by itself it has to lead to the very same violation.
    """
    deviations = list(run.schedule.deviations)
    for place, each in enumerate(deviations):
        if each.action.kind not in (Kind.TWICE, Kind.DUPLICATE):
            continue
        alone = evolve(each, action=Action(Kind.DELIVER, each.action.subject))
        tried = (*deviations[:place], alone, *deviations[place + 1 :])
        other = run_schedule(run.world.subject, evolve(run.schedule, deviations=tried))
        other.world.dissolve()
        found = other.findings.get(finding.property_id)
        if found and found.text == finding.text and not other.skipped:
            deviations[place] = alone
    return tuple(deviation.action for deviation in deviations)
