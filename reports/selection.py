"""Which steps to show where there is no room for all: the marked ones, then their surroundings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from reports.counterexample import Counterexample, Step
from reports.wording import count, marked, printable


@frozen
class Gap:
    """Steps that were left out between two that are shown."""

    steps: tuple[Step, ...]

    @property
    def marked(self) -> int:
        """How many of the steps carry a mark."""
        return sum(1 for step in self.steps if marked(step))

    @property
    def text(self) -> str:
        """The gap in words; says so when marked steps had to be left out, too."""
        if self.marked:
            hidden = f"{self.marked} of them marked"
            return f"... {count(len(self.steps), 'step')}, {hidden}: see the report"
        return f"... {count(len(self.steps), 'step')} in order, without a fault"


def quiet(step: Step) -> bool:
    """Whether somebody had nothing to relay in a step, and that is all: nobody needs to read it."""
    return bool(step.idle) and not marked(step)


def left_out(c: Counterexample, selection: Iterable[Step | Gap]) -> tuple[Step, ...]:
    """Return the steps that are neither shown nor in a gap: quiet ones, all of them."""
    there = {
        step.number
        for item in selection
        for step in (item.steps if isinstance(item, Gap) else (item,))
    }
    return tuple(step for step in c.steps if step.number not in there)


def idle_text(steps: Sequence[Step]) -> str:
    """Return in words what was left out without a gap; the numbers of the others tell where."""
    who = ", ".join(dict.fromkeys(printable(step.idle) for step in steps))
    return f"{count(len(steps), 'step')} left out, in which nothing was to be relayed: {who}"


def with_gaps(steps: Sequence[Step], kept: Iterable[int]) -> list[Step | Gap]:
    """Return the steps at the positions `kept`, with a `Gap` wherever some are missing.

    Where only quiet ones are missing there is none.
    """
    shown: list[Step | Gap] = []
    next_position = 0
    for position in [*sorted(set(kept)), len(steps)]:
        missing = tuple(steps[next_position:position])
        if not all(map(quiet, missing)):
            shown.append(Gap(missing))
        if position < len(steps):
            shown.append(steps[position])
        next_position = position + 1
    return shown


def _by_importance(c: Counterexample) -> list[int]:
    """Return the positions: guilty, marked, guilty entries, then by distance to a marked step."""
    important = [i for i, step in enumerate(c.steps) if marked(step)]

    def rank(position: int) -> tuple[int, int, int]:
        step = c.steps[position]
        if step.guilty:
            return (0, 0, position)
        if marked(step):
            return (1, 0, position)
        if any(entry.guilty for entry in step.entries) or position == 0:
            return (2, 0, position)
        return (3, min((abs(position - i) for i in important), default=position), position)

    return sorted(_worth_telling(c), key=rank)


def _worth_telling(c: Counterexample) -> list[int]:
    return [position for position, step in enumerate(c.steps) if not quiet(step)]


def select(
    c: Counterexample, room: int, size: Callable[[list[Step | Gap]], int]
) -> list[Step | Gap]:
    """Return as many steps as fit into `room`, most important first, in the order of the run.

    `size` measures a selection, gaps included; marked steps are left out only when they alone
    are more than fits, quiet ones always.
    """
    everything = with_gaps(c.steps, _worth_telling(c))
    if size(everything) <= room:
        return everything
    kept: list[int] = []
    best = with_gaps(c.steps, kept)
    for position in _by_importance(c):
        attempt = with_gaps(c.steps, [*kept, position])
        if size(attempt) <= room:
            kept.append(position)
            best = attempt
    return best
