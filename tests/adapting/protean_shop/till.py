"""Takes money, and gives it back."""
# ruff: noqa: D101, D102

from typing import Any

from protean import handle
from protean.domain import Domain
from protean.exceptions import ObjectNotFoundError
from protean.fields import Dict, Identifier, Integer, List, String
from protean.utils.globals import current_domain

from . import contracts

till = Domain(name="till")
till.register_external_event(contracts.Placed, "Desk.Placed.v1")
till.register_external_event(contracts.SoldOut, "Shelf.SoldOut.v1")

bank: Any = None
"""Takes money, by the key of a request."""


@till.event(part_of="Payment")
class Paid:
    order_id = Identifier(required=True)
    lines = List(Dict(), required=True)


@till.event(part_of="Payment")
class Refused:
    order_id = Identifier(required=True)


@till.aggregate
class Payment:
    order_id = Identifier(identifier=True)
    total = Integer(required=True)
    charge = String()
    status = String(default="refused")


@till.event_handler(part_of=Payment, stream_category="desk::order")
class AfterTheDesk:
    @handle(contracts.Placed)
    def take(self, event: contracts.Placed) -> None:
        payments = current_domain.repository_for(Payment)
        try:
            payments.get(event.order_id)
            return
        except ObjectNotFoundError:
            payment = Payment(order_id=event.order_id, total=event.total)
        payment.charge = bank.take(event.order_id, event.total)
        if payment.charge:
            payment.status = "charged"
            payment.raise_(Paid(order_id=event.order_id, lines=event.lines))
        else:
            payment.raise_(Refused(order_id=event.order_id))
        payments.add(payment)


@till.event_handler(part_of=Payment, stream_category="shelf::goods")
class AfterTheShelf:
    @handle(contracts.SoldOut)
    def give_back(self, event: contracts.SoldOut) -> None:
        payments = current_domain.repository_for(Payment)
        payment = payments.get(event.order_id)
        if payment.status == "charged":
            bank.give_back(payment.charge, payment.total)
            payment.status = "refunded"
            payments.add(payment)
