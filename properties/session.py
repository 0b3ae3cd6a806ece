"""The verification as a pytest session: parts of the search as items, properties as results.

The search runs in items, in one process or in many. When all have ended, the process that has them
all reports each property as a test of its own, and the summary. Everything here is pytest's public
hooks.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from cattrs.preconf.json import make_converter
from hypothesis.database import ExampleDatabase

from implementations.errors import TargetError
from implementations.process.connection import end_all
from model.environment import Delivery, Fault
from model.specification import BY_ID
from properties.conclusion import Conclusion, Given, conclude
from properties.contracts import contract_of, parts_under
from properties.drivers.known import Since
from properties.memory import DEFAULT_PLACE, forget, known, open_database, remember
from properties.modes import Mode, mode_of
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import KNOWN, Portion, parts, run_part
from properties.settings.in_force import Settings
from properties.settings.sources import OptionError
from properties.verdicts import Total
from properties.world.subject import Subject
from reports.files import clean
from reports.terminal import summary_text
from reports.verdict import PropertyVerdict, Verdict

_PORTION = pytest.StashKey[str]()
_JSON = make_converter()
#: With its name behind this, an item's report carries what the item has handed in.
_HANDED_IN = "saga: "
_HERE = Path(__file__).resolve().parent
_SEARCH, _MODES = _HERE / "test_search.py", _HERE / "test_modes.py"
#: The seed of a run that must be the same every time.
FIXED_SEED = 1


@define(eq=False)
class Verification:
    """The plugin of one session, in the controller and in each worker."""

    config: pytest.Config
    settings: Settings
    seed: int
    totals: dict[Delivery, Total] = field(factory=dict)
    unfinished: list[str] = field(factory=list)
    began: datetime = field(factory=lambda: datetime.now(UTC))
    remarks: list[str] = field(factory=list)
    conclusion: Conclusion | None = None
    verifying: bool = False
    said: dict[str, str] = field(factory=dict)
    """What the items of a mode have handed in, in this process; in the controller, in all."""
    _subject: Subject | None = None
    _database: ExampleDatabase | None = None

    @property
    def worker(self) -> bool:
        """Whether this process is one of xdist's workers."""
        return hasattr(self.config, "workerinput")

    @property
    def mode(self) -> Mode | None:
        """What there is to do instead of a search."""
        return mode_of(self.settings)

    def subject(self) -> Subject:
        """The target, probed once per process."""
        if self._subject is None:
            self._subject = probe(self.settings.target)
        return self._subject

    @property
    def delivery(self) -> Delivery:
        """The contract in force."""
        return self.settings.delivery or self.subject().shape.delivery

    @property
    def faults(self) -> frozenset[Fault]:
        """The faults in force: what the target was seen to do by itself belongs to the default."""
        faults = self.settings.faults
        by_default = self.settings.origins.get("faults", "default") == "default"
        return faults | {Fault.REPUBLISH} if by_default and self.subject().makes_ids else faults

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Collect either the search or what is to be done instead."""
        other = _SEARCH if self.mode else _MODES
        return True if collection_path == other else None

    # -- a part of the search, in whichever process ----------------------------------------------

    def run(self, part: str) -> Portion:
        """Do one part of the search."""
        delivery, name = contract_of(part, self.delivery)
        portion = run_part(
            self.subject(),
            name,
            PROFILES[self.settings.profile],
            self.faults,
            delivery,
            self.seed,
            frozenset(self.settings.expected),
            self.database,
        )
        return evolve(portion, part=part)

    @property
    def database(self) -> ExampleDatabase:
        """What failed before, opened once per process."""
        if self._database is None:
            place = self.settings.database or str(self.config.rootpath / DEFAULT_PLACE)
            self._database = open_database(place, self.settings.target)
        return self._database

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the portion travel with the report, which xdist carries to the controller."""
        report = yield
        if call.when == "call" and _PORTION in item.stash:
            report.__dict__["saga_portion"] = item.stash[_PORTION]
        return report

    # -- the process that has them all -----------------------------------------------------------

    def pytest_configure_node(self, node: Any) -> None:
        """Give every worker the seed."""
        node.workerinput["saga_seed"] = self.seed

    def pytest_sessionstart(self) -> None:
        """Get to know the target before anything else, so that an error is said once.

        Raises:
            pytest.UsageError: it cannot be verified as it is.
        """
        if self.worker or not self._selected():
            return
        self.verifying = self.mode is None
        try:
            if self.mode is None or self.mode.needs_target:
                self.subject()
            if self.mode is None:
                assert self.database is not None
        except (TargetError, OptionError) as error:
            raise pytest.UsageError(str(error)) from None
        if self.verifying:
            clean(self.settings.report_dir)

    def _selected(self) -> bool:
        root = self.config.rootpath
        paths = [(root / arg.partition("::")[0]).resolve() for arg in self.config.args]
        return any(_HERE.is_relative_to(path) or path.is_relative_to(_HERE) for path in paths)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect portions; remember parts that failed."""
        portion = getattr(report, "saga_portion", None)
        if portion is not None:
            self._take(_JSON.loads(portion, Portion))
        if report.failed and "::test_search[" in report.nodeid:
            self.unfinished.append(report.nodeid.rpartition("[")[2].rstrip("]"))
        if report.when == "call":
            for name, text in report.user_properties:
                if name.startswith(_HANDED_IN):
                    self.said[name.removeprefix(_HANDED_IN)] = str(text)

    def _take(self, portion: Portion) -> None:
        delivery, _ = contract_of(portion.part, self.delivery)
        self.totals.setdefault(delivery, Total()).take(portion)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """When all parts have ended, report each property as a test."""
        result = yield
        if self.verifying and (self.totals or self.unfinished):
            session.testscollected += len(BY_ID)
            for report in self._conclude():
                session.config.hook.pytest_runtest_logreport(report=report)
        return result

    def _conclude(self) -> Iterator[pytest.TestReport]:
        given = Given(
            self.subject(), self.settings, self.faults, self.delivery, self.seed, self.began
        )
        self.conclusion = conclude(given, self.totals, self.unfinished)
        total = self.conclusion.total
        forget(self.database, (i for i, since in total.since.items() if since != Since.VIOLATED))
        remember(self.database, total.counterexamples.values())
        for verdict, text in self.conclusion.properties():
            yield from _reports(verdict, text)

    def remark(self, text: str) -> None:
        """Say something at the end of the session."""
        self.remarks.append(text)

    def hand_in(self, item: str, text: str) -> None:
        """Keep what an item of a mode has found out for the mode's conclusion."""
        self.said[item] = text

    def handed_in(self, item: str) -> list[tuple[str, object]]:
        """The same, to travel with the item's report, which xdist carries to the controller."""
        return [(f"{_HANDED_IN}{item}", self.said[item])] if item in self.said else []

    def pytest_unconfigure(self) -> None:
        """End the processes of targets: a worker of xdist leaves without its exit handlers."""
        end_all()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table of verdicts, faults and transitions."""
        for text in self.remarks:
            terminalreporter.write_line(text)
        if self.said and self.mode and self.mode.conclude:
            terminalreporter.section(f"order saga: {self.mode.name}")
            terminalreporter.write_line(self.mode.conclude(self))
        if self.conclusion is not None:
            terminalreporter.section("order saga verification")
            terminalreporter.write_line(summary_text(self.conclusion.summary))
            for line in self.conclusion.remarks():
                terminalreporter.write_line(line)

    def pytest_report_header(self) -> list[str]:
        """What is in force, and where it came from."""
        if self.worker or not self._selected():
            return []
        if self.mode and self.mode.header:
            return self.mode.header(self.settings)
        settings, origins = self.settings, self.settings.origins
        delivery = settings.delivery or "what the target relies on"
        if settings.every_delivery:
            delivery = f"all, and judged by {delivery}"
        faults = ", ".join(sorted(settings.faults)) or "none"
        return [
            f"saga target: {settings.target} ({origins.get('target', 'default')})",
            f"saga delivery: {delivery} ({origins.get('delivery', 'default')}), "
            f"profile: {settings.profile} ({origins.get('profile', 'default')}), seed: {self.seed}",
            f"saga faults: {faults}",
        ]


def _reports(verdict: PropertyVerdict, text: str) -> Iterator[pytest.TestReport]:
    """A property's verdict as the reports of a test that has run."""
    nodeid = f"properties/specification.py::{verdict.id}"
    location = ("properties/specification.py", None, verdict.id)
    outcome: Any = "passed"
    longrepr: Any = None
    extra: dict[str, Any] = {}
    match verdict.verdict:
        case Verdict.VIOLATED:
            outcome, longrepr = "failed", text
        case Verdict.EXPECTED:
            outcome, longrepr, extra = "skipped", verdict.reason, {"wasxfail": verdict.reason}
        case Verdict.HOLDS:
            pass
        case _:
            reason = f"{verdict.verdict}: {verdict.reason}"
            outcome, longrepr = "skipped", (nodeid, 0, reason)
    for when, result, shown in (
        ("setup", "passed", None),
        ("call", outcome, longrepr),
        ("teardown", "passed", None),
    ):
        marks = extra if when == "call" else {}
        yield pytest.TestReport(nodeid, location, {}, result, shown, when, **marks)  # type: ignore[arg-type]


