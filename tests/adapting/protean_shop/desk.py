"""Takes orders, and ends them."""
# ruff: noqa: D101, D102, D103

from protean import handle
from protean.domain import Domain
from protean.exceptions import ObjectNotFoundError
from protean.fields import Dict, Identifier, Integer, List, String
from protean.utils.globals import current_domain

from . import contracts

desk = Domain(name="desk")
desk.register_external_event(contracts.Refused, "Till.Refused.v1")
desk.register_external_event(contracts.SoldOut, "Shelf.SoldOut.v1")
desk.register_external_event(contracts.SetAside, "Shelf.SetAside.v1")


@desk.event(part_of="Order")
class Placed:
    order_id = Identifier(required=True)
    total = Integer(required=True)
    lines = List(Dict(), required=True)


@desk.aggregate
class Order:
    id = Identifier(identifier=True)
    status = String(default="open")

    def end(self, status: str) -> None:
        if self.status == "open":
            self.status = status


@desk.command(part_of=Order)
class Place:
    order_id = Identifier(required=True)
    total = Integer(required=True)
    lines = List(Dict(), required=True)


@desk.command_handler(part_of=Order)
class Counter:
    @handle(Place)
    def place(self, command: Place) -> None:
        orders = current_domain.repository_for(Order)
        try:
            orders.get(command.order_id)
        except ObjectNotFoundError:
            order = Order(id=command.order_id)
            data = {"total": command.total, "lines": command.lines}
            order.raise_(Placed(order_id=command.order_id, **data))
            orders.add(order)


def end(order_id: str, status: str) -> None:
    orders = current_domain.repository_for(Order)
    order = orders.get(order_id)
    order.end(status)
    orders.add(order)


@desk.event_handler(part_of=Order, stream_category="till::payment")
class AfterTheTill:
    @handle(contracts.Refused)
    def refused(self, event: contracts.Refused) -> None:
        end(event.order_id, "failed")


@desk.event_handler(part_of=Order, stream_category="shelf::goods")
class AfterTheShelf:
    @handle(contracts.SoldOut)
    def sold_out(self, event: contracts.SoldOut) -> None:
        end(event.order_id, "failed")

    @handle(contracts.SetAside)
    def set_aside(self, event: contracts.SetAside) -> None:
        end(event.order_id, "confirmed")
