"""Sets goods aside. The shelf is event-sourced, and one for all goods."""
# ruff: noqa: D101, D102

from collections import Counter

from protean import apply, handle
from protean.domain import Domain
from protean.fields import Dict, Identifier, List
from protean.utils.globals import current_domain

from . import contracts

shelf = Domain(name="shelf")
shelf.register_external_event(contracts.Paid, "Till.Paid.v1")
THE_SHELF = "main"


@shelf.event(part_of="Goods")
class Filled:
    pieces = Dict(required=True)


@shelf.event(part_of="Goods")
class SetAside:
    order_id = Identifier(required=True)
    pieces = Dict(required=True)


@shelf.event(part_of="Goods")
class SoldOut:
    order_id = Identifier(required=True)


@shelf.aggregate(event_sourced=True)
class Goods:
    id = Identifier(identifier=True)
    pieces = Dict(default=dict)
    decided = List(default=list)

    @apply
    def filled(self, event: Filled) -> None:
        self.id, self.pieces, self.decided = THE_SHELF, dict(event.pieces), []

    @apply
    def taken(self, event: SetAside) -> None:
        taken = event.pieces
        self.pieces = {sku: n - taken.get(sku, 0) for sku, n in self.pieces.items()}
        self.decided = [*self.decided, event.order_id]

    @apply
    def sold_out(self, event: SoldOut) -> None:
        self.decided = [*self.decided, event.order_id]


@shelf.command(part_of=Goods)
class Fill:
    pieces = Dict(required=True)


@shelf.command_handler(part_of=Goods)
class Delivery:
    @handle(Fill)
    def fill(self, command: Fill) -> None:
        goods = Goods._create_new(id=THE_SHELF)
        goods.raise_(Filled(pieces=command.pieces))
        current_domain.repository_for(Goods).add(goods)


@shelf.event_handler(part_of=Goods, stream_category="till::payment")
class AfterTheTill:
    @handle(contracts.Paid)
    def set_aside(self, event: contracts.Paid) -> None:
        shelves = current_domain.repository_for(Goods)
        goods = shelves.get(THE_SHELF)
        if event.order_id in goods.decided:
            return
        wanted: Counter[str] = Counter()
        for line in event.lines:
            wanted[line["sku"]] += line["quantity"]
        if all(goods.pieces.get(sku, 0) >= n for sku, n in wanted.items()):
            goods.raise_(SetAside(order_id=event.order_id, pieces=dict(wanted)))
        else:
            goods.raise_(SoldOut(order_id=event.order_id))
        shelves.add(goods)
