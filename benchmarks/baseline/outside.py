"""The gateway and the carrier of a test, as one writes them oneself, and their books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

Answer = dict[str, Any]


@frozen
class Charge:
    """Money taken from a card, or put on hold."""

    order: str
    amount: int
    currency: str


@frozen
class Parcel:
    """A parcel that was booked, and what had been paid for its order at that moment."""

    order: str
    pieces: dict[str, int]
    paid: int


@define
class Outside:
    """Gateway and carrier: they repeat their answer to a key, and lose nothing."""

    charges: dict[str, Charge] = field(factory=dict)
    refunds: list[Charge] = field(factory=list)
    on_hold: dict[str, Charge] = field(factory=dict)
    parcels: dict[str, Parcel] = field(factory=dict)
    refused: set[str] = field(factory=set)
    """Orders that were declined here, or not carried."""
    answers: dict[str, tuple[tuple[Any, ...], Answer]] = field(factory=dict)

    # -- the gateway ---------------------------------------------------------------------------

    def charge(self, order: str, amount: int, currency: str) -> Answer:
        """Take money."""
        return self._number("ch", self.charges, Charge(order, amount, currency))

    def authorise(self, order: str, amount: int, currency: str) -> Answer:
        """Put money on hold."""
        return self._number("au", self.on_hold, Charge(order, amount, currency))

    def capture(self, order: str, amount: int, currency: str) -> Answer:
        """Take money that is on hold."""
        held = next((id for id, charge in self.on_hold.items() if charge.order == order), None)
        if held is None:
            return no("nothing is on hold")
        del self.on_hold[held]
        return self.charge(order, amount, currency)

    def void(self, id: str) -> Answer:
        """Let go of money that is on hold."""
        return yes(id) if self.on_hold.pop(id, None) else no("nothing is on hold")

    def refund(self, charge: str, amount: int) -> Answer:
        """Give money back, as much as one is told to."""
        if charge not in self.charges:
            return no("no such charge")
        taken = self.charges[charge]
        self.refunds.append(Charge(taken.order, amount, taken.currency))
        return yes(f"re{len(self.refunds)}")

    # -- the carrier ---------------------------------------------------------------------------

    def create_shipment(self, order: str, lines: Sequence[Mapping[str, Any]]) -> Answer:
        """Book a parcel."""
        parcel = Parcel(order, pieces_of(lines), self.paid(order))
        return self._number("sh", self.parcels, parcel)

    def cancel(self, parcel: str) -> Answer:
        """Recall a parcel."""
        return yes(parcel) if self.parcels.pop(parcel, None) else no("no such parcel")

    # -- keys and books ------------------------------------------------------------------------

    def once(self, key: str | None, request: tuple[Any, ...], do: Callable[[], Answer]) -> Answer:
        """The answer that was given to `key` before, or what `do` answers now."""
        if key is not None and key in self.answers:
            before, answer = self.answers[key]
            if before != request:
                raise ValueError(f"the key {key} was used for {before}, and now for {request}")
            return dict(answer)
        answer = do()
        if key is not None:
            self.answers[key] = request, answer
        return dict(answer)

    def lookup(self, key: str) -> Answer | None:
        """The answer that was given to a key."""
        found = self.answers.get(key)
        return dict(found[1]) if found else None

    def refuse(self, order: str) -> Answer:
        """Say no."""
        self.refused.add(order)
        return no("refused")

    def paid(self, order: str) -> int:
        """What was taken for an order and not given back."""
        taken = sum(charge.amount for charge in self.charges.values() if charge.order == order)
        return taken - sum(refund.amount for refund in self.refunds if refund.order == order)

    def _number(self, kind: str, kept: dict[str, Any], what: Any) -> Answer:
        id = f"{kind}{len(self.charges) + len(self.on_hold) + len(self.parcels) + 1}"
        kept[id] = what
        return yes(id)


def yes(id: str) -> Answer:
    """It was done."""
    return {"status": "done", "id": id, "reason": None}


def no(reason: str) -> Answer:
    """It was not, and will not be."""
    return {"status": "refused", "id": None, "reason": reason}


def pieces_of(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Pieces per SKU over all lines."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["quantity"]
    return pieces


def order_of(id: str, currency: str, lines: list[Any]) -> dict[str, Any]:
    """An order as the saga gets it."""
    total = sum(line["quantity"] * line["unit_price"] for line in lines)
    return {"id": id, "customer": "c1", "currency": currency, "lines": lines, "total": total}
