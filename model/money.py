"""Amounts of money in words: minor units and the decimals of each currency."""

from __future__ import annotations

#: Decimals of the currencies that have not two (ISO 4217).
_CURRENCIES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {
    currency: places for places, row in _CURRENCIES_BY_DECIMALS.items() for currency in row.split()
}


def decimals(currency: str) -> int:
    """Return how many decimals a currency's major unit has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency.upper(), 2)


def money(amount: int, currency: str) -> str:
    """Return an amount of minor units in the currency's own major unit, as in "12.50 EUR"."""
    if not isinstance(amount, int):  # a target may charge 19.99 for 1999
        return f"{amount} minor units of {currency}"
    places = decimals(currency)
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{sign}{whole}{'.' if places else ''}{fraction} {currency}"
