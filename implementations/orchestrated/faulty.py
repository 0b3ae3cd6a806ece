"""The orchestrated saga with one mistake that only an orchestrator can make.

make check TARGET=implementations.orchestrated.faulty:forgets_its_position
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from implementations.contract import AsyncWorld, Event
from implementations.orchestrated.orchestrator import FAILED, Orchestrator, Progress, State
from implementations.orchestrated.plan import Command
from implementations.orchestrated.saga import Parts, Saga, build
from implementations.orchestrated.variants import ReservesFirst


class ForgetsItsPosition(Orchestrator):
    """The position is in memory: after a crash every open saga begins anew, and nobody answers."""

    def resume(self) -> None:
        """Begin again with the first command; who has answered it does not answer twice."""
        for row in list(self.rows):
            if row.awaiting is not None:
                self.forward(evolve(row, done=0))


class AsksAgainUnderANewId(Orchestrator):
    """Asks anew after a crash, under another id but for the same request: this holds."""

    def resume(self) -> None:
        """Ask again for what is not answered yet, and take only the answer to that."""
        for row in list(self.rows):
            if row.awaiting is not None:
                self.send(self.rows.put(evolve(row, attempt=row.attempt + 1)))


class NewKeyForEachAttempt(AsksAgainUnderANewId):
    """The key is that of the attempt, and whoever is asked again charges, or ships, once more."""

    def key(self, request: str, order: str) -> str:
        """Another key each time."""
        return f"{super().key(request, order)}/{self.rows[order].attempt}"


class OldReplyCounts(AsksAgainUnderANewId):
    """The reply to an earlier question of the saga is taken for the answer to the present one."""

    def awaited_by(self, event: Event) -> Progress | None:
        """No look at the id of the command; the order is the right one."""
        return self.rows[event["subject"]]


class UndoesBesideTheStep(Orchestrator):
    """A cancel undoes what is done at once, while the next step is still under way."""

    async def cancel(self, order_id: str) -> str | None:
        """Turn back without waiting for the reply."""
        refused = await super().cancel(order_id)
        row = self.rows[order_id]
        if refused is None and self.stands(row, State.FORWARD):
            self.back(row, None)
        return refused


class LateReplyIsSuccess(UndoesBesideTheStep):
    """The reply to a step that was given up is taken as if the saga still went forward."""

    def awaited_by(self, event: Event) -> Progress | None:
        """The saga of the order, wherever it is by now."""
        row = self.rows[event["subject"]]
        late = event["type"] in [command.reply for command in self.plan.forward]
        return evolve(row, status=State.FORWARD, cancelled=False) if late else row


class RepliesByKind(Orchestrator):
    """A reply goes to the first saga that waits for one of its kind, whoever asked."""

    def awaited_by(self, event: Event) -> Progress | None:
        """No look at the id of the command, nor at the order."""
        return next(
            (r for r in self.rows if r.awaiting and r.awaiting.reply == event["type"]), None
        )


class TurnsBackBehindThePivot(Orchestrator):
    """A cancel is accepted while the parcel is being booked, and undoes the saga all the same."""

    def may_cancel(self, row: Progress) -> bool:
        """Always, until the end."""
        return row.awaiting is not None

    def back(self, row: Progress, cause: Event | None) -> None:
        """Undo all that can be undone, and leave the parcel."""
        super().back(evolve(row, done=min(row.done, len(self.plan.reversible))), cause)


class DeclinedAndKept(ReservesFirst):
    """A declined card ends the saga, as where the money comes first; the pieces stay (B27)."""

    def refused(self, row: Progress, event: Event) -> None:
        """Nothing is paid, so nothing is undone."""
        if row.awaiting is Command.CHARGE:
            self.end(evolve(row, status=State.FAILED, reason="declined"), FAILED, event)
        else:
            super().refused(row, event)


def _target(orchestrator: type[Orchestrator]) -> Callable[[AsyncWorld], Saga]:
    def make(world: AsyncWorld) -> Saga:
        return build(world, Parts(orchestrator=orchestrator))

    make.__doc__ = orchestrator.__doc__
    return make


forgets_its_position = _target(ForgetsItsPosition)
asks_again_under_a_new_id = _target(AsksAgainUnderANewId)
new_key_for_each_attempt = _target(NewKeyForEachAttempt)
old_reply_counts = _target(OldReplyCounts)
undoes_beside_the_step = _target(UndoesBesideTheStep)
late_reply_is_success = _target(LateReplyIsSuccess)
replies_by_kind = _target(RepliesByKind)
turns_back_behind_the_pivot = _target(TurnsBackBehindThePivot)
declined_and_kept = _target(DeclinedAndKept)
