"""The reference, and the reference with one safeguard taken out, as subjects."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import evolve

from implementations.contract import Answer
from implementations.reference import Parts, build
from implementations.reference.payment import Payment, PaymentService
from properties.probing import probe
from properties.world.subject import Subject


class NoKeyPayment(PaymentService):
    """Charges without an idempotency key: whoever asks twice pays twice."""

    async def charge(self, row: Payment) -> Answer:
        """Take the money, again if need be."""
        return await self.world.payments.charge(row.order, row.amount, row.currency)


def make_no_key(world: Any) -> Any:
    """The reference without an idempotency key."""
    return build(world, Parts(payment=NoKeyPayment))


@cache
def reference() -> Subject:
    """The reference."""
    return probe("implementations.reference:make")


@cache
def no_key() -> Subject:
    """The reference without an idempotency key."""
    return evolve(reference(), factory=make_no_key)
