"""The machine that cards are put in."""

from __future__ import annotations


def pays(order: str) -> bool:
    """Whether the customer pays for an order; asked again, the answer is the same."""
    raise NotImplementedError("there is no machine here")
