"""From a minimal counterexample to the safeguard that would have prevented it.

The faults that remain after shrinking are all necessary, so they point at what is missing. Where
several safeguards would do, the one is named that people add first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from attrs import evolve, frozen

from model.environment import BUSINESS_FAULTS, Fault
from model.history import Finding, Saga
from model.ledger import Effect
from model.vocabulary import Event, Status
from properties.run import Deviation, Run, run_schedule
from properties.world.actions import Action, Kind, Mode, fault_of
from properties.world.endings import ACKNOWLEDGE
from properties.world.network import Message
from reports.counterexample import Safeguard
from reports.safeguards import SafeguardName as Name
from reports.safeguards import safeguard


@frozen
class Evidence:
    """What a minimal run shows: the finding, and which faults were needed for it."""

    finding: Finding
    run: Run
    faults: frozenset[Fault]
    modes: frozenset[str]
    ports: frozenset[str]
    twice: bool
    actions: tuple[Action, ...]

    def effects(self, effect: Effect) -> int:
        """How many guilty entries are of this effect."""
        return sum(1 for entry in self.finding.entries if entry.effect is effect)

    @property
    def technical(self) -> frozenset[Fault]:
        """The faults that are no business answers."""
        return self.faults - BUSINESS_FAULTS

    @property
    def saga(self) -> Saga | None:
        """What is known of the order concerned."""
        return self.run.world.history.sagas.get(self.finding.order)

    @property
    def status(self) -> Status | None:
        """Final status of the order concerned."""
        return self.saga.status if self.saga else None

    @property
    def short(self) -> bool:
        """Whether stock was short for the order concerned."""
        sagas = self.run.world.history.sagas
        order = self.finding.order
        return any("short stock" in s.reasons for name, s in sagas.items() if order in ("", name))


def evidence(finding: Finding, run: Run) -> Evidence:
    """Gather what the run shows."""
    actions = [deviation.action for deviation in run.schedule.deviations]
    faults = {fault for action in actions if (fault := fault_of(action))}
    if any(action.kind is Kind.DELIVER for action in actions):
        faults.add(Fault.REORDER)
    if any(action.kind is Kind.RESUME for action in actions):
        faults.add(Fault.CONCURRENCY)
    return Evidence(
        finding,
        run,
        frozenset(faults),
        frozenset(action.mode for action in actions if action.mode),
        frozenset(action.port for action in actions if action.port),
        any(action.kind is Kind.TWICE for action in actions),
        tuple(actions),
    )


def diagnose(finding: Finding, run: Run) -> Safeguard | None:
    """The safeguard that is missing, with the reason in this case; None where nothing fits."""
    seen = evidence(finding, run)
    decide = _BY_PROPERTY.get(finding.property_id, _by_faults)
    name = decide(seen)
    if name is None:
        return None
    return safeguard(name, _unheard(seen) if name is Name.TERMINAL_EVENT else "")


def _unheard(seen: Evidence) -> str:
    """Who should have ended the saga, where its last events were lost on everybody."""
    world, saga = seen.run.world, seen.saga
    if saga is None or seen.technical:
        return ""
    lost = [type_ for type_ in saga.published if type_ in world.network.unheard]
    lost = [type_ for type_ in lost if type_ not in world.history.sight.terminal]
    if not lost:
        return ""
    return f"Nobody subscribes to {' and '.join(lost)}, so nobody ends the saga of {saga.order.id}."


def _again(seen: Evidence) -> Name | None:
    """What the faults did was that one message, or one event, was handled a second time."""
    if not seen.technical <= {Fault.CRASH, Fault.DUPLICATE} or not seen.technical:
        return None
    crashes = [action for action in seen.actions if action.kind is Kind.CRASH]
    if all(crash.port == ACKNOWLEDGE for crash in crashes):
        return Name.INBOX  # it had been handled to its end
    if all(_sent(crash) for crash in crashes):
        sent = {crash.port.removeprefix("publish ") for crash in crashes}
        strangers = [message for message in _under_two_ids(seen) if message.type in sent]
        known = not strangers or any(_same_harm(seen, message) for message in strangers)
        return Name.INBOX if known else Name.STABLE_MESSAGE_ID
    return None


def _sent(crash: Action) -> bool:
    """Whether a relay died after it had sent an event, so that it sends it once more."""
    after = crash.mode == Mode.AFTER and crash.port.startswith("publish ")
    return after and crash.subject.endswith(" relay")


def _under_two_ids(seen: Evidence) -> list[Message]:
    """Messages whose event was sent twice, each time under another id."""
    first: dict[tuple[str, ...], Message] = {}
    found = []
    for message in seen.run.world.network.originals.values():
        content = json.dumps(json.loads(message.event)["data"], sort_keys=True)
        key = (message.type, message.order, message.participant, content)
        before = first.setdefault(key, message)
        if json.loads(before.event)["id"] != json.loads(message.event)["id"]:
            found.append(before)
    return found


def _same_harm(seen: Evidence, message: Message) -> bool:
    """Whether a copy under the message's own id is as bad: then nobody looks at ids at all."""
    subject = seen.run.world.subject
    kept = [each for each in seen.run.schedule.deviations if each.action.kind is not Kind.CRASH]
    again = Deviation(0, Action(Kind.DUPLICATE, message.name))
    run = run_schedule(subject, evolve(seen.run.schedule, deviations=(*kept, again)))
    if subject.shape.has("close"):
        run.world.target.close()
    return seen.finding.property_id in run.findings


