"""Elements of HTML and SVG, made so that no text can become markup.

All that a target may have put into a text is escaped where the element is made. What is markup
already has the type `Markup`; whatever is done to one makes a plain text of it again, which would
be escaped: a mistake shows itself as too much escaping, never as too little.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from reports.wording import printable

#: Elements that have no content and no end tag.
_VOID = frozenset({"br", "col", "link", "meta"})


class Markup(str):
    """Text that is markup: safe to be put into a page as it is."""

    __slots__ = ()


def text(plain: str) -> Markup:
    """Return a text as it may stand in content and in attributes, on one line."""
    return plain if isinstance(plain, Markup) else Markup(escape(printable(plain), quote=True))


def lines(plain: str) -> Markup:
    """Return a text with its line breaks, for `pre`; all else that cannot be seen is shown."""
    return Markup("\n".join(text(line) for line in plain.split("\n")))


def join(parts: Iterable[str], between: str = "") -> Markup:
    """Put texts and markup one behind the other."""
    return Markup(text(between).join(text(part) for part in parts))


def element(tag: str, /, *content: str, **attributes: str | int | bool | None) -> Markup:
    """Return an element; what is no `Markup` is escaped.

    `class_` and `for_` give the attributes of those names, `aria_label` gives aria-label. `True`
    is an attribute without a value; with `None`, `False` or an empty class there is none.
    """
    opening = tag
    for key, value in attributes.items():
        if value is None or value is False or (key == "class_" and not value):
            continue
        attribute = key.rstrip("_").replace("_", "-")
        opening += f" {attribute}" if value is True else f' {attribute}="{text(str(value))}"'
    if tag in _VOID:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{join(content)}</{tag}>")


def classes(**wanted: object) -> str:
    """Return the names of the classes whose condition holds."""
    return " ".join(name for name, holds in wanted.items() if holds)


def scrolling(label: str, *content: str) -> Markup:
    """Return a part that scrolls sideways where it is too wide, by keyboard as well."""
    return element("div", *content, class_="scroll", role="group", aria_label=label, tabindex=0)


def table(header: Iterable[str], rows: Iterable[Markup], caption: str) -> Markup:
    """Return a table of rows that are made already; the caption is for who cannot see it."""
    head = element("tr", *(element("th", cell, scope="col") for cell in header))
    return element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
    )
