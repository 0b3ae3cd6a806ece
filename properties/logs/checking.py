"""From a log to its report: opened, read once, judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from implementations.errors import TargetError
from implementations.recorded.feeding import Keep, Reading, feed
from implementations.recorded.lines import Said
from implementations.recorded.mapping import LogMapping, read_mapping
from implementations.recorded.names import names
from implementations.recorded.opening import opened
from implementations.recorded.translating import Translator
from model.choreography import TABLE
from model.logs.stock import StockLedger
from model.logs.tracker import Open, SagaReport, Tracker
from model.table import Table
from properties.garbage import fewer_collections
from reports.log import LogReport
from reports.timeline import Moment, in_order

#: Numbers from here on are milliseconds, from here on again microseconds, and nanoseconds.
_FINER = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


@frozen
class Told:
    """One saga of a log, line by line."""

    saga: SagaReport
    moments: tuple[Moment, ...]


@frozen
class Check:
    """What to check, and how."""

    log: str
    mapping: Path | None = None
    complete: bool = False
    table: Table = TABLE
    standard_input: BinaryIO | None = None

    def report(self) -> LogReport:
        """Read the whole log and judge every saga in it.

        Raises:
            TargetError: log or mapping cannot be read.
        """
        mapping = self._mapping()
        with opened(self.log, self.standard_input) as lines:
            return check(self.log, lines, mapping, self.table, complete=self.complete)

    def saga(self, saga: str) -> Told:
        """Read the whole log and tell one saga of it.

        Raises:
            TargetError: log or mapping cannot be read, or there is no such saga.
        """
        mapping = self._mapping()
        with opened(self.log, self.standard_input) as lines:
            return tell(self.log, lines, mapping, self.table, saga)

    def _mapping(self) -> LogMapping:
        known = names(self.table)
        return read_mapping(self.mapping, known) if self.mapping else LogMapping()


def check(
    log: str, lines: Iterable[str], mapping: LogMapping, table: Table, *, complete: bool
) -> LogReport:
    """Judge every saga in these lines."""
    stock = StockLedger(mapping.stock)
    tracker = Tracker(table, mapping.view, on_closed=stock.closed)
    with fewer_collections():  # sagas are many and refer to nothing: there is no garbage to find
        reading = _read(lines, tracker, stock, mapping)
        differing, unended = tracker.finish()
        stock.finish()
    stuck, timed = _stuck(unended, reading.last_time, mapping.stuck_after)
    return LogReport(
        log=log,
        lines=reading.lines,
        tally=tracker.tally,
        view=tracker.view,
        services=tuple(map(str, table.actors)),
        complete=complete,
        differing=tuple(differing),
        unended=tuple(unended),
        stuck=stuck,
        stuck_after=mapping.stuck_after,
        timed=timed,
        malformed=reading.malformed,
        located=tuple(reading.located),
        foreign=reading.foreign,
        strange=reading.strange,
        stock=tuple(stock.findings),
        more_stock=stock.more,
        stock_seen=stock.seen(),
        undecided=tuple(stock.undecided),
        cut=reading.cut,
    )


def tell(
    log: str,
    lines: Iterable[str],
    mapping: LogMapping,
    table: Table,
    saga: str,
) -> Told:
    """Tell one saga; the others are read only for what they show of the log as a whole."""
    stock = StockLedger({})
    tracker = Tracker(table, mapping.view)
    found = Open([], [])
    times: list[str] = []

    def keep(line: int, said: Said, token: int) -> None:
        if said[0] == saga:
            found.tokens.append(token)
            found.lines.append(line)
            found.time = said[2]
            times.append("" if said[2] is None else str(said[2]))

    _read(lines, tracker, stock, mapping, keep)
    if not found.tokens:
        raise TargetError(
            f"no line is about a saga {saga!r}", log, "give the id as it stands in the log"
        )
    report = tracker.judged(saga, found)
    wrong = {*report.unexplained}
    moments = [
        Moment(line, time, tracker.tokens.records[token], position not in wrong)
        for position, (line, time, token) in enumerate(
            zip(found.lines, times, found.tokens, strict=True)
        )
    ]
    return Told(report, tuple(in_order(tracker.table, moments)))


def _read(
    lines: Iterable[str],
    tracker: Tracker,
    stock: StockLedger,
    mapping: LogMapping,
    keep: Keep | None = None,
) -> Reading:
    translator = Translator(names(tracker.table), mapping, tracker.tokens)
    return feed(lines, tracker, stock, translator, mapping, keep)


def _stuck(unended: Sequence[SagaReport], last: Any, after: float) -> tuple[dict[str, float], bool]:
    """The sagas without a line for so long, and whether the log has times at all.

    Compared with the last line of the log and with no clock: the same log, the same answer.
    """
    end = seconds(last)
    if end is None:
        return {}, False
    quiet = {saga.saga: end - (seconds(saga.time) or end) for saga in unended}
    return {saga: time for saga, time in quiet.items() if time >= after > 0}, True


def seconds(time: Any) -> float | None:
    """A time of a log in seconds: ISO 8601, or a number of seconds, milli-, micro-, nanoseconds."""
    if isinstance(time, int | float) and not isinstance(time, bool):
        return next((time / unit for least, unit in _FINER if abs(time) >= least), float(time))
    if not isinstance(time, str):
        return None
    try:
        moment = datetime.fromisoformat(time.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
