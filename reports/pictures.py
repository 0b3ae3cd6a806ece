"""Small graphs as SVG, with a layout of our own: boxes, arrows with numbers, and a legend below.

Labels of a state machine are long, and no layout has room for them; so an arrow carries numbers,
and what they mean stands underneath. The same graph is the same text, whatever machine draws it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

_WIDTH, _HEIGHT = 112, 34
_COLUMN, _ROW = 190, 78
_MARGIN = 70
_LINE = 18
_CHARACTER = 6.6
#: Labels up to this length stand on the arrow; where all do, there is no legend.
_SHORT = 10
#: Colours that can be told apart on a light and on a dark page.
_COLOUR = {"": "#5b7083", "undo": "#c2410c", "fault": "#9333ea"}

_STYLE = (
    "text{font:12px sans-serif;fill:#5b7083}.box{fill:#5b708322;stroke:#5b7083;stroke-width:1.4}"
    ".rest{stroke-width:3}.name{text-anchor:middle;font-weight:bold}"
    ".number{text-anchor:middle;font-size:11px;font-weight:bold}"
    ".plate{fill:#fff;fill-opacity:.85}.arrow{fill:none;stroke-width:1.4}"
)


_Place = tuple[float, float]
_Curve = tuple[_Place, _Place, _Place]


@frozen
class Box:
    """A node: its name, and where its middle is."""

    name: str
    x: float
    y: float
    resting: bool = False
    """Whether it may be the end: drawn with a thick line."""


@frozen
class Link:
    """What leads from one box to another."""

    source: str
    target: str
    label: str
    kind: str = ""
    """`undo`, `fault`, or neither."""


def layered(names: Sequence[str], links: Iterable[Link], resting: frozenset[str]) -> list[Box]:
    """Boxes in columns: each one behind all that lead to it. There must be no circle."""
    ways = {(link.source, link.target) for link in links if link.source != link.target}
    column = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in ways:
            column[target] = max(column[target], min(column[source] + 1, len(names)))
    boxes = []
    tallest = max(list(column.values()).count(n) for n in column.values())
    for number in sorted(set(column.values())):
        stack = [name for name in names if column[name] == number]
        offset = (tallest - len(stack)) * _ROW / 2
        for place, name in enumerate(stack):
            x, y = number * _COLUMN, offset + place * _ROW
            boxes.append(Box(name, x, y, name in resting))
    return boxes


def around(names: Sequence[str]) -> list[Box]:
    """Boxes on an ellipse, clockwise from the left."""
    turn = 2 * math.pi / len(names)
    return [
        Box(name, round(330 * -math.cos(n * turn)), round(210 * -math.sin(n * turn)))
        for n, name in enumerate(names)
    ]


def svg(title: str, boxes: Sequence[Box], links: Sequence[Link]) -> str:
    """The picture; arrows between the same two boxes are one, with all that they stand for."""
    at = {box.name: box for box in boxes}
    short = all(len(link.label) <= _SHORT for link in links)
    arrows: dict[tuple[str, str, str], list[str]] = {}
    for number, link in enumerate(links, start=1):
        said = html.escape(link.label) if short else str(number)
        arrows.setdefault((link.source, link.target, link.kind), []).append(said)
    drawn = [
        _arrow(at, source, target, kind, ", ".join(said), n)
        for n, ((source, target, kind), said) in enumerate(arrows.items())
    ]
    told = () if short else links
    left = min(box.x for box in boxes) - _WIDTH / 2 - _MARGIN
    top = min(box.y for box in boxes) - _HEIGHT / 2 - _MARGIN
    bottom = max(box.y for box in boxes) + _HEIGHT / 2 + _MARGIN
    legend = [
        f'<text x="{left + 12:g}" y="{bottom + _LINE * n:g}" fill="{_COLOUR[link.kind]}">'
        f"<tspan font-weight='bold'>{n}</tspan>&#160;&#160;{html.escape(_told(link))}</text>"
        for n, link in enumerate(told, start=1)
    ]
    longest = max((len(_told(link)) for link in told), default=0)
    right = max(
        max(box.x for box in boxes) + _WIDTH / 2 + _MARGIN, left + longest * _CHARACTER + 50
    )
    width, height = right - left, bottom + _LINE * (len(told) + 1) - top
    heads = [_head(kind, colour) for kind, colour in _COLOUR.items()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="{left:g} {top:g} {width:g} {height:g}" width="{width:g}">',
            f"<title>{html.escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f"<defs>{''.join(heads)}</defs>",
            *drawn,
            *(_box(box) for box in boxes),
            *legend,
            "</svg>",
            "",
        ]
    )


def _told(link: Link) -> str:
    where = link.source if link.source == link.target else f"{link.source} → {link.target}"
    return f"{where}: {link.label}"


def _box(box: Box) -> str:
    look = "box rest" if box.resting else "box"
    return (
        f'<rect class="{look}" x="{box.x - _WIDTH / 2:g}" y="{box.y - _HEIGHT / 2:g}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" rx="7"/>'
        f'<text class="name" x="{box.x:g}" y="{box.y + 4:g}">{html.escape(box.name)}</text>'
    )


def _head(kind: str, colour: str) -> str:
    return (
        f'<marker id="head{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
    )


def _arrow(
    at: Mapping[str, Box], source: str, target: str, kind: str, text: str, place: int
) -> str:
    """An arrow, bowed to one side so that the way back does not lie on it."""
    a, b = at[source], at[target]
    if source == target:
        x, y = a.x, a.y - _HEIGHT / 2
        path = f"M{x - 14:g} {y:g}C{x - 30:g} {y - 38:g} {x + 30:g} {y - 38:g} {x + 14:g} {y:g}"
        return _drawn(path, kind, x, y - 32, text)
    curve = _curve(at, a, b, 32 if kind == "undo" else 20)
    start, control, end = curve
    path = f"M{start[0]:g} {start[1]:g}Q{control[0]:g} {control[1]:g} {end[0]:g} {end[1]:g}"
    return _drawn(path, kind, *_point(curve, 0.42 + 0.05 * (place % 3)), text)


def _curve(at: Mapping[str, Box], a: Box, b: Box, least: float) -> _Curve:
    """Beginning, control point and end of the flattest arrow that meets no other box."""
    length = math.dist((a.x, a.y), (b.x, b.y))
    across = (-(b.y - a.y) / length, (b.x - a.x) / length)
    others = [box for box in at.values() if box not in (a, b)]
    curves = []
    for bow in (least, *(sign * width for width in range(60, 400, 40) for sign in (-1, 1))):
        control = ((a.x + b.x) / 2 - across[0] * bow, (a.y + b.y) / 2 - across[1] * bow)
        curves.append((_edge(a, control), control, _edge(b, control)))
        if not any(_meets(curves[-1], box) for box in others):
            return curves[-1]
    return curves[0]


def _point(curve: _Curve, share: float) -> _Place:
    """The point of a curve after this share of its way."""
    (x0, y0), (x1, y1), (x2, y2) = curve
    before, here, after = (1 - share) ** 2, 2 * share * (1 - share), share**2
    return before * x0 + here * x1 + after * x2, before * y0 + here * y1 + after * y2


def _meets(curve: _Curve, box: Box) -> bool:
    points = (_point(curve, n / 24) for n in range(1, 24))
    return any(
        abs(x - box.x) < _WIDTH / 2 + 6 and abs(y - box.y) < _HEIGHT / 2 + 6 for x, y in points
    )


def _edge(box: Box, towards: _Place) -> _Place:
    """Where a line from the middle of a box leaves it."""
    dx, dy = towards[0] - box.x, towards[1] - box.y
    reach = min(_WIDTH / 2 / abs(dx) if dx else math.inf, _HEIGHT / 2 / abs(dy) if dy else math.inf)
    return round(box.x + dx * reach, 1), round(box.y + dy * reach, 1)


def _drawn(path: str, kind: str, x: float, y: float, text: str) -> str:
    width = 7 * len(text) + 6
    dashed = ' stroke-dasharray="5 4"' if kind else ""
    return (
        f'<path class="arrow" d="{path}" stroke="{_COLOUR[kind]}"{dashed} '
        f'marker-end="url(#head{kind})"/>'
        f'<rect class="plate" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width}" height="15" '
        f'rx="4"/><text class="number" x="{x:.1f}" y="{y + 4:.1f}">{text}</text>'
    )