def new_seed(settings: Settings, config: pytest.Config) -> int:
    """The seed in force: given, handed down by the controller, or chosen now.

    A run in CI is the same every time; a nightly one is new each night, and prints its seed.
    """
    handed: dict[str, Any] = getattr(config, "workerinput", {})
    if "saga_seed" in handed:
        return int(handed["saga_seed"])
    if settings.seed is not None:
        return settings.seed
    return secrets.randbelow(10**6) if settings.profile == "nightly" else FIXED_SEED


def part_names(plugin: Verification) -> list[str]:
    """The parts of the search, as parameters of the test that runs them."""
    deliveries = tuple(Delivery) if plugin.settings.every_delivery else ()
    again = [KNOWN] if any(known(plugin.database)) else []
    return again + parts_under(parts(PROFILES[plugin.settings.profile]), deliveries)


def verification(config: pytest.Config) -> Verification:
    """The plugin of this session."""
    plugin = config.pluginmanager.get_plugin("saga-verification")
    assert isinstance(plugin, Verification)
    return plugin


def keep(item: pytest.Item, portion: Portion) -> None:
    """Attach a portion to the item that produced it."""
    item.stash[_PORTION] = _JSON.dumps(portion)


def known_ids() -> tuple[str, ...]:
    """The ids of all properties."""
    return tuple(BY_ID)
