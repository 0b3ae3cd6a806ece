"""What the shop expects of the world around it: a bus, a card acquirer, a courier."""

from __future__ import annotations

from typing import Any, Protocol

Body = dict[str, Any]
"""The content of a message; `message_id` and `order` are always in it."""

Lines = list[dict[str, Any]]
"""What is ordered: SKU and quantity; an SKU may stand on several lines."""


class Bus(Protocol):
    """Takes messages and delivers them at least once, in any order."""

    def send(self, topic: str, body: Body) -> None:
        """Hand a message over."""


class Cards(Protocol):
    """The card acquirer. A request is carried out once, however often it is sent."""

    def take(self, order: str, cents: int, currency: str, request: str) -> str | None:
        """Take money; the answer is the charge, or None when the bank says no, for good."""

    def give_back(self, charge: str, cents: int, request: str) -> None:
        """Give money back."""

    def find(self, request: str) -> str | None:
        """The charge that came of a request, if one did."""


class Courier(Protocol):
    """Collects and delivers parcels."""

    def book(self, order: str, lines: Lines, request: str) -> str | None:
        """Book a parcel; its tracking code, or None when it is not delivered there."""
