"""The tools side by side: one table of all bugs, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from attrs import frozen

from benchmarks.baseline.measuring import KIT, Hunt, Length, Rate


@frozen
class Cell:
    """What one tool brought for one bug."""

    tool: str
    bug: str
    hunts: tuple[Hunt, ...]
    error: str = ""
    """What went wrong with the measuring itself."""

    @property
    def found(self) -> int:
        """The seeds with which it was found."""
        return sum(1 for hunt in self.hunts if hunt.said)

    @property
    def seconds(self) -> float:
        """CPU seconds to the first failure, in the median of the seeds that found it."""
        return median(hunt.seconds for hunt in self.hunts if hunt.said)

    @property
    def length(self) -> Length | None:
        """The length of its counterexample, if there is one."""
        return next((hunt.length for hunt in self.hunts if hunt.length), None)

    def __str__(self) -> str:
        if self.error:
            return f"not measured: {self.error}"
        if not self.found:
            return "-"
        text = f"{self.found}/{len(self.hunts)}, {self.seconds:.2f} s"
        if self.length:
            text += f", {self.length.deviations} of {self.length.steps}"
        return text


@frozen
class Comparison:
    """All that was measured in one run."""

    tools: tuple[str, ...]
    bugs: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    """By tool and bug."""
    rates: dict[str, Rate]

    def found(self, tool: str) -> list[str]:
        """The bugs that a tool found with any seed."""
        return [bug for bug in self.bugs if self.cells[tool, bug].found]

    def shared(self, tool: str) -> list[tuple[Cell, Cell]]:
        """For each bug that both found: what the kit brought, and what the tool did."""
        ours, theirs = self.found(KIT), self.found(tool)
        both = [bug for bug in ours if bug in theirs]
        return [(self.cells[KIT, bug], self.cells[tool, bug]) for bug in both]


def table(comparison: Comparison) -> Iterator[str]:
    """One row for each bug; seeds found, CPU seconds to the first failure, deviations of steps."""
    tools = comparison.tools
    yield f"| bug | {' | '.join(tools)} |"
    yield "|---" * (len(tools) + 1) + "|"
    for bug in comparison.bugs:
        row = [str(comparison.cells[tool, bug]) for tool in tools]
        yield f"| `{bug}` | {' | '.join(row)} |"


def totals(comparison: Comparison) -> Iterator[str]:
    """One row for each figure, one column for each tool; what is compared, against the kit."""
    tools, bugs = comparison.tools, comparison.bugs
    cells = [[comparison.cells[tool, bug] for bug in bugs] for tool in tools]
    yield f"| | {' | '.join(tools)} |"
    yield "|---" * (len(tools) + 1) + "|"
    yield _row(f"bugs found, of {len(bugs)}", [len(comparison.found(tool)) for tool in tools])
    always = [sum(1 for cell in row if cell.found == len(cell.hunts)) for row in cells]
    yield _row("with every seed", always)
    yield _row("effective steps a second, on the reference", _speeds(comparison))
    if KIT not in tools:
        return
    rivals = {tool: comparison.shared(tool) for tool in tools if tool != KIT}
    yield _row("bugs that the kit has not found", _per_rival(tools, _not_ours(comparison)))
    seconds = {
        tool: f"{_median(theirs.seconds for _, theirs in both)}, the kit "
        f"{_median(ours.seconds for ours, _ in both)}"
        for tool, both in rivals.items()
    }
    yield _row("CPU s to the first failure, median of shared bugs", _per_rival(tools, seconds))
    faster = {
        tool: f"{sum(theirs.seconds < ours.seconds for ours, theirs in both)} of {len(both)}"
        for tool, both in rivals.items()
    }
    yield _row("shared bugs that it finds sooner than the kit", _per_rival(tools, faster))
    for what, unit in (("deviations", "deviations"), ("steps", "effective steps")):
        lengths = {tool: _against(both, what) for tool, both in rivals.items()}
        name = f"counterexamples: {unit} fewer than the kit's, as many, more"
        yield _row(name, _per_rival(tools, lengths))


def exceptions(comparison: Comparison) -> Iterator[str]:
    """Where a rival does better than the kit: a line for each."""
    for tool in comparison.tools:
        if tool == KIT or KIT not in comparison.tools:
            continue
        missed = _names(bug for bug in comparison.found(tool) if bug not in comparison.found(KIT))
        both = comparison.shared(tool)
        sooner = _names(ours.bug for ours, theirs in both if theirs.seconds < ours.seconds)
        yield f"- {tool} finds, and the kit does not: {missed}."
        yield f"- {tool} is sooner: {sooner}."
        for what in ("deviations", "steps"):
            shorter = _names(
                f"{ours.bug} ({getattr(theirs.length, what)} against {getattr(ours.length, what)})"
                for ours, theirs in both
                if ours.length
                and theirs.length
                and getattr(theirs.length, what) < getattr(ours.length, what)
            )
            yield f"- {tool} needs fewer {what}: {shorter}."


def _row(name: str, values: Sequence[object]) -> str:
    return f"| {name} | {' | '.join(str(value) for value in values)} |"


def _per_rival(tools: Sequence[str], values: dict[str, str]) -> list[str]:
    return [values.get(tool, "") for tool in tools]


def _speeds(comparison: Comparison) -> list[str]:
    rates = [comparison.rates[tool] for tool in comparison.tools]
    return [
        f"{rate.steps / rate.seconds:,.0f}{' (and a false alarm)' if rate.alarm else ''}"
        for rate in rates
    ]


def _not_ours(comparison: Comparison) -> dict[str, str]:
    ours = comparison.found(KIT)
    return {
        tool: str(sum(1 for bug in comparison.found(tool) if bug not in ours))
        for tool in comparison.tools
        if tool != KIT
    }


def _median(values: Iterator[float]) -> str:
    found = list(values)
    return f"{median(found):.3f}" if found else "-"


def _against(both: list[tuple[Cell, Cell]], what: str) -> str:
    pairs = [
        (getattr(ours.length, what), getattr(theirs.length, what))
        for ours, theirs in both
        if ours.length and theirs.length
    ]
    fewer = sum(theirs < ours for ours, theirs in pairs)
    same = sum(theirs == ours for ours, theirs in pairs)
    return f"{fewer}, {same}, {len(pairs) - fewer - same}"


def _names(names: Iterator[str]) -> str:
    return ", ".join(f"`{name}`" if " " not in name else name for name in names) or "none"
