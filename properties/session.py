"""The verification as a pytest session: parts of the search as items, properties as results.

The search runs in items, in one process or in many. When all have ended, the process that has them
all reports each property as a test of its own, and the summary. Everything here is pytest's public
hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
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
from properties import printing
from properties.asked import Asked, as_text, asked_of
from properties.conclusion import Conclusion, Given, conclude
from properties.contracts import contract_of, parts_under
from properties.drivers.known import Since
from properties.memory import DEFAULT_PLACE, forget, known, open_database, remember
from properties.merging import Share, share_of, write_share
from properties.modes import Mode, mode_of
from properties.outcomes import Outcomes
from properties.probing import probe
from properties.profiles import Profile, profile_of
from properties.results import reports, undone
from properties.search import KNOWN, Portion, parts, run_part
from properties.settings.heading import in_force
from properties.settings.in_force import Settings, home
from properties.settings.sources import OptionError
from properties.stopping import stoppable
from properties.verdicts import Total
from properties.workload import check, share
from properties.world.subject import Subject
from reports.files import clean
from reports.terminal import summary_text
from reports.wording import shown_path

_PORTION = pytest.StashKey[str]()
_JSON = make_converter()
#: With its name behind this, an item's report carries what the item has handed in.
_HANDED_IN = "saga: "
_HERE = Path(__file__).resolve().parent
_SEARCH, _MODES = _HERE / "test_search.py", _HERE / "test_modes.py"
_NOT_KNOWN_HERE = (
    "what failed in earlier sessions is not known where it was to be run again: share it, with "
    "--saga-database=redis://..."
)


@define(eq=False)
class Verification:
    """The plugin of one session, in the controller and in each worker."""

    config: pytest.Config
    settings: Settings
    seed: int
    shares: list[Share] = field(factory=list)
    """What shards have found that are to be merged."""
    totals: dict[Delivery, Total] = field(factory=dict)
    portions: dict[str, Portion] = field(factory=dict)
    """What was found, by the part of the search."""
    planned: list[str] = field(factory=list)
    """The parts that are to be done in this session."""
    missing: dict[str, str] = field(factory=dict)
    """Parts that did not come to their end, and why."""
    beat: Callable[[Portion], None] | None = None
    """Called now and then by a part that is under way in this process."""
    began: datetime = field(factory=lambda: datetime.now(UTC))
    remarks: list[str] = field(factory=list)
    conclusion: Conclusion | None = None
    verifying: bool = False
    said: dict[str, str] = field(factory=dict)
    """What the items of a mode have handed in, in this process; in the controller, in all."""
    outcomes: Outcomes = field(factory=Outcomes)
    """What parts that were done in this process have seen simple schedules violate."""
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
            with printing.set_aside(self.config):
                subject = probe(self.settings.target)
            # who asks for `republish` has all events come again, not only those that were seen to
            asked = self.settings.origins.get("faults", "default") != "default"
            self._subject = evolve(subject, changing=frozenset()) if asked else subject
        return self._subject

    @property
    def profile(self) -> Profile:
        """How much there is to do: less of it with a target whose runs are slow."""
        slow = self.subject().shape.slow
        return profile_of(self.settings.profile, self.settings.schedules, slow=slow)

    @property
    def delivery(self) -> Delivery:
        """The contract in force."""
        return self.settings.delivery or self.subject().shape.delivery

    @property
    def faults(self) -> frozenset[Fault]:
        """The faults in force: what the target was seen to do by itself belongs to the default."""
        faults = self.settings.faults
        return faults | {Fault.REPUBLISH} if self.subject().changing else faults

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
            self.profile,
            self.faults,
            delivery,
            self.seed,
            frozenset(self.settings.expected),
            self.database,
            self.beat,
            self.outcomes,
        )
        if name == KNOWN and not any(known(self.database)):
            portion.remarks.add(_NOT_KNOWN_HERE)
        return evolve(portion, part=part)

    @property
    def asked(self) -> Asked:
        """What is asked of the search, wherever it is done."""
        return asked_of(self.settings, self.seed)

    def parts(self) -> list[str]:
        """The parts of the search that are done in this session.

        What failed before is run by one shard alone, whatever the others know of it.
        """
        handed = getattr(self.config, "workerinput", {}).get("saga_parts")
        if handed is not None:
            return [*handed]
        shard, whole = self.settings.shard, self.whole()
        again = (
            [KNOWN] if (shard is None or shard.number == 1) and any(known(self.database)) else []
        )
        return again + (share(whole, shard, self.profile) if shard else whole)

    def whole(self) -> list[str]:
        """All parts of the search, whoever does them."""
        deliveries = tuple(Delivery) if self.settings.every_delivery else ()
        return parts_under(parts(self.profile), deliveries)

    @property
    def database(self) -> ExampleDatabase:
        """What failed before, opened once per process."""
        if self._database is None:
            place = self.settings.database or str(home(self.config) / DEFAULT_PLACE)
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
        if part_of(item.nodeid):
            printing.clip(report.sections)
        return report

    # -- the process that has them all -----------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell every worker what is asked for: on another machine it could not know."""
        node.workerinput["saga_asked"] = as_text(self.asked)
        if self.mode is None:
            node.workerinput["saga_parts"] = self.parts()

    def pytest_sessionstart(self) -> None:
        """Get to know the target before anything else, so that an error is said once.

        Raises:
            pytest.UsageError: it cannot be verified as it is.
        """
        if self.worker or not self._selected():
            return
        self.verifying = self.mode is None or bool(self.shares)
        try:
            if self.mode is None or self.mode.needs_target:
                self.subject()
            if self.mode is None:
                assert self.database is not None
            if self.settings.shard is not None:
                check(self.settings.shard, self.whole(), self.mode.name if self.mode else None)
        except (TargetError, OptionError) as error:
            raise pytest.UsageError(str(error)) from None
        if self.verifying:
            clean(self.settings.report_dir)

    def _selected(self) -> bool:
        root = self.config.rootpath
        paths = [(root / arg.partition("::")[0]).resolve() for arg in self.config.args]
        return any(_HERE.is_relative_to(path) or path.is_relative_to(_HERE) for path in paths)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know which parts there are to be done; workers tell it by `properties.workers`."""
        self.plan([item.nodeid for item in session.items])

    def plan(self, nodeids: Iterable[str]) -> None:
        """Expect these parts to be done."""
        self.planned = [part for part in map(part_of, nodeids) if part]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect portions; remember parts that failed."""
        portion = getattr(report, "saga_portion", None)
        if portion is not None:
            self._take(_JSON.loads(portion, Portion))
        part = part_of(report.nodeid)
        if report.failed and part:
            if report.when in ("setup", "call", "teardown"):
                self.missing.setdefault(part, "ended with an error")
            elif part not in self.portions:
                self.missing[part] = "was lost with its worker"
        if report.when == "call":
            for name, text in report.user_properties:
                if name.startswith(_HANDED_IN):
                    self.said[name.removeprefix(_HANDED_IN)] = str(text)

    def _take(self, portion: Portion) -> None:
        """Count a portion once, even if its part was done twice because a worker was lost."""
        if portion.part in self.portions:
            return
        self.portions[portion.part] = portion
        delivery, _ = contract_of(portion.part, self.delivery)
        self.totals.setdefault(delivery, Total()).take(portion)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """When all parts have ended, or nobody waits any more, report each property as a test."""
        with stoppable():
            try:
                result = yield
            except KeyboardInterrupt:
                self._report(session)
                raise
        self._report(session)
        return result

    def _report(self, session: pytest.Session) -> None:
        told = {*self.missing}
        if self.verifying:
            self._gather()
        if self.verifying and (self.totals or self.missing):
            late = [undone(part, why) for part, why in self.missing.items() if part not in told]
            session.testscollected += len(BY_ID) + len(late)
            for report in (*late, *self._conclude()):
                session.config.hook.pytest_runtest_logreport(report=report)

    def _gather(self) -> None:
        """Take what shards have found, and see that no part is missing without being named."""
        for one in self.shares:
            self.missing |= {part: f"{why}, in {one.shard}" for part, why in one.missing.items()}
            for portion in one.portions:
                self._take(portion)
        for part in self.planned:
            if part not in self.portions:
                self.missing.setdefault(part, "was not run")

    def _conclude(self) -> Iterator[pytest.TestReport]:
        given = Given(
            self.subject(), self.settings, self.faults, self.delivery, self.seed, self.began
        )
        shard = self.settings.shard
        if shard is not None:  # before anything is put into other words for the reports
            found = [*self.portions.values()]
            mine = share_of(self.asked, shard, self.whole(), found, self.missing)
            self.remark(f"to be merged: {shown_path(write_share(self.settings.report_dir, mine))}")
        self.conclusion = conclude(given, self.totals, self.missing)
        total = self.conclusion.total
        if not self.shares:
            forget(self.database, (i for i, s in total.since.items() if s != Since.VIOLATED))
            remember(self.database, total.counterexamples.values())
        for verdict, text in self.conclusion.properties():
            yield from reports(verdict, text)

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
        return in_force(self.settings, self.seed)


def part_of(nodeid: str) -> str:
    """The part of the search that a test item is; empty for any other."""
    return nodeid.rpartition("[")[2].rstrip("]") if "::test_search[" in nodeid else ""


def verification(config: pytest.Config) -> Verification:
    """The plugin of this session."""
    plugin = config.pluginmanager.get_plugin("saga-verification")
    assert isinstance(plugin, Verification)
    return plugin


def keep(item: pytest.Item, portion: Portion) -> None:
    """Attach a portion to the item that produced it."""
    item.stash[_PORTION] = _JSON.dumps(portion)
