"""What a step costs: the kit's own work against Hypothesis's for an empty machine of one shape.

    python -m benchmarks.overhead

Both machines are run in turns, several rounds each, with the same seed, so that Hypothesis draws
the same examples for both. CPU time, not the clock. The kit's work is the difference: world,
target, monitors, judging.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from attrs import evolve, frozen
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.drivers.stateful import run_stateful, stateful_settings
from properties.probing import probe
from properties.profiles import CHUNK, PROFILES
from properties.run import Run
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject

CHUNKS = PROFILES["ci"].chunks
SEED = 1


@frozen
class Amount:
    """How much was done in one round, and in how many seconds of CPU time."""

    seconds: float
    examples: int
    steps: int


def timed(work: Callable[[Callable[[Run], None]], None]) -> Amount:
    """Run `work`, which reports its runs."""
    examples = steps = 0

    def consider(run: Run) -> None:
        nonlocal examples, steps
        examples += 1
        steps += run.steps

    begun = time.process_time()
    work(consider)
    return Amount(time.process_time() - begun, examples, steps)


def empty_machine(settings_of_a_run: int) -> type[RuleBasedStateMachine]:
    """A machine of the same shape as the kit's, which does nothing."""

    class EmptyMachine(RuleBasedStateMachine):
        """Draws what the kit's machine draws."""

        @initialize(choice=st.integers(0, settings_of_a_run - 1))
        def begin(self, choice: int) -> None:
            """Draw a setting."""

        @rule(chunk=st.binary(min_size=CHUNK, max_size=CHUNK))
        def run_for_a_while(self, chunk: bytes) -> None:
            """Draw a chunk of schedule."""

        def teardown(self) -> None:
            """The end of an example."""

    return EmptyMachine


def run_empty(scopes: int, examples: int) -> None:
    """Hypothesis alone."""
    machine = empty_machine(scopes)
    seeded(SEED)(machine)
    run_state_machine_as_test(machine, settings=stateful_settings(examples, CHUNKS))


def run_campaign(
    subject: Subject, scopes: tuple[Scope, ...], examples: int, consider: Callable[[Run], None]
) -> None:
    """The kit without Hypothesis: bytes choose."""
    for _, run in campaign(subject, scopes, SEED, examples):
        consider(run)


def rounds(subject: Subject, scopes: tuple[Scope, ...], examples: int, count: int) -> list[str]:
    """Measure in turns, and put the figures into lines."""
    empty, kit, raw = list[Amount](), list[Amount](), list[Amount]()
    for _ in range(count):
        empty.append(timed(lambda _: run_empty(len(scopes), examples)))
        kit.append(
            timed(lambda consider: run_stateful(subject, scopes, consider, SEED, examples, CHUNKS))
        )
        raw.append(timed(lambda consider: run_campaign(subject, scopes, examples, consider)))
    steps = kit[0].steps
    lines = [
        f"{kit[0].examples} examples, {steps} effective steps, {count} rounds in turns; "
        "microseconds of CPU time per step:"
    ]
    for name, pick in (("median", median), ("best", min)):
        alone = pick(amount.seconds for amount in empty) / steps * 1e6
        whole = pick(amount.seconds for amount in kit) / steps * 1e6
        by_bytes = pick(amount.seconds / amount.steps for amount in raw) * 1e6
        lines.append(
            f"{name}: Hypothesis alone {alone:.1f}, the kit's machine {whole:.1f}, "
            f"so the kit's own work {whole - alone:.1f}; "
            f"without Hypothesis (campaign) {by_bytes:.1f}"
        )
    ratios = sorted(
        (one.seconds - other.seconds) / other.seconds for one, other in zip(kit, empty, strict=True)
    )
    lines.append(
        f"kit / Hypothesis: {median(ratios):.2f} in the median round, "
        f"from {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )
    return lines


# -- how much of the kit's work is the target's ----------------------------------------------------


class Stopwatch:
    """Seconds spent in the target's own code: handlers from port call to port call, observe()."""

    def __init__(self) -> None:
        self.handlers = 0.0
        self.observe = 0.0


class TimedCall:
    """A coroutine of the target, timed from port call to port call."""

    def __init__(self, running: Any, watch: Stopwatch) -> None:
        self._running = running
        self._watch = watch

    def send(self, value: Any) -> Any:
        """Go on."""
        return self._timed(self._running.send, value)

    def throw(self, error: BaseException) -> Any:
        """Go on with an error."""
        return self._timed(self._running.throw, error)

    def close(self) -> None:
        """Stop."""
        self._running.close()

    def _timed(self, move: Callable[[Any], Any], value: Any) -> Any:
        begun = time.perf_counter()
        try:
            return move(value)
        finally:
            self._watch.handlers += time.perf_counter() - begun


class TimedTarget:
    """The target, timed."""

    def __init__(self, target: Any, watch: Stopwatch) -> None:
        self._target = target
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._target, name)
        if name not in ("handle", "relay", "place_order", "cancel_order"):
            return member
        return lambda *arguments: TimedCall(member(*arguments), self._watch)

    def observe(self) -> Any:
        """What the target shows."""
        begun = time.perf_counter()
        seen = self._target.observe()
        self._watch.observe += time.perf_counter() - begun
        return seen


def shares(subject: Subject, scopes: tuple[Scope, ...], examples: int) -> str:
    """How the kit's work is divided; the stopwatch's own time counts as the target's."""
    watch = Stopwatch()
    instrumented = evolve(subject, factory=lambda world: TimedTarget(subject.factory(world), watch))
    begun = time.perf_counter()
    run_campaign(instrumented, scopes, examples, lambda _: None)
    whole = time.perf_counter() - begun
    rest = whole - watch.handlers - watch.observe
    return (
        f"of the kit's work: the target's handlers {watch.handlers / whole:.0%}, its observe() "
        f"{watch.observe / whole:.0%}, world and monitors {rest / whole:.0%}"
    )


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.overhead")
    parser.add_argument("--examples", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    subject = probe("implementations.reference:make")
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape.limits)
    print("\n".join(rounds(subject, scopes, options.examples, options.rounds)))
    print(shares(subject, scopes, options.examples))


if __name__ == "__main__":
    main()
