"""What is said of a saga that asks nobody outside: all that it does is in its own data."""

from __future__ import annotations

from functools import cache

import pytest
from attrs import evolve

from model.environment import Fault
from model.history import Finding
from properties.evidence import Evidence, evidence
from properties.probing import probe
from properties.run import Deviation, Schedule, run_schedule
from properties.telling import tell
from properties.world.actions import Action, Kind
from properties.world.endings import HOPELESS
from properties.world.scopes import SINGLE
from properties.world.subject import Subject
from properties.world.trace import Trace
from reports.counterexample import Safeguard
from reports.safeguards import SafeguardName as Name
from tests.properties.kiosk import GivenUp

SHELF, VAN = "shelf on ordered(o1)", "van on reserved(o1)"
UNSURE = Action(Kind.ANSWER, SHELF, "after shelf commit", "unknown, done")
NOT_STORED = Action(Kind.ANSWER, SHELF, "shelf commit", "transient")
STALLED = Action(Kind.STALL, SHELF)
NOT_LOADED = Action(Kind.ANSWER, VAN, "van commit", "transient")
NOT_TOLD = Action(Kind.ANSWER, VAN, "publish gone", "transient")
CRASHED = Action(Kind.CRASH, SHELF, "publish reserved", "after")
STORED = Action(Kind.CRASH, SHELF, "after shelf commit", "before")
ANEW = Action(Kind.REPUBLISH, "ordered(o1) to shelf")
CASES = (
    ("WithoutInbox", UNSURE, "LIVE-0", (Name.INBOX,)),
    ("WithoutInbox", UNSURE, "COMP-1", (Name.INBOX,)),
    ("Kiosk", UNSURE, "LIVE-0", (Name.OUTBOX,)),
    ("OutboxAlone", UNSURE, "STATE-1", (Name.INBOX,)),
    ("TooSoon", NOT_STORED, "SHIP-2", (Name.OUTBOX,)),
    ("TooSoon", STALLED, "SHIP-2", (Name.OUTBOX,)),
    ("WithoutInbox", NOT_TOLD, "SHIP-1", (Name.INBOX,)),
    ("WithoutInbox", NOT_TOLD, "IDEMP-1", (Name.INBOX,)),
    ("WithoutInbox", CRASHED, "STATE-1", (Name.INBOX, Name.GUARDED_STATUS)),
    ("WithoutInbox", STORED, "COMP-1", (Name.INBOX, Name.OUTBOX)),
    ("WithoutInbox", ANEW, "STATE-1", (Name.INBOX,)),
    ("Stuck", NOT_LOADED, "LIVE-0", (Name.NO_OWN_ERROR,)),
    ("GivenUp", NOT_LOADED, "LIVE-0", (Name.NO_OWN_ERROR,)),
    ("Null", None, "LIVE-0", (Name.COMPLETE_EVENT, Name.NO_OWN_ERROR)),
    ("Wrong", None, "LIVE-1", (Name.NO_OWN_ERROR,)),
)


@cache
def kiosk(name: str) -> Subject:
    """One of them, as a target."""
    return probe(f"tests.properties.kiosk:{name}")


def schedule(*actions: Action | None) -> Schedule:
    """One order, and these deviations as soon as they are possible."""
    return Schedule(SINGLE, tuple(Deviation(0, action) for action in actions if action))


def missing(name: str, action: Action | None, property_id: str) -> Safeguard:
    """What the report says is missing."""
    told = tell(kiosk(name), property_id, schedule(action), "tier", 1, 1)
    assert told.safeguard is not None
    return told.safeguard


def seen(name: str, *actions: Action) -> Evidence:
    """What a run shows, whether anything is violated or not."""
    trace = Trace()
    run = run_schedule(kiosk(name), schedule(*actions), trace)
    finding = next(iter(run.findings.values()), Finding("LIVE-0", 0, "", "nothing"))
    return evidence(finding, run.findings, run, trace.steps)


@pytest.mark.parametrize(("name", "action", "property_id", "named"), CASES)
def test_what_is_missing(
    name: str, action: Action | None, property_id: str, named: tuple[Name, ...]
) -> None:
    """Pins what is named for each fault, where no key and no look-up could be of any help."""
    said = missing(name, action, property_id)
    assert (said.name, *said.instead) == named


def test_nothing_is_wrong_with_it_as_it_is() -> None:
    """Pins that what is found is there for the fault alone."""
    for name in ("Kiosk", "WithoutInbox", "ById", "TooSoon", "Stuck", "Outboxed", "OutboxAlone"):
        assert not run_schedule(kiosk(name), schedule()).findings, name


def test_an_inbox_needs_a_key_that_knows_what_comes_under_another_id() -> None:
    """Pins that the message id is advised against where it does not help, and only there."""
    assert "order and event type as its key" in missing("WithoutInbox", ANEW, "STATE-1").reason
    assert "another id" not in missing("WithoutInbox", NOT_TOLD, "SHIP-1").reason


