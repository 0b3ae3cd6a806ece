"""What the report of a bug asks for is what mends it: docs/fixes.md, done again."""

from __future__ import annotations

from functools import cache

import pytest

from docs.make_fixes import PAGE, first, head, report, section, violated
from implementations.faulty.mended import MENDED, Mended
from implementations.loading import TargetError, load
from reports.safeguards import SafeguardName as Name

#: bug -> what its first report says is missing
MISSING = {
    "charge_without_key": Name.IDEMPOTENCY_KEY,
    "refund_without_key": Name.IDEMPOTENCY_KEY,
    "refund_error_swallowed": Name.COMPENSATION_RETRY,
    "timeout_is_decline": Name.LOOKUP,
    "float_cents": Name.MINOR_UNITS,
    "marked_beforehand": Name.RESUME,
    "one_message_per_order": Name.INBOX,
    "inventory_without_inbox": Name.INBOX,
    "reserved_then_published": Name.OUTBOX,
    "no_availability_check": Name.CONDITIONAL_UPDATE,
    "stock_row_saved_whole": Name.VERSION_CHECK,
    "inventory_forgets_the_release": Name.TOMBSTONE,
    "placed_anew": Name.GUARDED_STATUS,
    "refunds_and_keeps_the_stock": Name.RELEASE_ON_SHIPPING_FAILURE,
    "cancel_behind_the_pivot": Name.PIVOT_CHECK,
}
EACH = pytest.mark.parametrize("mended", MENDED, ids=lambda mended: str(mended.bug.slug))


@cache
def after(mended: Mended) -> frozenset[str]:
    """What a short search finds violated in what is mended."""
    return violated(f"implementations.faulty.mended:{mended.slug}")


@EACH
def test_the_report_says_what_is_missing_and_where(mended: Mended) -> None:
    """Pins the safeguard that the first report of a bug asks for, and that it names the place."""
    told = first(mended).safeguard
    assert told is not None
    assert told.name == MISSING[mended.bug.slug]
    assert told.advice
    words = " ".join(report(mended).split())
    assert mended.place in words


@EACH
def test_it_holds_once_that_is_added(mended: Mended) -> None:
    """Pins that the fix is enough, by the search that finds the bug: it ran the part that does.

    Without the fix that part finds it, as the test above has seen.
    """
    assert first(mended).property_id == mended.told_first[0]
    assert after(mended) == frozenset()


@EACH
def test_the_page_shows_it(mended: Mended) -> None:
    """Pins what docs/fixes.md says of each; else run docs/make_fixes.py."""
    assert section(mended, after(mended)) in PAGE.read_text(encoding="utf-8")


def test_the_page_shows_nothing_else() -> None:
    """Pins how the page begins, and that it shows each bug once, in order."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.startswith(head())
    shown = [line[4:] for line in page.splitlines() if line.startswith("### ")]
    assert shown == [mended.bug.slug for mended in MENDED] == list(MISSING)


def test_the_fixes_are_no_copies_of_the_reference() -> None:
    """Pins that few fixes do what the reference does in their place, and that those say so.

    Such a fix has nothing in it but a call of what the bug overrides.
    """
    said = {mended.bug.slug for mended in MENDED if mended.as_reference}
    assert said == {"float_cents", "reserved_then_published"}
    assert len(MENDED) - len(said) >= 10


def test_a_fix_is_undone_by_taking_it_away() -> None:
    """Pins that the search that finds nothing in what is mended finds the bug without the fix."""
    mended = next(each for each in MENDED if each.bug.slug == "no_availability_check")
    assert "STOCK-1" in violated(f"implementations.faulty:{mended.bug.slug}")


def test_a_fix_is_a_target() -> None:
    """Pins that a fix is loaded by its slug, and that a wrong slug is answered with the nearest."""
    assert load("implementations.faulty.mended:whole_cents").description.endswith("Mended.")
    with pytest.raises(TargetError, match="did you mean 'whole_cents'"):
        load("implementations.faulty.mended:whole_cent")