def _repeated(seen: Evidence) -> Name:
    """An effect happened twice."""
    again = _again(seen)
    if again is not None:
        return again
    effects = {entry.effect for entry in seen.finding.entries}
    outside = effects & {Effect.CHARGE, Effect.REFUND, Effect.SHIP}
    if outside and (Fault.CRASH in seen.faults or Fault.UNKNOWN in seen.faults or seen.twice):
        return Name.IDEMPOTENCY_KEY
    if outside and Fault.TRANSIENT in seen.faults:
        return Name.IDEMPOTENCY_KEY
    if Fault.REPUBLISH in seen.faults:
        return Name.STABLE_MESSAGE_ID
    return Name.INBOX


def _stock(seen: Evidence) -> Name:
    if len(seen.run.schedule.scope.orders) > 1 or not seen.technical:
        return Name.CONDITIONAL_UPDATE
    return _repeated(seen)


def _conservation(seen: Evidence) -> Name | None:
    if seen.finding.entries and seen.finding.entries[-1].effect is Effect.RELEASE:
        return Name.COMPENSATION_RECORD
    if seen.technical & {Fault.DUPLICATE, Fault.CRASH, Fault.TRANSIENT, Fault.REPUBLISH}:
        return _by_faults(seen) if Fault.CRASH in seen.technical else Name.INBOX
    if seen.short:
        return Name.CONDITIONAL_UPDATE
    return Name.COMPENSATION_RECORD


def _kept(seen: Evidence) -> Name | None:
    """Money or stock is kept for an order that failed or never ended."""
    if not seen.technical:
        return _missing_compensation(seen)
    return _by_faults(seen)


def _missing_compensation(seen: Evidence) -> Name:
    """Nothing but business answers, and something was not undone, or the saga does not end."""
    saga = seen.saga
    if saga is None:
        return Name.TERMINAL_EVENT
    if _stumbles(seen):
        return Name.COMPLETE_EVENT
    not_reserved = "short stock" in saga.reasons or Event.INVENTORY_RESERVATION_FAILED in (
        saga.published
    )
    if saga.balance.money > 0 and not_reserved:
        return Name.REFUND_ON_RESERVATION_FAILURE
    stock_kept = any(pieces > 0 for pieces in saga.balance.reserved.values())
    if "carrier refused" in saga.reasons and stock_kept:
        return Name.RELEASE_ON_SHIPPING_FAILURE
    if "carrier refused" in saga.reasons and saga.balance.money > 0:
        return Name.REFUND_ON_SHIPPING_FAILURE
    return Name.TERMINAL_EVENT


def _stumbles(seen: Evidence) -> bool:
    """Whether a handler could not read what it was given, though nothing went wrong around it."""
    errors = seen.run.world.errors
    return any(re.search(r" raised (Key|Type|Attribute|Index)Error", error) for error in errors)


