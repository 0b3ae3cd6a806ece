"""Envelopes: what an event carries besides its data, filled in from the call that publishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from implementations.errors import TargetError
from properties.world.network import Draft

if TYPE_CHECKING:
    from properties.world.world import World

#: The source of what the payment gateway tells by itself.
GATEWAY = "gateway"


def draft(
    world: World,
    type_: Any,
    data: Any,
    id_: str | None = None,
    subject: Any = None,
    sagaid: str | None = None,
    causationid: str | None = None,
    source: str | None = None,
) -> Draft:
    """An event with defaults from the call that is running.

    Raises:
        TargetError: it has no type.
    """
    task = world.running
    if not isinstance(type_, str) or not type_:
        raise TargetError(
            f"published an event of type {type_!r}",
            task.name if task else "publish",
            "the type is a text such as 'payment.processed'",
        )
    order = str(subject or (task.order if task else "") or _order_in(world, data))
    source = source or (task.participant if task else "")
    attributes = {
        "specversion": "1.0",
        "id": id_ or _new_event_id(world, str(type_), order),
        "type": str(type_),
        "source": source,
        "subject": order,
        "time": world.now,
        "sagaid": sagaid or (task.saga_id if task else "") or order,
        "causationid": causationid or (task.message_id if task else ""),
        "data": {} if data is None else data,
    }
    return Draft(str(type_), order, source, attributes)


def _new_event_id(world: World, type_: str, order: str) -> str:
    """Counted per order and type, so that orders do not depend on each other by name."""
    name = f"{order}/{type_}"
    count = world.events[name] = world.events.get(name, 0) + 1
    return f"{name}/{count}"


def _order_in(world: World, data: Any) -> str:
    """The order that the data names, for an event that a relay publishes without a subject."""
    values = data.values() if isinstance(data, dict) else ()
    return next((str(v) for v in values if isinstance(v, str) and v in world.orders), "")
