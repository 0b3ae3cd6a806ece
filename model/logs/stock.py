"""The stock that all sagas share, as the lines of the inventory tell it.

Where there is one order of all its changes, the level of each SKU is known at every line: it must
never be negative, and nobody may be turned away while there is enough. With several instances that
write logs of their own only the order inside each one is known. Then the question is whether *some*
order of all changes is right, which says less: a piece that was sold twice can be explained by a
release that came in between somewhere. What is exact in any case is each saga by itself, and the
level that is left at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from model.vocabulary import Status

#: Changes of one SKU that are kept where instances have to be put in order; beyond it only the
#: level at the end is judged.
KEPT = 100_000
#: How many places the search for an order may visit for one SKU.
PLACES = 300_000
#: Findings that are told; of the others it is known how many.
TOLD = 100


@frozen
class Change:
    """One line of one SKU: a change, or a refusal because there was not enough."""

    by: int
    """Less than 0: reserved. 0: refused."""
    wanted: int = 0


@define
class Shelf:
    """One SKU."""

    level: int | None
    """Pieces left; None if it is not known how many there were."""
    by_instance: dict[str, list[Change]] = field(factory=dict)
    kept: int = 0


@define
class StockLedger:
    """Every change, in the order of the log."""

    initial: Mapping[str, int]
    findings: list[str] = field(factory=list)
    more: int = 0
    """Findings that are not told."""
    changes: int = 0
    refusals: int = 0
    undecided: list[str] = field(factory=list)
    shelves: dict[str, Shelf] = field(factory=dict)
    _held: dict[str, dict[str, int]] = field(factory=dict)

    def take(
        self,
        saga: str,
        moved: Mapping[str, int],
        wanted: Mapping[str, int],
        line: int,
        instance: str = "",
    ) -> None:
        """One line: what it moved, or else what was wanted and not to be had."""
        if moved:
            self.changed(saga, moved, line, instance)
        elif wanted:
            self.refused(saga, wanted, line, instance)

    def changed(self, saga: str, by: Mapping[str, int], line: int, instance: str = "") -> None:
        """Pieces were reserved (less than 0) or released for a saga, or put on the shelf (no saga).

        What one line does to several SKUs is judged SKU by SKU.
        """
        self.changes += 1
        for sku, pieces in by.items():
            shelf = self._shelf(sku)
            self._of_saga(saga, sku, pieces, line)
            if shelf.level is not None:
                shelf.level += pieces
            if instance:
                self._keep(shelf, instance, Change(pieces))
            elif shelf.level is not None and shelf.level < 0 and pieces < 0:
                self._find(f"line {line}: {sku} is sold below 0 by {saga}: {shelf.level} left")

    def refused(self, saga: str, wanted: Mapping[str, int], line: int, instance: str = "") -> None:
        """A saga was told that there is not enough."""
        self.refusals += 1
        shelves = {sku: self._shelf(sku) for sku in wanted}
        if instance:
            if len(wanted) == 1:  # of several, it is not known which one was missing
                for sku, pieces in wanted.items():
                    self._keep(shelves[sku], instance, Change(0, pieces))
        elif wanted and all(
            shelf.level is not None and shelf.level >= wanted[sku] for sku, shelf in shelves.items()
        ):
            levels = ", ".join(f"{shelf.level} {sku}" for sku, shelf in shelves.items())
            self._find(f"line {line}: {saga} was refused, although there were {levels}")

    def closed(self, saga: str, status: Status) -> None:
        """A saga has ended: a failed one may keep nothing."""
        for sku, pieces in self._held.pop(saga, {}).items():
            if pieces and status is Status.FAILED:
                self._find(f"{saga} has failed and keeps {pieces} {sku}")

    def finish(self) -> None:
        """The log has ended: judge what could not be judged line by line."""
        for sku, shelf in self.shelves.items():
            if shelf.level is None:
                self.undecided.append(f"{sku}: how many there were at the beginning is not given")
            elif shelf.by_instance:
                self._order(sku, shelf)

    def seen(self) -> str:
        """What was judged, in one phrase; empty if no line speaks of stock."""
        if not self.changes and not self.refusals:
            return ""
        left = ", ".join(
            f"{s.level} {sku}" for sku, s in self.shelves.items() if s.level is not None
        )
        return f"{self.changes:,} changes, {self.refusals:,} refusals" + (
            f"; left at the end: {left}" if left else ""
        )

    def _order(self, sku: str, shelf: Shelf) -> None:
        if shelf.level is not None and shelf.level < 0:
            self._find(f"{sku} is sold below 0, in whatever order: {shelf.level} left at the end")
            return
        lanes = [*shelf.by_instance.values()]
        answer = None
        if shelf.kept <= KEPT:
            answer = some_order_is_right(lanes, self.initial[sku])
        if answer is None:
            self.undecided.append(
                f"{sku}: {shelf.kept} changes by {len(lanes)} instances are too many to find an "
                "order for; only the level at the end was judged"
            )
        elif not answer:
            self._find(f"{sku}: no order of the changes by {len(lanes)} instances is right")

    def _of_saga(self, saga: str, sku: str, pieces: int, line: int) -> None:
        if not saga:
            return
        held = self._held.setdefault(saga, {})
        if pieces > 0 and sku not in held:
            return  # reserved before it was closed, or before the log; the table judges the rest
        held[sku] = held.get(sku, 0) - pieces
        if held[sku] < 0:
            self._find(f"line {line}: {saga} releases {-held[sku]} {sku} more than it has reserved")
            held[sku] = 0

    def _shelf(self, sku: str) -> Shelf:
        shelf = self.shelves.get(sku)
        if shelf is None:
            level = self.initial.get(sku)
            shelf = self.shelves[sku] = Shelf(level)
        return shelf

    def _keep(self, shelf: Shelf, instance: str, change: Change) -> None:
        shelf.kept += 1
        if shelf.kept <= KEPT:
            shelf.by_instance.setdefault(instance, []).append(change)

    def _find(self, text: str) -> None:
        if len(self.findings) < TOLD:
            self.findings.append(text)
        else:
            self.more += 1


def some_order_is_right(
    lanes: Sequence[Sequence[Change]], level: int, places: int = PLACES
) -> bool | None:
    """Whether the changes can be put in an order in which each reservation finds its pieces, and
    each refusal finds too few; None if that took too long to find out.

    Where the search has got to says how many are left, so a place is never visited twice. A
    refusal that can be next may as well be: it changes nothing.
    """
    start = (0,) * len(lanes)
    seen = {start}
    todo = [(start, level)]
    while todo:
        cursors, level = todo.pop()
        heads = [
            (number, lanes[number][cursor])
            for number, cursor in enumerate(cursors)
            if cursor < len(lanes[number])
        ]
        if not heads:
            return True
        fitting = [
            (number, change)
            for number, change in heads
            if (level + change.by >= 0 if change.by else level < change.wanted)
        ]
        refusals = [(number, change) for number, change in fitting if not change.by]
        for number, change in refusals[:1] or fitting:
            after = (*cursors[:number], cursors[number] + 1, *cursors[number + 1 :])
            if after not in seen:
                if len(seen) >= places:
                    return None
                seen.add(after)
                todo.append((after, level + change.by))
    return False
