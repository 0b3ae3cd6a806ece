"""The effect ledger: double entry, and the balances that the monitors read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ledger import POSTINGS, Account, Balance, Effect, Entry, Ledger

ENTRIES = st.lists(
    st.builds(
        Entry,
        step=st.just(1),
        order=st.sampled_from(["o1", "o2"]),
        effect=st.sampled_from(Effect),
        quantity=st.integers(-3, 3),
        unit=st.sampled_from(["EUR", "book"]),
        ref=st.sampled_from(["p1", "p2"]),
    ),
    max_size=12,
)


def posted(*entries: tuple[Effect, int, str] | tuple[Effect, int, str, str]) -> Balance:
    """The balance of o1 after these entries: effect, quantity, unit, reference."""
    ledger = Ledger()
    for effect, quantity, unit, *refs in entries:
        ledger.post(Entry(1, "o1", effect, quantity, unit, "".join(refs)))
    return ledger.balance("o1")


def test_every_effect_moves_from_one_account_to_another() -> None:
    """Pins that each effect has a posting, and none from an account to itself."""
    assert set(POSTINGS) == set(Effect)
    assert all(credit is not debit for credit, debit in POSTINGS.values())


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (Effect.AUTHORISE, Effect.VOID),
        (Effect.CHARGE, Effect.REFUND),
        (Effect.RESERVE, Effect.RELEASE),
        (Effect.SHIP, Effect.RECALL),
    ],
)
def test_what_undoes_an_effect_posts_it_the_other_way_round(done: Effect, undone: Effect) -> None:
    """Pins that an effect and its compensation leave every account as it was."""
    assert POSTINGS[undone] == POSTINGS[done][::-1]
    ledger = Ledger()
    for effect in (done, undone):
        ledger.post(Entry(1, "o1", effect, 7, "x", "p1"))
    assert set(ledger.accounts("x").values()) == {0}


@given(ENTRIES)
def test_accounts_sum_to_zero(entries: list[Entry]) -> None:
    """Pins double entry: whatever happens, nothing appears and nothing disappears."""
    ledger = Ledger()
    for entry in entries:
        ledger.post(entry)
    assert sum(ledger.accounts("EUR").values()) == 0
    assert sum(ledger.accounts("book").values()) == 0
    assert ledger.entries == entries


@given(ENTRIES)
def test_balances_and_accounts_agree(entries: list[Entry]) -> None:
    """Pins that the balances, which are kept up step by step, say what the accounts say."""
    ledger = Ledger()
    for entry in entries:
        ledger.post(entry)
    moved = [e for e in entries if e.effect in (Effect.CHARGE, Effect.REFUND)]
    signed = sum(e.quantity if e.effect is Effect.CHARGE else -e.quantity for e in moved)
    assert sum(balance.money for balance in ledger.balances.values()) == signed
    merchant = sum(ledger.accounts(unit).get(Account.MERCHANT, 0) for unit in ("EUR", "book"))
    assert merchant == signed


def test_units_are_kept_apart() -> None:
    """Pins that accounts of one currency or SKU do not see those of another."""
    ledger = Ledger()
    ledger.post(Entry(1, "o1", Effect.CHARGE, 5, "EUR"))
    ledger.post(Entry(1, "o1", Effect.CHARGE, 7, "USD"))
    assert ledger.accounts("EUR") == {Account.CUSTOMER: -5, Account.MERCHANT: 5}
    assert ledger.accounts("USD")[Account.MERCHANT] == 7
    assert ledger.accounts("JPY") == {}


def test_orders_are_kept_apart() -> None:
    """Pins that a balance is of one order, and that an unknown order's is empty."""
    ledger = Ledger()
    ledger.post(Entry(1, "o1", Effect.CHARGE, 5, "EUR"))
    assert ledger.balance("o1").money == 5
    assert ledger.balance("o2") == Balance()
    assert ledger.balance("o2") is ledger.balance("o2")


def test_money_is_what_was_captured_and_not_refunded() -> None:
    """Pins that numbers and amounts of charges and refunds are both kept."""
    balance = posted(
        (Effect.CHARGE, 10, "EUR"), (Effect.CHARGE, 5, "EUR"), (Effect.REFUND, 12, "EUR")
    )
    assert (balance.captures, balance.captured) == (2, 15)
    assert (balance.refunds, balance.refunded) == (1, 12)
    assert balance.money == 3


def test_money_on_hold_is_no_money_kept() -> None:
    """Pins that an authorisation is neither a capture nor money."""
    balance = posted((Effect.AUTHORISE, 10, "EUR"), (Effect.VOID, 4, "EUR"))
    assert (balance.authorised, balance.money, balance.captures) == (6, 0, 0)


def test_a_parcel_of_two_skus_is_one_parcel() -> None:
    """Pins that parcels are counted by their id and not by their entries."""
    balance = posted((Effect.SHIP, 1, "book", "p1"), (Effect.SHIP, 2, "pen", "p1"))
    assert balance.parcels == 1
    assert balance.shipped == {"book": 1, "pen": 2}
    assert posted((Effect.SHIP, 1, "book", "p1"), (Effect.SHIP, 1, "book", "p2")).parcels == 2


def test_a_recalled_parcel_is_no_parcel() -> None:
    """Pins that a recall takes back parcel and pieces, once however many SKUs it holds."""
    parcel = [(Effect.SHIP, 1, "book", "p1"), (Effect.SHIP, 2, "pen", "p1")]
    balance = posted(*parcel, (Effect.RECALL, 1, "book", "p1"), (Effect.RECALL, 2, "pen", "p1"))
    assert balance.parcels == 0
    assert balance.empty_handed
    assert balance.booked == {"p1"}


def test_what_was_reserved_ever_is_remembered() -> None:
    """Pins that a released reservation is known to have been there."""
    balance = posted((Effect.RESERVE, 2, "book"), (Effect.RELEASE, 2, "book"))
    assert (balance.reserved, balance.reserved_ever, balance.released_ever) == ({"book": 0}, 2, 2)
    assert balance.empty_handed


@pytest.mark.parametrize(
    ("reserved", "shipped", "enough"),
    [(2, 0, True), (0, 2, True), (2, 2, True), (1, 1, False), (1, 0, False), (0, 0, False)],
)
def test_pieces_count_once_whether_reserved_or_shipped(
    reserved: int, shipped: int, enough: bool
) -> None:
    """Pins that a shipped piece, which may still stand as reserved, is not two pieces."""
    balance = Balance(reserved={"book": reserved}, shipped={"book": shipped})
    assert balance.holds({"book": 2}) is enough


def test_every_sku_must_be_held() -> None:
    """Pins that plenty of one SKU does not make up for another; wanting nothing is easy."""
    balance = Balance(reserved={"book": 9})
    assert not balance.holds({"book": 1, "pen": 1})
    assert balance.holds({})


def test_only_money_is_of_money() -> None:
    """Pins which effects carry an amount in minor units."""
    money = {effect for effect in Effect if effect.of_money}
    assert money == {Effect.AUTHORISE, Effect.VOID, Effect.CHARGE, Effect.REFUND}
