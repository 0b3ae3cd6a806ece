"""The sequence diagram of a counterexample as SVG: a band for each step, a lane for each part."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from reports.counterexample import Arrow, ArrowKind, Counterexample, Step, StepKind
from reports.html.elements import Markup, classes, element
from reports.selection import Gap, select
from reports.sequence import lanes
from reports.wording import DRAIN_LINE, clip, marks, printable

_LEFT, _TOP = 40, 34
#: How far apart lanes are: as far as all of them fit beside the ledger.
_NARROWEST, _WIDEST, _ROOM = 104, 150, 840
#: From here on a picture may be shrunk a little to fit.
_WIDE = 760
_ROW, _PAD = 26, 5
#: About what a character is wide, to keep texts inside the picture.
_CHARACTER = 6.2
_LABEL = 44


@frozen
class _Lanes:
    """Where each lane stands."""

    names: tuple[str, ...]
    apart: int = field(init=False)
    place: dict[str, int] = field(init=False)

    @apart.default
    def _apart(self) -> int:
        return max(_NARROWEST, min(_WIDEST, _ROOM // len(self.names)))

    @place.default
    def _place(self) -> dict[str, int]:
        start = _LEFT + self.apart // 2
        return {name: start + self.apart * number for number, name in enumerate(self.names)}

    @property
    def width(self) -> int:
        """Of the picture."""
        return _LEFT + self.apart * len(self.names)


def sequence_svg(c: Counterexample, anchor: str, room: int) -> Markup:
    """Return the diagram, in about `room` rows; empty where no step has an arrow.

    `anchor` makes its ids unique.
    """
    names = lanes(c)
    if not names:
        return Markup()
    drawn = _Lanes(tuple(names))
    chosen = select(c, room, lambda s: sum(map(_rows, s)))
    bands: list[Markup] = []
    y, drained = _TOP, False
    for item in chosen:
        first = item.steps[0] if isinstance(item, Gap) else item
        if first.drained and not drained:
            if bands:
                bands.append(_divider(DRAIN_LINE, y, drawn))
                y += _ROW
            drained = True
        if isinstance(item, Gap):
            bands.append(_divider(item.text, y, drawn))
        else:
            bands.append(_band(item, y, drawn, c))
        y += _ROW * _rows(item) + _PAD
    return element(
        "svg",
        element("title", f"Sequence of {c.property_id}", id=f"{anchor}-title"),
        element("desc", _description(c, drawn), id=f"{anchor}-desc"),
        *(_lane(name, y, drawn) for name in names),
        *bands,
        role="img",
        class_=classes(wide=drawn.width > _WIDE),
        aria_labelledby=f"{anchor}-title",
        aria_describedby=f"{anchor}-desc",
        viewBox=f"0 0 {drawn.width} {y + _PAD}",
        width=drawn.width,
        height=y + _PAD,
    )


def _description(c: Counterexample, drawn: _Lanes) -> str:
    guilty = [str(step.number) for step in c.steps if step.guilty]
    deviations = ", ".join(str(step.number) for step in c.deviations) or "none"
    breaks = f"; the property breaks in step {', '.join(guilty)}" if guilty else ""
    return (
        f"{len(c.steps)} steps between {', '.join(drawn.names)}. Steps that deviate: "
        f"{deviations}{breaks}. The list of steps says the same in words."
    )


def _rows(item: Step | Gap) -> int:
    """How many rows a step takes; one for a gap."""
    return 1 if isinstance(item, Gap) else int(_headed(item)) + len(item.arrows)


def _headed(step: Step) -> bool:
    """Whether the step's action is written out above its arrows, which say it otherwise."""
    return step.kind is not StepKind.DEFAULT or step.guilty or not step.arrows


def _lane(name: str, bottom: int, drawn: _Lanes) -> Markup:
    x = drawn.place[name]
    return element(
        "g",
        element("path", d=f"M{x} {_TOP - 8}V{bottom}", class_="lane"),
        _text(name, x, 18, "lane-name", drawn.apart // int(_CHARACTER) - 2),
    )


def _divider(words: str, y: int, drawn: _Lanes) -> Markup:
    middle = y + _ROW // 2
    return element(
        "g",
        element("path", d=f"M{_LEFT} {middle}H{drawn.width}", class_="divider"),
        _text(words, (_LEFT + drawn.width) // 2, middle + 4, "aside", drawn.width // 7),
    )


def _band(step: Step, y: int, drawn: _Lanes, c: Counterexample) -> Markup:
    """Return one step: its number, what it is where that is not told by its arrows, its arrows."""
    height = _ROW * _rows(step) + _PAD
    parted = c.divergence is not None and c.divergence.step == step.number
    parts = [
        element("rect", height=height),
        _text(f"{step.number} {marks(step)}".strip(), 6, 17, "number", 8),
    ]
    if parted:
        parts.append(_text("≠ model", drawn.width - 6, 17, "leaves", 8))
    row = 0
    if _headed(step):
        parts.append(_text(step.action, _LEFT, 17, "action", (drawn.width - _LEFT) // 6))
        row = 1
    for number, arrow in enumerate(step.arrows, row):
        parts += _arrow(arrow, _ROW * number + 20, drawn)
    kind = {step.kind.value: step.kind is not StepKind.DEFAULT}
    return element(
        "g",
        *parts,
        class_=classes(step=True, **kind, guilty=step.guilty),
        data_step=step.number,
        transform=f"translate(0 {y})",
    )


def _arrow(arrow: Arrow, y: int, drawn: _Lanes) -> Sequence[Markup]:
    """Return one arrow with its label; notes and crashes stand on their lane."""
    start, end = drawn.place[arrow.source], drawn.place[arrow.target]
    if start == end or arrow.kind in (ArrowKind.NOTE, ArrowKind.CRASH):
        crash = arrow.kind is ArrowKind.CRASH
        words = f"✕ {arrow.text}" if crash else arrow.text
        return (_inside(words, start, y - 3, "crash" if crash else "note", drawn),)
    label = _inside(arrow.text, (start + end) // 2, y - 5, "", drawn)
    back = -6 if end > start else 6
    kind = "" if arrow.kind is ArrowKind.MESSAGE else arrow.kind.value
    head = f"M{end + back} {y - 4}L{end} {y}l{back} 4"
    if arrow.kind is ArrowKind.LOST:
        end = (start + end) // 2
        head = f"M{end - 5} {y - 5}l10 10m0 -10l-10 10"
    if arrow.kind in (ArrowKind.MESSAGE, ArrowKind.CALL):
        return element("path", d=f"M{start} {y}H{end}{head}", class_=kind), label
    # The line is dashed, or of another colour: its head is not.
    line = element("path", d=f"M{start} {y}H{end}", class_=kind)
    return line, element("path", d=head, class_=f"head {kind}"), label


def _inside(words: str, x: int, y: int, kind: str, drawn: _Lanes) -> Markup:
    """Return a text in the middle of `x`, or as near to it as it is inside of the picture."""
    half = int(min(len(printable(words)), _LABEL) * _CHARACTER / 2) + 4
    return _text(words, max(_LEFT + half, min(x, drawn.width - half)), y, kind, _LABEL)


def _text(words: str, x: int, y: int, kind: str, width: int) -> Markup:
    """Return a text; what had to be clipped is told in full when one points at it."""
    full = printable(words)
    shown = clip(full, width)
    title = element("title", full) if shown != full else Markup()
    return element("text", title, shown, x=x, y=y, class_=kind)