def _unfinished(seen: Evidence) -> Name | None:
    """An order does not reach its end."""
    saga = seen.saga
    if seen.technical:
        return _by_faults(seen)
    if _stumbles(seen) or (saga is not None and saga.balance.money > 0 and saga.reasons):
        return _missing_compensation(seen)
    return Name.TERMINAL_EVENT


def _by_faults(seen: Evidence) -> Name | None:
    """What the faults that were needed say by themselves."""
    faults = seen.faults
    if Fault.UNKNOWN in faults:
        return Name.LOOKUP
    if Fault.CANCEL in faults:
        return Name.TOMBSTONE if Fault.REORDER in faults or seen.technical else Name.PIVOT_CHECK
    if Fault.CRASH in faults:
        return _after_crash(seen)
    if Fault.TRANSIENT in faults:
        if "payments.refund" in seen.ports or any(
            "release" in action.subject for action in seen.actions
        ):
            return Name.COMPENSATION_RETRY
        if any(port.startswith("publish") for port in seen.ports):
            return Name.OUTBOX
        return Name.TRANSIENT_RETRY
    if Fault.DUPLICATE in faults or seen.twice:
        return Name.INBOX
    if Fault.CONCURRENCY in faults:
        return Name.VERSION_CHECK
    if Fault.REORDER in faults:
        return Name.EARLY_EVENT
    return None


def _after_crash(seen: Evidence) -> Name:
    again = _again(seen)
    consumers = seen.run.world.subject.shape.consumers.values()
    if any(consumer.acknowledge == "before" for consumer in consumers):
        return Name.ACKNOWLEDGE_LAST
    return again or Name.OUTBOX


def _state(seen: Evidence) -> Name:
    return Name.VERSION_CHECK if Fault.CONCURRENCY in seen.faults else Name.GUARDED_STATUS


def _terminal(seen: Evidence) -> Name | None:
    if seen.saga is not None and len(seen.saga.terminal) > 1:
        return Name.ONE_CLOSER if not seen.technical else _repeated_ending(seen)
    return _by_faults(seen) or Name.TERMINAL_EVENT


def _repeated_ending(seen: Evidence) -> Name:
    return Name.GUARDED_STATUS


def _compensation(seen: Evidence) -> Name | None:
    if seen.saga is not None and seen.saga.balance.parcels:
        return _behind_the_pivot(seen)
    if seen.effects(Effect.RELEASE) or not seen.technical:
        return Name.COMPENSATION_RECORD
    return Name.INBOX


def _behind_the_pivot(seen: Evidence) -> Name | None:
    """The saga went both ways. Without a cancel, that is because a step ended in two ways."""
    if not seen.technical or Fault.CANCEL in seen.faults:
        return Name.PIVOT_CHECK
    return _by_faults(seen) or Name.PIVOT_CHECK


def _ghost(seen: Evidence) -> Name:
    return Name.OUTBOX


def _spurious(seen: Evidence) -> Name | None:
    if not seen.technical:
        return Name.COMPLETE_EVENT if _stumbles(seen) else Name.BUSINESS_FAILURE
    if Fault.TRANSIENT in seen.faults:
        return Name.TRANSIENT_RETRY
    return _by_faults(seen)


_BY_PROPERTY: dict[str, Callable[[Evidence], Name | None]] = {
    "MONEY-0": _kept,
    "MONEY-1": _repeated,
    "MONEY-2": _repeated,
    "MONEY-3": _kept,
    "MONEY-4": lambda seen: Name.MINOR_UNITS,
    "STOCK-1": _stock,
    "STOCK-2": _conservation,
    "STOCK-3": _kept,
    "SHIP-1": _repeated,
    "SHIP-2": _behind_the_pivot,
    "STATE-1": _state,
    "STATE-2": _terminal,
    "LIVE-0": _kept,
    "LIVE-1": _unfinished,
    "COMP-1": _kept,
    "COMP-2": _compensation,
    "IDEMP-1": _repeated,
    "ATOM-1": _by_faults,
    "CAUSE-1": _ghost,
    "OBS-1": lambda seen: Name.SAGA_ID,
    "TRUE-1": _spurious,
}
