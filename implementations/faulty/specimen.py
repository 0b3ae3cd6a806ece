"""What a member of the zoo is: the reference with one thing overridden, and what must come of it.

A change is a class of the reference with one member overridden; its docstring is the sentence that
says what goes wrong. A theme collects the changes of one module:

    MONEY = Theme()

    @MONEY.bug("B13", breaks=("MONEY-4",), source="BasedHardware/omi PR 10158")
    class FloatCents(PaymentService): ...
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from implementations.contract import AsyncWorld
from implementations.reference.inventory import InventoryService
from implementations.reference.order import OrderService
from implementations.reference.payment import PaymentService
from implementations.reference.saga import Parts, Saga
from implementations.reference.service import Service
from implementations.reference.shipping import ShippingService
from implementations.reference.storage import Inbox, Outbox, Stock
from model.environment import Fault

Change = TypeVar("Change", bound=type[Any])
Factory = Callable[[AsyncWorld], Saga]

#: What a change may replace, and the part of the reference that it replaces.
_PARTS: dict[str, type[Any]] = {
    "order": OrderService,
    "payment": PaymentService,
    "inventory": InventoryService,
    "shipping": ShippingService,
    "inbox": Inbox,
    "outbox": Outbox,
    "stock": Stock,
}


class Nature(StrEnum):
    """What must come of a specimen."""

    BUG = "bug"
    """The kit must find it."""
    TWIN = "twin"
    """A bug that has been mended: it must hold."""
    DEFENCE = "defence"
    """One of two safeguards is gone, and the other one covers for it: it must hold."""


@frozen
class Specimen:
    """The reference with one change, or with the two or three that make it right or wrong."""

    slug: str
    """Its name as a target: `implementations.faulty:<slug>`."""
    text: str
    """What goes wrong, or why it does not, in one sentence."""
    nature: Nature
    changes: tuple[type[Any], ...]
    """Those further in front have the last word."""
    entries: tuple[str, ...]
    """The entries of the bug catalogue that it belongs to."""
    source: str
    """Where it was seen."""
    breaks: tuple[str, ...] = ()
    """Properties that a bug violates; a few may be enough to know it by."""
    of: str = ""
    """The slug of the bug that a twin mends, or that a lost defence is half of."""
    setting: tuple[type[Any], ...] = ()
    """Those of its changes that are no fault, but make the world one in which it shows."""
    faults: tuple[Fault, ...] = ()
    """Faults besides the usual ones that it needs."""
    missed: str = ""
    """Why the kit does not find this bug, if it does not."""
    accused: str = ""
    """Why the kit finds fault with what holds, if it does: a false alarm."""

    @property
    def misjudged(self) -> str:
        """What the kit is wrong about."""
        return self.missed or self.accused

    @property
    def factory(self) -> Factory:
        """The target, as `--saga-target` finds it."""
        parts, saga = _parts(self.changes), _mixed(Saga, self.changes)

        def make(world: AsyncWorld) -> Saga:
            built: Saga = saga(world, parts)
            return built

        make.__name__ = make.__qualname__ = self.slug
        make.__module__ = __package__
        make.__doc__ = self.text
        return make


def _parts(changes: tuple[type[Any], ...]) -> Parts:
    mixed = {name: _mixed(part, changes) for name, part in _PARTS.items()}
    return evolve(Parts(), **{name: part for name, part in mixed.items() if part is not None})


def _mixed(part: type[Any], changes: tuple[type[Any], ...]) -> type[Any]:
    """A part of the reference with the changes that are meant for it in front of it."""
    chosen = [change for change in changes if issubclass(change, part) or _for_all(change, part)]
    return type(part.__name__, (*chosen, part), {}) if chosen else part


def _for_all(change: type[Any], part: type[Any]) -> bool:
    """Whether a change is one of all four services, and the part is one of them."""
    services = issubclass(change, Service) and issubclass(part, Service)
    return services and not any(issubclass(change, other) for other in _PARTS.values())


def slug_of(change: type[Any]) -> str:
    """`charge_without_key` of the class `ChargeWithoutKey`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", change.__name__).lower()


def _sentence(change: type[Any]) -> str:
    return " ".join((inspect.getdoc(change) or "").split())


@define
class Theme:
    """The specimens of one module, in the order in which they stand there."""

    _specimens: dict[str, Specimen] = field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Specimen]:
        return iter(self._specimens.values())

    def bug(
        self,
        *entries: str,
        breaks: tuple[str, ...],
        source: str,
        missed: str = "",
        under: tuple[type[Any], ...] = (),
        faults: tuple[Fault, ...] = (),
    ) -> Callable[[Change], Change]:
        """A bug that is one change; `missed` says why the kit does not find it."""

        def add(change: Change) -> Change:
            self._add(
                Specimen(
                    *(slug_of(change), _sentence(change), Nature.BUG, (change, *under)),
                    *(entries, source, breaks),
                    missed=missed,
                    setting=under,
                    faults=faults,
                )
            )
            return change

        return add

    def twin(
        self, of: type[Any] | str, *with_: type[Any], accused: str = ""
    ) -> Callable[[Change], Change]:
        """A bug done right: by another change, or by one in front of the bug's own (`with_`)."""
        bug = self._specimens[of if isinstance(of, str) else slug_of(of)]

        def add(change: Change) -> Change:
            self._add(
                Specimen(
                    *(slug_of(change), _sentence(change), Nature.TWIN, (change, *with_)),
                    *(bug.entries, bug.source),
                    of=bug.slug,
                    accused=accused,
                )
            )
            return change

        return add

    def both(
        self,
        slug: str,
        *entries: str,
        gone: tuple[type[Any], type[Any]],
        text: str,
        breaks: tuple[str, ...],
        source: str,
        under: tuple[type[Any], ...] = (),
    ) -> None:
        """A bug that needs two safeguards to be gone, and the two targets that lack only one."""
        for half in gone:
            self._add(
                Specimen(
                    *(slug_of(half), _sentence(half), Nature.DEFENCE, (half, *under)),
                    *(entries, source),
                    of=slug,
                    setting=under,
                )
            )
        changes = (*gone, *under)
        self._add(Specimen(slug, text, Nature.BUG, changes, entries, source, breaks, setting=under))

    def itself(
        self,
        slug: str,
        *entries: str,
        text: str,
        breaks: tuple[str, ...],
        source: str,
        faults: tuple[Fault, ...],
    ) -> None:
        """A bug that the reference has, where more can go wrong than it is made for."""
        self._add(Specimen(slug, text, Nature.BUG, (), entries, source, breaks, faults=faults))

    def _add(self, specimen: Specimen) -> None:
        if specimen.slug in self._specimens:
            raise ValueError(f"there are two specimens called {specimen.slug}")
        self._specimens[specimen.slug] = specimen
