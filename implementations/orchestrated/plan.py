"""The saga as data: which command follows which, what undoes it, and where there is no way back."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Command(StrEnum):
    """What a participant is told to do. It answers each command with one reply."""

    CHARGE = "payment.charge.command"
    REFUND = "payment.refund.command"
    RESERVE = "inventory.reserve.command"
    RELEASE = "inventory.release.command"
    DISPATCH = "inventory.dispatch.command"
    SHIP = "shipping.ship.command"

    @property
    def reply(self) -> str:
        """The type of the reply to this command."""
        return self.value.removesuffix("command") + "reply"


C = Command


@frozen
class Reversible:
    """A step that can be undone."""

    do: Command
    undo: Command


@frozen
class Plan:
    """The steps of a saga, one after the other.

    Until the pivot is asked for, the saga can go back. Behind it there is only the way forward.
    """

    reversible: tuple[Reversible, ...]
    pivot: Command
    """May be refused; once it is done, the saga succeeds, however long that takes."""
    retriable: tuple[Command, ...] = ()
    """What is left to do behind the pivot: asked for until it is done."""

    @property
    def forward(self) -> tuple[Command, ...]:
        """All commands of a saga that goes well, in their order."""
        return (*(step.do for step in self.reversible), self.pivot, *self.retriable)

    @property
    def replies(self) -> tuple[str, ...]:
        """The types of all replies that there can be."""
        undoing = tuple(step.undo for step in self.reversible)
        return tuple(command.reply for command in (*self.forward, *undoing))

    def may_turn_back(self, done: int) -> bool:
        """Whether the pivot is still to be asked for, when so many steps are done."""
        return done < len(self.reversible)

    def must_succeed(self, done: int) -> bool:
        """Whether the pivot is done, when so many steps are."""
        return done > len(self.reversible)


#: As in the source document: the money first.
CHARGE_FIRST = Plan((Reversible(C.CHARGE, C.REFUND), Reversible(C.RESERVE, C.RELEASE)), C.SHIP)
#: The stock first: whoever pays gets it, but a declined card has to give it back (B27).
RESERVE_FIRST = Plan((Reversible(C.RESERVE, C.RELEASE), Reversible(C.CHARGE, C.REFUND)), C.SHIP)
#: With a step behind the pivot: what has become a parcel is no longer reserved.
DISPATCHING = Plan(CHARGE_FIRST.reversible, C.SHIP, (C.DISPATCH,))
