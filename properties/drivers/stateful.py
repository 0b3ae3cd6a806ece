"""Hypothesis's stateful testing over the same actions.

The machine has one rule, which draws a chunk of schedule at a time: a machine with a rule for each
kind of action spends most of its examples on nothing, because rules that the saga needs are
switched off for a whole example. A user's own rules can stand beside it: subclass what
`saga_machine` returns. The end of an example, faults stopped and all at rest, is judged in
`teardown`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from properties.drivers.campaign import LENGTH, scope_of
from properties.profiles import CHUNK
from properties.run import Recorder, Run, drive, run_bytes
from properties.world.scopes import Scope
from properties.world.subject import Subject
from properties.world.watchdog import watched
from properties.world.world import World

#: How many stored schedules are run again at the most.
STORED = 100
#: Called with every finished run; raises to tell Hypothesis that the example fails.
Consider = Callable[[Run], None]


class Violated(AssertionError):
    """A run has violated a property; `run` is the run."""

    def __init__(self, run: Run) -> None:
        lines = [f"{found.property_id}: {found.text}" for found in run.findings.values()]
        super().__init__("; ".join(lines))
        self.run = run


def raise_if_violated(run: Run) -> None:
    """Fail the example of a run that has violated anything."""
    if run.findings:
        raise Violated(run)


def saga_machine(
    subject: Subject, scopes: Sequence[Scope], consider: Consider = raise_if_violated
) -> type[RuleBasedStateMachine]:
    """A state machine class that verifies `subject`; subclass it to add rules of your own.

    Own rules may use `self.world` (the state of the run: `world.target`, `world.history`) and
    `self.act(action)` with one of `self.world.benign()` or of the lists in `self.world.faults()`.
    """

    class SagaMachine(RuleBasedStateMachine):
        """One example is one run: a scope, some chunks of schedule, and then the drain."""

        choice: int | None = None
        recorder: Recorder | None = None

        @initialize(choice=st.integers(0, len(scopes) - 1))
        def begin(self, choice: int) -> None:
            """Choose the setting."""
            self.choice = choice
            self.chunks: list[bytes] = []

        @rule(chunk=st.binary(min_size=CHUNK, max_size=CHUNK))
        def run_for_a_while(self, chunk: bytes) -> None:
            """Let each byte choose what happens next, once somebody wants to know."""
            self.chunks.append(chunk)

        @property
        def world(self) -> World:
            """The world of the run, as it is after all that was drawn so far."""
            return self._caught_up().world

        def act(self, action: Any) -> None:
            """Let `action` happen."""
            recorder = self._caught_up()
            recorder.apply(action, recorder.world.benign()[0])

        def _caught_up(self) -> Recorder:
            """Let happen what was drawn: in one go, since going to and fro between Hypothesis and
            a run costs an eighth of the time of both."""
            if self.recorder is None:
                assert self.choice is not None, "Hypothesis begins every example with `begin`"
                conformance = subject.conformance(self.choice % 4 == 0)
                self.recorder = Recorder(World(subject, scopes[self.choice], None, conformance))
            chunks, self.chunks = self.chunks, []
            with watched(subject.spec):
                drive(self.recorder, chain.from_iterable(chunks))
            return self.recorder

        def teardown(self) -> None:
            """Stop all faults, let everything come to rest, and judge the run."""
            if self.choice is not None:
                recorder = self._caught_up()
                with watched(subject.spec):
                    run = recorder.finish()
                consider(run)

    return SagaMachine


def stateful_settings(examples: int, chunks: int) -> settings:
    """Settings for a machine that is shrunk by us: generation only, no deadline, no database."""
    return settings(
        max_examples=examples,
        stateful_step_count=chunks,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )


def run_stateful(
    subject: Subject,
    scopes: Sequence[Scope],
    consider: Consider,
    seed: int,
    examples: int,
    chunks: int,
) -> None:
    """Run the machine for a number of examples, all of them chosen by `seed`."""
    machine = saga_machine(subject, scopes, consider)
    seeded(seed)(machine)
    run_state_machine_as_test(machine, settings=stateful_settings(examples, chunks))


def schedule_test(
    subject: Subject, scopes: Sequence[Scope], consider: Consider, database: ExampleDatabase | None
) -> Any:
    """A Hypothesis test over whole schedules of a fixed number of bytes.

    Its `hypothesis.fuzz_one_input` takes the bytes of a campaign: what fails is stored in the
    database, and replayed when the test runs again.
    """

    @settings(
        max_examples=STORED,
        deadline=None,
        database=database,
        phases=(Phase.reuse,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(st.binary(min_size=LENGTH, max_size=LENGTH))
    def stored_schedules(data: bytes) -> None:
        decoded.append(data)
        consider(run_bytes(subject, scope_of(scopes, data), data[1:]))

    decoded: list[bytes] = []
    stored_schedules.decoded = decoded  # type: ignore[attr-defined]
    return stored_schedules


def hand_over(test: Any, data: bytes) -> bool:
    """Store a failing schedule in the database of a `schedule_test`, by Hypothesis's public API.

    Returns whether Hypothesis took the bytes for what they are: it does not promise to, and what
    it took for something else is another schedule.
    """
    test.decoded.clear()
    with suppress(AssertionError):  # that it fails is why it is handed over
        test.hypothesis.fuzz_one_input(data)
    return data in test.decoded


def replay_stored(test: Any) -> int:
    """Run what the database of a `schedule_test` holds; returns how many schedules that were."""
    test.decoded.clear()
    # `consider` has seen the run that fails; Hypothesis skips a test that has nothing stored
    with suppress(AssertionError, SkipTest):
        test()
    return len(test.decoded)
