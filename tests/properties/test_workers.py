"""Workers that go down: what is said of the part that one of them was doing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cattrs.preconf.json import make_converter

from model.environment import Delivery
from properties.search import Portion
from properties.session import Verification
from properties.workers import Workers

ITEM = "properties/test_search.py::test_search[sweep-0]"
PART = "sweep-0"


class Scheduler:
    """Remembers what it was given back; some cannot take anything back."""

    def __init__(self, *, able: bool = True) -> None:
        self.pending: list[str] = []
        self.able = able

    def mark_test_pending(self, item: str) -> None:
        """Take it back."""
        if not self.able:
            raise NotImplementedError
        self.pending.append(item)


def verification() -> Verification:
    """A session whose target is never asked for."""
    settings = cast(Any, SimpleNamespace(delivery=Delivery.EXACTLY_ONCE_FIFO))
    return Verification(cast(Any, SimpleNamespace()), settings, 1)


def crash() -> Any:
    """The report that xdist makes of a crash."""
    path = Path(ITEM).parent / "test_search.py"
    report = pytest.TestReport(
        ITEM, (str(path), None, PART), {}, "failed", "crashed", cast(Any, "???")
    )
    report.node = SimpleNamespace(gateway=SimpleNamespace(id="gw1"))  # type: ignore[attr-defined]
    return report


def arrived(portion: Portion) -> pytest.TestReport:
    """The report of a part that is done."""
    report = pytest.TestReport(ITEM, (ITEM, None, PART), {}, "passed", None, "call")
    report.__dict__["saga_portion"] = make_converter().dumps(portion)
    return report


def test_once_it_is_done_again() -> None:
    """Pins that the first time nothing is missing, and the second time it is."""
    session, scheduler = verification(), Scheduler()
    workers = Workers(session)
    for times in (1, 2):
        report = crash()
        workers.pytest_handlecrashitem(ITEM, report, scheduler)
        session.pytest_runtest_logreport(report)
        assert scheduler.pending == [ITEM]
        assert report.outcome == ("skipped" if times == 1 else "failed")
        assert session.missing == ({} if times == 1 else {PART: "was lost with its worker"})
    assert session.remarks == [
        "worker gw1 went down while it did sweep-0, which was given to another one"
    ]


def test_what_had_arrived_is_counted_once() -> None:
    """Pins that a part whose worker went down just after it is done again for nothing."""
    session = verification()
    session.pytest_runtest_logreport(arrived(Portion(PART, schedules=5)))
    report = crash()
    Workers(session).pytest_handlecrashitem(ITEM, report, Scheduler())
    session.pytest_runtest_logreport(report)
    session.pytest_runtest_logreport(arrived(Portion(PART, schedules=5)))
    assert session.missing == {}
    assert [total.schedules for total in session.totals.values()] == [5]
    assert session.remarks == [
        "worker gw1 went down while it did sweep-0, of which all had arrived"
    ]


def test_a_scheduler_that_takes_nothing_back() -> None:
    """Pins that the part is missing then: xdist's --dist=loadscope is one."""
    session, report = verification(), crash()
    Workers(session).pytest_handlecrashitem(ITEM, report, Scheduler(able=False))
    session.pytest_runtest_logreport(report)
    assert session.missing == {PART: "was lost with its worker"}
