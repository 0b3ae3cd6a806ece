"""The same orchestrator with other plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from implementations.contract import AsyncWorld, Event
from implementations.orchestrated.orchestrator import Orchestrator
from implementations.orchestrated.participants import DONE, InventoryService, Stage
from implementations.orchestrated.plan import DISPATCHING, RESERVE_FIRST, Command
from implementations.orchestrated.saga import Parts, Saga, build


class ReservesFirst(Orchestrator):
    """Nobody pays for what is not there; a declined card gives the pieces back (B27)."""

    plan = RESERVE_FIRST


def reserve_first(world: AsyncWorld) -> Saga:
    """The orchestrated saga that sets the pieces aside before it charges."""
    return build(world, Parts(orchestrator=ReservesFirst))


class Dispatches(Orchestrator):
    """One step more, behind the pivot."""

    plan = DISPATCHING


class DispatchingInventory(InventoryService):
    """Inventory that is told when its pieces have left."""

    def react(self) -> Mapping[str, Callable[[Event], None]]:
        """What is decided on each command."""
        return {**super().react(), Command.DISPATCH: self.dispatch}

    def dispatch(self, event: Event) -> None:
        """What has become a parcel is no longer held: it does not come back to the shelf."""
        row = self.rows[event["subject"]]
        if self.stands(row, Stage.DONE):
            self.rows.put(evolve(row, held=()))
        self.reply(event, DONE)


def dispatching(world: AsyncWorld) -> Saga:
    """The orchestrated saga with a step behind the pivot, which is asked for until it is done."""
    return build(world, Parts(orchestrator=Dispatches, inventory=DispatchingInventory))
