"""The kinds of safeguard that can be taken away from outside, and where a target may have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import evolve, field, frozen

from implementations.shape import TargetShape
from properties.mutation import at_handlers, at_ports
from properties.mutation.mutation import Mutation, Tally
from properties.mutation.usage import Usage
from properties.mutation.wrapping import wrapped
from properties.world.actions import COMPENSATIONS
from properties.world.subject import Subject

Where = tuple[str, ...]
KEYED = (
    *("payments.authorise", "payments.charge", "payments.capture", "payments.refund"),
    *("payments.void", "carrier.create_shipment", "carrier.cancel"),
    *("warehouse.reserve", "warehouse.release"),
)
REFUSABLE = ("payments.authorise", "payments.charge", "carrier.create_shipment")
LOOK_UPS = ("payments.lookup", "payments.find", "carrier.lookup")


@frozen
class Kind:
    """One kind of safeguard."""

    name: str
    """What a target has where it has it."""
    mutation: type[Mutation]
    """What takes it away."""
    places: Callable[[TargetShape, Usage], Iterator[Where]]
    """Where a target may have it."""
    shaped: Callable[[TargetShape, Where], TargetShape] = field(default=lambda shape, where: shape)
    """What the target says of itself without it."""


@frozen
class Mutant:
    """A target without one safeguard."""

    kind: Kind
    where: Where

    @property
    def place(self) -> str:
        """Where it is missing, in words."""
        return ", ".join(self.where)

    @property
    def name(self) -> str:
        """The name of its test item."""
        return f"{self.kind.name}: {self.place}"

    def of(self, subject: Subject, tally: Tally) -> Subject:
        """The subject without the safeguard; `tally` counts what that comes to."""
        without = wrapped(subject, lambda world: self.kind.mutation(world, self.where, tally))
        return evolve(without, shape=self.kind.shaped(without.shape, self.where))


def _called(ports: tuple[str, ...]) -> Callable[[TargetShape, Usage], Iterator[Where]]:
    def places(shape: TargetShape, usage: Usage) -> Iterator[Where]:
        return ((port,) for port in ports if port in usage.ports)

    return places


def _listeners(shape: TargetShape, usage: Usage) -> Iterator[Where]:
    return ((name, type_) for name, types in shape.subscriptions.items() for type_ in types)


def _late(shape: TargetShape, usage: Usage) -> Iterator[Where]:
    for name, types in shape.subscriptions.items():
        if types and shape.consumers[name].acknowledge == "after":
            yield (name,)


def _requeuing(shape: TargetShape, usage: Usage) -> Iterator[Where]:
    for (name,) in _late(shape, usage):
        if shape.consumers[name].on_error == "requeue":
            yield (name,)


def _among(names: Callable[[Usage], set[str]]) -> Callable[[TargetShape, Usage], Iterator[Where]]:
    def places(shape: TargetShape, usage: Usage) -> Iterator[Where]:
        return ((name,) for name in sorted(names(usage)) if name)

    return places


def _acknowledging_first(shape: TargetShape, where: Where) -> TargetShape:
    (name,) = where
    consumer = evolve(shape.consumers[name], acknowledge="before")
    return evolve(shape, consumers={**shape.consumers, name: consumer})


_publishers = _among(lambda usage: usage.publishers)

KINDS: tuple[Kind, ...] = (
    Kind("idempotency key", at_ports.KeyDropped, _called(KEYED)),
    Kind("same key when handled again", at_ports.KeyPerCall, _called(KEYED)),
    Kind("look-up after an unknown answer", at_ports.LookUpBlind, _called(LOOK_UPS)),
    Kind("a timeout is no refusal", at_ports.TimeoutIsRefusal, _called(REFUSABLE)),
    Kind("a transient failure is no refusal", at_ports.BlipIsRefusal, _called(REFUSABLE)),
    Kind("retry of a failed compensation", at_ports.ErrorIsSuccess, _called(COMPENSATIONS)),
    Kind("inbox", at_handlers.InboxForgotten, _listeners),
    Kind("reaction", at_handlers.NotSubscribed, _listeners),
    Kind(
        "acknowledgement after handling",
        at_handlers.AcknowledgedFirst,
        _late,
        _acknowledging_first,
    ),
    Kind("redelivery after an error", at_handlers.ErrorAcknowledged, _requeuing),
    Kind(
        "outbox that outlives a crash",
        at_handlers.OutboxForgotten,
        _among(lambda usage: usage.relaying),
    ),
    Kind(
        "announcing again after a crash",
        at_ports.NotAnnouncedAgain,
        _among(lambda usage: usage.publishers - usage.relaying),
    ),
    Kind("retry of a failed publish", at_ports.PublishErrorSwallowed, _publishers),
    Kind("stable message id", at_ports.IdPerPublish, _publishers),
    Kind("timer", at_ports.TimerLost, _among(lambda usage: usage.timers)),
)


def mutants(subject: Subject, usage: Usage) -> tuple[Mutant, ...]:
    """Every safeguard that the target may have, one mutant each."""
    return tuple(
        Mutant(kind, where) for kind in KINDS for where in kind.places(subject.shape, usage)
    )
