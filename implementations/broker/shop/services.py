"""The four services of the shop, without a word of how messages come and go.

Each handles one message at a time: it decides and writes what it tells the others into its outbox,
in one transaction; what is outside (money, a parcel) is asked for under an idempotency key before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from implementations.broker.shop.store import Store

#: Sends an event: type, body, id, order. Raises ConnectionError if the broker did not take it.
Publish = Callable[[str, str, str, str], None]
ATTEMPTS = 3


class Outside(Protocol):
    """The gateway, the carrier: TimeoutError is an answer that nobody knows."""

    def __call__(self, port: str, **arguments: Any) -> Any:
        """Ask."""


class Refused(Exception):
    """What the customer asks for is not done."""


class Service:
    """What the four have in common."""

    name: ClassVar[str]
    subscriptions: ClassVar[tuple[str, ...]]

    def __init__(self, store: Store, outside: Outside, publish: Publish) -> None:
        self.store, self.outside, self.publish = store, outside, publish

    def handle(self, type: str, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Process one message."""
        if not self.store.seen(id):
            getattr(self, type.replace(".", "_"))(id, order, data)
        self.flush()

    def emit(self, type: str, order: str, **data: Any) -> None:
        """Tell the others, once the transaction is committed."""
        self.store.emit(f"{order}/{self.name}/{type}", type, order, json.dumps(data))

    def flush(self) -> None:
        """Publish what is in the outbox."""
        while (row := self.store.first()) is not None:
            number, id, type, order, body = row
            self.publish(type, body, id, order)
            self.store.sent(number)

    def ask(self, owner: str, port: str, key: str, **arguments: Any) -> Any:
        """The answer of somebody outside, looked up where none came."""
        for _ in range(ATTEMPTS):
            try:
                return self.outside(f"{owner}.{port}", key=key, **arguments)
            except TimeoutError:
                if answer := self.outside(f"{owner}.lookup", key=key):
                    return answer
        raise TimeoutError(f"no answer to {key}")


