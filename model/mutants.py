"""The table with one row wrong, in each way that we can think of: are the properties enough?

A mutant that lint, the proof or an automaton of another shape gives away is *caught*. One that
survives must be explained, and mechanically: what was changed can never happen, or the ledger can
say exactly what it could say before, or less than before because the environment has one choice
less. A survivor without such an explanation is a property that is missing; there is none.

What breaks a row apart (a crash between the transaction and the message, say) is not another row
but a further one, which happens in a crash only: `torn`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from attrs import evolve, frozen

from model.automaton import LEDGER
from model.choreography import TABLE
from model.lint import lint
from model.packed import Word, prove_packed
from model.table import Guard, Row, Table


@frozen
class Mutant:
    """A table with one row wrong."""

    operator: str
    row: Row
    """The row that is gone or was changed; of what was added, the one that it was made from."""
    table: Table
    made: Row | None = None
    """The row that is there instead or besides; none if one is only gone."""
    torn: tuple[Row, ...] = ()

    def __str__(self) -> str:
        then = f"  =>  {self.made}" if self.made else ""
        return f"{self.operator}: {self.row}{then}"


def mutants(table: Table = TABLE) -> Iterator[Mutant]:
    """Every mutant, operator by operator; no two tables are the same."""
    seen = {(frozenset(table.rows), frozenset[Row]())}
    for operator, change in OPERATORS.items():
        for mutant in change(table):
            key = frozenset(mutant.table.rows), frozenset(mutant.torn)
            if key not in seen:
                seen.add(key)
                yield evolve(mutant, operator=operator)


# -- the operators ---------------------------------------------------------------------------------


def _gone(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        yield Mutant("", row, evolve(table, rows=tuple(r for r in table.rows if r is not row)))


def _wrong_target(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        for state in table.machine(row.actor).states:
            yield _instead(table, row, evolve(row, to=state))


def _emit_gone(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        for event in row.emits:
            yield _instead(table, row, evolve(row, emits=tuple(e for e in row.emits if e != event)))


def _emit_more(table: Table) -> Iterator[Mutant]:
    """Something that the same actor says elsewhere."""
    for row in table.rows:
        said = {event for each in table.rows if each.actor == row.actor for event in each.emits}
        for event in sorted(said - {*row.emits}):
            yield _instead(table, row, evolve(row, emits=(*row.emits, event)))


def _emit_other(table: Table) -> Iterator[Mutant]:
    """Something else that the same actor says, in place of what it should say."""
    for row in table.rows:
        said = {event for each in table.rows if each.actor == row.actor for event in each.emits}
        for event in row.emits:
            for other in sorted(said - {*row.emits}):
                emits = tuple(other if each == event else each for each in row.emits)
                yield _instead(table, row, evolve(row, emits=emits))


def _effect_gone(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        if row.effects:
            yield _instead(table, row, evolve(row, effects=()))


def _effect_twice(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        if row.effects:
            yield _instead(table, row, evolve(row, effects=row.effects * 2))


def _effect_more(table: Table) -> Iterator[Mutant]:
    """An effect that the same actor has elsewhere."""
    for row in table.rows:
        had = {effect for each in table.rows if each.actor == row.actor for effect in each.effects}
        for effect in sorted(had - {*row.effects}, key=lambda each: each.name):
            yield _instead(table, row, evolve(row, effects=(*row.effects, effect)))


def _guard_gone(table: Table) -> Iterator[Mutant]:
    for row in table.rows:
        if row.guard is not Guard.ALWAYS:
            yield _instead(table, row, evolve(row, guard=Guard.ALWAYS))


def _guard_swapped(table: Table) -> Iterator[Mutant]:
    other = {Guard.IN_STOCK: Guard.OUT_OF_STOCK, Guard.OUT_OF_STOCK: Guard.IN_STOCK}
    for row in table.rows:
        if row.guard in other:
            yield _instead(table, row, evolve(row, guard=other[row.guard]))


def _answer_swapped(table: Table) -> Iterator[Mutant]:
    """One row says what another row of the same key should say: a refusal taken for a yes."""
    for row in table.rows:
        for other in table.at(*row.key):
            yield _instead(table, row, evolve(row, emits=other.emits))


def _guessed(table: Table) -> Iterator[Mutant]:
    """One message is handled as another one would be in this state: a timeout as a refusal."""
    for row in table.rows:
        for other in table.rows:
            if (other.actor, other.state) == (row.actor, row.state) and other.on != row.on:
                as_that = evolve(row, to=other.to, emits=other.emits, effects=other.effects)
                yield _instead(table, row, as_that)


def _not_ignored(table: Table) -> Iterator[Mutant]:
    """What should be ignored here is handled as in another state: no inbox, no tombstone."""
    for actor, state, message in table.ignored():
        for row in table.rows:
            if (row.actor, row.on) == (actor, message):
                added = evolve(row, state=state)
                rows = (*table.rows, added)
                yield Mutant("", row, evolve(table, rows=rows), added)


def _effect_not_in_transaction(table: Table) -> Iterator[Mutant]:
    yield from _torn(table, _has_effects, lambda row: evolve(row, to=row.state, emits=()))


def _said_before_committed(table: Table) -> Iterator[Mutant]:
    yield from _torn(table, _says, lambda row: evolve(row, to=row.state, effects=()))


def _said_after_committed(table: Table) -> Iterator[Mutant]:
    yield from _torn(table, _says, lambda row: evolve(row, emits=()))


def _has_effects(row: Row) -> bool:
    return bool(row.effects)


def _says(row: Row) -> bool:
    return bool(row.emits)


def _torn(
    table: Table, concerns: Callable[[Row], bool], part: Callable[[Row], Row]
) -> Iterator[Mutant]:
    """A crash leaves a part of the row behind; port calls are outside of any transaction anyway."""
    for row in table.rows:
        made = part(row)
        behind_a_port = table.machine(row.actor).behind is not None
        calls_lost = made.emits != row.emits and table.port_calls.intersection(row.emits)
        if concerns(row) and made != row and not behind_a_port and not calls_lost:
            yield Mutant("", row, table, made, torn=(made,))


def _instead(table: Table, row: Row, made: Row) -> Mutant:
    rows = tuple(made if each is row else each for each in table.rows)
    return Mutant("", row, evolve(table, rows=rows), made)


#: What can be wrong with a row, and how.
OPERATORS: dict[str, Callable[[Table], Iterator[Mutant]]] = {
    "row gone": _gone,
    "wrong target": _wrong_target,
    "message gone": _emit_gone,
    "message more": _emit_more,
    "another message": _emit_other,
    "effect gone": _effect_gone,
    "effect twice": _effect_twice,
    "effect more": _effect_more,
    "guard gone": _guard_gone,
    "guard swapped": _guard_swapped,
    "answer swapped": _answer_swapped,
    "message mistaken": _guessed,
    "not ignored": _not_ignored,
    "effect not in the transaction": _effect_not_in_transaction,
    "message before the commit": _said_before_committed,
    "message after the commit": _said_after_committed,
}


# -- what becomes of them --------------------------------------------------------------------------


class Fate(StrEnum):
    """What becomes of a mutant."""

    LINT = "caught by lint"
    PROOF = "caught by the proof"
    UNREACHABLE = "survives: what was changed can never happen"
    SAME_LEDGER = "survives: the ledger says what it said before"
    NARROWER = "survives: the environment has one choice less"
    UNEXPLAINED = "survives without an explanation"

    @property
    def caught(self) -> bool:
        """Whether the mutant is given away."""
        return self in (Fate.LINT, Fate.PROOF)


@frozen
class Judged:
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate
    by: str = ""
    """The check or the invariant that gave it away."""


#: What an order can say in the end, in the table as it is.
ENDINGS = frozenset(word for word in LEDGER.words() if LEDGER.end(word) in LEDGER.resting)
WORDS = frozenset(LEDGER.words())


def judged(mutant: Mutant) -> Judged:
    """Look at a mutant until it is caught or explained."""
    findings = lint(mutant.table)
    if findings:
        return Judged(mutant, Fate.LINT, findings[0].check)
    proof = prove_packed(mutant.table, mutant.torn, ordered=True)
    if proof.broken:
        return Judged(mutant, Fate.PROOF, proof.broken)
    if mutant.made is not None and mutant.made not in proof.rows:
        return Judged(mutant, Fate.UNREACHABLE)
    if (proof.words, proof.endings) == (WORDS, ENDINGS):
        return Judged(mutant, Fate.SAME_LEDGER)
    if proof.endings < ENDINGS and environments(TABLE, mutant.row):
        return Judged(mutant, Fate.NARROWER)
    return Judged(mutant, Fate.UNEXPLAINED, _difference(proof.endings))


def environments(table: Table, row: Row) -> bool:
    """Whether the environment chooses that this row fires: by its answer, or by its request."""
    return bool(row.outcome) or row.on in table.requests


def _difference(endings: frozenset[Word]) -> str:
    more = [f"more: {' '.join(word)}" for word in sorted(endings - ENDINGS)]
    return "; ".join([*more, *(f"less: {' '.join(word)}" for word in sorted(ENDINGS - endings))])
