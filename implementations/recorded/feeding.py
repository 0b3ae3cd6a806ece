"""Reading a log from beginning to end: each line is given to the tracker, or counted with a reason.

No line ends the reading, and none is passed over in silence.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from json.scanner import make_scanner
from typing import Any, cast

from attrs import define, field

from implementations.recorded.lines import Format, Said, format_of
from implementations.recorded.mapping import LogMapping
from implementations.recorded.translating import FOREIGN, Translator, UnfitError
from model.logs.stock import StockLedger
from model.logs.tracker import Tracker

#: Malformed lines of which the number and the reason are kept; the others are counted.
LOCATED = 10
#: The C scanner at one object: what `json.loads` does, without what it does besides.
_scan: Callable[[str, int], tuple[Any, int]] = make_scanner(cast(Any, json.JSONDecoder()))


#: What is shown every line that is understood: number, content, token.
Keep = Callable[[int, Said, int], None]


@define
class Reading:
    """What was read, besides what the tracker knows."""

    lines: int = 0
    malformed: int = 0
    located: list[tuple[int, str]] = field(factory=list)
    """Line number and reason of the first ones."""
    foreign: int = 0
    """Lines that are not about the saga."""
    strange: Counter[str] = field(factory=Counter)
    last_time: Any = None
    cut: str = ""
    """Why the log could not be read to its end; empty if it could."""

    def bad(self, reason: str) -> None:
        """The current line cannot be used."""
        self.malformed += 1
        if len(self.located) < LOCATED:
            self.located.append((self.lines, reason))


def feed(
    log: Iterable[str],
    tracker: Tracker,
    stock: StockLedger,
    translator: Translator,
    mapping: LogMapping,
    keep: Keep | None = None,
) -> Reading:
    """Read a whole log. `keep` is shown every line that is understood: number, content, token."""
    reading = Reading(strange=translator.strange)
    try:
        _feed(log, tracker, stock, translator, mapping, keep, reading)
    except (EOFError, OSError, zlib.error) as error:
        reading.cut = f"it breaks off after line {reading.lines}: {error}"
    return reading


def _feed(
    log: Iterable[str],
    tracker: Tracker,
    stock: StockLedger,
    translator: Translator,
    mapping: LogMapping,
    keep: Keep | None,
    reading: Reading,
) -> None:
    say: Format | None = None
    take, translate = tracker.take, translator.token
    for line in log:
        reading.lines += 1
        parsed = _parsed(line, reading)
        if parsed is None:
            continue
        if say is None:
            say = format_of(parsed, mapping, tracker.table)
        try:
            saga, words, time, id_, pieces = said = say(parsed)
            if not saga and not pieces:
                raise UnfitError("it has no saga")
            token = translate(words) if saga else FOREIGN
        except UnfitError as error:
            reading.bad(str(error))
            continue
        except TypeError:  # it could not be looked up
            reading.bad("a list or an object stands where a name is expected")
            continue
        if pieces:
            stock.take(saga, pieces.moved, pieces.wanted, reading.lines, pieces.instance)
        if token == FOREIGN:
            reading.foreign += not pieces
            continue
        if time is not None:
            reading.last_time = time
        take(saga, token, reading.lines, time, id_)
        if keep:
            keep(reading.lines, said, token)


def _parsed(line: str, reading: Reading) -> dict[str, Any] | None:
    """The object in a line; None for an empty line, and for one that is counted as malformed."""
    try:
        value, end = _scan(line, 0)
    except StopIteration:
        text = line.strip()
        if not text:
            return None
        if text != line and text[0] == "{":  # it was indented
            return _parsed(text, reading)
        reading.bad("it is not JSON")
        return None
    except (ValueError, RecursionError) as error:
        reading.bad(f"it is not JSON: {error}")
        return None
    if type(value) is not dict:
        reading.bad(f"it is no JSON object but {type(value).__name__}")
        return None
    if end < len(line) - 1 and line[end:].strip():
        reading.bad("something follows the JSON object")
        return None
    return value
