"""The outside world's doubles: payment gateway, carrier, warehouse.

They keep the answer they gave per idempotency key, refusals included, as Stripe documents it: same
key, same stored answer; same key with other parameters, an error. A double that forgets a refusal,
or refuses what it has already done, makes correct sagas fail. They post their effects themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from model.ledger import Effect
from model.vocabulary import Order

#: (effect, order id, quantity, unit, reference, key)
Post = Callable[[Effect, str, int, str, str, str], None]
#: (order id, business reason)
Reason = Callable[[str, str], None]
Answer = dict[str, Any]


@define
class Keys:
    """Answers stored per idempotency key."""

    stored: dict[str, tuple[tuple[Any, ...], Answer]] = field(factory=dict)

    def replay(self, key: str | None, parameters: tuple[Any, ...]) -> Answer | None:
        """The stored answer of `key`, if it has one.

        Raises:
            ValueError: the key was used with other parameters.
        """
        if key is None or key not in self.stored:
            return None
        before, answer = self.stored[key]
        if before != parameters:
            raise ValueError(
                f"idempotency key {key!r} was used with {before!r} before, now with {parameters!r}"
            )
        return dict(answer)

    def known(self, key: str | None) -> bool:
        """Whether `key` has a stored answer."""
        return key is not None and key in self.stored

    def lookup(self, key: str) -> Answer | None:
        """The answer stored under `key`, or None: then nothing was done under it."""
        found = self.stored.get(key)
        return dict(found[1]) if found else None

    def forget(self) -> None:
        """All keys expire."""
        self.stored.clear()

    def keep(self, key: str | None, parameters: tuple[Any, ...], answer: Answer) -> Answer:
        """Store `answer` under `key` and return it."""
        if key is not None:
            self.stored[key] = (parameters, answer)
        return dict(answer)


def order_id(order: Any) -> str:
    """The id of an order given as an id or as the dict that `place_order` was given."""
    if type(order) is str:
        return order
    return str(order["id"] if isinstance(order, Mapping) else order)


@define
class Simulated:
    """Steps that a target simulates itself. Their key is step and order: asked again, as when a
    message comes again, each says what it has said before.
    """

    reason: Reason
    keys: Keys = field(factory=Keys)

    def answer(self, step: str, order: str, refused: bool) -> Answer:
        """Done or refused, for good."""
        key = f"{step} of {order}"
        stored = self.keys.replay(key, ())
        if stored is not None:
            return stored
        if refused:
            self.reason(order, f"{step} refused")
            return self.keys.keep(key, (), refusal("refused"))
        return self.keys.keep(key, (), done(f"{step}-{order}"))

    def settled(self, step: str, order: str) -> bool:
        """Whether this step of this order has been answered."""
        return self.keys.known(f"{step} of {order}")


@define
class Gateway:
    """A payment gateway. It takes a refund above the charge and records it, or nobody would see."""

    post: Post
    reason: Reason
    keys: Keys = field(factory=Keys)
    charges: dict[str, tuple[str, int, str]] = field(factory=dict)
    """Charge or authorisation id -> (order, amount, currency)."""
    on_hold: dict[str, str] = field(factory=dict)
    """Order -> id of its live authorisation."""
    _last: dict[str, int] = field(factory=dict)

    def authorise(self, order: str, amount: int, currency: str, key: str | None) -> Answer:
        """Put money on hold."""
        parameters = ("authorise", order, amount, currency)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        answer = self._new_charge("auth", order, amount, currency)
        self.on_hold[order] = answer["id"]
        self.post(Effect.AUTHORISE, order, amount, currency, answer["id"], key or "")
        return self.keys.keep(key, parameters, answer)

    def charge(self, order: str, amount: int, currency: str, key: str | None) -> Answer:
        """Take money at once."""
        parameters = ("charge", order, amount, currency)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        answer = self._new_charge("ch", order, amount, currency)
        self.post(Effect.CHARGE, order, amount, currency, answer["id"], key or "")
        return self.keys.keep(key, parameters, answer)

    def capture(self, order: str, amount: int, currency: str, key: str | None) -> Answer:
        """Take money that is on hold; refused when nothing is."""
        parameters = ("capture", order, amount, currency)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        held = self.on_hold.pop(order, None)
        if held is None:
            return self.keys.keep(key, parameters, refusal("nothing is authorised"))
        self.post(Effect.VOID, order, self.charges[held][1], self.charges[held][2], held, "")
        answer = self._new_charge("ch", order, amount, currency)
        self.post(Effect.CHARGE, order, amount, currency, answer["id"], key or "")
        return self.keys.keep(key, parameters, answer)

    def decline(self, what: str, order: str, amount: int, currency: str, key: str | None) -> Answer:
        """Decline a charge or an authorisation, for good under this key."""
        self.reason(order, "payment declined")
        return self.keys.keep(key, (what, order, amount, currency), refusal("card_declined"))

    def refund(self, charge_id: str, amount: int | None, key: str | None) -> Answer:
        """Give money back; `None` means all of the charge."""
        parameters = ("refund", charge_id, amount)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        if charge_id not in self.charges:
            return self.keys.keep(key, parameters, refusal(f"no such charge: {charge_id}"))
        order, charged, currency = self.charges[charge_id]
        answer = done(self._id("re", order))
        returned = charged if amount is None else amount
        self.post(Effect.REFUND, order, returned, currency, answer["id"], key or "")
        return self.keys.keep(key, parameters, answer)

    def void(self, charge_id: str, key: str | None) -> Answer:
        """Let go of money on hold."""
        parameters = ("void", charge_id)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        order, amount, currency = self.charges.get(charge_id, ("", 0, ""))
        if self.on_hold.get(order) != charge_id:
            return self.keys.keep(key, parameters, refusal(f"nothing on hold: {charge_id}"))
        del self.on_hold[order]
        self.post(Effect.VOID, order, amount, currency, charge_id, key or "")
        return self.keys.keep(key, parameters, done(charge_id))

    def find(self, order: str) -> list[Answer]:
        """What was charged or put on hold for `order`, whatever the keys: they expire."""
        return [
            {"id": identity, "amount": amount, "currency": currency}
            for identity, (owner, amount, currency) in self.charges.items()
            if owner == order
        ]

    def expire(self) -> list[str]:
        """Forget all keys and let go of all money on hold; returns the orders it was held for."""
        self.keys.forget()
        orders = list(self.on_hold)
        for order, held in list(self.on_hold.items()):
            _, amount, currency = self.charges[held]
            self.post(Effect.VOID, order, amount, currency, held, "")
        self.on_hold.clear()
        return orders

    def _id(self, prefix: str, order: str) -> str:
        """Ids are counted per order, so that orders do not depend on each other by name."""
        count = self._last[order] = self._last.get(order, 0) + 1
        return f"{prefix}_{order}_{count}"

    def _new_charge(self, prefix: str, order: str, amount: int, currency: str) -> Answer:
        identity = self._id(prefix, order)
        self.charges[identity] = (order, amount, currency)
        return done(identity)


@define
class Carrier:
    """A carrier that books parcels."""

    post: Post
    reason: Reason
    orders: Mapping[str, Order]
    keys: Keys = field(factory=Keys)
    parcels: dict[str, tuple[str, dict[str, int]]] = field(factory=dict)
    recalled: set[str] = field(factory=set)

    def create_shipment(self, order: str, lines: Any, key: str | None) -> Answer:
        """Book a parcel with `lines` (the order's own, if none are given)."""
        pieces = self.pieces(order, lines)
        parameters = ("create_shipment", order, tuple(sorted(pieces.items())))
        if replayed := self.keys.replay(key, parameters):
            return replayed
        booked = sum(1 for other, _ in self.parcels.values() if other == order)
        answer = done(f"sh_{order}_{booked + 1}")
        self.parcels[answer["id"]] = (order, pieces)
        for sku, quantity in sorted(pieces.items()):
            self.post(Effect.SHIP, order, quantity, sku, answer["id"], key or "")
        return self.keys.keep(key, parameters, answer)

    def refuse(self, order: str, lines: Any, key: str | None) -> Answer:
        """Refuse a parcel, for good under this key."""
        self.reason(order, "carrier refused")
        parameters = ("create_shipment", order, tuple(sorted(self.pieces(order, lines).items())))
        return self.keys.keep(key, parameters, refusal("address_not_served"))

    def cancel(self, shipment_id: str, key: str | None) -> Answer:
        """Recall a parcel."""
        parameters = ("cancel", shipment_id)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        if shipment_id not in self.parcels or shipment_id in self.recalled:
            return self.keys.keep(key, parameters, refusal(f"no such parcel: {shipment_id}"))
        self.recalled.add(shipment_id)
        order, pieces = self.parcels[shipment_id]
        for sku, quantity in sorted(pieces.items()):
            self.post(Effect.RECALL, order, quantity, sku, shipment_id, key or "")
        return self.keys.keep(key, parameters, done(shipment_id))

    def pieces(self, order: str, lines: Any) -> dict[str, int]:
        """Pieces per SKU of `lines`, or of the whole order."""
        if not isinstance(lines, Iterable) or isinstance(lines, str) or not lines:
            return self.orders[order].quantities if order in self.orders else {}
        pieces: dict[str, int] = {}
        for line in lines:
            pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["quantity"]
        return pieces


@define
class Warehouse:
    """Stock kept outside the target."""

    post: Post
    reason: Reason
    available: dict[str, int]
    keys: Keys = field(factory=Keys)
    used: bool = False
    """Whether the target has asked for stock here."""

    def reserve(self, order: str, sku: str, quantity: int, key: str | None) -> Answer:
        """Reserve pieces, or refuse when there are not enough."""
        self.used = True
        parameters = ("reserve", order, sku, quantity)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        if self.available.get(sku, 0) < quantity:
            self.reason(order, "short stock")
            return self.keys.keep(key, parameters, refusal("out_of_stock"))
        self.available[sku] -= quantity
        self.post(Effect.RESERVE, order, quantity, sku, "", key or "")
        return self.keys.keep(key, parameters, done(f"{order}/{sku}"))

    def release(self, order: str, sku: str, quantity: int, key: str | None) -> Answer:
        """Put reserved pieces back on the shelf."""
        parameters = ("release", order, sku, quantity)
        if replayed := self.keys.replay(key, parameters):
            return replayed
        self.available[sku] = self.available.get(sku, 0) + quantity
        self.post(Effect.RELEASE, order, quantity, sku, "", key or "")
        return self.keys.keep(key, parameters, done(f"{order}/{sku}"))


def done(identity: str) -> Answer:
    """The answer that something was done."""
    return {"status": "done", "id": identity, "reason": None}


def refusal(reason: str) -> Answer:
    """The answer that something was refused, for good."""
    return {"status": "refused", "id": None, "reason": reason}
