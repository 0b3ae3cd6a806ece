"""What a process keeps in a PostgreSQL server for as long as it lives, and nobody needs after it.

Schemas or databases have the number of their process in their names, and a connection that stays
open holds an advisory lock of that number: as long as it is held, somebody needs them. What a
killed process has left is dropped by the next one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

#: The first half of a lock's number: whose locks these are.
_LOCK = 72_420


@define(eq=False)
class Claim:
    """The number of this process, and the names that begin with it."""

    ask: Callable[[str, tuple[Any, ...]], list[Any]]
    """Executes a statement by itself; the first column of what it returns. The connection is the
    one that stays open. Advisory locks are of one database: all who share names ask there."""
    prefix: str
    number: int = field(factory=lambda: random.SystemRandom().randrange(1, 2**31))

    @property
    def name(self) -> str:
        """What the names of this process begin with."""
        return f"{self.prefix}{self.number}"

    def stake(self, found: Iterable[str], drop: Callable[[list[str]], object]) -> None:
        """Of the names found, drop those of processes that are gone; then claim the number."""
        owned: dict[int, list[str]] = {}
        for name in found:
            owned.setdefault(int(name.removeprefix(self.prefix).split("_")[0]), []).append(name)
        for number, names in owned.items():
            if self._lock(number):
                drop(names)
                self.ask("SELECT pg_advisory_unlock(%s, %s)", (_LOCK, number))
        self._lock(self.number)

    def _lock(self, number: int) -> bool:
        return bool(self.ask("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK, number))[0])
