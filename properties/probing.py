"""Getting to know a target before it is verified: its shape, and what can be seen of it.

A few runs without faults show whether money is moved at the gateway or listed in `observe()`,
whether the target uses the model's event names, and whether it is the same twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

from attrs import evolve

from implementations.errors import TargetError, did_you_mean
from implementations.loading import LoadedTarget, load
from implementations.observing import Observation, check_observation
from implementations.shape import TargetShape, check_target
from model.environment import Delivery, Fault
from model.history import Sight
from model.vocabulary import TERMINAL_EVENTS, Event, Order, Role, Status
from properties.accepting import check_accepted
from properties.relayed import check_relayed
from properties.run import Run, Schedule, run_schedule
from properties.world.actions import Action, Kind, Mode
from properties.world.closing import close_target
from properties.world.doubles import Carrier, Gateway, Warehouse
from properties.world.network import Draft
from properties.world.ports import Ports
from properties.world.scopes import SCOPES, SINGLE, Scope, fitting
from properties.world.sighting import check_beginning, snapshot
from properties.world.subject import Source, Sources, Subject
from properties.world.tasks import describe_error
from properties.world.trace import Trace
from properties.world.watchdog import watched
from properties.world.world import World
from reports.counterexample import Step

_NO_FAULTS = frozenset({Fault.OUT_OF_STOCK, Fault.CONTENTION})


def probe(spec: str) -> Subject:
    """The target that `spec` names, ready to be verified.

    Raises:
        TargetError: it cannot be verified as it is.
    """
    loaded = load(spec)
    shape, seen = _first_look(loaded)
    sources = Sources(
        money=Source.DOUBLE if seen.payments is None else Source.OBSERVED,
        stock=_stock_source(seen),
        parcels=Source.DOUBLE if seen.shipments is None else Source.OBSERVED,
    )
    sight = _sight(sources, {}, set(), shape)
    subject = Subject(loaded.spec, _explaining(loaded), shape, sources, sight)
    scopes = fitting(SCOPES, _NO_FAULTS, Delivery.EXACTLY_ONCE_FIFO, shape)
    if not scopes:
        raise TargetError(
            f"its limits {shape.limits!r} leave no order that it would accept",
            spec,
            "limits are the most it takes, for example {'lines': 1, 'quantity': 10}",
        )
    runs = _first_in_first_out(subject, scopes)
    check_accepted(spec, runs)
    check_relayed(runs[0])
    if reached := _reached(subject, scopes[0], runs[0]):
        subject = evolve(subject, reached=reached)
        runs = _first_in_first_out(subject, scopes)
    _check_outbox(subject, scopes[0], runs[0])
    sources = _refine(sources, runs)
    published = {type_ for run in runs for type_ in _published(run)}
    terminal = _terminal(shape, published)
    sight = _sight(sources, terminal, published, shape)
    subject = evolve(subject, sources=sources, sight=sight)
    subject = evolve(
        subject,
        changing=_changing(subject, scopes[0], runs[0]),
        sets_timers=any(run.world.timers_set for run in runs),
    )
    _check_same_twice(subject, scopes[0])
    return subject


def _first_in_first_out(subject: Subject, scopes: Iterable[Scope]) -> list[Run]:
    """A run in each scope, without faults."""
    runs = []
    for scope in scopes:
        runs.append(run_schedule(subject, Schedule(scope), compared=False))
        subject.close(runs[-1].world.target)  # at once: what it has opened may be scarce
    return runs


def _first_look(loaded: LoadedTarget) -> tuple[TargetShape, Observation]:
    """The shape of the target, and what it shows before anything has happened."""
    nowhere = _Nowhere()
    with watched(loaded.spec):
        target = _explaining(loaded)(Ports(nowhere))  # type: ignore[arg-type]
        shape = check_target(target)
        nowhere.asynchronous = shape.is_async
        seen = check_observation(snapshot(target), ())
        _check_only_reads(seen, target, ())
        check_beginning(seen, SINGLE.stock)
        if "close" in shape.members:
            close_target(target)
    return shape, seen


def _explaining(loaded: LoadedTarget) -> Callable[[Any], Any]:
    """The factory; should it fail, now or in the middle of the search, it is one message."""

    def make(world: Any) -> Any:
        try:
            return loaded.factory(world)
        except TargetError:
            raise
        except (Exception, SystemExit) as error:
            raise TargetError(
                f"the factory raised {describe_error(error)}",
                loaded.spec,
                "it is called with the world, once for each run, and returns a target",
            ) from error

    return make


class _Nowhere:
    """What the ports of a target see that is only being looked at: nothing lasts."""

    def __init__(self) -> None:
        self.scope = SINGLE
        self.running = None
        self.asynchronous = False
        self.now = 0.0
        self.gateway = Gateway(_forget, _forget)
        self.carrier = Carrier(_forget, _forget, {})
        self.warehouse = Warehouse(_forget, _forget, dict(SINGLE.stock))
        self.orders: dict[str, Order] = {}
        self.events: dict[str, int] = {}

    def set_timer(self, delay: float, draft: Draft) -> None:
        """Nothing has happened yet that could be waited for."""
        self.publish(draft)

    def publish(self, draft: Draft) -> None:
        """Nothing has happened yet that an event could tell of."""
        raise TargetError(
            f"published {draft.type!r} before anything was asked of the target",
            "the factory, or observe()",
            "publish from place_order, handle or relay: the factory only builds, observe() only "
            "reads",
        )


def _forget(*_: object) -> None:
    """Where effects go that nobody looks at."""


def _check_only_reads(seen: Observation, target: Any, known: Iterable[str]) -> None:
    """observe() says the same again as long as nothing happens."""
    if check_observation(snapshot(target), tuple(known)) != seen:
        raise TargetError(
            "shows something else the second time, although nothing happened in between",
            "observe()",
            "observe() only reads: it neither changes the target nor depends on the clock",
        )


def _stock_source(seen: Observation) -> Source:
    if seen.reservations is not None:
        return Source.OBSERVED
    return Source.TOTAL if seen.stock else Source.NONE


def _refine(sources: Sources, runs: Iterable[Run]) -> Sources:
    """A target that uses a double is seen there, whatever it lists."""
    runs = list(runs)
    if any(run.world.gateway.charges for run in runs):
        sources = evolve(sources, money=Source.DOUBLE)
    elif sources.money is Source.DOUBLE:
        sources = evolve(sources, money=Source.NONE)
    if any(run.world.warehouse.used for run in runs):
        sources = evolve(sources, stock=Source.DOUBLE)
    if any(run.world.carrier.parcels for run in runs):
        sources = evolve(sources, parcels=Source.DOUBLE)
    elif sources.parcels is Source.DOUBLE:
        sources = evolve(sources, parcels=Source.NONE)
    return sources


def _published(run: Run) -> set[str]:
    sagas = run.world.history.sagas.values()
    return {type_ for saga in sagas for type_ in saga.published}


def _terminal(shape: TargetShape, published: set[str]) -> dict[str, Status]:
    if shape.terminal:
        return dict(shape.terminal)
    if (published | shape.events) & TERMINAL_EVENTS.keys():
        return dict(TERMINAL_EVENTS)
    return {}


def _sight(
    sources: Sources, terminal: dict[str, Status], published: set[str], shape: TargetShape
) -> Sight:
    words = published | shape.events
    return Sight(
        money=sources.money is not Source.NONE,
        stock=sources.stock is not Source.NONE,
        reservations=sources.stock in (Source.OBSERVED, Source.DOUBLE),
        parcels=sources.parcels is not Source.NONE,
        model_events=bool(published)
        and words <= set(Event)
        and set(Role) <= set(shape.roles)
        and Event.ORDER_CREATED in published,
        words=frozenset(words | terminal.keys()),
        terminal=terminal,
    )


def _reached(subject: Subject, scope: Scope, run: Run) -> frozenset[str]:
    """Participants whose outboxes are to be asked after calls of others as well.

    An API in front of several services writes in theirs, and so does a handler in a shared one.
    """
    if not subject.shape.has("relay"):
        return frozenset()
    asking = evolve(subject, reached=frozenset(subject.shape.participants))
    (asked,) = _first_in_first_out(asking, [scope])
    drafts = asked.world.network.published
    if len(drafts) <= len(run.world.network.published):
        return frozenset()
    # the gateway publishes too, where it is asked to (`notify`)
    return asking.reached & {draft.source for draft in drafts}


def _check_outbox(subject: Subject, scope: Scope, run: Run) -> None:
    """What `observe()` shows of outboxes is true: a relay has nothing, if it is asked all the same.

    Where it is not, that may be because all of what is shown is old (a `seen` that is told once).

    Raises:
        TargetError: it is not, or somebody is shown whom nobody knows.
    """
    last = run.world.sighting.last
    if last is None or last.outbox is None:
        return
    for name in last.outbox:
        if name not in subject.shape.participants:
            known = subject.shape.participants
            listed = f"the participants are {', '.join(known)}"
            raise TargetError(
                f"shows an outbox of {name!r}, whom nobody knows",
                "observe()['outbox']",
                did_you_mean(name, known, listed),
            )
    (asked,) = _first_in_first_out(evolve(subject, believed=False), [scope])
    more = asked.world.network.published[len(run.world.network.published) :]
    if more:
        again = run_schedule(subject, Schedule(scope), compared=False).world
        _check_only_reads(again.sighting.last or last, again.target, again.orders)
        subject.close(again.target)
        raise TargetError(
            f"shows that the outbox of {more[0].source} is empty, and its relay publishes "
            f"{more[0].type}",
            "observe()['outbox']",
            "count what the next relay() would publish, and leave out whom you cannot count for",
        )


def _changing(subject: Subject, scope: Scope, plain: Run) -> frozenset[str]:
    """Types of events that may come under another id when they are sent again after a crash.

    There are none if no event that anybody hears was seen to. Else there are all but those that
    were seen to keep their id.

    In one run, every publish is followed by a crash, once. Only what a plain run sends exactly
    once is looked at: two events may say the same.
    """
    once = {what for what, ids in _ids(plain.world).items() if len(ids) == 1}
    budgets = {**scope.budgets, Fault.CRASH: len(once)}
    world = World(subject, evolve(scope, faults=_NO_FAULTS | {Fault.CRASH}, budgets=budgets))
    struck: set[Action] = set()
    with watched(subject.spec):
        while (action := world.benign()[0]).kind is not Kind.IDLE and not world.exhausted:
            strike = next((crash for crash in _after_publish(world) if crash not in struck), None)
            if strike:
                struck.add(strike)
            world.apply(strike or action)
    ids = _ids(world)
    world.dissolve()
    again = {what: set(found) for what in once if len(found := ids.get(what, [])) > 1}
    changed = {type_ for (_, type_, *_), found in again.items() if len(found) > 1}
    heard = subject.shape.events
    return heard - ({type_ for _, type_, *_ in again} - changed) if changed & heard else frozenset()


def _after_publish(world: World) -> Iterator[Action]:
    """The crashes that can strike now just after an event was published."""
    crashes = (action for group in world.faults() for action in group)
    return (a for a in crashes if a.port.startswith("publish ") and a.mode == Mode.AFTER)


def _ids(world: World) -> dict[tuple[str, ...], list[str]]:
    """The ids under which each content was published."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for draft in world.network.published:
        what = (draft.source, draft.type, draft.order, repr(draft.attributes["data"]))
        seen.setdefault(what, []).append(draft.attributes["id"])
    return seen


