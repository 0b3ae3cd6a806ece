"""The report of a log: what was read, what was found, and nothing left out in silence."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from implementations.recorded.mapping import LogMapping
from model.choreography import TABLE
from properties.logs.checking import check, seconds, tell
from reports.log import LogReport, log_markdown, log_text
from reports.timeline import timeline_diagram, timeline_markdown, timeline_text
from tests.model.logs.test_search import happy

WRONG = happy(inventory={"consumed": "payment.processed", "published": ["inventory.released"]})


def text_of(said: list[dict[str, Any]]) -> io.StringIO:
    """JSON lines."""
    return io.StringIO("".join(json.dumps(line) + "\n" for line in said))


def reported(said: list[dict[str, Any]], *, complete: bool = False, **mapping: Any) -> LogReport:
    """The report of these lines."""
    return check("a.jsonl", text_of(said), LogMapping(**mapping), TABLE, complete=complete)


def joined(text: str) -> str:
    """A text in which sentences can be looked for."""
    return " ".join(text.split())


def test_an_empty_log_is_no_success() -> None:
    """Nor is one in which no line is about a saga."""
    for said in ([], [{"saga": "o", "service": "mailer", "consumed": "x"}]):
        report = reported(said)
        assert not report.holds
        assert "NOTHING no line is about a saga" in joined(log_text(report))


def test_what_the_log_shows_is_said() -> None:
    """Who is seen, and who is not."""
    text = joined(log_text(reported(happy())))
    assert "order, payment, inventory, shipping: messages handled, events; gateway: not" in text


def test_many_findings_are_told_in_part_and_counted() -> None:
    """The shortest are told; the file has them all."""
    said = [{**line, "saga": f"s{n}"} for n in range(9) for line in WRONG]
    report = reported(said)
    assert "DIFFER 9 sagas" in joined(log_text(report))
    assert "... and 4 more that differ" in log_text(report)
    assert log_markdown(report).count(" differs: 2 of 5 lines explained") == 9


def test_a_long_saga_is_told_around_the_line_that_is_wrong() -> None:
    """What is left out is counted."""
    copies = [{**happy()[1], "published": []}] * 40
    report = reported([*happy()[:2], *copies, *WRONG[2:]])
    text = log_text(report)
    assert "lines before these" in text
    assert "? line 43: inventory" in text


def test_stock_is_part_of_the_verdict() -> None:
    """Stock that is sold twice fails a log whose sagas all conform."""
    sold = [
        {**line, "stock": {"book": -1}} if line["service"] == "inventory" else line
        for line in happy()
    ]
    assert reported(sold, stock={"book": 1}).holds
    report = reported(sold, stock={"book": 0})
    assert not report.holds
    assert "STOCK line 3: book is sold below 0 by o: -1 left" in joined(log_text(report))
    assert "## Stock" in log_markdown(report)
    assert "how many there were at the beginning is not given" in joined(log_text(reported(sold)))


def test_stuck_sagas_are_those_that_are_quiet_for_long() -> None:
    """Counted from the end of the log, not from now."""
    said = [{**line, "time": "2026-01-01T00:00:00Z"} for line in happy()[:2]]
    later = [{**line, "saga": "p", "time": "2026-01-01T01:00:00Z"} for line in happy()[:2]]
    report = reported([*said, *later])
    assert report.stuck == {"o": 3600.0}
    assert "1 stuck: no line for 900 s or more" in joined(log_text(report))
    assert reported([*said, *later], stuck_after=3601).stuck == {}
    assert reported(happy()[:2]).stuck == {}
    assert "stuck" not in log_text(reported(happy()[:2]))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1763000000, 1763000000.0),
        (1763000000000, 1763000000.0),
        (1763000000000000, 1763000000.0),
        (1763000000000000000, 1763000000.0),
        ("2026-01-01T00:00:00+01:00", 1767222000.0),
        ("2025-12-31T23:00:00", 1767222000.0),
        ("yesterday", None),
        (True, None),
        (None, None),
    ],
)
def test_times_are_read_as_they_are_written(time: Any, expected: float | None) -> None:
    """ISO 8601, or a number of seconds or of parts of them."""
    assert seconds(time) == expected


def test_a_timeline_puts_causes_first() -> None:
    """A service whose lines came early waits for its cause; what is wrong is marked."""
    told = tell(
        "x",
        text_of([happy()[n] for n in (3, 2, 1, 0, 4)]),
        LogMapping(),
        TABLE,
        "o",
    )
    assert [moment.record.service for moment in told.moments] == [
        *("order", "payment", "inventory", "shipping", "order"),
    ]
    wrong = tell("x", text_of(WRONG), LogMapping(), TABLE, "o")
    text = timeline_text(wrong.saga, wrong.moments)
    assert "? line 3  " in text
    assert "NOT EXPLAINED: publishes inventory.released" in timeline_diagram(TABLE, wrong.moments)


def test_names_of_a_log_are_harmless() -> None:
    """They may hold anything, and reach neither terminal nor Markdown as it is."""
    evil = "o\x1b[31m\n```"
    said = [{**line, "saga": evil, "time": "\x07```"} for line in WRONG]
    told = tell("x", text_of(said), LogMapping(), TABLE, evil)
    texts = [
        log_text(reported(said)),
        log_markdown(reported(said)),
        timeline_markdown(TABLE, told.saga, told.moments),
    ]
    for text in texts:
        assert "\x1b" not in text
        assert "\x07" not in text
    assert texts[2].count("```") == 4
