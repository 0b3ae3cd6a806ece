"""Reading a log: every format, every mistake in a line counted and located, none fatal."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from implementations.errors import TargetError
from implementations.recorded.feeding import LOCATED, Reading, feed
from implementations.recorded.mapping import LogMapping
from implementations.recorded.names import names
from implementations.recorded.opening import opened
from implementations.recorded.translating import COUNTED, OTHERS, Translator
from model.choreography import TABLE
from model.logs.judgement import Answer
from model.logs.stock import StockLedger
from model.logs.tracker import Tracker
from tests.model.logs.test_search import happy


def read(text: str, mapping: LogMapping | None = None) -> tuple[Tracker, Reading, StockLedger]:
    """A log that is given as text."""
    mapping = mapping or LogMapping()
    tracker, stock = Tracker(TABLE), StockLedger(mapping.stock)
    translator = Translator(names(TABLE), mapping, tracker.tokens)
    return tracker, feed(io.StringIO(text), tracker, stock, translator, mapping), stock


def as_lines(said: list[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(line) + "\n" for line in said)


def conforms(tracker: Tracker) -> bool:
    """Whether there is one saga, and it is right."""
    assert tracker.finish() == ([], [])
    return tracker.tally.answers == {Answer.CONFORMS: 1}


def test_json_lines_in_the_words_of_the_kit() -> None:
    """One saga, all of its lines; empty lines and indented ones do not matter."""
    tracker, reading, _ = read("\n" + as_lines(happy()).replace("\n{", "\r\n  {") + "\n\n")
    assert (reading.lines, reading.malformed, reading.foreign) == (8, 0, 0)
    assert conforms(tracker)


def test_own_names_and_fields_inside_of_others() -> None:
    """A mapping translates both, and the state of a service, too."""
    mapping = LogMapping(
        fields={"saga": "meta.order", "service": "app", "consumed": "in", "published": "out"},
        services={"billing": "payment"},
        events={"Paid": "payment.processed"},
        states={"payment": {"PAID": "paid"}},
    )
    other = {"payment": "billing", "payment.processed": "Paid"}
    said = [
        {
            "meta": {"order": 7},
            "app": other.get(line["service"], line["service"]),
            "in": other.get(line.get("consumed", ""), line.get("consumed")),
            "out": [other.get(event, event) for event in line["published"]],
            **({"state": "PAID"} if line["service"] == "payment" else {}),
        }
        for line in happy()
    ]
    tracker, reading, _ = read(as_lines(said), mapping)
    assert reading.strange == {}
    assert [record.state for record in tracker.tokens.records if record.state] == ["paid"]
    assert "7" in tracker.open
    assert conforms(tracker)


def test_cloud_events() -> None:
    """The service is a segment of the source, or whoever alone publishes such an event."""
    said = [
        {
            "specversion": "1.0",
            "id": str(number),
            "type": event,
            "source": source,
            "subject": "o",
            "time": "2026-01-01T00:00:00Z",
        }
        for number, (event, source) in enumerate(
            [
                ("order.created", "/shop/order"),
                ("payment.processed", "https://payment/v1"),
                ("inventory.reserved", "urn:somewhere"),
                ("shipment.created", "/shop/shipping/eu"),
                ("order.saga.completed", "order"),
            ]
        )
    ]
    again = [*said, said[2]]
    tracker, reading, _ = read(as_lines(again))
    assert reading.malformed == 0
    assert reading.last_time == "2026-01-01T00:00:00Z"
    assert tracker.tally.repeated == 1
    assert conforms(tracker)
    ambiguous = {**said[0], "type": "payment.refund.requested", "source": "urn:x", "sagaid": "o"}
    _, reading, _ = read(as_lines([ambiguous]))
    assert "source 'urn:x' names no service" in reading.located[0][1]


MALFORMED = {
    "{": "it is not JSON",
    "nonsense": "it is not JSON",
    "[1]": "it is no JSON object but list",
    '{"saga": "o"} {"saga": "o"}': "something follows the JSON object",
    '{"service": "payment"}': "it has no saga",
    '{"saga": ["o"], "service": "payment"}': "saga is ['o']",
    '{"saga": "o", "service": 3}': "service: expected a name, found 3",
    '{"saga": "o", "service": "payment", "published": 3}': "event: expected a list of names",
    '{"saga": "o", "service": "payment", "published": [["x"]]}': "stands where a name is expected",
    '{"saga": "o", "service": "payment", "published": [{}]}': "stands where a name is expected",
    '{"saga": "o", "service": "inventory", "stock": {"book": "1"}}': "expected pieces by SKU",
    "[" * 100_000: "it is not JSON",
}


@pytest.mark.parametrize("line", MALFORMED)
def test_a_malformed_line_is_counted_and_located(line: str) -> None:
    """By its number, with the reason; what comes before and after is read all the same."""
    before, after = as_lines(happy()[:2]), as_lines(happy()[2:])
    tracker, reading, _ = read(before + line + "\n" + after)
    assert (reading.malformed, reading.located[0][0]) == (1, 3)
    assert MALFORMED[line] in reading.located[0][1]
    assert conforms(tracker)


def test_only_the_first_malformed_lines_are_located() -> None:
    """All are counted."""
    _, reading, _ = read("nonsense\n" * 50)
    assert (reading.malformed, len(reading.located)) == (50, LOCATED)


def test_what_is_not_about_the_saga_is_counted() -> None:
    """With what was probably meant; what a known line says besides is left out."""
    strange = [
        {"saga": "o", "service": "mailer", "consumed": "order.saga.completed"},
        {"saga": "o", "service": "payment", "consumed": "order.craeted"},
        {"saga": "o", "service": "payment"},
    ]
    said = happy(order={"consumed": "POST /orders", "published": ["order.created", "mail.sent"]})
    tracker, reading, _ = read(as_lines([*said, *strange]))
    assert (reading.foreign, reading.malformed) == (3, 0)
    assert reading.strange["event 'order.craeted' is not known: did you mean order.created?"] == 1
    assert reading.strange["event 'mail.sent' is not known"] == 1
    assert reading.strange["service 'mailer' is not known"] == 1
    assert conforms(tracker)


def test_names_without_end_take_no_memory_without_end() -> None:
    """A field that is different on each line is counted, and not kept."""
    said = [{"saga": "o", "service": f"pod-{n}"} for n in range(COUNTED + 50)]
    _, reading, _ = read(as_lines(said))
    assert reading.strange[OTHERS] == 50
    assert reading.strange.total() == reading.foreign == COUNTED + 50


def test_stock_is_booked() -> None:
    """With a saga or without one; a refusal says what was wanted."""
    said = [
        {"service": "inventory", "stock": {"book": 2}},
        {"saga": "o", "service": "inventory", "effects": ["reserve"], "stock": {"book": -3}},
        {"saga": "p", "service": "inventory", "wanted": {"book": 0}},
    ]
    _, reading, stock = read(as_lines(said), LogMapping(stock={"book": 0}))
    assert (reading.malformed, reading.foreign) == (0, 0)
    assert (stock.changes, stock.refusals) == (2, 1)
    assert stock.findings[0].startswith("line 2: book is sold below 0 by o: -1 left")


def test_plain_compressed_and_standard_input(tmp_path: Path) -> None:
    """Compression is told by the first bytes, whatever the name, and on standard input as well."""
    text = as_lines(happy()).encode()
    (tmp_path / "plain.gz").write_bytes(text)
    (tmp_path / "packed.txt").write_bytes(gzip.compress(text))
    for name in ("plain.gz", "packed.txt"):
        with opened(str(tmp_path / name)) as log:
            assert len(list(log)) == 5
    for data in (text, gzip.compress(text), b"\xef\xbb\xbf" + text):
        with opened("-", io.BytesIO(data)) as log:
            assert json.loads(next(iter(log)))["saga"] == "o"


def test_a_compressed_log_that_breaks_off_is_read_so_far(tmp_path: Path) -> None:
    """And it is said."""
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(as_lines(happy() * 500).encode())[:-20])
    tracker = Tracker(TABLE)
    with opened(str(path)) as log:
        translator = Translator(names(TABLE), LogMapping(), tracker.tokens)
        reading = feed(log, tracker, StockLedger({}), translator, LogMapping())
    assert reading.cut.startswith(f"it breaks off after line {reading.lines}: ")
    assert tracker.tally.records


def test_bytes_that_are_no_text_are_a_line_like_others() -> None:
    """They spoil nothing but themselves."""
    data = as_lines(happy()).encode() + b'{"saga": "\xff\n'
    tracker = Tracker(TABLE)
    with opened("-", io.BytesIO(data)) as log:
        translator = Translator(names(TABLE), LogMapping(), tracker.tokens)
        reading = feed(log, tracker, StockLedger({}), translator, LogMapping())
    assert (reading.malformed, reading.lines) == (1, 6)
    assert conforms(tracker)


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    """One message: what, where, how to fix."""
    for path, what in ((tmp_path, "this is a directory"), (tmp_path / "no", "cannot be read: No")):
        with pytest.raises(TargetError, match=what), opened(str(path)):
            pass
