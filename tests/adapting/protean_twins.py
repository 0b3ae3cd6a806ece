"""The shop on Protean, with one thing wrong."""
# ruff: noqa: D101, D102

from typing import Any

from .protean_adapter import Target


class WithoutKey(Target):
    def take(self, order: str, cents: int) -> Any:
        return self.world.payments.charge(order, cents, "EUR")["id"]
