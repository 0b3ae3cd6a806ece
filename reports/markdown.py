"""A counterexample as a Markdown page: everything that is known of it, to be acted upon."""

from __future__ import annotations

import re

from model.money import money
from reports.counterexample import Balance, Counterexample, Step
from reports.kit import Kit, this_kit
from reports.regression import regression_test
from reports.safeguards import others
from reports.selection import idle_text, left_out, quiet
from reports.sequence import sequence_diagram
from reports.wording import (
    DRAIN_LINE,
    GUILTY_MARK,
    MARK_MEANING,
    count,
    marks,
    named,
    printable,
    sentence,
)

_PASTE = """\
Paste this into a test module of your own. It holds the schedule, needs no other file, and finds
your code where the test itself finds it. Its interpreter needs the """
_NEEDS_CLONE = """\
packages that the kit depends
on; the environment variable `ORDER_SAGA_KIT` says where the kit is, should it have moved."""
_NEEDS_WHEEL = "kit, installed\nfrom its wheel as it was here."


def counterexample_markdown(c: Counterexample, replay_command: str, kit: Kit | None = None) -> str:
    """Return the whole page; `kit` is the one that the regression test calls."""
    kit = kit or this_kit()
    sections = [
        _title(c),
        _happened(c),
        _schedule(c),
        _ledger(c),
        _diagram(c),
        _divergence(c),
        _safeguard(c),
        _replay(c, replay_command, kit),
    ]
    return "\n".join(section for section in sections if section)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, in a paragraph, a list or a cell of a table.

    Numeric references can never be structure, a backslash can (in a table, before a pipe).
    """
    text = printable(text)
    text = re.sub(r"[\\`*\[\]<>#|~&${}@^]", _reference, text)
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?!\s|$)", _reference, text)
    return re.sub(
        r"(?<=www)\.|^[-+=]|(?<=^\d)[.)](?=\s|$)|^ | $", _reference, text, flags=re.IGNORECASE
    )


def code(text: str) -> str:
    """Return text as code, safe in a table, too."""
    text = printable(text)
    if text.strip() == text != "" and not re.search(r"[`|\\]", text):
        return f"`{text}`"
    return f"<code>{escape(text)}</code>"


def fenced(text: str, language: str = "") -> str:
    """Return a code block whose fence is longer than any that `text` holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}\n"


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    """Return a table; the cells are escaped by the caller, who also marks them up."""
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _title(c: Counterexample) -> str:
    """Return the title with the property in words, and where it was violated."""
    facts = [
        f"- Target: {code(c.target)}",
        f"- Delivery contract: {code(c.delivery)}",
        f"- Setting: {escape(c.setting)}",
        f"- Order: {escape(c.order or 'all')}",
        f"- Found by: {escape(c.tier)}, seed {c.seed}; made minimal in {count(c.runs, 'run')}",
    ]
    if c.also:
        facts.append(f"- The same schedule also violates: {escape(', '.join(c.also))}")
    if c.besides:
        facts.append(f"- Also fails {escape(c.besides)}")
    title = f"# {escape(c.property_id)}: {escape(c.statement)}\n\n"
    return title + "This property was **violated**.\n\n" + "\n".join(facts) + "\n"


def _happened(c: Counterexample) -> str:
    """Return the finding and the sentence."""
    return f"## What happened\n\nFound: {escape(c.finding)}\n\n> {escape(sentence(c))}\n"


def _schedule(c: Counterexample) -> str:
    """Return the numbered schedule with its marks and what was noted beside each step."""
    legend = "; ".join(f"`{mark}` {meaning}" for mark, meaning in MARK_MEANING.items())
    rows: list[list[str]] = []
    drained = False
    told = [step for step in c.steps if not quiet(step)]
    for step in told:
        if step.drained and not drained:
            if rows:
                rows.append(["", "", f"*{DRAIN_LINE}*", ""])
            drained = True
        action = escape(step.action)
        notes = "<br>".join(escape(note) for note in step.notes)
        rows.append([str(step.number), _marks(step), _strong(action, step.guilty), notes])
    table = _table(("Step", "Mark", "Action", "Notes"), rows)
    idle = left_out(c, told)
    without = f" {escape(idle_text(idle))}." if idle else ""
    return f"## Schedule\n\nMarks: {legend}.{without}\n\n{table}"


