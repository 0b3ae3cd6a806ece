"""Sagas in processes: nothing changes through the pipe, right ones hold, faulty ones are found."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from implementations.process.connection import Command
from implementations.process.session import Pool
from implementations.process.target import ProcessTarget, factory_of
from model.environment import DEFAULT_FAULTS, Fault
from properties.drivers.campaign import campaign
from properties.drivers.paths import paths
from properties.probing import probe
from properties.run import Deviation, Run, Schedule, run_schedule
from properties.shrinker import Shrinker, still_failing
from properties.world.actions import Action, Kind, Mode
from properties.world.scopes import SCOPES, SINGLE, fitting
from properties.world.subject import Subject
from properties.world.trace import Trace
from tests.command_line import verify
from tests.implementations.process_programs import (
    DOCUMENT,
    REFERENCE,
    RIGHT,
    ROUTED,
    left_behind,
    plain,
    python,
)
from tests.needs import needs

NODE_RIGHT, NODE_DOCUMENT = f"cmd: node {RIGHT}", f"cmd: node {DOCUMENT}"


def runs(subject: Subject, seed: int, schedules: int) -> list[Run]:
    """The first schedules of a campaign with every fault."""
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    found = []
    for _, run in campaign(subject, scopes, seed, schedules):
        subject.close(run.world.target)
        found.append(run)
    return found


def fired(all_runs: list[Run]) -> set[Fault]:
    """The faults that were seen to take effect."""
    return {fault for run in all_runs for fault, times in run.fired.items() if times}


def test_nothing_changes_through_the_pipe() -> None:
    """The reference behind the Python client: step by step what it is in the kit's process."""
    inside, outside = probe("implementations.reference:make"), probe(python(REFERENCE))
    both = [runs(subject, 5, 25) for subject in (inside, outside)]
    assert {Fault.CRASH, Fault.CONCURRENCY, Fault.UNKNOWN, Fault.TRANSIENT} <= fired(both[0])
    for one, other in zip(*both, strict=True):
        assert one.schedule == other.schedule
        assert (one.steps, one.fired, one.checked) == (other.steps, other.fired, other.checked)
    longest = max(both[0], key=lambda run: run.schedule.score).schedule
    assert longest.faults
    told = []
    for subject in (inside, outside):
        trace = Trace()
        subject.close(run_schedule(subject, longest, trace).world.target)
        told.append(trace.steps)
    assert told[0] == told[1]


def test_the_right_saga_in_node_holds() -> None:
    """With every fault, each seen to take effect."""
    needs("node")
    subject = probe(NODE_RIGHT)
    found = runs(subject, 1, 60)
    refusing = evolve(SINGLE, faults=DEFAULT_FAULTS)
    for run in paths(subject, [refusing]):  # by chance the carrier is hardly ever asked in vain
        subject.close(run.world.target)
        found.append(run)
    assert [run.findings for run in found if run.findings] == []
    assert fired(found) >= DEFAULT_FAULTS - {Fault.LATE, Fault.REPUBLISH}


def test_the_document_in_javascript_is_found_faulty_and_shrinks() -> None:
    """A second charge, found with noise around it, comes down to one deviation."""
    needs("node")
    subject = probe(NODE_DOCUMENT)
    double = next(run for run in runs(subject, 1, 40) if "MONEY-1" in run.findings)
    assert len(double.schedule.deviations) > 1
    shrunk = Shrinker(still_failing(subject, "MONEY-1"), double).shrink().schedule
    assert len(shrunk.deviations) == 1
    again = run_schedule(subject, shrunk)
    subject.close(again.world.target)
    assert "MONEY-1" in again.findings


