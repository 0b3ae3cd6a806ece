"""The shared stock: exact where its changes have one order, and honest where they have not."""

from __future__ import annotations

import pytest

from model.logs.stock import Change, StockLedger, some_order_is_right
from model.vocabulary import Status


def test_stock_that_is_sold_twice_is_found_at_its_line() -> None:
    """In one order of all changes the level is known at every line."""
    ledger = StockLedger({"book": 1})
    ledger.changed("o1", {"book": -1}, 1)
    assert ledger.findings == []
    ledger.changed("o2", {"book": -1}, 2)
    assert ledger.findings == ["line 2: book is sold below 0 by o2: -1 left"]


def test_a_delivery_fills_the_shelf() -> None:
    """A line without a saga puts pieces there, and hides nothing that came before."""
    ledger = StockLedger({"book": 0})
    ledger.changed("", {"book": 5}, 1)
    ledger.changed("o1", {"book": -5}, 2)
    ledger.finish()
    assert (ledger.findings, ledger.undecided) == ([], [])
    assert ledger.seen() == "2 changes, 0 refusals; left at the end: 0 book"


def test_a_refusal_needs_a_reason() -> None:
    """Of several SKUs one that is missing is reason enough."""
    ledger = StockLedger({"book": 1, "pen": 0})
    ledger.refused("o1", {"book": 1, "pen": 1}, 1)
    assert ledger.findings == []
    ledger.refused("o2", {"book": 1}, 2)
    assert ledger.findings == ["line 2: o2 was refused, although there were 1 book"]


def test_each_saga_gives_back_what_it_took() -> None:
    """More than it took, and less if it has failed, is a finding; a confirmed one keeps it."""
    ledger = StockLedger({"book": 9})
    ledger.changed("o1", {"book": -1}, 1)
    ledger.changed("o1", {"book": 2}, 2)
    ledger.changed("o2", {"book": -2}, 3)
    ledger.closed("o2", Status.FAILED)
    ledger.changed("o3", {"book": -2}, 4)
    ledger.closed("o3", Status.CONFIRMED)
    assert ledger.findings == [
        "line 2: o1 releases 1 book more than it has reserved",
        "o2 has failed and keeps 2 book",
    ]


def test_a_late_release_of_a_closed_saga_is_left_alone() -> None:
    """What it had is forgotten then."""
    ledger = StockLedger({"book": 9})
    ledger.changed("o1", {"book": 1}, 1)
    assert ledger.findings == []


def test_without_an_initial_stock_the_level_is_not_decided() -> None:
    """And that is said."""
    ledger = StockLedger({})
    ledger.changed("o1", {"book": -1}, 1)
    ledger.finish()
    assert ledger.findings == []
    assert ledger.undecided == ["book: how many there were at the beginning is not given"]


TAKE, GIVE, NONE_LEFT = Change(-1), Change(1), Change(0, 1)


@pytest.mark.parametrize(
    ("lanes", "level", "right"),
    [
        ([[TAKE], [TAKE]], 2, True),
        ([[TAKE], [TAKE]], 1, False),
        ([[TAKE, GIVE], [TAKE]], 1, True),
        ([[TAKE, GIVE], [TAKE, NONE_LEFT]], 1, True),
        ([[NONE_LEFT], [TAKE]], 1, True),
        ([[NONE_LEFT, TAKE], [TAKE]], 1, False),
        ([[NONE_LEFT], [GIVE, TAKE]], 1, False),
        ([[TAKE, GIVE, NONE_LEFT], [TAKE]], 1, True),
    ],
)
def test_some_order_of_what_instances_did(
    lanes: list[list[Change]], level: int, right: bool
) -> None:
    """Each reservation must find its pieces, and each refusal too few."""
    assert some_order_is_right(lanes, level) is right


def test_instances_are_put_in_order() -> None:
    """A refusal that no order explains is found, though each line by itself is possible."""
    for refusing, findings in (
        ("b", []),
        ("a", ["book: no order of the changes by 2 instances is right"]),
    ):
        ledger = StockLedger({"book": 1})
        ledger.refused("o3", {"book": 1}, 1, refusing)
        ledger.changed("o1", {"book": -1}, 2, "a")
        ledger.changed("o2", {"book": 1}, 3, "b")
        ledger.finish()
        assert ledger.findings == findings


def test_what_is_too_much_to_try_is_undecided() -> None:
    """Rather than called right."""
    lanes = [[TAKE, GIVE] * 40 for _ in range(3)]
    assert some_order_is_right([*lanes, [TAKE] * 3], 2, places=50) is None


def test_the_level_at_the_end_needs_no_order() -> None:
    """More pieces reserved than there ever were, by whichever instance."""
    ledger = StockLedger({"book": 1})
    ledger.changed("o1", {"book": -1}, 1, "a")
    ledger.changed("o2", {"book": -1}, 2, "b")
    ledger.finish()
    assert ledger.findings == ["book is sold below 0, in whatever order: -1 left at the end"]