def _marks(step: Step) -> str:
    return f"`{marks(step)}`" if marks(step) else ""


def _strong(escaped: str, strong: bool) -> str:
    return f"**{escaped.strip()}**" if strong and escaped.strip() else escaped


def _ledger(c: Counterexample) -> str:
    """Return the ledger step by step, without the steps in which it stayed the same."""
    header = ("Step", "Order", "Entry", "Status", "Money held", "Reserved", "Shipped")
    last: dict[str, Balance] = {}
    rows: list[list[str]] = []
    for step in c.steps:
        now = {balance.order: balance for balance in step.balances}
        changed = [order for order, balance in now.items() if last.get(order) != balance]
        orders = dict.fromkeys([*(entry.order for entry in step.entries), *changed])
        last |= now
        rows += [_ledger_row(step, order, last.get(order)) for order in orders]
    if not rows:
        return "## Ledger\n\nThe ledger stayed empty: no money, stock or parcel moved.\n"
    legend = f"Entries marked {GUILTY_MARK} are those that the violation rests on; steps in which "
    return f"## Ledger\n\n{legend}nothing changed are left out.\n\n{_table(header, rows)}"


def _ledger_row(step: Step, order: str, balance: Balance | None) -> list[str]:
    """Return what one step brought to one order, and how the order stands after it."""
    entries = [
        _strong(
            f"`{GUILTY_MARK}` {escape(entry.text)}" if entry.guilty else escape(entry.text),
            entry.guilty,
        )
        for entry in step.entries
        if entry.order == order
    ]
    row = [str(step.number), escape(order), "<br>".join(entries)]
    if balance is None:
        return [*row, "", "", "", ""]
    held = escape(money(balance.money, balance.currency))
    return [*row, escape(balance.status), held, str(balance.reserved), str(balance.shipped)]


def _diagram(c: Counterexample) -> str:
    """Return the sequence diagram as GitHub, GitLab and editors draw it."""
    diagram = sequence_diagram(c)
    if not diagram:
        return ""
    legend = "Notes with `*` or `!` are the deviations and faults; the guilty step is shaded."
    return f"## Sequence\n\n{legend}\n\n{fenced(diagram, 'mermaid')}"


def _divergence(c: Counterexample) -> str:
    """Return where target and model part ways."""
    if c.divergence is None:
        return ""
    expected = "\n".join(f"- {escape(text)}" for text in c.divergence.expected) or "- nothing"
    return (
        f"## Model against target\n\nThey part ways at step {c.divergence.step}.\n\n"
        f"The target did: {escape(c.divergence.did)}\n\n"
        f"The model allows there:\n\n{expected}\n"
    )


def _safeguard(c: Counterexample) -> str:
    """Return what would have prevented the violation, and how to add it."""
    if c.safeguard is None:
        return ""
    instead = "".join(
        f"\nOr: {escape(other.name)}. {escape(other.reason)}\n\n"
        f"How to add that: {escape(other.advice)}\n"
        for other in others(c.safeguard)
    )
    return (
        f"## Missing safeguard: {escape(named(c.safeguard))}\n\n"
        f"Why: {escape(c.safeguard.reason)}\n\nHow to add it: {escape(c.safeguard.advice)}\n"
        f"{instead}"
    )


def _replay(c: Counterexample, replay_command: str, kit: Kit) -> str:
    """Return the command that replays the schedule, and a test that keeps it replayed."""
    replayed = (
        f"## Replay\n\n{fenced(printable(replay_command), 'sh')}\n"
        "It fails as long as the bug is there, and passes once it is fixed.\n"
    )
    if not c.schedule:  # a way through the model: no target to replay it on
        return replayed
    paste = _PASTE + (_NEEDS_WHEEL if kit.installed else _NEEDS_CLONE)
    return (
        f"{replayed}\n## Regression test\n\n{paste}\n\n{fenced(regression_test(c, kit), 'python')}"
    )
