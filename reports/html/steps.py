"""The steps of a counterexample as a list, and the ledger beside them: what the script walks."""

from __future__ import annotations

from collections.abc import Iterator

from model.money import money
from reports.counterexample import Arrow, ArrowKind, Balance, Counterexample, Shelf, Step, StepKind
from reports.html.elements import Markup, classes, element, join
from reports.selection import Gap, idle_text, left_out, select
from reports.wording import DRAIN_LINE

_KIND = {
    StepKind.DEFAULT: "",
    StepKind.DEVIATION: "out of turn",
    StepKind.FAULT: "fault",
}
#: Between the two ends of an arrow, in words that are read aloud as well.
_ARROW = {
    ArrowKind.MESSAGE: "to",
    ArrowKind.CALL: "calls",
    ArrowKind.ANSWER: "answers",
    ArrowKind.LOST: "does not reach",
}


def step_list(c: Counterexample, room: int) -> Markup:
    """Return all steps in order, each with what happened in it and how things stood after it.

    How things stood is there only where it had changed: it still holds for the steps after. Where
    there are more than `room`, some that deviate in nothing are left out.
    """
    items: list[Markup] = []
    drained = False
    standing: tuple[tuple[Balance, ...], tuple[Shelf, ...]] = ((), ())
    chosen = select(c, room, len)
    for item in chosen:
        first = item.steps[0] if isinstance(item, Gap) else item
        begins = first.drained and not drained and bool(items)
        drained = drained or first.drained
        if isinstance(item, Gap):
            items.append(element("li", item.text, class_="gap", value=first.number))
            continue
        now = (item.balances, item.stock)
        changed = now != standing and any(now)
        standing = now if changed else standing
        parted = c.divergence is not None and c.divergence.step == item.number
        items.append(_item(item, changed, begins, parted))
    idle = left_out(c, chosen)
    aside = element("p", f"{idle_text(idle)}.", class_="aside") if idle else Markup()
    return join([element("ol", *items, class_="steps"), aside])


def _item(step: Step, changed: bool, begins: bool, parted: bool) -> Markup:
    """Return one step.

    Whether it changed how things stand, whether the run only comes to rest from here, and whether
    here the target leaves the model.
    """
    kind = {step.kind.value: step.kind is not StepKind.DEFAULT}
    return element(
        "li",
        element("p", DRAIN_LINE, class_="aside") if begins else Markup(),
        element("p", element("span", step.action), *_tags(step, parted), class_="does"),
        *(element("p", note, class_="note") for note in step.notes),
        element("ul", *(element("li", arrow_text(arrow)) for arrow in step.arrows), class_="arrows")
        if step.arrows
        else Markup(),
        *(_entry("p", step, place) for place in range(len(step.entries))),
        standing(step) if changed else Markup(),
        value=step.number,
        class_=classes(**kind, guilty=step.guilty),
    )


def _tags(step: Step, parted: bool) -> Iterator[Markup]:
    """What is special about a step, in words: colour alone tells not everybody."""
    if step.kind is not StepKind.DEFAULT:
        yield Markup(" ")
        yield element("b", _KIND[step.kind], class_=f"tag {step.kind.value}")
    if step.guilty:
        yield Markup(" ")
        yield element("b", "breaks the property", class_="tag guilty")
    if parted:
        yield Markup(" ")
        yield element("b", "leaves the model", class_="tag guilty")


def arrow_text(arrow: Arrow) -> str:
    """Return an arrow in words."""
    if arrow.kind is ArrowKind.CRASH:
        return f"{arrow.source} crashes: {arrow.text}"
    if arrow.kind is ArrowKind.NOTE or arrow.source == arrow.target:
        return f"{arrow.source}: {arrow.text}"
    return f"{arrow.source} {_ARROW[arrow.kind]} {arrow.target}: {arrow.text}"


def standing(step: Step) -> Markup:
    """Return how orders and stock stand after a step."""
    orders = [
        element(
            "li",
            element("b", balance.order),
            f" {balance.status}",
            *_amount("held", money(balance.money, balance.currency)),
            *_amount("reserved", str(balance.reserved)),
            *_amount("shipped", str(balance.shipped)),
        )
        for balance in step.balances
    ]
    shelves = [part for shelf in step.stock for part in _amount(shelf.sku, str(shelf.pieces))]
    stock = [element("li", element("b", "in stock"), *shelves)] if shelves else []
    return element("ul", *orders, *stock, class_="standing")


def _amount(what: str, amount: str) -> tuple[str, ...]:
    return " ", element("i", what), " ", amount


def _entry(name: str, step: Step, place: int) -> Markup:
    """Return a ledger entry, as the element `name`."""
    entry = step.entries[place]
    rests = element("b", " rests on this", class_="unseen") if entry.guilty else Markup()
    return element(
        name,
        element("i", f"step {step.number}") if name == "li" else Markup(),
        element("span", element("b", entry.order), " ", entry.text, rests),
        class_=classes(entry=True, guilty=entry.guilty),
        value=step.number if name == "li" else None,
    )


def ledger(c: Counterexample, room: int) -> Markup:
    """Return the entries of the ledger in order; those that the violation rests on are marked.

    Of a run of more than `room` steps, only those of the steps that are listed, and the marked.
    """
    listed = {step.number for step in select(c, room, len) if isinstance(step, Step)}
    places = [(step, place) for step in c.steps for place in range(len(step.entries))]
    shown = [
        _entry("li", step, place)
        for step, place in places
        if step.number in listed or step.entries[place].guilty
    ]
    if not places:
        return element("p", "No money, stock or parcel moved.", class_="aside")
    more = len(places) - len(shown)
    rest = element("p", f"... and {more:,} more", class_="aside") if more else Markup()
    return join([element("ol", *shown, class_="ledger"), rest])
