"""What is left out is there in another form: nothing that the reductions keep is lost."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.semantics import Scope, World
from tests.model.broken_tables import lost_tombstone, rows, without
from tests.needs import needs

needs("numpy")

from model.engine.reduction import Reduction  # noqa: E402
from model.engine.search import Search, explore  # noqa: E402
from tests.model.engine.worlds import all_worlds, searched, worlds_with_own_budgets  # noqa: E402

SYMMETRY = Reduction(symmetry=True)
FULL = Reduction(own_budget=True)
PERSISTENT = Reduction(own_budget=True, persistent=True)
BOTH = Reduction(own_budget=True, persistent=True, symmetry=True)


def regardless_of_numbers(worlds: set[World]) -> set[World]:
    """One of all worlds that differ in who is who."""
    return {evolve(world, sagas=tuple(sorted(world.sagas, key=str))) for world in worlds}


@pytest.mark.parametrize(
    "scope",
    [Scope(2, 1, cancels=1), Scope(2, 1, duplicates=1), Scope(3, 2)],
    ids=str,
)
def test_symmetry_leaves_one_of_each(scope: Scope) -> None:
    """Exactly one of all worlds that differ in the numbers of the orders is looked at."""
    search = searched(scope, reduction=SYMMETRY)
    worlds = [search.product.world(int(packed)) for packed in search.known]
    found = regardless_of_numbers({*worlds})
    assert len(found) == len(worlds)
    assert found == regardless_of_numbers(all_worlds(scope))


@pytest.mark.parametrize(
    ("scope", "states"),
    [(Scope(2, 1, 1, 1, 1), 171_996), (Scope(3, 2, 1), 118_970), (Scope(4, 2), 52_024)],
    ids=str,
)
def test_sizes_with_symmetry(scope: Scope, states: int) -> None:
    """Pinned; nothing is broken, and the sagas end as they do without it."""
    found = explore(scope, reduction=SYMMETRY)
    assert (found.states, found.violations) == (states, ())


def test_three_orders_want_two_pieces() -> None:
    """The largest world that every push looks at: a copy and a crash for three orders."""
    found = explore(Scope(3, 2, duplicates=1, crashes=1), reduction=SYMMETRY)
    assert (found.states, found.violations) == (1_545_036, ())
    assert found.endings == {
        ("confirmed", "confirmed", "failed"),
        ("confirmed", "failed", "failed"),
        ("failed", "failed", "failed"),
    }


def test_a_trace_through_symmetric_worlds_is_one_of_real_orders() -> None:
    """As long as without symmetry, and each step follows from the one before."""
    table = lost_tombstone("shipping")
    (found,) = explore(Scope(2, 1, 1, cancels=1), table, reduction=SYMMETRY).violations
    (full,) = explore(Scope(2, 1, 1, cancels=1), table).violations
    assert (found.invariant, len(found.trace)) == (full.invariant, len(full.trace))
    orders = {step.order: step.world.sagas[step.order] for step in found.trace}
    assert all(found.trace[-1].world.sagas[order] == saga for order, saga in orders.items())


def test_own_budgets_mean_what_they_say() -> None:
    """Without a reduction, as many worlds as the semantics has if each order pays for itself."""
    for scope in (Scope(2, 1, gateway_faults=1), Scope(2, 1, crashes=1)):
        assert explore(scope, reduction=FULL).states == len(worlds_with_own_budgets(scope))


def resting(search: Search) -> set[World]:
    """The worlds in which nothing can happen any more, not even a cancel that comes too late."""
    product = search.product
    return {product.world(w) for w in map(int, search.known) if not [*product.moves(w)]}


SCOPES = [
    Scope(2, 1),
    Scope(2, 1, duplicates=1),
    Scope(2, 1, cancels=1),
    Scope(2, 2, gateway_faults=1),
    Scope(3, 2),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_persistent_sets_keep_ends_and_places(scope: Scope) -> None:
    """The same worlds in the end, and each order still comes to every place; far fewer worlds."""
    full, reduced = searched(scope, reduction=FULL), searched(scope, reduction=PERSISTENT)
    assert {*reduced.known} < {*full.known}
    assert resting(reduced) == resting(full)
    assert places(reduced) == places(full)
    report, less = full.report(), reduced.report()
    assert (less.rows, less.endings) == (report.rows, report.endings)
    assert less.states * 2 < report.states


def test_persistent_sets_mind_a_row_that_waits_for_stock() -> None:
    """An order whose only step is one that the stock forbids is not the one to move alone."""
    table = without(rows("inventory", "idle", "payment.processed")[0])
    for stock in (0, 1):
        full, reduced = (searched(Scope(2, stock), table, each) for each in (FULL, PERSISTENT))
        assert resting(reduced) == resting(full)
        assert places(reduced) == places(full)


def places(search: Search) -> list[set[int]]:
    """For each order, where it was met."""
    return [{*map(int, place)} for place in search.product.places(search.known)]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_both_reductions_together(scope: Scope) -> None:
    """The same worlds in the end, but for the numbers of the orders."""
    full, both = searched(scope, reduction=FULL), searched(scope, reduction=BOTH)
    assert regardless_of_numbers(resting(both)) == regardless_of_numbers(resting(full))
    assert set().union(*places(both)) == set().union(*places(full))


def test_persistent_sets_find_what_one_order_breaks() -> None:
    """A lost tombstone is seen in the reduced world too."""
    for reduction in (PERSISTENT, BOTH):
        found = explore(Scope(2, 1, cancels=1), lost_tombstone("inventory"), reduction=reduction)
        assert found.violations


def test_persistent_sets_need_own_budgets() -> None:
    """With one budget for all nothing would be independent; saying so beats being wrong."""
    with pytest.raises(ValueError, match="own_budget=True"):
        Reduction(persistent=True)
