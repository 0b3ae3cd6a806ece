"""What a step costs: the kit's own work against Hypothesis's for an empty machine of one shape.

    python -m benchmarks.overhead

Both machines are run in turns, several rounds each, with the same seed, so that Hypothesis draws
the same examples for both. CPU time, not the clock, and with as few garbage collections as a search
has. The kit's work, world, target, monitors and judging, is all done in its machine's teardown, and
measured there; the difference between the two machines is printed too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from attrs import evolve
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.drivers.stateful import saga_machine, stateful_settings
from properties.garbage import fewer_collections
from properties.probing import probe
from properties.profiles import CHUNK, PROFILES
from properties.run import Run
from properties.world.scopes import SCOPES, Scope, fitting
from properties.world.subject import Subject

CHUNKS = PROFILES["ci"].chunks
SEED = 1


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


def run_kit(subject: Subject, scopes: tuple[Scope, ...], examples: int) -> tuple[float, int]:
    """Hypothesis and the kit: seconds in the kit's own code, and steps."""
    seconds, steps = 0.0, 0

    def consider(run: Run) -> None:
        nonlocal steps
        steps += run.steps
        run.world.dissolve()

    class Timed(saga_machine(subject, scopes, consider)):  # type: ignore[misc]
        """The kit's machine with a stopwatch."""

        def teardown(self) -> None:
            """Where all of a run happens."""
            nonlocal seconds
            begun = time.process_time()
            super().teardown()
            seconds += time.process_time() - begun

    seeded(SEED)(Timed)
    run_state_machine_as_test(Timed, settings=stateful_settings(examples, CHUNKS))
    return seconds, steps


def rounds(subject: Subject, scopes: tuple[Scope, ...], examples: int, count: int) -> list[str]:
    """Measure in turns, and put the figures into lines."""
    ratios, differences = list[float](), list[float]()
    alone, own = list[float](), list[float]()
    for _ in range(count):
        begun = time.process_time()
        run_empty(len(scopes), examples)
        between = time.process_time()
        inside, steps = run_kit(subject, scopes, examples)
        empty, whole = between - begun, time.process_time() - between
        alone.append(empty / steps * 1e6)
        own.append(inside / steps * 1e6)
        ratios.append(inside / empty)
        differences.append((whole - empty) / empty)
    return [
        f"{steps} effective steps, {count} rounds in turns; microseconds of CPU time per step: "
        f"Hypothesis alone {median(alone):.1f}, the kit's own work {median(own):.1f}",
        f"kit / Hypothesis: {median(ratios):.2f} in the median round, "
        f"from {min(ratios):.2f} to {max(ratios):.2f}; "
        f"{min(own) / min(alone):.2f} if each is given its best round",
        f"by the difference of the two machines, what each does to the other's caches included: "
        f"{median(differences):.2f}, from {min(differences):.2f} to {max(differences):.2f}",
    ]


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
    for _ in campaign(instrumented, scopes, SEED, examples):
        pass
    whole = time.perf_counter() - begun
    rest = whole - watch.handlers - watch.observe
    return (
        f"of the kit's work: the target's handlers {watch.handlers / whole:.0%}, its observe() "
        f"{watch.observe / whole:.0%}, world and monitors {rest / whole:.0%}"
    )


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.overhead")
    parser.add_argument("--examples", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    subject = probe("implementations.reference:make")
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    with fewer_collections():
        print("\n".join(rounds(subject, scopes, options.examples, options.rounds)))
    print(shares(subject, scopes, options.examples))


if __name__ == "__main__":
    main()
