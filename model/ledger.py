"""The effect ledger: a double-entry record of money, stock and parcels, kept by the kit.

The target never writes it. Money and parcels are posted by the doubles of gateway and carrier,
stock by the warehouse double or from what `observe()` shows. It is therefore an oracle that a
faulty target cannot talk into anything.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import define, field, frozen


class Effect(StrEnum):
    """A change of money, stock or parcel."""

    AUTHORISE = "authorise"
    VOID = "void"
    CHARGE = "charge"
    REFUND = "refund"
    RESERVE = "reserve"
    RELEASE = "release"
    SHIP = "ship"
    RECALL = "recall"

    @property
    def of_money(self) -> bool:
        """Whether the quantity of such an entry is an amount in minor units."""
        return self in _MONEY


class Account(StrEnum):
    """Where money or goods are. Every effect moves a quantity from one account to another."""

    CUSTOMER = "customer"
    ON_HOLD = "on hold"
    MERCHANT = "merchant"
    SHELF = "shelf"
    RESERVED = "reserved"
    PARCEL = "parcel"


_MONEY = frozenset({Effect.AUTHORISE, Effect.VOID, Effect.CHARGE, Effect.REFUND})

#: effect -> (credited account, debited account)
POSTINGS: dict[Effect, tuple[Account, Account]] = {
    Effect.AUTHORISE: (Account.CUSTOMER, Account.ON_HOLD),
    Effect.VOID: (Account.ON_HOLD, Account.CUSTOMER),
    Effect.CHARGE: (Account.CUSTOMER, Account.MERCHANT),
    Effect.REFUND: (Account.MERCHANT, Account.CUSTOMER),
    Effect.RESERVE: (Account.SHELF, Account.RESERVED),
    Effect.RELEASE: (Account.RESERVED, Account.SHELF),
    Effect.SHIP: (Account.RESERVED, Account.PARCEL),
    Effect.RECALL: (Account.PARCEL, Account.RESERVED),
}


@frozen
class Entry:
    """One line of the ledger.

    `quantity` is an amount in minor units of the currency `unit`, or a number of pieces of the SKU
    `unit`. `cause` names the message (or request) whose handling brought it about, the same for all
    copies of a message; `handling` numbers that one handling. Empty and 0 where nothing is known.
    """

    step: int
    order: str
    effect: Effect
    quantity: int
    unit: str
    ref: str = ""
    key: str = ""
    cause: str = ""
    handling: int = 0


@define
class Balance:
    """What stands on the accounts of one order, and how it came about."""

    captures: int = 0
    captured: int = 0
    refunds: int = 0
    refunded: int = 0
    authorised: int = 0
    reserved: dict[str, int] = field(factory=dict)
    reserved_ever: int = 0
    released_ever: int = 0
    shipped: dict[str, int] = field(factory=dict)
    booked: set[str] = field(factory=set)
    """Ids of all parcels ever booked; one parcel may carry several SKUs."""
    recalled: set[str] = field(factory=set)

    @property
    def money(self) -> int:
        """Money kept: captured and not refunded, in minor units."""
        return self.captured - self.refunded

    @property
    def parcels(self) -> int:
        """Parcels booked and not recalled."""
        return len(self.booked) - len(self.recalled)

    def in_parcel(self, sku: str) -> int:
        """How many pieces are on their way: what was set aside for them is no longer there."""
        return max(0, self.shipped.get(sku, 0)) if self.parcels else 0

    @property
    def keeps_stock(self) -> bool:
        """Whether pieces are set aside that have not left in the parcel, or too many came back."""
        return any(n < 0 or n > self.in_parcel(sku) for sku, n in self.reserved.items())

    def holds(self, wanted: dict[str, int]) -> bool:
        """Whether every piece of `wanted` is reserved or shipped for this order."""
        reserved, shipped = self.reserved, self.shipped
        for sku, pieces in wanted.items():  # on every step of every run: no generator
            if reserved.get(sku, 0) < pieces and shipped.get(sku, 0) < pieces:
                return False
        return True

    @property
    def empty_handed(self) -> bool:
        """Whether nothing at all is reserved or shipped for this order."""
        return not any(self.reserved.values()) and not (self.parcels and any(self.shipped.values()))


@define
class Ledger:
    """All entries of one run, in order, with the balance of each order kept up to date."""

    entries: list[Entry] = field(factory=list)
    balances: dict[str, Balance] = field(factory=dict)

    def balance(self, order: str) -> Balance:
        """The accounts of `order`; empty ones if nothing was ever posted."""
        found = self.balances.get(order)
        if found is None:
            found = self.balances[order] = Balance()
        return found

    def post(self, entry: Entry) -> None:
        """Append `entry` and move its quantity."""
        self.entries.append(entry)
        balance = self.balance(entry.order)
        quantity, unit = entry.quantity, entry.unit
        match entry.effect:
            case Effect.CHARGE:
                balance.captures += 1
                balance.captured += quantity
            case Effect.REFUND:
                balance.refunds += 1
                balance.refunded += quantity
            case Effect.AUTHORISE:
                balance.authorised += quantity
            case Effect.VOID:
                balance.authorised -= quantity
            case Effect.RESERVE:
                balance.reserved[unit] = balance.reserved.get(unit, 0) + quantity
                balance.reserved_ever += quantity
            case Effect.RELEASE:
                balance.reserved[unit] = balance.reserved.get(unit, 0) - quantity
                balance.released_ever += quantity
            case Effect.SHIP:
                balance.booked.add(entry.ref)
                balance.shipped[unit] = balance.shipped.get(unit, 0) + quantity
            case Effect.RECALL:
                balance.recalled.add(entry.ref)
                balance.shipped[unit] = balance.shipped.get(unit, 0) - quantity

    def accounts(self, unit: str) -> dict[Account, int]:
        """Total on each account for one currency or SKU; the sum over all accounts is 0."""
        totals: dict[Account, int] = {}
        for entry in self.entries:
            if entry.unit == unit:
                credit, debit = POSTINGS[entry.effect]
                totals[credit] = totals.get(credit, 0) - entry.quantity
                totals[debit] = totals.get(debit, 0) + entry.quantity
        return totals
