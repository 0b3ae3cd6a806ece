"""Simpler schedules, made of one that violates something alone: what `shrinker` tries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from attrs import evolve

from properties.run import Deviation, Schedule
from properties.world.scopes import Scope

#: Up to so many deviations, every subset is tried.
SUBSETS_UP_TO = 7


def orders(schedule: Schedule) -> Iterator[Schedule]:
    """Without one of the orders, and with the next one in its place."""
    orders = [order.id for order in schedule.scope.orders]
    if len(orders) < 2:
        return
    for gone in orders:
        scope = schedule.scope.without(gone)
        kept = tuple(d for d in schedule.deviations if not _about(d, gone))
        yield Schedule(scope, kept)
        for other in orders:
            if other != gone:
                renamed = tuple(_renamed(d, gone, other) for d in schedule.deviations)
                yield Schedule(scope, renamed)


def _about(deviation: Deviation, order: str) -> bool:
    subject = deviation.action.subject
    return f"({order})" in subject or subject == order or subject.endswith(f" {order}")


def _renamed(deviation: Deviation, old: str, new: str) -> Deviation:
    action = deviation.action
    subject = action.subject
    if subject == old or subject.endswith(f" {old}"):
        subject = subject.removesuffix(old) + new
    subject = subject.replace(f"({old})", f"({new})")
    return evolve(deviation, action=action._replace(subject=subject))


def moved(schedule: Schedule, scope: Scope) -> Iterator[Schedule]:
    """The same deviations about the orders of another scope, the first for the first and so on."""
    here, there = ([order.id for order in of.orders] for of in (schedule.scope, scope))
    if here == there or len(here) != len(there):
        return
    deviations = schedule.deviations
    aside = [f"\0{id}" for id in there]  # or the second of these could be taken for the first
    for old, new in (*zip(here, aside, strict=True), *zip(aside, there, strict=True)):
        deviations = tuple(_renamed(deviation, old, new) for deviation in deviations)
    yield Schedule(scope, deviations)


def chunks(schedule: Schedule) -> Iterator[Schedule]:
    """Without a stretch of deviations, long stretches first."""
    total = len(schedule.deviations)
    size = total
    while size >= 1:
        for start in range(0, total - size + 1, max(1, size // 2)):
            yield from _dropped(schedule, tuple(range(start, start + size)))
        size //= 2


def singles(schedule: Schedule) -> Iterator[Schedule]:
    """Without one of the deviations."""
    for index in range(len(schedule.deviations)):
        yield from _dropped(schedule, (index,))


def pairs(schedule: Schedule) -> Iterator[Schedule]:
    """Without two deviations that are not neighbours: one may have undone the other."""
    total = len(schedule.deviations)
    if total <= 24:
        for pair in combinations(range(total), 2):
            yield from _dropped(schedule, pair)


def subsets(schedule: Schedule) -> Iterator[Schedule]:
    """All smaller sets of the deviations, smallest first."""
    total = len(schedule.deviations)
    if total > SUBSETS_UP_TO:
        return
    for size in range(total):
        for kept in combinations(range(total), size):
            gone = tuple(index for index in range(total) if index not in kept)
            yield from _dropped(schedule, gone)


def _dropped(schedule: Schedule, gone: tuple[int, ...]) -> Iterator[Schedule]:
    """Without some deviations: in the time that they took, or at once."""
    patient: list[Deviation] = []
    eager: list[Deviation] = []
    carried = 0
    for index, deviation in enumerate(schedule.deviations):
        if index in gone:
            carried += deviation.wait + 1
        else:
            patient.append(evolve(deviation, wait=deviation.wait + carried))
            eager.append(deviation)
            carried = 0
    yield evolve(schedule, deviations=tuple(patient))
    if patient != eager:
        yield evolve(schedule, deviations=tuple(eager))


def waits(schedule: Schedule) -> Iterator[Schedule]:
    """With less waiting, before one deviation or before all."""
    deviations = schedule.deviations
    if sum(d.wait for d in deviations) > 0:
        yield evolve(schedule, deviations=tuple(evolve(d, wait=0) for d in deviations))
    for index, deviation in enumerate(deviations):
        for wait in _fewer(deviation.wait):
            changed = list(deviations)
            changed[index] = evolve(deviation, wait=wait)
            yield evolve(schedule, deviations=tuple(changed))


def _fewer(wait: int) -> Iterator[int]:
    if wait > 0:
        yield 0
    if wait > 3:
        yield wait // 2
    if wait > 1:
        yield wait - 1


def later(schedule: Schedule) -> Iterator[Schedule]:
    """Without a deviation, the next one after more waiting: benign steps may do the same."""
    deviations = schedule.deviations
    for index in range(len(deviations) - 1):
        rest = deviations[index + 1]
        for extra in (2, 4, 8):
            changed = [*deviations[:index], evolve(rest, wait=rest.wait + extra)]
            yield evolve(schedule, deviations=(*changed, *deviations[index + 2 :]))
