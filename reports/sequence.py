"""A counterexample as a Mermaid sequence diagram."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from model.vocabulary import Role
from reports.counterexample import Arrow, ArrowKind, Counterexample, Step, StepKind
from reports.selection import Gap, quiet, select
from reports.wording import DRAIN_LINE, clip, printable

#: Lanes that are no participants stand outside of these: people on the left, the world right.
_LEFT = ("customer",)
_RIGHT = ("gateway", "carrier", "warehouse")

_ARROW = {
    ArrowKind.MESSAGE: "-)",
    ArrowKind.CALL: "->>",
    ArrowKind.ANSWER: "-->>",
    ArrowKind.LOST: "-x",
}
_NOTE_PREFIX = {StepKind.DEFAULT: "", StepKind.DEVIATION: "* ", StepKind.FAULT: "! "}
#: Half transparent, to be legible on a light and on a dark page.
_GUILTY_COLOUR = "rgba(220, 60, 60, 0.2)"
_LABEL_WIDTH = 70
#: Mermaid refuses more than 50,000 characters, and nobody reads that many.
_MAXIMUM_LINES = 150
_PLAIN = frozenset(string.ascii_letters + string.digits + " .,_-/()=*!'")


def mermaid_text(text: str) -> str:
    """Return text that Mermaid shows as it is; what could be syntax, Markdown or HTML is encoded.

    Only a few characters are known to be harmless, so all others become `#NN;`.
    """
    short = clip(printable(text), _LABEL_WIDTH)
    encoded = "".join(char if char in _PLAIN else f"#{ord(char)};" for char in short)
    if not re.match("(no)?wrap", encoded, re.IGNORECASE):  # which Mermaid reads as a setting
        encoded = encoded.replace("#58; ", ": ")
    return encoded.strip() or "-"


def lanes(c: Counterexample) -> list[str]:
    """Return the lanes in use, from left to right: customer, participants, the world."""
    used = dict.fromkeys(
        lane
        for step in c.steps
        if not quiet(step)
        for arrow in step.arrows
        for lane in (arrow.source, arrow.target)
    )
    roles = [str(role) for role in Role]
    own = [lane for lane in used if lane not in (*_LEFT, *_RIGHT, *roles)]
    return [lane for lane in (*_LEFT, *roles, *own, *_RIGHT) if lane in used]


def sequence_diagram(c: Counterexample) -> str:
    """Return the diagram, without a code fence; empty where no step has an arrow."""
    order = lanes(c)
    if not order:
        return ""
    names = {lane: f"p{number}" for number, lane in enumerate(order, 1)}
    head = [f"    participant {name} as {mermaid_text(lane)}" for lane, name in names.items()]
    chosen = select(c, _MAXIMUM_LINES, lambda s: len(_body(s, names)))
    return "\n".join(["sequenceDiagram", *head, *_body(chosen, names)]) + "\n"


def _body(selection: list[Step | Gap], names: dict[str, str]) -> list[str]:
    """Return the lines of the chosen steps; a line over all lanes where the run comes to rest."""
    lines: list[str] = []
    drained = False
    for item in selection:
        first = item.steps[0] if isinstance(item, Gap) else item
        if first.drained and not drained:
            if lines:
                lines.append(_note(names.values(), DRAIN_LINE))
            drained = True
        lines += [_note(names.values(), item.text)] if isinstance(item, Gap) else _step(item, names)
    return lines


def _step(step: Step, names: dict[str, str]) -> list[str]:
    """Return one step: a note where it differs or is guilty, its arrows, its guilty entries."""
    lines = []
    touched = [names[lane] for arrow in step.arrows for lane in (arrow.source, arrow.target)]
    across = touched or list(names.values())
    if step.kind is not StepKind.DEFAULT or step.guilty or not step.arrows:
        lines.append(_note(across, f"{_NOTE_PREFIX[step.kind]}{step.number}. {step.action}"))
    lines += [_arrow(arrow, names) for arrow in step.arrows]
    lines += [_note(across, f"guilty entry: {e.order} {e.text}") for e in step.entries if e.guilty]
    if not step.guilty:
        return lines
    return [f"    rect {_GUILTY_COLOUR}", *(f"    {line}" for line in lines), "    end"]


def _arrow(arrow: Arrow, names: dict[str, str]) -> str:
    """Return one arrow; notes and crashes stand on their lanes."""
    if arrow.kind is ArrowKind.NOTE:
        return _note((names[arrow.source], names[arrow.target]), arrow.text)
    if arrow.kind is ArrowKind.CRASH:
        return _note((names[arrow.source], names[arrow.target]), f"CRASH {arrow.text}")
    line = f"{names[arrow.source]}{_ARROW[arrow.kind]}{names[arrow.target]}"
    return f"    {line}: {mermaid_text(arrow.text)}"


def _note(across: Iterable[str], text: str) -> str:
    """Return a note that spans from the leftmost to the rightmost of the given lanes."""
    ordered = sorted(set(across), key=lambda name: int(name[1:]))
    span = ordered[0] if len(ordered) == 1 else f"{ordered[0]},{ordered[-1]}"
    return f"    Note over {span}: {mermaid_text(text)}"
