"""What is claimed of the model's table, claim by claim: each is checked by itself.

A claim that does not hold comes with the shortest way to where it breaks, told as a counterexample
of a target is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from model.automaton import LEDGER, automaton_of
from model.decisions import IMPOSSIBLE, STALE
from model.exploration import Report
from model.exploration import explore as explore_readably
from model.invariants import INVARIANTS, WORLD_INVARIANTS
from model.lint import CHECKS, lint
from model.packed import prove_packed
from model.semantics import Scope
from model.table import Table
from model.unbounded import prove
from reports.counterexample import Counterexample
from reports.table_trace import Happening, of_rows, of_steps, table_counterexample
from reports.wording import count

#: What an invariant says.
MEANING = {each.name: each.meaning for each in INVARIANTS} | WORLD_INVARIANTS


@frozen
class Checked:
    """What came of a claim."""

    holds: bool
    said: str
    """What was looked at, or what is wrong."""
    states: int = 0
    transitions: int = 0
    rows: tuple[str, ...] = ()
    """The rows that fired somewhere."""
    ignored: tuple[tuple[str, str, str], ...] = ()
    """What was met without a row."""
    counterexamples: tuple[Counterexample, ...] = ()
    unanswered: bool = False
    """Whether it could not be checked here."""


@frozen
class Claim:
    """A sentence about the table, and how it is checked."""

    sentence: str
    check: Callable[[Table], Checked]


@frozen
class Bounded:
    """A small world that is explored to the last state, and how large it is."""

    scope: Scope
    states: int
    transitions: int
    symmetry: bool = False
    """Whether worlds that differ only in who is who are looked at once."""
    fast: bool = True
    """Whether it takes the fast engine."""

    @property
    def sentence(self) -> str:
        """What is claimed of it."""
        return f"nothing breaks with {in_words(self.scope)}"


#: Up to two orders with one of everything; and three that want two pieces. The counts are pinned:
#: whoever changes the table sees here how much it changes.
BOUNDED = (
    Bounded(Scope(1, 0, 1, 1, 1), 959, 2638, fast=False),
    Bounded(Scope(1, 1, 1, 1, 1), 3325, 11411, fast=False),
    Bounded(Scope(1, 1, 1, 1, 1, 1), 30072, 129583, fast=False),
    Bounded(Scope(2, 1, 1, 1, 1), 343642, 1751078),
    Bounded(Scope(2, 1, 1, 1, 1, 1), 2858650, 17618245, symmetry=True),
    Bounded(Scope(3, 2, 1, 1), 1545036, 10522886, symmetry=True),
    Bounded(Scope(3, 2, 1, cancels=1), 2458470, 16248566, symmetry=True),
)

_PARTS = (
    ("duplicates", "duplicate"),
    ("crashes", "crash"),
    ("gateway_faults", "lost answer"),
    ("cancels", "cancel"),
)


def in_words(scope: Scope) -> str:
    """A scope in one phrase."""
    faults = [count(getattr(scope, name), word) for name, word in _PARTS if getattr(scope, name)]
    happens = "; " + ", ".join(faults) if faults else ""
    return f"{count(scope.orders, 'order')} for {count(scope.stock, 'piece')}{happens}"


def _no_findings(table: Table) -> Checked:
    found = lint(table)
    if found:
        return Checked(False, "\n".join(f"{each.check}: {each.detail}" for each in found))
    return Checked(True, f"{len(CHECKS)} checks, no finding")


def _proof(table: Table) -> Checked:
    packed = prove_packed(table)
    if packed.broken:
        told = prove(table)
        return _violated(
            "one order among any number",
            1,
            [(name, of_rows(way, table)) for name, way in told.violations],
            table,
        )
    return Checked(
        True,
        "for every number of orders, pieces, copies, crashes, lost answers and cancels",
        packed.states,
        packed.transitions,
        tuple(sorted(map(str, packed.rows))),
        tuple(sorted(packed.ignored)),
    )


def _every_row(table: Table) -> Checked:
    fired = prove_packed(table).rows
    dead = [f"never fires: {row}" for row in table.rows if row not in fired]
    return Checked(not dead, "\n".join(dead) or "no dead row")


def _decided(table: Table) -> Checked:
    met, stale, impossible = prove_packed(table).ignored, {*STALE}, {*IMPOSSIBLE}
    without_row = {*table.ignored()}
    wrong = [
        f"{what}: {_key(key)}"
        for what, keys in {
            "comes about and is not decided": met - stale,
            "is decided and never comes about": stale - met,
            "is called impossible and is not": impossible - (without_row - met),
            "has no row and no decision": without_row - stale - impossible,
        }.items()
        for key in sorted(keys)
    ]
    said = f"{len(STALE)} come about and {len(IMPOSSIBLE)} cannot, each with its reason"
    return Checked(not wrong, "\n".join(wrong) or said)


def _key(key: tuple[str, str, str]) -> str:
    actor, state, message = key
    return f"{actor} in {state} on {message}"


def _ledger(table: Table) -> Checked:
    if automaton_of(prove_packed(table, ordered=True)) == LEDGER:
        return Checked(True, f"{LEDGER.states} states, {len(LEDGER.arrows)} arrows")
    return Checked(False, "model/automaton.py, LEDGER is not what the table says; see `derived`")


def _explored(bounded: Bounded) -> Callable[[Table], Checked]:
    def check(table: Table) -> Checked:
        try:
            report = explored(bounded, table)
        except ImportError as error:
            return Checked(True, str(error), unanswered=True)
        if report.violations:
            ways = [(each.invariant, of_steps(each.trace)) for each in report.violations]
            scope = bounded.scope
            return _violated(in_words(scope), scope.orders, ways, table)
        sizes, pinned = (report.states, report.transitions), (bounded.states, bounded.transitions)
        confirmed = sorted({ending.count("confirmed") for ending in report.endings})
        said = f"{' or '.join(map(str, confirmed))} of {bounded.scope.orders} confirmed in the end"
        if sizes != pinned:
            said = (
                f"{sizes} states and transitions, and {pinned} are pinned: if the table was meant "
                "to change, pin the new ones in properties/claims.py"
            )
        return Checked(
            sizes == pinned,
            said,
            *sizes,
            tuple(sorted(map(str, report.rows))),
            tuple(sorted(report.ignored)),
        )

    return check


def explored(bounded: Bounded, table: Table) -> Report:
    """Explore a small world.

    Raises:
        ImportError: it takes the fast engine, and that needs what is not installed.
    """
    if not bounded.fast:
        return explore_readably(bounded.scope, table)
    from model.engine.reduction import Reduction
    from model.engine.search import explore

    return explore(bounded.scope, table, reduction=Reduction(symmetry=bounded.symmetry))


def _violated(
    setting: str, orders: int, ways: Sequence[tuple[str, tuple[Happening, ...]]], table: Table
) -> Checked:
    (first, way), *others = ways
    told = table_counterexample(first, MEANING[first], way, setting, orders, table)
    also = tuple(name for name, _ in others)
    return Checked(False, f"broken: {first}", counterexamples=(evolve(told, also=also),))


CLAIMS = (
    Claim("no flaw can be seen in the table without running it", _no_findings),
    Claim("no number of orders and faults breaks an order", _proof),
    Claim("every row of the table fires somewhere", _every_row),
    Claim("what is ignored is exactly what was decided to be", _decided),
    Claim("the ledger automaton is the one that is committed", _ledger),
    *(Claim(each.sentence, _explored(each)) for each in BOUNDED),
)
