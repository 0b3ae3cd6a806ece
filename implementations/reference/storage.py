"""What a service keeps: rows of its own, an inbox and an outbox, changed together or not at all.

In memory, a transaction is a function without an `await`: nothing can run, fail or die in the
middle of it. With a database it is a transaction; nothing else here would change.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen


class Row(Protocol):
    """One order, as one service sees it."""

    @property
    def order(self) -> str:
        """The order's id."""

    @property
    def status(self) -> str:
        """How far this service is with it."""


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """A service's rows, one per order. An order that it has not met yet has a blank row."""

    def __init__(self, blank: Callable[[str], R]) -> None:
        self._blank = blank
        self._rows: dict[str, R] = {}

    def __getitem__(self, order: str) -> R:
        return self._rows.get(order) or self._blank(order)

    def __contains__(self, order: object) -> bool:
        return order in self._rows

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def put(self, row: R) -> R:
        """Insert or replace the row of an order."""
        self._rows[row.order] = row
        return row

    def digest(self) -> Hashable:
        """All rows, whatever the order in which they were written."""
        return frozenset(self._rows.values())


class Inbox:
    """The ids of the messages that this service is done with. Each service has its own (B48)."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._ids

    def add(self, message_id: str) -> None:
        """Remember that a message needs no more handling. Kept for ever (B52)."""
        self._ids.add(message_id)

    def digest(self) -> Hashable:
        """The ids, in no order."""
        return frozenset(self._ids)


@frozen(eq=False)
class Message:
    """An event that has happened and is still to be published."""

    id: str
    type: str
    order: str
    cause: str | None
    data: dict[str, Any]


class Outbox:
    """Messages written with the change that they tell of (B60, B61); a relay publishes them."""

    def __init__(self) -> None:
        self._waiting: dict[str, Message] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Message) -> None:
        """Write a message, behind those that wait already."""
        self._waiting[message.id] = message

    def first(self) -> Message:
        """The message that has waited longest; it goes on waiting (B62, B64)."""
        return next(iter(self._waiting.values()))

    def remove(self, message: Message) -> None:
        """Forget a message that was published."""
        self._waiting.pop(message.id, None)

    def digest(self) -> Hashable:
        """The messages that wait, in their order."""
        return tuple((m.id, m.cause, repr(m.data)) for m in self._waiting.values())


Held = tuple[tuple[str, int], ...]
"""Pieces per SKU, sorted: of one order, whatever its lines."""


class Stock:
    """Pieces that nobody holds, per SKU."""

    def __init__(self, available: dict[str, int]) -> None:
        self.available = available

    def take(self, pieces: Held) -> bool:
        """Take all of `pieces`, or, where there are not enough, none of them.

        Check and decrement are one step: `UPDATE … SET available = available - n WHERE sku = … AND
        available >= n`, rolled back unless every row was found (B23, B24, B26).
        """
        available = self.available
        if any(available.get(sku, 0) < quantity for sku, quantity in pieces):
            return False
        for sku, quantity in pieces:
            available[sku] -= quantity
        return True

    def give_back(self, pieces: Held) -> None:
        """Put pieces back: by how many, never to what number (B81)."""
        for sku, quantity in pieces:
            self.available[sku] += quantity

    def digest(self) -> Hashable:
        """The numbers."""
        return frozenset(self.available.items())


def pieces_of(lines: Iterable[dict[str, Any]]) -> Held:
    """Pieces per SKU over all lines: one SKU may stand on several (B25)."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["quantity"]
    return tuple(sorted(pieces.items()))
