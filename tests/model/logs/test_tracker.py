"""Sagas of a log that is read line by line: closed when they are settled, open only as long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from model.choreography import TABLE
from model.logs.judgement import Answer
from model.logs.tracker import SagaReport, Tracker
from model.vocabulary import Status
from tests.model.logs.judging import record
from tests.model.logs.recording import Recording, lines, shuffled
from tests.model.logs.test_search import happy


def fed(said: Iterable[Mapping[str, Any]], tracker: Tracker, start: int = 0) -> Tracker:
    """The tracker after these lines."""
    for number, line in enumerate(said, start + 1):
        fields = {k: v for k, v in line.items() if k not in ("saga", "time", "id", "service")}
        token = tracker.tokens.of(record(line["service"], **fields))
        tracker.take(line["saga"], token, number, line.get("time"), line.get("id"))
    return tracker


def named(saga: str, said: Iterable[Mapping[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """The same lines of another saga."""
    return [{**line, "saga": saga, **more} for line in said]


def made(sagas: int) -> list[dict[str, Any]]:
    """Right sagas, the services at most 50 lines behind each other."""
    run = Recording(Random(5), sagas=sagas, stock=9, at_once=5).run()
    return list(shuffled(list(lines(run.happened)), Random(5), 50))


def test_memory_is_bounded_by_the_open_sagas() -> None:
    """Ten times as many sagas, and no more of them are open at once; all are counted."""
    few, many = (fed(made(sagas), Tracker(TABLE, patience=100)) for sagas in (150, 1500))
    assert few.finish() == many.finish() == ([], [])
    assert many.tally.answers == {Answer.CONFORMS: 1500}
    assert many.tally.sagas == 1500
    assert many.tally.most_open < 2 * few.tally.most_open < 150
    assert many.open == {}


def test_a_settled_saga_is_opened_again_by_a_late_line() -> None:
    """A late copy that is ignored changes nothing; one that is not makes the saga differ."""
    for late, answer in (
        ({"consumed": "order.created", "published": []}, Answer.CONFORMS),
        ({"consumed": "order.created", "published": ["payment.processed"]}, Answer.DIFFERS),
    ):
        tracker = Tracker(TABLE, patience=5)
        others = [line for n in range(4) for line in named(f"x{n}", happy())]
        fed([*happy(), *others], tracker)
        assert "o" not in tracker.open
        fed([{"saga": "o", "service": "payment", **late}], tracker, 100)
        assert "o" in tracker.open
        differing, unended = tracker.finish()
        assert unended == []
        assert [each.saga for each in differing] == (["o"] if answer is Answer.DIFFERS else [])
        assert tracker.tally.reopened == 1
        assert tracker.tally.answers.total() == tracker.tally.sagas == 5
        assert tracker.tally.statuses[Status.CONFIRMED] == (4 if differing else 5)


def test_what_is_forgotten_is_not_judged() -> None:
    """A late line of a saga closed so long ago that it is forgotten is counted, and no alarm."""
    tracker = Tracker(TABLE, patience=5, closed_kept=1)
    others = [line for n in range(4) for line in named(f"x{n}", happy())]
    fed([*happy(), *others], tracker)
    fed([{"saga": "o", "service": "payment", "consumed": "order.created"}], tracker, 100)
    assert tracker.finish()[0] == []
    assert tracker.tally.unplaced == 1


def test_the_same_line_twice_is_one_line() -> None:
    """With an id it is known again; without one, an event that is sent again is a copy."""
    with_ids = [{**line, "id": str(number)} for number, line in enumerate(happy())]
    tracker = fed([*with_ids, *with_ids], Tracker(TABLE))
    assert tracker.finish() == ([], [])
    assert tracker.tally.repeated == len(with_ids)
    events = [{k: v for k, v in line.items() if k != "consumed"} for line in happy()]
    tracker = fed([*events, *events], Tracker(TABLE))
    assert tracker.finish() == ([], [])
    assert tracker.tally.repeated == len(events)


def test_an_event_published_again_under_another_id_is_judged() -> None:
    """It is a second fact, and the table knows only one."""
    events = [{k: v for k, v in line.items() if k != "consumed"} for line in happy()]
    twice = [{**line, "id": f"{n}"} for n, line in enumerate([*events, *events])]
    assert [each.saga for each in fed(twice, Tracker(TABLE)).finish()[0]] == ["o"]


def test_a_ledger_entry_is_never_a_copy() -> None:
    """Money that is taken twice is no line that was written twice."""
    said = [{"service": "payment", "effects": [effect]} for effect in ("charge", "charge")]
    others = [
        {"service": "inventory", "effects": ["reserve"]},
        {"service": "shipping", "effects": ["ship"]},
    ]
    assert fed(named("o", [said[0], *others]), Tracker(TABLE)).finish() == ([], [])
    differing, _ = fed(named("o", [*said, *others]), Tracker(TABLE)).finish()
    assert [each.saga for each in differing] == ["o"]


def test_a_finding_says_which_lines_are_not_explained() -> None:
    """By position, with the lines' numbers in the log and the time of the last one."""
    wrong = happy(inventory={"consumed": "payment.processed", "published": ["inventory.released"]})
    timed = [{**line, "time": f"t{number}"} for number, line in enumerate(wrong)]
    (report,), _ = fed(timed, Tracker(TABLE)).finish()
    assert isinstance(report, SagaReport)
    assert report.said[report.unexplained[0]].startswith("inventory consumed payment.processed")
    assert report.lines == (1, 2, 3, 4, 5)
    assert (report.explained, report.time) == (2, "t4")


def test_the_closing_of_a_saga_is_told() -> None:
    """For what else is kept by saga, and must be given up then."""
    closed: list[tuple[str, Status]] = []
    tracker = Tracker(TABLE, on_closed=lambda saga, status: closed.append((saga, status)))
    fed(happy(), tracker).finish()
    assert closed == [("o", Status.CONFIRMED)]