def test_a_saga_in_two_languages_holds() -> None:
    """Order in Python on SQLite, the others in Node; the order service is killed for real."""
    needs("node")
    subject = probe(str(ROUTED))
    assert subject.shape.participants == ("order", "payment", "inventory", "shipping")
    assert set(subject.shape.terminal) == {"order.saga.completed", "order.saga.failed"}
    crash = Action(Kind.CRASH, "order relay", "publish order.created", Mode.AFTER)
    scope = evolve(SINGLE, faults=DEFAULT_FAULTS)
    killed = run_schedule(subject, Schedule(scope, (Deviation(2, crash),)))
    subject.close(killed.world.target)
    assert killed.skipped == ()
    assert killed.fired[Fault.CRASH] == 1
    found = [killed, *runs(subject, 2, 8)]
    assert [run.findings for run in found if run.findings] == []


def test_what_is_only_in_memory_does_not_outlive_a_kill() -> None:
    """One schedule holds where the process restarts by itself, and fails where it is killed."""
    subject = probe(python(REFERENCE))
    crash = Action(Kind.CRASH, "order relay", "publish order.created", Mode.AFTER)
    scope = evolve(SINGLE, faults=DEFAULT_FAULTS)
    schedule = Schedule(scope, (Deviation(2, crash),))
    killing = factory_of([Command((sys.executable, str(REFERENCE)), kill=True)])
    findings = []
    for one in (subject, evolve(subject, factory=killing)):
        run = run_schedule(one, schedule)
        one.close(run.world.target)
        assert run.fired[Fault.CRASH] == 1
        findings.append(set(run.findings))
    assert findings[0] == set()
    assert "LIVE-0" in findings[1]


CALLING = """
DECLARED["members"] = []
waiting = {}
_answer = answer
def answer(line):
    if line["do"] != "handle":
        return _answer(line)
    say(**{"id": line["id"], "call": "done", "with": {"name": "x"}})
    return json.loads(sys.stdin.readline()).get("answer")
"""


def test_who_dies_with_another_participant_gets_the_message_again(tmp_path: Path) -> None:
    """One process of several participants, killed by the crash of one of them."""
    world: Any = SimpleNamespace(stock={}, prices={}, clock=lambda: 0.0, done=lambda name: None)
    target = ProcessTarget([Pool(plain(tmp_path, CALLING))], world)
    assert target.handle("order", {}) is None
    world.done = lambda name: target.restart("order")
    target.sessions[0].ports.clear()
    assert target.handle("order", {}) == "requeue"
    target.close()
    target.sessions[0].connection.end()
    assert len(set((tmp_path / "pids").read_text().split())) == 2
    assert left_behind(tmp_path) == []


def test_state_is_kept_in_a_crash_and_emptied_between_runs(tmp_path: Path) -> None:
    """The folder is the process's own for a run: a file outlives the kill, and not the run."""
    change = """
DECLARED["members"] = ["relay"]
path = os.path.join(os.environ["SAGA_STATE"], "file")
def relay(line):
    open(path, "a").write("x")
    return len(open(path).read())
"""
    world: Any = SimpleNamespace(stock={}, prices={}, clock=lambda: 0.0)
    pool = Pool(plain(tmp_path, change))
    target = ProcessTarget([pool], world)
    assert target.relay is not None
    assert target.relay("order") == 1
    target.restart("order")
    assert target.relay("order") == 2
    target.close()
    second = ProcessTarget([pool], world)
    assert second.relay is not None
    assert second.relay("order") == 1
    state = second.sessions[0].connection.state
    second.close()
    pool.end()
    assert not state.exists()


@pytest.mark.parametrize(("spec", "code"), [(NODE_RIGHT, 0), (NODE_DOCUMENT, 1)])
def test_from_the_command_line(spec: str, code: int, tmp_path: Path) -> None:
    """The whole way: options, probing, search, verdicts and reports, without faults."""
    needs("node")
    outcome = verify(
        tmp_path, "--saga-profile=quick", "--saga-faults=none", f"--saga-target={spec}"
    )
    assert outcome.code == code, outcome.text
    assert outcome.shows_no_traceback()
    if code:
        assert "MONEY-4 VIOLATED" in outcome.text
        assert f"'--saga-target={spec}'" in outcome.text
        assert "payment on order.created(o1): payments.charge" in outcome.text
