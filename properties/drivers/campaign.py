"""The seeded campaign: many schedules chosen by bytes, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from properties.run import FAULT_BYTES, Run, run_bytes
from properties.world.scopes import Scope
from properties.world.subject import Subject

#: Bytes per schedule: about twice the choices of the longest path of one order.
LENGTH = 96

#: One schedule in so many has no fault at all: ORDER-1 and CORR-1 speak of those alone.
CALM = 16

#: One schedule in so many is held against the model as well. Prime to CALM, or it would be the
#: calm ones alone, and no transition would ever be seen together with a fault.
WATCHED = 7


def campaign(
    subject: Subject, scopes: Sequence[Scope], seed: int, schedules: int
) -> Iterator[tuple[bytes, Run]]:
    """Yield each schedule's bytes (the first one chooses the scope) with its run."""
    random = Random(seed)
    for number in range(schedules):
        data = random.randbytes(LENGTH)
        if number % CALM == 0:
            data = bytes(byte % FAULT_BYTES for byte in data)
        conformance = subject.conformance(number % WATCHED == 0)
        yield data, run_bytes(subject, scope_of(scopes, data), data[1:], conformance)


def scope_of(scopes: Sequence[Scope], data: bytes) -> Scope:
    """The scope that the first byte of a schedule chooses."""
    return scopes[data[0] % len(scopes)]


def shard_seed(seed: int, shard: int) -> int:
    """The seed of one shard of a session: another one for each shard of each session."""
    return seed * 1000 + shard
