"""Every form of report against its golden file (see golden_files.py for how to write them anew)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reports.counterexample import Counterexample
from reports.markdown import counterexample_markdown
from reports.schedule_file import json_text
from reports.terminal import counterexample_text, summary_text
from tests.reports import golden_files, samples

SAMPLES = (samples.double_charge, samples.stock_leak, samples.oversell)


def command(c: Counterexample) -> str:
    """Make the replay command of a sample."""
    return (
        f"python -m pytest --saga-replay=reports/out/{c.property_id}.json "
        f"--saga-target='{c.target}'"
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.__name__))
def test_every_form_of_a_counterexample(sample: Callable[[], Counterexample]) -> None:
    """Pins terminal, Markdown and JSON of a realistic counterexample to the letter."""
    c, name = sample(), sample.__name__
    report = f"reports/out/{c.property_id}.md"
    golden_files.check(f"{name}.txt", counterexample_text(c, command(c), report) + "\n")
    golden_files.check(f"{name}.md", counterexample_markdown(c, command(c), samples.KIT))
    golden_files.check(f"{name}.json", json_text(c, samples.KIT))


def test_a_long_counterexample_in_the_terminal() -> None:
    """Pins how steps and ledger entries are left out where 30 lines cannot hold them."""
    c = samples.long()
    golden_files.check("long.txt", counterexample_text(c, command(c), "LIVE-1.md") + "\n")


def test_hostile_content() -> None:
    """Pins how each form disarms strings that are full of its own syntax."""
    c = samples.hostile()
    golden_files.check("hostile.txt", counterexample_text(c, "replay") + "\n")
    golden_files.check("hostile.md", counterexample_markdown(c, "replay", samples.KIT))
    golden_files.check("hostile.json", json_text(c, samples.KIT))


def test_summary() -> None:
    """Pins the closing table, with every kind of verdict and of fault count."""
    golden_files.check("summary.txt", summary_text(samples.summary()) + "\n")
