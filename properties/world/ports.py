"""The world as a target sees it: `world.publish`, `world.payments`, `world.clock` and the others.

Every port but `clock` and `new_id` is a port call: the only places where the target can be paused,
failed or killed. A call made outside a call of the world (while the target is set up, or in
`observe`) is let through at once.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import TYPE_CHECKING, Any

from attrs import frozen

from implementations.errors import TargetError
from properties.world.actions import Mode
from properties.world.doubles import Answer, order_id
from properties.world.endings import ACKNOWLEDGE, acknowledge_early
from properties.world.envelopes import GATEWAY, draft
from properties.world.port_call import call

if TYPE_CHECKING:
    from properties.world.world import World

_UNKNOWN = (Mode.UNKNOWN_DONE, Mode.UNKNOWN_NOT_DONE, Mode.TRANSIENT)
_REFUSABLE = (Mode.REFUSED, *_UNKNOWN)
_TRANSIENT = (Mode.TRANSIENT,)


class Ports:
    """The object that a target's factory is given."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.stock: dict[str, int] = dict(world.scope.stock)
        self.prices: dict[str, int] = world.scope.prices
        self.payments = Payments(world)
        self.carrier = CarrierPort(world)
        self.warehouse = WarehousePort(world)
        self._ids = 0

    def detach(self) -> None:
        """Forget the world: the run is over, whatever of the target lives on."""
        del self._world, self.payments, self.carrier, self.warehouse

    def publish(
        self,
        type: str,
        data: Any = None,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> Any:
        """Publish an event; what is not given is taken from the message being handled."""
        message = draft(self._world, type, data, id, subject, sagaid, causationid)
        details = (type, message.order, message.attributes["id"])
        return call(
            self._world,
            f"publish {type}",
            details,
            lambda: self._world.publish(message),
            _TRANSIENT,
        )

    def acknowledge(self) -> Any:
        """Acknowledge the message in hand now: a crash from here on does not bring it back."""
        world, task = self._world, self._world.running
        return call(
            world, ACKNOWLEDGE, (), lambda: acknowledge_early(world, task), has_effect=False
        )

    def checkpoint(self, name: str, may_fail: bool = False) -> Any:
        """A place of the target's own to pause or crash, and to fail once where it says so."""
        return call(
            self._world, str(name), (), _nothing, _TRANSIENT if may_fail else (), has_effect=False
        )

    def blocked(self, on: str) -> Any:
        """Let others go first, who hold `on`; False if they wait too, so that nobody lets go."""
        world, task = self._world, self._world.running
        if task is None:
            return call(world, f"wait for {on}", (), lambda: False)
        task.waiting = world.stalled = True
        return call(world, f"wait for {on}", (), task.stop_waiting, has_effect=False)

    def done(self, name: str) -> Any:
        """A place just after an effect of the target's own: a failure here is an unknown answer."""
        return call(
            self._world, f"after {name}", (), _nothing, (Mode.UNKNOWN_DONE,), has_effect=False
        )

    def answer(self, step: str, order: Any) -> Any:
        """How a step goes that the target simulates itself: done, or refused, and so it stays."""
        simulated, identity = self._world.simulated, order_id(order)
        return call(
            self._world,
            f"answer {step}",
            (identity,),
            lambda: simulated.answer(step, identity, refused=False),
            (Mode.REFUSED,),
            refuse=lambda: simulated.answer(step, identity, refused=True),
            settled=lambda: simulated.settled(step, identity),
            has_effect=False,
        )

    def timer(self, delay: float, type: str, data: Any = None) -> Any:
        """Have an event of `type` delivered `delay` seconds from now."""
        message = draft(self._world, type, data)
        return call(
            self._world, f"timer {type}", (delay,), lambda: self._world.set_timer(delay, message)
        )

    def clock(self) -> float:
        """Seconds since the epoch, in the run's own time."""
        return self._world.now

    def new_id(self) -> str:
        """An id that is new in this run, and the same in the next run of the same schedule."""
        self._ids += 1
        return f"id-{self._ids}"


def _nothing() -> None:
    """What a checkpoint does."""


def _check_amount(amount: Any, where: str) -> None:
    """An inexact amount is for MONEY-4 to find; what cannot be added up is an error at once."""
    if not isinstance(amount, Number):
        raise TargetError(
            f"the amount is {amount!r}", where, "give a whole number of minor units: 1999 for 19.99"
        )


@frozen
class _Told:
    """What the gateway does, told in an event too where the target has asked for it.

    Once for each thing that it does: an answer repeated under a key is not told again.
    """

    world: World
    type: str | None
    order: str
    key: str | None

    def __call__(self, do: Callable[[], Answer]) -> Answer:
        known = self.world.gateway.keys.known(self.key)
        answer = do()
        if self.type is not None and not known:
            data = {**answer, "order": self.order, "key": self.key}
            self.world.publish(
                draft(self.world, self.type, data, subject=self.order, source=GATEWAY)
            )
        return answer


class Payments:
    """`world.payments`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def authorise(
        self,
        order: Any,
        amount: int,
        currency: str,
        key: str | None = None,
        notify: str | None = None,
    ) -> Any:
        """Put `amount` minor units on hold."""
        return self._take("authorise", order, amount, currency, key, notify)

    def charge(
        self,
        order: Any,
        amount: int,
        currency: str,
        key: str | None = None,
        notify: str | None = None,
    ) -> Any:
        """Take `amount` minor units at once."""
        return self._take("charge", order, amount, currency, key, notify)

    def capture(
        self,
        order: Any,
        amount: int,
        currency: str,
        key: str | None = None,
        notify: str | None = None,
    ) -> Any:
        """Take `amount` minor units that are on hold."""
        return self._take("capture", order, amount, currency, key, notify)

    def _take(
        self,
        what: str,
        order: Any,
        amount: int,
        currency: str,
        key: str | None,
        notify: str | None,
    ) -> Any:
        """With `notify`, the gateway also tells the outcome in an event of that type, as a webhook
        does: whatever becomes of its answer."""
        gateway, identity = self._world.gateway, order_id(order)
        _check_amount(amount, f"payments.{what} for {identity}")
        take = getattr(gateway, what)
        details = (identity, amount, currency, key)
        told = _Told(self._world, notify, identity, key)
        return call(
            self._world,
            f"payments.{what}",
            details,
            lambda: told(lambda: take(identity, amount, currency, key)),
            _UNKNOWN if what == "capture" else _REFUSABLE,
            refuse=lambda: told(lambda: gateway.decline(what, identity, amount, currency, key)),
            settled=lambda: gateway.keys.known(key),
        )

    def refund(
        self,
        charge_id: str,
        amount: int | None = None,
        key: str | None = None,
        notify: str | None = None,
    ) -> Any:
        """Give back `amount` minor units of a charge; all of it if None."""
        gateway = self._world.gateway
        _check_amount(0 if amount is None else amount, f"payments.refund of {charge_id}")
        order = gateway.charges.get(charge_id, ("", 0, ""))[0]
        told = _Told(self._world, notify, order, key)
        return call(
            self._world,
            "payments.refund",
            (charge_id, amount, key),
            lambda: told(lambda: gateway.refund(charge_id, amount, key)),
            _UNKNOWN,
        )

    def void(self, charge_id: str, key: str | None = None) -> Any:
        """Let go of an authorisation."""
        gateway = self._world.gateway
        return call(
            self._world,
            "payments.void",
            (charge_id, key),
            lambda: gateway.void(charge_id, key),
            _UNKNOWN,
        )

    def lookup(self, key: str) -> Any:
        """The answer stored under a key; None if there is none."""
        gateway = self._world.gateway
        return call(
            self._world,
            "payments.lookup",
            (key,),
            lambda: gateway.keys.lookup(key),
            _TRANSIENT,
            has_effect=False,
        )

    def find(self, order: Any) -> Any:
        """What was charged or put on hold for an order, with any key or none."""
        gateway, identity = self._world.gateway, order_id(order)
        return call(
            self._world,
            "payments.find",
            (identity,),
            lambda: gateway.find(identity),
            _TRANSIENT,
            has_effect=False,
        )


class CarrierPort:
    """`world.carrier`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create_shipment(self, order: Any, lines: Any = None, key: str | None = None) -> Any:
        """Book a parcel."""
        carrier, identity = self._world.carrier, order_id(order)
        try:
            carrier.pieces(identity, lines)
        except (KeyError, TypeError):
            raise TargetError(
                f"booked a parcel with the lines {lines!r}",
                f"carrier.create_shipment for {identity}",
                "lines are a list of {'sku': …, 'quantity': …}; without any, all are shipped",
            ) from None
        return call(
            self._world,
            "carrier.create_shipment",
            (identity, key),
            lambda: carrier.create_shipment(identity, lines, key),
            _REFUSABLE,
            refuse=lambda: carrier.refuse(identity, lines, key),
            settled=lambda: carrier.keys.known(key),
        )

    def cancel(self, shipment_id: str, key: str | None = None) -> Any:
        """Recall a parcel."""
        carrier = self._world.carrier
        return call(
            self._world,
            "carrier.cancel",
            (shipment_id, key),
            lambda: carrier.cancel(shipment_id, key),
            _UNKNOWN,
        )

    def lookup(self, key: str) -> Any:
        """The answer stored under a key; None if there is none."""
        carrier = self._world.carrier
        return call(
            self._world,
            "carrier.lookup",
            (key,),
            lambda: carrier.keys.lookup(key),
            _TRANSIENT,
            has_effect=False,
        )


class WarehousePort:
    """`world.warehouse`, for stock that the target does not keep itself."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reserve(self, order: Any, sku: str, quantity: int, key: str | None = None) -> Any:
        """Reserve pieces of a SKU."""
        warehouse, identity = self._world.warehouse, order_id(order)
        return call(
            self._world,
            "warehouse.reserve",
            (identity, sku, quantity, key),
            lambda: warehouse.reserve(identity, sku, quantity, key),
            _UNKNOWN,
        )

    def release(self, order: Any, sku: str, quantity: int, key: str | None = None) -> Any:
        """Put reserved pieces back."""
        warehouse, identity = self._world.warehouse, order_id(order)
        return call(
            self._world,
            "warehouse.release",
            (identity, sku, quantity, key),
            lambda: warehouse.release(identity, sku, quantity, key),
            _UNKNOWN,
        )

    def available(self, sku: str) -> Any:
        """Pieces of a SKU on the shelf."""
        warehouse = self._world.warehouse
        return call(
            self._world,
            "warehouse.available",
            (sku,),
            lambda: warehouse.available.get(sku, 0),
            _TRANSIENT,
            has_effect=False,
        )
