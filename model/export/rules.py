"""Every step of one order as a rule: when it may be taken, and which variables it changes.

The rules say what `semantics` says, once more and in another form; that both are the same is what
the independent checkers show, by counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import evolve, frozen

from model.export.words import channel_name, identifier
from model.semantics import Kind, Scope, without_calls
from model.table import Guard, Row, Table

_STOCK = {Guard.ALWAYS: (), Guard.IN_STOCK: ("stock > 0",), Guard.OUT_OF_STOCK: ("stock <= 0",)}
_SUFFIX = {Kind.CRASH: "_crash", Kind.CRASH_BEFORE_CALL: "_crash_before_call"}


@frozen
class Rule:
    """A step of one order."""

    section: str
    name: str
    title: str
    """What happens, in the words of the table."""
    guard: str
    """When it may be taken: an expression."""
    becomes: tuple[tuple[str, str], ...]
    """Actors, and the states they go to."""
    changes: tuple[tuple[str, int], ...]
    """Variables, and what is added to them."""


def rules(table: Table, scope: Scope) -> tuple[Rule, ...]:
    """All rules, section by section; what the scope has no budget for is left out."""
    found = [
        *(rule for row in table.rows for rule in _row(table, scope, row)),
        *_ignored(table, scope),
        *_copies(table, scope),
    ]
    names = Counter[str]()
    distinct = []
    for rule in found:
        names[rule.name] += 1
        again = names[rule.name]
        distinct.append(rule if again == 1 else evolve(rule, name=f"{rule.name}_{again}"))
    return tuple(distinct)


def _row(table: Table, scope: Scope, row: Row) -> Iterator[Rule]:
    """A row fires; it fires and the consumer dies; it dies even before its call."""
    if row.on in table.requests:
        if scope.cancels:
            yield _fires(table, row, Kind.CANCEL, ("cancels",))
        return
    if row.fault and not scope.gateway_faults:
        return
    price = ("gateway_faults",) if row.fault else ()
    yield _fires(table, row, Kind.DELIVER, price)
    if scope.crashes:
        price = (*price, "crashes")
        yield _fires(table, row, Kind.CRASH, price)
        if not table.port_calls.isdisjoint(row.emits):
            yield _fires(table, without_calls(table, row), Kind.CRASH_BEFORE_CALL, price)


def _fires(table: Table, row: Row, kind: Kind, price: tuple[str, ...]) -> Rule:
    changes = Counter[str]()
    guard = [f"{row.actor} == {identifier(row.state)}", *_STOCK[row.guard]]
    if kind is not Kind.CANCEL:
        channel = channel_name((row.on, row.actor))
        guard.insert(0, f"{channel} > 0")
        changes[channel] -= kind is Kind.DELIVER
    for budget in price:
        guard.append(f"{budget} > 0")
        changes[budget] -= 1
    for message in row.emits:
        for actor in table.consumers(message):
            changes[channel_name((message, actor))] += 1
    for effect in row.effects:
        changes[effect.name] += 1
        changes["stock"] += effect.stock
    choice = row.outcome or ("" if row.guard is Guard.ALWAYS else row.guard.value)
    name = "_".join(filter(None, (row.actor, row.state, row.on, choice)))
    died = {
        Kind.CRASH: "; dies, the message stays",
        Kind.CRASH_BEFORE_CALL: "; dies before calling",
    }
    return Rule(
        section=row.actor,
        name=identifier(name).capitalize() + _SUFFIX.get(kind, ""),
        title=f"{row}{died.get(kind, '')}",
        guard=" and ".join(guard),
        becomes=((row.actor.value, identifier(row.to)),) if row.to != row.state else (),
        changes=_real(changes),
    )


def _ignored(table: Table, scope: Scope) -> Iterator[Rule]:
    """What a consumer has no row for is acknowledged and ignored."""
    requests = [
        (message, actor) for message in table.requests for actor in table.consumers(message)
    ]
    for message, actor in (*table.channels, *(requests if scope.cancels else ())):
        known = [r.state for r in table.rows if (r.actor, r.on) == (actor, message)]
        elsewhere = [f"{actor} != {identifier(state)}" for state in dict.fromkeys(known)]
        spent = "cancels" if message in table.requests else channel_name((message, actor))
        yield Rule(
            section="ignored",
            name=identifier(f"Ignored_{message}_by_{actor}"),
            title=f"{actor} has nothing to do on {message}",
            guard=" and ".join((f"{spent} > 0", *elsewhere)),
            becomes=(),
            changes=((spent, -1),),
        )


def _copies(table: Table, scope: Scope) -> Iterator[Rule]:
    """The broker makes another copy of a message in flight."""
    for channel in table.channels if scope.duplicates else ():
        name = channel_name(channel)
        yield Rule(
            section="copies",
            name=f"Copy_{name}",
            title=f"another copy of {channel[0]} to {channel[1]}",
            guard=" and ".join((f"{name} > 0", "duplicates > 0")),
            becomes=(),
            changes=(("duplicates", -1), (name, 1)),
        )


def _real(changes: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple((name, by) for name, by in changes.items() if by)
