"""What is written instead of, or beside, the report of a search, against its golden file."""

from __future__ import annotations

import pytest
from attrs import evolve

from implementations.recorded.mapping import LogMapping
from model.choreography import TABLE
from model.exploration import explore
from model.semantics import Scope
from properties.logs.checking import tell
from reports.counterexample import Counterexample
from reports.log import log_markdown, log_text
from reports.markdown import counterexample_markdown
from reports.mutation import Fate, MutantVerdict, mutation_text
from reports.regression import regression_module
from reports.table_trace import of_steps, table_counterexample
from reports.terminal import counterexample_brief, counterexample_text, summary_text
from reports.timeline import timeline_markdown, timeline_text
from tests.model.broken_tables import lost_tombstone
from tests.model.logs.test_search import happy
from tests.reports import golden_files, html_samples, samples
from tests.reports.test_log import WRONG, reported, text_of

COMMAND = "make check-model"


def test_a_counterexample_that_is_not_the_first() -> None:
    """Pins the few lines for one with a schedule of its own, and for one that shares it."""
    c = samples.stock_leak()
    own = counterexample_brief(c, report="reports/out/STOCK-3.md")
    shares = counterexample_brief(c, same_as="MONEY-1", report="reports/out/STOCK-3.md")
    golden_files.check("brief.txt", f"{own}\n\n{shares}\n")


def test_all_contracts() -> None:
    """Pins what `--saga-delivery=all` closes with: the table, and what the saga depends on."""
    told = summary_text(evolve(samples.summary(), deliveries=html_samples.deliveries()))
    golden_files.check("contracts.txt", told + "\n")


def test_a_share_of_a_search() -> None:
    """Pins what one machine of several closes with."""
    golden_files.check("shard.txt", summary_text(evolve(samples.summary(), partial="2/3")) + "\n")


def test_a_promoted_counterexample() -> None:
    """Pins the module that `--saga-promote` writes, for a kit that is cloned, and from a wheel."""
    c = samples.double_charge()
    golden_files.check("promoted.txt", regression_module(c, samples.KIT))
    installed = evolve(samples.KIT, installed=True)
    golden_files.check("promoted-wheel.txt", regression_module(c, installed))


def model_trace() -> Counterexample:
    """What the model's exploration finds in a table that has lost a tombstone."""
    scope, table = Scope(cancels=1), lost_tombstone("shipping")
    (found,) = explore(scope, table).violations
    statement = "what is called off is not done"
    steps = of_steps(found.trace)
    return table_counterexample(found.invariant, statement, steps, "one order", 1, table)


def test_a_way_through_the_model() -> None:
    """Pins how a violation of the model itself is told, on the terminal and as a page."""
    c = model_trace()
    golden_files.check("model-trace.txt", counterexample_text(c, COMMAND) + "\n")
    golden_files.check("model-trace.md", counterexample_markdown(c, COMMAND, samples.KIT))


def test_safeguards_taken_away() -> None:
    """Pins the report of `--saga-mutate`, with every fate of a safeguard."""
    key = MutantVerdict(
        *("idempotency key", "payments.charge", Fate.DETECTED, 36, 40, 2, "MONEY-1"),
        "First in, first out, except: payment: crash after payments.charge (step 7).",
    )
    inbox = MutantVerdict("inbox", "payment, order.created", Fate.SURVIVED, 900, 30, 20, same=20)
    other = evolve(inbox, where="order, payment.failed", same=3, different=4)
    absent = MutantVerdict("stable message id", "order", Fate.NEVER_ACTED, 900, 0, 0)
    text = mutation_text([key, inbox, other, absent], "shop.saga:make_target")
    golden_files.check("mutation.txt", text + "\n")


@pytest.mark.parametrize(("name", "said"), [("log-holds", happy()), ("log-differs", WRONG)])
def test_a_log(name: str, said: list[dict[str, object]]) -> None:
    """Pins the report of a log in which all is explained, and of one in which something is not."""
    report = reported(said)
    golden_files.check(f"{name}.txt", log_text(report, "reports/out/log.md") + "\n")
    golden_files.check(f"{name}.md", log_markdown(report))


def test_one_saga_of_a_log() -> None:
    """Pins the timeline of a saga, on the terminal and as a page with its diagram."""
    told = tell("a.jsonl", text_of(WRONG), LogMapping(), TABLE, "o")
    golden_files.check("timeline.txt", timeline_text(told.saga, told.moments) + "\n")
    golden_files.check("timeline.md", timeline_markdown(TABLE, told.saga, told.moments))
