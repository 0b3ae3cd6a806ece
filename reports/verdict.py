"""Verdicts: what a run says about each property, each fault and the model's transitions."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen


class Verdict(StrEnum):
    """What is known of one property after a run."""

    HOLDS = "HOLDS"
    VIOLATED = "VIOLATED"
    UNKNOWN = "UNKNOWN"
    VACUOUS = "VACUOUS"
    NOT_APPLICABLE = "NOT APPLICABLE"
    EXPECTED = "EXPECTED FAILURE"
    """Violated, and listed with a reason under `expect_failure`."""


#: What a verdict means, for a reader who sees it for the first time.
VERDICT_MEANING: dict[Verdict, str] = {
    Verdict.HOLDS: "violated by none of the schedules that were tried, which is no proof",
    Verdict.VIOLATED: "a schedule was found that breaks it; it was run again, and did so again",
    Verdict.UNKNOWN: "a part of the search is missing, or no run could be judged",
    Verdict.VACUOUS: "there was nothing in any schedule that it speaks of: nothing was checked",
    Verdict.NOT_APPLICABLE: "the target does not show what would be needed to judge it",
    Verdict.EXPECTED: "violated, and listed as known to fail; an error as soon as it holds",
}


#: Why a fault never fired, where other shards of the search may tell more.
ELSEWHERE = "not in this shard"


@frozen
class PropertyVerdict:
    """The verdict for one property, with what it rests on."""

    id: str
    statement: str
    verdict: Verdict
    checked: int
    """How often the property had something to check."""
    reason: str = ""
    counterexample: str = ""
    """Path of the Markdown report, where there is one."""


@frozen
class FaultCount:
    """How often a fault was proved to have fired; `reason` says why not, where it did not."""

    fault: str
    meaning: str
    asked: bool
    fired: int
    reason: str = ""


@frozen
class Visits:
    """How many schedules visited a transition of the model, and in how many each fault fired."""

    transition: str
    schedules: int
    faults: dict[str, int]


@frozen
class Coverage:
    """How many of the model's transitions were visited; `reason` where none can be."""

    visited: int
    total: int
    missing: tuple[str, ...] = ()
    reason: str = ""
    visits: tuple[Visits, ...] = ()
    """Transition by transition, with those that were missed; empty where none can be visited."""
    watched: int = 0
    """How many schedules were held against the model."""


@frozen
class ContractVerdicts:
    """What became of each property under one delivery contract."""

    contract: str
    promise: str
    """What the broker promises, in words."""
    verdicts: dict[str, Verdict]
    """By the property's id."""

    @property
    def violated(self) -> tuple[str, ...]:
        """The ids of the properties that are violated."""
        broken = (Verdict.VIOLATED, Verdict.EXPECTED)
        return tuple(name for name, verdict in self.verdicts.items() if verdict in broken)


@frozen
class DeliveryTable:
    """Which of the broker's promises the saga depends on."""

    contracts: tuple[ContractVerdicts, ...]
    """From the strongest to the weakest."""
    conclusion: str
    """The answer in one sentence."""
    reports: dict[str, str] = field(factory=dict)
    """For a property that is violated only under other contracts than the target's own, the path of
    its report, under the weakest of them."""


@frozen
class RunSummary:
    """One verification run, as the closing table prints it."""

    target: str
    delivery: str
    faults: tuple[str, ...]
    profile: str
    seed: int
    schedules: int
    steps: int
    properties: tuple[PropertyVerdict, ...]
    fault_counts: tuple[FaultCount, ...]
    coverage: Coverage
    deliveries: DeliveryTable | None = None
    """`None` where only one contract was run."""
    partial: str = ""
    """Which shard of the search this is; empty where it is the whole."""
    shrinking: int = 0
    """How many runs it took to make counterexamples minimal; the schedules are without them."""
    fewer: str = ""
    """That fewer schedules were run than there are, and of what; empty where there was no limit."""
