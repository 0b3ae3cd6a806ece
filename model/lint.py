"""What can be told about a table without running it. The table of this kit has no findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import frozen

from model.table import Effect, Guard, Machine, Row, Table


@frozen
class Finding:
    """A flaw, the check that found it, and where."""

    check: str
    detail: str


def lint(table: Table) -> tuple[Finding, ...]:
    """All findings, check by check."""
    return tuple(Finding(name, detail) for name, check in CHECKS.items() for detail in check(table))


def _unknown_states(table: Table) -> Iterator[str]:
    machines = {machine.actor: machine for machine in table.machines}
    for row in table.rows:
        machine = machines.get(row.actor)
        for state in (row.state, row.to):
            if machine is None or state not in machine.states:
                yield f"{row.actor} has no state {state}: {row}"
    for machine in table.machines:
        for state in sorted(machine.resting - {*machine.states}):
            yield f"{machine.actor} cannot rest in {state}, which it does not have"


def _unreachable_states(table: Table) -> Iterator[str]:
    for machine in table.machines:
        found = {machine.initial}
        while more := {r.to for r in _rows_of(table, machine) if r.state in found} - found:
            found |= more
        for state in machine.states:
            if state not in found:
                yield f"no row leads {machine.actor} to {state}"


def _dead_ends(table: Table) -> Iterator[str]:
    for machine in table.machines:
        left = {row.state for row in _rows_of(table, machine) if row.to != row.state}
        for state in machine.states:
            if state not in left and state not in machine.resting:
                yield f"{machine.actor} can neither leave {state} nor rest there"


def _unheard(table: Table) -> Iterator[str]:
    emitted = dict.fromkeys((*table.start, *(event for row in table.rows for event in row.emits)))
    for event in emitted:
        if not table.consumers(event) and event not in table.announcements:
            yield f"nobody consumes {event}"
    for event in table.announcements & {row.on for row in table.rows}:
        yield f"{event} is an announcement, yet a row needs it"


def _unsaid(table: Table) -> Iterator[str]:
    said = {*table.start, *table.requests, *(event for row in table.rows for event in row.emits)}
    for event in dict.fromkeys(row.on for row in table.rows):
        if event not in said:
            yield f"nobody emits {event}"
    for event in sorted(table.announcements - said):
        yield f"nobody emits {event}"


def _announcements(table: Table) -> Iterator[str]:
    """Who comes to rest for good says so, once, and in one way for each state; nobody else does."""
    said: dict[str, set[str]] = {}
    for row in table.rows:
        announced = [event for event in row.emits if event in table.announcements]
        machine = table.machine(row.actor)
        ends = row.to in machine.resting and row.state not in machine.resting
        speaks = any(
            event in table.announcements
            for each in _rows_of(table, machine)
            for event in each.emits
        )
        if ends and speaks and len(announced) != 1:
            yield f"does not say once how it ended: {row}"
        if announced and not ends:
            yield f"announces an end that it does not come to: {row}"
        for event in announced if ends else ():
            said.setdefault(event, set()).add(row.to)
            if len(said[event]) > 1:
                yield f"{event} stands for {' and '.join(sorted(said[event]))}: {row}"


def _uncovered(table: Table) -> Iterator[str]:
    for key, rows in table.by_key.items():
        guards = {row.guard for row in rows if not row.fault}
        if guards and Guard.ALWAYS not in guards and len(guards) < 2:
            yield f"{_named(key)} has a row only {guards.pop().value}"


def _only_faults(table: Table) -> Iterator[str]:
    for key, rows in table.by_key.items():
        if all(row.fault for row in rows):
            yield f"{_named(key)} needs a fault to go on"


def _ambiguous(table: Table) -> Iterator[str]:
    for key, rows in table.by_key.items():
        for choice, count in Counter((row.guard, row.outcome) for row in rows).items():
            if count > 1:
                yield f"{_named(key)} has {count} rows for {' / '.join(filter(None, choice))}"
        if len(rows) > 1 and any(row.guard is Guard.ALWAYS and not row.outcome for row in rows):
            yield f"{_named(key)} has a row without guard or outcome beside others"


def _circles(table: Table) -> Iterator[str]:
    """A message that can lead to itself without a fault: a run that need not come to rest.

    Without such a circle every delivery replaces a message by later ones only, so each run without
    faults ends; no assumption of fairness is needed.
    """
    follows: dict[str, set[str]] = {}
    for row in table.rows:
        if not row.fault:
            follows.setdefault(row.on, set()).update(row.emits)
    for event in follows:
        reached: set[str] = set()
        todo = [event]
        while todo:
            new = follows.get(todo.pop(), set()) - reached
            reached |= new
            todo += new
        if event in reached:
            yield f"{event} can lead to {event} again"


def _conservation(table: Table) -> Iterator[str]:
    for row in table.rows:
        taken = [effect for effect in row.effects if effect.stock < 0]
        if taken and row.guard is not Guard.IN_STOCK:
            yield f"takes stock that may not be there: {row}"
    for effect in table.effects:
        undone = _undone_by(table, effect)
        if effect.undoes and effect.stock + sum(each.stock for each in undone):
            yield f"{effect.name} does not restore the stock that {effect.undoes} took"
        if effect.stock > 0 and not effect.undoes:
            yield f"{effect.name} makes stock out of nothing"


def _compensation(table: Table) -> Iterator[str]:
    """Every effect but the pivot can be undone, and what undoes has something to undo."""
    for effect in table.effects:
        if effect.undoes and not _undone_by(table, effect):
            yield f"{effect.name} undoes {effect.undoes}, which no row does"
        undoing = {row.on for row in table.rows for e in row.effects if e.undoes == effect.name}
        if not effect.pivot and not effect.undoes and not undoing:
            yield f"{effect.name} has no compensation"


def _undone_by(table: Table, effect: Effect) -> list[Effect]:
    return [each for each in table.effects if each.name == effect.undoes]


def _rows_of(table: Table, machine: Machine) -> list[Row]:
    return [row for row in table.rows if row.actor == machine.actor]


def _named(key: tuple[str, str, str]) -> str:
    actor, state, message = key
    return f"{actor} in {state} on {message}"


#: name -> the check
CHECKS = {
    "unknown-state": _unknown_states,
    "unreachable-state": _unreachable_states,
    "dead-end": _dead_ends,
    "unheard": _unheard,
    "unsaid": _unsaid,
    "announcement": _announcements,
    "uncovered": _uncovered,
    "only-faults": _only_faults,
    "ambiguous": _ambiguous,
    "circle": _circles,
    "conservation": _conservation,
    "compensation": _compensation,
}
