"""Wording that every form of report shares: marks, the sentence, harmless text."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from model.money import money
from reports.counterexample import Balance, Counterexample, Safeguard, Step, StepKind
from reports.kit import this_kit
from reports.verdict import RunSummary

_KIND_MARK = {StepKind.DEFAULT: "", StepKind.DEVIATION: "*", StepKind.FAULT: "!"}
GUILTY_MARK = ">"

#: What the marks beside a step mean, in the order in which they are explained.
MARK_MEANING: dict[str, str] = {
    "*": "differs from first in, first out",
    "!": "a fault",
    GUILTY_MARK: "breaks the property",
}

#: The line between the steps that were chosen and those that only let the run come to rest; not
#: there where none was chosen.
DRAIN_LINE = "from here on first in, first out, without faults"


def printable(text: str) -> str:
    r"""Return `text` on one line and without control characters: these are shown as `\n`, `\x1b`.

    Strings of a target may hold line ends, terminal codes, text direction marks or halves of
    characters; none of them may reach a terminal or a file as it is.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def clip(text: str, width: int) -> str:
    """Return `text` in at most `width` characters, its end replaced by dots where it was longer."""
    return text if len(text) <= width else text[: max(width - 3, 0)].rstrip() + "..."


#: An error ends in its place in the source: ` (shop.py:14)`, ` (Shop.pay(Shop.java:141))`.
_PLACE = re.compile(r" \([^()]*(?:\([^()]*)?:\d+\)+$")


def clip_message(text: str, width: int) -> str:
    """Like `clip`, but an error keeps its place in the source, which is what a reader looks for."""
    place = _PLACE.search(text)
    room = width - len(place[0]) if place else 0
    if place is None or len(text) <= width or room < width // 4:
        return clip(text, width)
    return clip(text[: place.start()], room) + place[0]


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 step" or "1,200 steps"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def marks(step: Step) -> str:
    """Return the marks of a step: `*` or `!` or nothing, then `>` where it is the guilty one."""
    return _KIND_MARK[step.kind] + (GUILTY_MARK if step.guilty else "")


def marked(step: Step) -> bool:
    """Whether a step carries a mark, that is, a reader must see it."""
    return bool(marks(step))


def named(safeguard: Safeguard) -> str:
    """Return the name of a safeguard, and those of the others that would do."""
    return ", or ".join((safeguard.name, *safeguard.instead))


def sentence(c: Counterexample) -> str:
    """Return the schedule in one sentence: first in, first out, except for its deviations."""
    if not c.deviations:
        return "First in, first out, without any fault."
    parts = (f"{printable(step.action)} (step {step.number})" for step in c.deviations)
    return f"First in, first out, except: {'; '.join(parts)}."


def work_text(summary: RunSummary) -> str:
    """Return how much was done in a run, the runs that shrank counterexamples included."""
    work = f"{count(summary.schedules, 'schedule')}, {count(summary.steps, 'step')}"
    if not summary.shrinking:
        return work
    return f"{work}, and {count(summary.shrinking, 'run')} to make counterexamples minimal"


def balance_text(balance: Balance) -> str:
    """Return an order's balance in words, as in "o1 failed, 10.00 EUR held, 1 reserved"."""
    parts = [
        f"{printable(balance.order)} {printable(balance.status)}",
        f"{printable(money(balance.money, balance.currency))} held",
        f"{balance.reserved} reserved",
        f"{balance.shipped} shipped",
    ]
    return ", ".join(parts)


def last_balances(c: Counterexample) -> tuple[Balance, ...]:
    """Return each order's balance at the end of the run, orders by first appearance."""
    latest: dict[str, Balance] = {}
    for step in c.steps:
        for balance in step.balances:
            latest[balance.order] = balance
    return tuple(latest.values())


def shown_path(path: Path) -> str:
    """Return a path as a reader can use it here: relative where it lies below this folder."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def command(*options: str) -> str:
    """Return the command that runs this kit from here, quoted for a shell.

    Outside the kit's own folder it names the kit's tests: pytest knows the options from there.
    """
    kit = this_kit()
    if kit.installed:
        return shlex.join(("order-saga-kit", *options))
    tests = () if Path.cwd() == kit.path else (str(kit.path / "properties"),)
    return shlex.join(("python", "-m", "pytest", *tests, *options))


def replay_command(file: Path, target: str) -> str:
    """Return the command that replays a counterexample's JSON file, quoted for a shell.

    Values are joined to their options by `=`: pytest takes a lone file name for a place to look
    for tests (and conftest.py) as long as it has not read the option's definition.
    """
    return command(f"--saga-replay={shown_path(file)}", f"--saga-target={target}")
