"""The orchestrator: tells each participant what to do, and waits for the reply before it goes on.

It is a state machine with a row per saga. A reply, the step it makes and the next command are one
transaction (`service` of the reference): whenever the orchestrator dies, the row says where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from attrs import evolve, frozen

from implementations.contract import AsyncWorld, Event, OrderData
from implementations.orchestrated.plan import CHARGE_FIRST, Command, Plan
from implementations.reference.service import Service, Store
from implementations.reference.storage import Held, Message, pieces_of

#: The events that end a saga; nobody has to listen.
CONFIRMED, FAILED = "order.confirmed", "order.failed"


class State(StrEnum):
    """Which way a saga goes. The last two are final."""

    NEW = "new"
    FORWARD = "forward"
    BACK = "back"
    CONFIRMED = "confirmed"
    FAILED = "failed"


S = State


@frozen
class Progress:
    """How far a saga is, and all that is needed to go on with it."""

    order: str
    status: State = S.NEW
    done: int = 0
    """How many steps of the plan have taken effect and are not undone."""
    awaiting: Command | None = None
    """The command that is out; there is never more than one."""
    attempt: int = 1
    """How often that was asked for: only what is left to do behind the pivot is asked again."""
    cancelled: bool = False
    reason: str = ""
    amount: int = 0
    currency: str = ""
    pieces: Held = ()

    @property
    def command_id(self) -> str:
        """The id of the command that is out: its reply names it as its cause."""
        return f"{self.order}/{self.awaiting}/{self.attempt}"


class Orchestrator(Service[Progress]):
    """Opens each saga, takes it through its plan, and ends it."""

    name = "order"
    plan: ClassVar[Plan] = CHARGE_FIRST

    def __init__(self, world: AsyncWorld, store: Store[Progress]) -> None:
        super().__init__(world, store)
        self.resume()

    def react(self) -> Mapping[str, Callable[[Event], None]]:
        """Every reply is handled alike: the plan knows what follows."""
        return dict.fromkeys(self.plan.replies, self.answered)

    def resume(self) -> None:
        """Ask again for what is not answered yet; under the same id, so it is not done twice.

        The row and the outbox are enough to go on with, unless the broker has lost a command (B59).
        """
        for row in self.rows:
            if row.awaiting is not None:
                self.send(row)

    # What the customer does.

    async def place(self, order: OrderData) -> None:
        """Open the saga of an order; placing it again changes nothing (B67)."""
        await self.world.checkpoint("order commit", may_fail=True)
        if order["id"] not in self.rows:
            lines = [{"sku": ln["sku"], "quantity": ln["quantity"]} for ln in order["lines"]]
            opened = Progress(
                order["id"],
                S.FORWARD,
                amount=order["total"],
                currency=order["currency"],
                pieces=pieces_of(lines),
            )
            self.forward(opened)

    async def cancel(self, order_id: str) -> str | None:
        """Have the saga undone; "refused" once the pivot is asked for.

        Nothing is undone beside a step that is under way: its reply is waited for, and turns the
        saga back (B32, B75).
        """
        await self.world.checkpoint("order commit", may_fail=True)
        row = self.rows[order_id]
        if not self.may_cancel(row):
            return "refused"
        self.rows.put(evolve(row, cancelled=True, reason=row.reason or "cancelled"))
        return None

    def may_cancel(self, row: Progress) -> bool:
        """Whether there is a way back: not behind the pivot (B43), nor at the end."""
        going = self.stands(row, S.FORWARD) and self.plan.may_turn_back(row.done)
        return going or self.stands(row, S.BACK)

    # What the participants reply.

    def answered(self, event: Event) -> None:
        """Take the step that a reply makes."""
        row = self.awaited_by(event)
        if row is None:
            return
        if self.stands(row, S.BACK):
            self.back(evolve(row, done=row.done - 1), event)
        elif event["data"]["status"] == "done":
            self.forward(evolve(row, done=row.done + 1), event)
        else:
            self.refused(row, event)

    def awaited_by(self, event: Event) -> Progress | None:
        """The saga that waits for this very reply; None if the question was an older one."""
        row = self.rows[event["subject"]]
        return row if event["causationid"] == row.command_id else None  # B69

    def refused(self, row: Progress, event: Event) -> None:
        """Before the pivot is done go back, behind it ask again: forward recovery."""
        if self.plan.must_succeed(row.done):
            self.send(self.rows.put(evolve(row, attempt=row.attempt + 1)), event)
        else:
            self.back(evolve(row, reason=str(event["data"].get("reason") or "")), event)

    # The two ways through the plan.

    def forward(self, row: Progress, cause: Event | None = None) -> None:
        """Command the next step, or confirm the order after the last one."""
        if row.cancelled:
            self.back(row, cause)
        elif row.done < len(self.plan.forward):
            self.command(row, self.plan.forward[row.done], cause)
        else:
            self.end(evolve(row, status=S.CONFIRMED), CONFIRMED, cause)

    def back(self, row: Progress, cause: Event | None) -> None:
        """Undo the last step that is done, or fail the order when none is left (B44)."""
        row = evolve(row, status=S.BACK)
        if row.done:
            self.command(row, self.plan.reversible[row.done - 1].undo, cause)
        else:
            self.end(evolve(row, status=S.FAILED), FAILED, cause)

    def command(self, row: Progress, command: Command, cause: Event | None) -> None:
        """Store what is awaited from now on, and write the command beside it (B60)."""
        self.send(self.rows.put(evolve(row, awaiting=command, attempt=1)), cause)

    def end(self, row: Progress, event: str, cause: Event | None) -> None:
        """End the saga, status and terminal event in one transaction (B35)."""
        self.rows.put(evolve(row, awaiting=None))
        self.emit(event, row.order, cause, reason=row.reason)

    def send(self, row: Progress, cause: Event | None = None) -> None:
        """Write the command that is out to the outbox; all that it needs is in it (B73)."""
        command = str(row.awaiting)
        data: dict[str, Any] = {
            "order": row.order,
            "key": self.key(command, row.order),  # B02: the request's own, not the attempt's
            "amount": row.amount,
            "currency": row.currency,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in row.pieces],
        }
        cause_id = cause["id"] if cause else None
        self.outbox.add(Message(row.command_id, command, row.order, cause_id, data))
