"""Handlers on Django, led by hand from one port to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from properties.world.stepping import Finished, GreenletStepper, Operation, in_task, stop_here

# the first import configures Django
ADAPTER: Any = import_module("tests.adapting.django_adapter")
from django.db import transaction  # noqa: E402

GOODS = ADAPTER.Goods


class World:
    """Ports that stop a handler and say where."""

    def __init__(self) -> None:
        self.stock = {"book": 1}

    def checkpoint(self, name: str, may_fail: bool = False) -> Any:
        """Before a commit."""
        return self._stop(f"before {name}")

    def done(self, name: str) -> Any:
        """After it."""
        return self._stop(f"after {name}")

    def blocked(self, on: str) -> Any:
        """At a lock."""
        return self._stop(f"wait for {on}")

    @staticmethod
    def _stop(port: str) -> Any:
        return stop_here(Operation(port, lambda: None)) if in_task() else None


@contextmanager
def run_on(database: Any, *skus: str) -> Iterator[World]:
    """A run that has begun, with one of each on the shelf."""
    database.fresh(World())
    for sku in skus:
        GOODS.objects.create(sku=sku, pieces=1)
    try:
        yield World()
    finally:
        database.fresh(World())


def at(outcome: Operation | Finished) -> str:
    """Where a handler is."""
    return outcome.port if isinstance(outcome, Operation) else f"returned {outcome.result}"


def to_the_end(stepper: GreenletStepper) -> list[str]:
    """Let a handler go on; where it was."""
    places = [at(stepper.resume(True))]
    while not places[-1].startswith("returned"):
        places.append(at(stepper.resume(True)))
    return places


def to_the_end_of(stepper: GreenletStepper) -> list[str]:
    """From its start on."""
    return [at(stepper.start()), *to_the_end(stepper)]


def pieces() -> int:
    """What is committed: `observe` sees no more."""
    return int(GOODS.objects.get(sku="book").pieces)


def change(to: int, and_then: Callable[[], Any] = lambda: None) -> None:
    """One transaction."""
    with transaction.atomic():
        GOODS.objects.filter(sku="book").update(pieces=to)
        and_then()
