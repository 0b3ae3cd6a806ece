"""The exact identity of a state of world and target, for the exhaustive scopes.

What a paused handler will do depends on the stores, which the target's `digest` covers, and on
where in its code it stands with which local values. Those are read off its frames. A local value
that is neither plain data nor shows itself in full is taken to be part of the stores.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from properties.world.world import World


def digest(world: World) -> Hashable:
    """Equal for two runs only if everything that can follow is equal."""
    network = world.network
    sagas = world.history.sagas.values()
    in_flight = [(m.name, m.held, m.failures > 0) for m in network.in_flight]
    return (
        world.target.digest(),
        tuple(in_flight if network.contract.ordered else sorted(in_flight)),
        tuple(sorted((name, m.handled) for name, m in network.originals.items())),
        frozenset(
            (
                task.name,
                task.operation.port if task.operation else "",
                task.stalled,
                task.waiting,
                task.operation.details if task.operation else (),
                tuple(_standing(task.stepper.frames())),
            )
            for task in world.tasks.values()
        ),
        tuple(sorted(world.dirty)),
        tuple(world.unplaced),
        tuple(sorted(world.left.items())),
        tuple(sorted(world.active)),
        tuple(sorted(world.attempts.items())),
        tuple(sorted(world.people.done)),
        tuple(sorted(world.people.in_vain.items())),
        world.people.echo,
        world.calls_made == world.calls_awaited,
        tuple((timer.name, timer.due) for timer in world.timers),
        *(
            tuple(sorted((key, repr(value)) for key, value in double.keys.stored.items()))
            for double in (world.gateway, world.carrier, world.simulated)
        ),
        tuple(sorted(world.warehouse.available.items())),
        tuple(
            tuple(
                (entry.effect, entry.quantity, entry.unit, entry.ref, entry.cause)
                for entry in world.history.ledger.entries
                if entry.order == order
            )
            for order in world.orders
        ),
        tuple(
            (
                saga.status,
                frozenset(saga.reasons),
                saga.placed,
                saga.refused,
                saga.cancelled,
                frozenset(saga.terminal),
                frozenset(saga.published),
                frozenset(saga.statuses),
            )
            for saga in sagas
        ),
        frozenset(world.history.findings),
    )


def _standing(frames: Iterator[FrameType]) -> Iterator[Hashable]:
    """Where code stands, and with which local values."""
    for frame in frames:
        values = tuple((name, _shown(value)) for name, value in frame.f_locals.items())
        yield frame.f_code.co_name, frame.f_lasti, values


def _shown(value: object) -> str:
    text = repr(value)
    return text if " at 0x" not in text else type(value).__name__
