"""What `observe()` shows, turned into history: statuses, stock, and effects seen by comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from implementations.errors import TargetError
from implementations.observing import Observation, PaymentStatus, ShipmentStatus, check_observation
from model.ledger import Effect
from model.monitors import on_statuses, on_stock
from properties.world.closing import at_once
from properties.world.network import UNREADABLE
from properties.world.subject import Source
from properties.world.tasks import describe_error

if TYPE_CHECKING:
    from properties.world.world import World

#: What a message of the fault `poison` can be recognised by.
_POISON = UNREADABLE.strip("\ufffd ")


@define(eq=False)
class Sighting:
    """The last observation of a run, and the difference that the next one makes."""

    world: World
    last: Observation | None = None
    _shown: Any = None
    """What the last one was made from: few steps change anything that can be seen."""
    _payments: dict[str, PaymentStatus] = field(factory=dict)
    _shipments: dict[str, ShipmentStatus] = field(factory=dict)

    def look(self) -> None:
        """Observe the target and tell the history what has changed."""
        world, before = self.world, self.last
        shown = snapshot(world.target)
        if _alike(shown, self._shown):
            return
        known = () if before is None else world.orders
        try:
            observation = check_observation(shown, known)
        except TargetError as error:
            raise _naming_poison(error) from None
        self._shown = _copied(shown)
        if observation == before:
            return
        sources = world.subject.sources
        if before is None and sources.stock in (Source.OBSERVED, Source.TOTAL):
            check_beginning(observation, world.scope.stock)
        self.last, world.restocked = observation, True
        world.running = world.last_task  # what has changed, the call that ran has brought about
        self._tell(before, observation)
        world.running = None

    def believe(self) -> None:
        """Ask no relay of an outbox that is shown to be empty."""
        waiting = self.last.outbox if self.last else None
        if waiting and self.world.subject.believed:
            dirty = self.world.dirty
            for participant in [name for name in dirty if waiting.get(name) == 0]:
                del dirty[participant]

    def _tell(self, before: Observation | None, observation: Observation) -> None:
        world = self.world
        sources = world.subject.sources
        if sources.stock is Source.OBSERVED:
            self._compare_reservations(before, observation)
        elif sources.stock is Source.TOTAL and before is not None:
            self._compare_totals(before, observation)
        if sources.money is Source.OBSERVED:
            self._compare_payments(observation)
        if sources.parcels is Source.OBSERVED:
            self._compare_shipments(observation)
        on_statuses(world.history, observation.orders)
        on_stock(
            world.history,
            world.warehouse.available if sources.stock is Source.DOUBLE else observation.stock,
        )

    def _compare_reservations(self, before: Observation | None, now: Observation) -> None:
        old = (before.reservations if before else None) or {}
        new = now.reservations or {}
        if old == new:
            return
        for order, sku in sorted(old.keys() | new.keys()):
            change = new.get((order, sku), 0) - old.get((order, sku), 0)
            balance = self.world.history.ledger.balance(order)
            if change > 0:
                self.world.post(Effect.RESERVE, order, change, sku, "", "")
            elif change < 0 and not balance.parcels:
                self.world.post(Effect.RELEASE, order, -change, sku, "", "")

    def _compare_totals(self, before: Observation, now: Observation) -> None:
        """Without reservations, a change of stock belongs to the order that was being worked on."""
        task = self.world.last_task
        order = task.order if task else ""
        if order not in self.world.orders:
            return
        for sku in sorted(before.stock.keys() | now.stock.keys()):
            change = now.stock.get(sku, 0) - before.stock.get(sku, 0)
            if change < 0:
                self.world.post(Effect.RESERVE, order, -change, sku, "", "")
            elif change > 0:
                self.world.post(Effect.RELEASE, order, change, sku, "", "")

    def _compare_payments(self, now: Observation) -> None:
        for payment in now.payments or ():
            old = self._payments.get(payment.id)
            if payment.status is old:
                continue
            self._payments[payment.id] = payment.status
            order = self.world.orders.get(payment.order)
            currency = order.currency if order else ""
            charged = PaymentStatus.CHARGED
            if payment.status is charged and old is not charged:
                self.world.post(
                    Effect.CHARGE, payment.order, payment.amount, currency, payment.id, ""
                )
            elif payment.status is PaymentStatus.REFUNDED and old is charged:
                self.world.post(
                    Effect.REFUND, payment.order, payment.amount, currency, payment.id, ""
                )

    def _compare_shipments(self, now: Observation) -> None:
        for shipment in now.shipments or ():
            old = self._shipments.get(shipment.id)
            if shipment.status is old:
                continue
            self._shipments[shipment.id] = shipment.status
            order = self.world.orders.get(shipment.order)
            pieces = sorted(order.quantities.items()) if order else []
            shipped = ShipmentStatus.SHIPPED
            for sku, quantity in pieces:
                if shipment.status is shipped:
                    self.world.post(Effect.SHIP, shipment.order, quantity, sku, shipment.id, "")
                elif shipment.status is ShipmentStatus.CANCELLED and old is shipped:
                    self.world.post(Effect.RECALL, shipment.order, quantity, sku, shipment.id, "")


def _alike(shown: Any, before: Any) -> bool:
    try:
        return bool(shown == before)
    except Exception:  # it holds what cannot be compared; `check_observation` says what is wrong
        return False


def _copied(shown: Any) -> Any:
    """A copy that stays as it is: a target may show what it goes on writing to."""
    if isinstance(shown, dict):
        return {key: _copied(value) for key, value in shown.items()}
    return [_copied(value) for value in shown] if isinstance(shown, list) else shown


def snapshot(target: Any) -> Any:
    """What `observe()` returns, as it is.

    Raises:
        TargetError: it returns nothing at all.
    """
    try:
        seen = target.observe()
        return at_once(seen, "observe()", "observe() only reads") if hasattr(seen, "send") else seen
    except TargetError:
        raise
    except (Exception, SystemExit) as error:
        told = TargetError(
            f"raised {describe_error(error)}",
            "observe()",
            "observe() is called at any moment and must always return a snapshot",
        )
        raise _naming_poison(told) from error


def _naming_poison(error: TargetError) -> TargetError:
    """The same error; where it comes of the kit's own poison, that is said."""
    if _POISON not in error.what:
        return error
    return TargetError(
        f"{error.what}; that text is the kit's own: the data of a message that nobody can read "
        "(fault `poison`)",
        error.where,
        "the target has stored it: refuse it there as the real database would (a text in a column "
        "of numbers), or, if that would take it too, leave such rows out of observe()",
    )


def check_beginning(seen: Observation, stock: Mapping[str, int]) -> None:
    """A run begins with the stock that the world gives.

    Raises:
        TargetError: the target shows another one.
    """
    for sku, pieces in stock.items() if seen.stock else ():
        shown = seen.stock.get(sku)
        if shown != pieces:
            what = f"lacks {sku!r}" if shown is None else f"begins with {shown} {sku}"
            raise TargetError(
                f"stock {what}, and the world gave the target {pieces}",
                "observe()",
                "make everything afresh in the factory, with the initial stock from world.stock",
            )
