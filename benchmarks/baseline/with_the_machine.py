"""The hand-written machine, run for so much CPU time, and what its counterexample comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.baseline.handwritten import Rules, Saga
from benchmarks.baseline.measuring import Hunt, Length, OutOfTime, Rate

SEARCH = (Phase.generate,)
SEARCH_AND_SHRINK = (Phase.generate, Phase.shrink)


class Watch:
    """Runs the machine, and keeps the time."""

    def __init__(self, make: Callable[[Any], Any], rules: type[Rules]) -> None:
        self.make = make
        self.rules = rules
        self.deadline = 0.0
        self.steps = 0
        self.failures: list[Length] = []

    def machine(self, number: int) -> type[Rules]:
        """The machine for this saga and seed."""
        watch = self

        class Watched(self.rules):  # type: ignore[name-defined, misc]  # chosen at run time
            make = staticmethod(watch.make)

            def __init__(self) -> None:
                if time.process_time() > watch.deadline and not watch.failures:
                    raise OutOfTime
                super().__init__()

            def teardown(self) -> None:
                try:
                    super().teardown()
                finally:
                    watch.steps += self.ports.steps if hasattr(self, "ports") else 0

            def check(self, wrong: str) -> None:
                if wrong:
                    watch.failures.append(Length(self.ports.steps, self.ports.deviations))
                super().check(wrong)

        found: type[Rules] = seed(number)(Watched)
        return found

    def run(self, number: int, seconds: float, phases: tuple[Phase, ...]) -> str:
        """What is wrong, or nothing: Hypothesis has found nothing, or its time was up."""
        self.deadline = time.process_time() + seconds  # to find something; after that, no hurry
        demand = settings(
            max_examples=1_000_000,
            phases=phases,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            run_state_machine_as_test(self.machine(number), settings=demand)
        except AssertionError as wrong:
            return str(wrong)
        except OutOfTime:
            pass
        return ""


def hunt(
    make: Callable[[Any], Any],
    number: int,
    seconds: float,
    shrinking: bool,
    rules: type[Rules] = Saga,
) -> Hunt:
    """Run the machine until it fails; then once more, with shrinking, if that is wanted."""
    watch = Watch(make, rules)
    begun = time.process_time()
    wrong = watch.run(number, seconds, SEARCH)
    spent = time.process_time() - begun
    if not wrong:
        return Hunt(spent)
    if not shrinking:
        return Hunt(spent, wrong)
    watch.failures.clear()
    watch.run(number, 2 * seconds, SEARCH_AND_SHRINK)
    return Hunt(spent, wrong, watch.failures[-1])


def rate(make: Callable[[Any], Any], seconds: float, rules: type[Rules] = Saga) -> Rate:
    """How fast it goes while nothing fails."""
    watch = Watch(make, rules)
    begun = time.process_time()
    wrong = watch.run(0, seconds, SEARCH)
    return Rate(watch.steps, time.process_time() - begun, bool(wrong))