class Order(Service):
    """Takes orders, and learns how their sagas went."""

    name = "order"
    subscriptions = (
        *("shipment.created", "payment.failed", "payment.refunded", "inventory.released"),
        *("inventory.reservation.failed", "shipping.failed"),
    )

    def order_place(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Open the saga of an order; placing it again changes nothing."""
        with self.store.transaction():
            self.store.mark(id)
            if not self.store.status(order):
                self.store.put(order, "open")
                lines = [{"sku": ln["sku"], "quantity": ln["quantity"]} for ln in data["lines"]]
                amount, currency = data["total"], data["currency"]
                self.emit("order.created", order, amount=amount, currency=currency, lines=lines)

    def order_cancel(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Ask for the saga to be undone; whether that comes in time, shipping decides."""
        if self.store.status(order) != "open":
            raise Refused(order)
        with self.store.transaction():
            self.store.mark(id)
            if not self.store.data(order).get("cancelled"):
                self.store.put(order, "open", cancelled=True)
                self.emit("order.cancel.requested", order)

    def shipment_created(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """The good end."""
        with self.store.transaction():
            self.store.mark(id)
            if self.store.status(order) == "open":
                self.store.put(order, "confirmed")
                self.emit("order.saga.completed", order)

    def payment_failed(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Nothing to undo."""
        self._note(id, order, money=True, stock=True)

    def payment_refunded(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """One of the two things to wait for."""
        self._note(id, order, money=True)

    def inventory_released(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """The other one."""
        self._note(id, order, stock=True)

    inventory_reservation_failed = inventory_released

    def shipping_failed(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Shipping has asked for the undoing itself."""
        self._note(id, order)

    def _note(self, id: str, order: str, **facts: bool) -> None:
        with self.store.transaction():
            self.store.mark(id)
            if self.store.status(order) == "open":
                known = {**self.store.data(order), **facts}
                failed = known.get("money") and known.get("stock")
                self.store.put(order, "failed" if failed else "open", **facts)
                if failed:
                    self.emit("order.saga.failed", order)


class Payment(Service):
    """Charges once, refunds once."""

    name = "payment"
    subscriptions = ("order.created", "payment.refund.requested")

    def order_created(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Charge a new order; go on where we died with one that we know."""
        if self.store.status(order) in ("", "charging"):
            self.store.put(order, "charging")
            answer = self.charge(order, data)
        with self.store.transaction():
            self.store.mark(id)
            if self.store.status(order) == "charging":
                self.settle(order, data, answer)

    def charge(self, order: str, data: Mapping[str, Any]) -> Any:
        """Take the money: once, however often this is called."""
        amount, currency = data["amount"], data["currency"]
        key = f"charge/{order}"
        return self.ask("payments", "charge", key, order=order, amount=amount, currency=currency)

    def settle(self, order: str, data: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Keep what the gateway said, and tell."""
        if answer["status"] == "done":
            self.store.put(order, "paid", charge=answer["id"], amount=data["amount"])
            self.emit("payment.processed", order, lines=data["lines"])
        else:
            self.store.put(order, "declined")
            self.emit("payment.failed", order, reason=answer["reason"])

    def payment_refund_requested(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Give the money back; if there is none, see to it that none is taken later."""
        status, kept = self.store.status(order), self.store.data(order)
        if status == "charging":
            answer = self.outside("payments.lookup", key=f"charge/{order}")
            if answer and answer["status"] == "done":
                status, kept = "paid", {"charge": answer["id"], "amount": None}
        if status == "paid":
            self.refund(order, kept)
        with self.store.transaction():
            self.store.mark(id)
            if status in ("", "charging", "paid"):
                self.store.put(order, "refunded")
                self.emit("payment.refunded", order)

    def refund(self, order: str, kept: Mapping[str, Any]) -> None:
        """Give back what was taken."""
        charge, amount = kept["charge"], kept["amount"]
        if amount is None:
            found = self.outside("payments.find", order=order)
            amount = next(one["amount"] for one in found if one["id"] == charge)
        self.ask("payments", "refund", f"refund/{order}", charge_id=charge, amount=amount)


class Inventory(Service):
    """Sets pieces aside: all of an order, or none."""

    name = "inventory"
    subscriptions = ("payment.processed", "inventory.release.requested")

    def payment_processed(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Reserve what was paid for, or ask for the money to be given back."""
        lines = data["lines"]
        with self.store.transaction():
            self.store.mark(id)
            if self.store.status(order):
                return
            taken = [line for line in lines if self.store.take(line["sku"], line["quantity"])]
            if len(taken) == len(lines):
                self.store.put(order, "reserved", lines=lines)
                self.emit("inventory.reserved", order, lines=lines)
                return
            self.give_back(taken)
            self.store.put(order, "rejected")
            self.emit("inventory.reservation.failed", order)
            self.emit("payment.refund.requested", order)

    def give_back(self, lines: list[Any]) -> None:
        """Back on the shelf."""
        for line in lines:
            self.store.take(line["sku"], -line["quantity"])

    def inventory_release_requested(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Give back what is set aside; if nothing is, nothing will be."""
        with self.store.transaction():
            self.store.mark(id)
            status = self.store.status(order)
            if status == "reserved":
                self.give_back(self.store.data(order)["lines"])
            if status in ("", "reserved"):
                self.store.put(order, "released", lines=[])
                self.emit("inventory.released", order)


class Shipping(Service):
    """Books parcels, and decides whether a cancel comes in time."""

    name = "shipping"
    subscriptions = ("inventory.reserved", "order.cancel.requested")

    def inventory_reserved(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Book the parcel; from here on a cancel comes too late."""
        if self.store.status(order) in ("", "booking"):
            self.store.put(order, "booking")
            key, lines = f"ship/{order}", data["lines"]
            answer = self.ask("carrier", "create_shipment", key, order=order, lines=lines)
        with self.store.transaction():
            self.store.mark(id)
            if self.store.status(order) != "booking":
                return
            if answer["status"] == "done":
                self.store.put(order, "shipped")
                self.emit("shipment.created", order)
            else:
                self.fail(order)

    def order_cancel_requested(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Undo the saga, unless a parcel is, or may be, on its way."""
        with self.store.transaction():
            self.store.mark(id)
            if not self.store.status(order):
                self.fail(order)

    def fail(self, order: str) -> None:
        """Tell, and ask for all that to be undone."""
        self.store.put(order, "failed")
        self.emit("shipping.failed", order)
        self.emit("inventory.release.requested", order)
        self.emit("payment.refund.requested", order)


class ForgetfulPayment(Payment):
    """Charges for every copy of a message, each time without a key."""

    def handle(self, type: str, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Whether it was handled before is nobody's business."""
        getattr(self, type.replace(".", "_"))(id, order, data)
        self.flush()

    def order_created(self, id: str, order: str, data: Mapping[str, Any]) -> None:
        """Charge, whatever is known of the order."""
        amount, currency = data["amount"], data["currency"]
        answer = self.outside("payments.charge", order=order, amount=amount, currency=currency)
        with self.store.transaction():
            self.settle(order, data, answer)


class HastyInventory(Inventory):
    """Keeps what it has to tell in memory only: a crash, and nobody ever hears of it."""

    def __init__(self, store: Store, outside: Outside, publish: Publish) -> None:
        super().__init__(store, outside, publish)
        self.unsent: list[tuple[str, str, str, str]] = []

    def emit(self, type: str, order: str, **data: Any) -> None:
        """Remember what to publish."""
        self.unsent.append((type, json.dumps(data), f"{order}/{self.name}/{type}", order))

    def flush(self) -> None:
        """Publish it."""
        while self.unsent:
            self.publish(*self.unsent.pop(0))


RIGHT: tuple[type[Service], ...] = (Order, Payment, Inventory, Shipping)
VARIANTS: Mapping[str, tuple[type[Service], ...]] = {
    "right": RIGHT,
    "forgetful": (Order, ForgetfulPayment, Inventory, Shipping),
    "hasty": (Order, Payment, HastyInventory, Shipping),
}