def test_an_error_of_its_own_is_told() -> None:
    """Pins that handler and error are named, and whether a fault came first."""
    wrong, null = missing("Wrong", None, "LIVE-0"), missing("Null", None, "LIVE-0")
    stuck = missing("Stuck", NOT_LOADED, "LIVE-0")
    assert wrong.reason == f"{VAN} raised ArithmeticError, though nothing around it had failed."
    assert null.reason.startswith(f"{VAN} raised NullPointerException, though nothing around it")
    assert "may lack what it reads" in null.reason
    assert stuck.reason.startswith(f"{VAN} raised RuntimeError whenever its message came again")


def test_a_handler_that_never_comes_to_a_good_end_is_seen() -> None:
    """Pins which handler that is, how often it failed, and that one that did well later is none."""
    assert seen("Stuck", NOT_LOADED).failing == {VAN: HOPELESS}
    attempts = GivenUp.consumers["van"]["attempts"]
    assert seen("GivenUp", NOT_LOADED).failing == {VAN: attempts}
    assert not seen("WithoutInbox", UNSURE).failing


def test_what_was_done_and_told_again_is_seen() -> None:
    """Pins that own work that was repeated tells, and that one that was taken for done does not."""
    assert seen("WithoutInbox", UNSURE).done_again == {UNSURE}
    assert seen("WithoutInbox", CRASHED).done_again == {CRASHED}
    assert seen("OutboxAlone", UNSURE).done_again == {UNSURE}
    assert not seen("Kiosk", UNSURE).done_again
    assert not seen("Outboxed", UNSURE).done_again
    assert not seen("TooSoon", NOT_STORED).done_again


def test_what_was_told_first_is_seen() -> None:
    """Pins that it is the order of the handler's own calls that counts."""
    assert seen("TooSoon", NOT_STORED).told_first == {NOT_STORED}
    assert seen("TooSoon", STALLED).told_first == {STALLED}
    assert not seen("WithoutInbox", NOT_TOLD).told_first
    assert not seen("Stuck", NOT_LOADED).told_first
    assert not seen("Kiosk", STALLED).told_first


def test_what_only_the_target_shows_is_known() -> None:
    """Pins that parcels in its own data are told from those of the carrier."""
    shown = seen("WithoutInbox", NOT_TOLD)
    assert {entry.effect for entry in shown.finding.entries} == shown.observed
    assert not evidence_of_the_reference().observed


def test_who_has_an_outbox_is_seen() -> None:
    """Pins that whose relay has sent something has one, and that here nobody has."""
    assert evidence_of_the_reference().relaying >= {"order", "payment"}
    assert not seen("Kiosk", UNSURE).relaying


def evidence_of_the_reference() -> Evidence:
    """What a run shows of a saga that asks gateway and carrier, and has an outbox."""
    charged = Action(Kind.CRASH, "payment on order.created(o1)", "payments.charge", "after")
    trace = Trace()
    subject = probe("tests.implementations.without_safeguard:idempotency_key")
    run = run_schedule(subject, schedule(charged), trace)
    return evidence(run.findings["MONEY-1"], run.findings, run, trace.steps)


def test_what_died_with_its_outbox_is_seen() -> None:
    """Pins that events may be what a restart forgets, unless they are sent after it, or were."""
    subject, kept = kiosk("OutboxInMemory"), kiosk("Outboxed")
    crash = Action(Kind.CRASH, "shelf")
    named = set()
    for wait in range(12):
        at = Schedule(SINGLE, (Deviation(wait, crash),))
        assert not run_schedule(kept, at).findings
        if "LIVE-1" in run_schedule(subject, at).findings:
            told = tell(subject, "LIVE-1", at, "tier", 1, 1).safeguard
            assert told is not None
            named.add((told.name, *told.instead))
        for target in (subject, kept):
            trace = Trace()
            run = run_schedule(target, at, trace)
            shown = evidence(Finding("LIVE-1", 0, "", ""), (), run, trace.steps)
            assert bool(shown.unsent) <= (target is subject and "LIVE-1" in run.findings)
    # where it had sent the first of two, it is seen to have an outbox
    assert named == {(Name.OUTBOX, Name.DURABLE_STATE), (Name.DURABLE_STATE,)}


def test_a_copy_may_be_tried_though_the_schedule_allows_none() -> None:
    """Pins that what is tried out is not held back by the budgets of the run that is explained."""
    sparse = evolve(SINGLE, budgets={Fault.DUPLICATE: 0}, faults=frozenset({Fault.REPUBLISH}))
    told = tell(kiosk("ById"), "STATE-1", evolve(schedule(ANEW), scope=sparse), "tier", 1, 1)
    assert told.safeguard is not None
    assert told.safeguard.name == Name.STABLE_MESSAGE_ID


def test_where_no_copy_can_come_the_inbox_is_to_know_the_order() -> None:
    """Pins the advice that helps whatever the consumer knows, where nothing can be tried out."""
    said = missing("AtOnce", ANEW, "STATE-1")
    assert said.name == Name.INBOX
    assert "order and event type as its key" in said.reason
