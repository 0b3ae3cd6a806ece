"""A trace that notes who did and said what, and because of what: for `model.antipatterns`.

Events that come out of an outbox do not say what they were written for. In a run without faults,
first in, first out, it is what their participant handled last for that order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from model.antipatterns import Done, Observed, Said
from model.ledger import Balance, Effect, Entry
from model.vocabulary import Status
from properties.world.network import Draft, Message
from properties.world.stepping import Operation
from properties.world.tasks import Task, Work
from properties.world.trace import Trace

if TYPE_CHECKING:
    from properties.world.world import World


@define(eq=False)
class Watcher(Trace):
    """Looks on in one run."""

    happened: list[Entry | Said] = field(factory=list)
    _caller: Task | None = None
    """Whose port call was let through last."""
    _handled: dict[tuple[str, str], str] = field(factory=dict)
    """By participant and order, the id of what it handled last; empty if it was a request."""
    _doing: dict[int, str] = field(factory=dict)
    """The participant of each handling."""
    _waiting: dict[str, int] = field(factory=dict)
    """What waits in outboxes, where that is shown: a loop may empty them while it handles."""
    _unseen: bool = False
    """Whether nobody can see what comes out of an outbox: its services flush it in the handler."""
    _acts: dict[int, str] = field(factory=dict)
    """What people did in each handling of that kind."""

    def called(self, task: Task, operation: Operation, how: str) -> None:
        """A port call is let through."""
        super().called(task, operation, how)
        self._note(task)

    def published(self, draft: Draft, messages: list[Message]) -> None:
        """An event is published: by the task whose call it is, or by nobody (a timer)."""
        super().published(draft, messages)
        task = self._caller
        relaying = task is not None and task.work is Work.RELAY
        self.happened.append(
            Said(
                id=str(draft.attributes["id"]),
                type=draft.type,
                order=draft.order,
                participant=draft.source,
                cause=self._handled.get((draft.source, draft.order), ""),
                handling=task.handling if task is not None else 0,
                by_relay=relaying or self._waiting.get(draft.source, 0) > 0,
            )
        )

    def effect(self, entry: Entry) -> None:
        """An entry is made in the ledger."""
        super().effect(entry)
        self.happened.append(entry)

    def end(self, world: World) -> None:
        """The step is over."""
        super().end(world)
        self._unseen = getattr(world.target, "outboxes_unseen", False)
        if world.last_task is not None:
            self._note(world.last_task)
        self._caller = None
        last = world.sighting.last
        self._waiting = (last.outbox if last else None) or {}

    def _note(self, task: Task) -> None:
        self._caller = task
        self._doing[task.handling] = task.participant
        if task.work is Work.ACT:
            self._acts[task.handling] = task.name.removesuffix(f" {task.order}")
        if task.work is not Work.RELAY:
            self._handled[task.participant, task.order] = task.message_id

    def observed(self, world: World) -> Observed:
        """What there was to see, when all is at rest."""
        kept: dict[Effect, int] = {}
        for saga in world.history.sagas.values():
            if saga.status is not Status.CONFIRMED:
                for effect in _standing(saga.balance):
                    kept[effect] = kept.get(effect, 0) + 1
        return Observed(tuple(map(self._told, self.happened)), kept)

    def _told(self, each: Entry | Said) -> Done | Said:
        if isinstance(each, Said):
            return evolve(each, by_relay=True) if self._unseen else each
        doing, act = self._doing.get(each.handling, ""), self._acts.get(each.handling, "")
        return Done(each.effect, each.handling, doing, act)


def _standing(balance: Balance) -> list[Effect]:
    standing = {
        Effect.CHARGE: balance.money > 0,
        Effect.AUTHORISE: balance.authorised > 0 and not balance.captures,
        Effect.RESERVE: any(pieces > 0 for pieces in balance.reserved.values()),
    }
    return [effect for effect, stands in standing.items() if stands]
