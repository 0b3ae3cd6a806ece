"""What a session comes to: verdicts, reports on disk, and what is said of each property."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from implementations.errors import nearest
from model.environment import Delivery, Fault
from model.history import Cancel
from properties.contracts import contract_of, delivery_table, weakest
from properties.drivers.known import become_of
from properties.settings.in_force import Settings
from properties.sharing import shared
from properties.verdicts import Total, orders_in, rank, summarise
from properties.world.subject import Subject
from reports.counterexample import Counterexample
from reports.files import write_counterexample, write_page
from reports.html.case import Case
from reports.terminal import counterexample_brief, counterexample_text
from reports.verdict import DeliveryTable, PropertyVerdict, RunSummary
from reports.wording import count, replay_command, shown_path

#: How many schedules are told in full on the terminal; all of them have a report of their own.
TOLD_IN_FULL = 3
_NO_DIGEST = (
    "the target has no digest() by which states are told apart: what deviates least was run first"
)
#: How like an event type (1: the same) one that nobody subscribes to must be to count as mistyped.
LIKENESS = 0.8


@frozen
class Given:
    """What the session was asked for."""

    subject: Subject
    settings: Settings
    faults: frozenset[Fault]
    delivery: Delivery
    """The contract by which the target is judged."""
    seed: int
    began: datetime | None = None
    """When the session began, for the report to say."""


@define
class Conclusion:
    """The verdicts of a session, and how they are told."""

    summary: RunSummary
    total: Total
    subject: Subject
    told: dict[str, str] = field(factory=dict)
    """The schedules told in full so far, each with the property it was told for."""
    page: str = ""
    """The path of the report of the whole run."""

    def properties(self) -> Iterator[tuple[PropertyVerdict, str]]:
        """Each property's verdict with what is said of it, the simplest counterexample first."""
        for verdict in sorted(self.summary.properties, key=self._rank):
            yield verdict, self._text(verdict)

    def _rank(self, verdict: PropertyVerdict) -> tuple[Any, ...]:
        """The simplest counterexample is told first, and a cause before what follows from it."""
        known = self.total.counterexamples.get(verdict.id)
        return () if known is None else rank(known)

    def _text(self, verdict: PropertyVerdict) -> str:
        """The counterexample in full, or in brief where enough was told or the same was."""
        known = self.total.counterexamples.get(verdict.id)
        if known is None:
            return verdict.reason
        report = Path(verdict.counterexample)
        schedule = json.dumps(known.schedule, sort_keys=True)
        if schedule in self.told or len(self.told) >= TOLD_IN_FULL:
            return counterexample_brief(known, self.told.get(schedule, ""), str(report))
        self.told[schedule] = verdict.id
        command = replay_command(report.with_suffix(".json"), known.target)
        return counterexample_text(known, command, str(report))

    def remarks(self) -> Iterator[str]:
        """What is worth knowing besides the verdicts, a line each."""
        total = self.total
        if self.page:
            yield f"all of it, to be read in a browser: {self.page}"
        for line in total.explored:
            yield f"exhaustive: {line}"
        if total.explored and not self.subject.shape.has("digest"):
            yield f"exhaustive: {_NO_DIGEST}"
        for property_id, since in sorted(total.since.items()):
            told = become_of(property_id, since, property_id in total.violated)
            yield f"known of earlier sessions: {told}"
        if total.replayed:
            yield f"stored failures of earlier sessions run again: {total.replayed}"
        yield from sorted(total.remarks)
        if total.cancels_in_vain and not self.summary.partial:
            yield _in_vain(total)
        for type_ in sorted(total.unheard - self.subject.sight.terminal.keys()):
            near = nearest(type_, self.subject.shape.events, LIKENESS)
            yield f"nobody subscribes to {type_}{f': did you mean {near}?' if near else ''}"
        for divergence in sorted(total.divergences)[:5]:
            yield f"differs from the model: {divergence}"


def _in_vain(total: Total) -> str:
    """That cancels were asked for and had no effect."""
    ways = {"refused": Cancel.REFUSED, "ended in an error": Cancel.RAISED}
    came = {way: number for way, answer in ways.items() if (number := total.cancels.get(answer))}
    every = sum(came.values())
    how = ", ".join(f"{number:,} of {every:,} {way}" for way, number in came.items())
    return (
        f"no cancel was ever accepted: {how}; so nothing was seen of what a cancel undoes, and the "
        "fault `cancel` counts as never fired. Let cancel_order return nothing where it accepts, "
        "also while the order is open; with services on a broker, see in docs/brokers.md what the "
        "body of the message is"
    )


def conclude(
    given: Given, totals: Mapping[Delivery, Total], missing: Mapping[str, str]
) -> Conclusion:
    """Write the reports and draw the conclusion.

    `totals` has what was found under each contract that was run, `missing` the parts of the search
    that did not come to their end, and why.
    """
    for each in totals.values():
        each.counterexamples = shared(given.subject, each.counterexamples)
    total = totals.get(given.delivery) or Total()
    folder = _Folder(given.settings.report_dir)
    _tell_faultless(total, folder)
    reports = {
        property_id: folder.write(counterexample)
        for property_id, counterexample in sorted(
            total.counterexamples.items(), key=lambda each: rank(each[1])
        )
    }
    summary = _summary(given, given.delivery, total, missing, reports)
    if len(totals) > 1:
        summary = evolve(summary, deliveries=_deliveries(given, totals, missing, folder))
    page = write_page(summary, folder.cases, folder.directory, given.began)
    return Conclusion(summary, total, given.subject, page=shown_path(page))


@define
class _Folder:
    """The report directory, with the counterexamples that were written into it so far."""

    directory: Path
    cases: list[Case] = field(factory=list)

    def write(self, counterexample: Counterexample, name: str = "") -> str:
        """Write a counterexample, named after its property if no name is given; return its path."""

        def command(file: Path) -> str:
            return replay_command(file, counterexample.target)

        path = write_counterexample(counterexample, self.directory, command, name=name)
        self.cases.append(Case(path.stem, counterexample, command(path.with_suffix(".json"))))
        return shown_path(path)


def _tell_faultless(total: Total, folder: _Folder) -> None:
    """Write how properties are violated without any fault, and say so beside how they are with."""
    for property_id, other in sorted(total.besides().items()):
        report = folder.write(other, f"{property_id}-without-faults")
        how = f"without any fault, with {count(orders_in(other), 'order')}: see {report}"
        known = total.counterexamples[property_id]
        total.counterexamples[property_id] = evolve(known, besides=how)


def _deliveries(
    given: Given,
    totals: Mapping[Delivery, Total],
    missing: Mapping[str, str],
    folder: _Folder,
) -> DeliveryTable:
    """What holds under each contract."""
    found = {delivery: total.counterexamples for delivery, total in totals.items()}
    reports = {
        property_id: folder.write(counterexample, f"{property_id}-{delivery}")
        for property_id, (delivery, counterexample) in weakest(found, given.delivery).items()
    }
    summaries = {
        delivery: _summary(given, delivery, total, missing, {})
        for delivery, total in totals.items()
    }
    return delivery_table(summaries, reports)


def _summary(
    given: Given,
    delivery: Delivery,
    total: Total,
    missing: Mapping[str, str],
    reports: Mapping[str, str],
) -> RunSummary:
    parts: dict[str, str] = {}
    for part, why in missing.items():
        contract, name = contract_of(part, given.delivery)
        if contract is delivery:
            parts[name] = why
    subject, settings, faults, seed = given.subject, given.settings, given.faults, given.seed
    return summarise(total, subject, settings, faults, delivery, seed, reports, parts)