def _check_same_twice(subject: Subject, scope: Scope) -> None:
    tellings = []
    for _ in range(2):
        trace = Trace()
        run = run_schedule(subject, Schedule(scope), trace, compared=False)
        last, before = run.world.sighting.last, _done(run)
        if last is not None:
            _check_only_reads(last, run.world.target, run.world.orders)
        if _done(run) != before:
            raise TargetError(
                "publishes, or has an effect outside, although it was only looked at",
                "observe()",
                "observe() only reads: publish, charge and book in place_order, handle or relay",
            )
        subject.close(run.world.target)
        tellings.append(trace.steps)
    difference = first_difference(*tellings)
    if difference:
        raise TargetError(
            f"the same run twice was not the same: {difference}",
            subject.spec,
            "make the factory build everything afresh, take ids and time from world.new_id() and "
            "world.clock(), and do not iterate over sets",
        )


def _done(run: Run) -> tuple[int, int]:
    """How many events were published in a run, and how many effects there were."""
    return len(run.world.network.published), len(run.world.history.ledger.entries)


def first_difference(one: list[Step], other: list[Step]) -> str:
    """Where two tellings of one schedule part, in words; empty if they do not.

    Ids that the target makes by itself may differ, as long as they differ throughout.
    """
    names: tuple[_Names, _Names] = ({}, {})
    for first, second in zip(one, other, strict=False):
        if first.action != second.action:
            return f"step {first.number} was {first.action!r}, then {second.action!r}"
        told = zip_longest(_told(first), _told(second), fillvalue="nothing")
        for this, that in told:
            if _renamed(this, names[0]) != _renamed(that, names[1]):
                where = f"step {first.number} ({first.action})"
                return f"{where}: the first time {this!r}, the second time {that!r}"
    if len(one) != len(other):
        return f"{len(one)} steps, then {len(other)}"
    return ""


_Names = dict[str, str]
#: What may be an id that the target made: a reference or a key in the ledger, and any word with a
#: digit in it that is as long as ids are.
_ID = re.compile(r"(?<=\[)[^\]]+(?=\])|(?<=key=)\S+|\b(?=[\w-]*\d)[\w-]{8,}")


def _renamed(text: str, names: _Names) -> str:
    """The text with every id replaced by the place of its first appearance."""
    return _ID.sub(lambda found: names.setdefault(found.group(), f"id {len(names) + 1}"), text)


def _told(step: Step) -> Iterator[str]:
    """All that a step says besides its action."""
    for entry in step.entries:
        yield f"{entry.order}: {entry.text}"
    for arrow in step.arrows:
        yield f"{arrow.kind} from {arrow.source} to {arrow.target}: {arrow.text}"
    yield from step.notes
    for balance in step.balances:
        yield (
            f"{balance.order} is {balance.status}, {balance.money} {balance.currency} held, "
            f"{balance.reserved} reserved, {balance.shipped} shipped"
        )
