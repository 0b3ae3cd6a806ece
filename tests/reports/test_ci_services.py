"""What GitHub and GitLab are told: to the letter, and harmless whatever a target is called."""

from __future__ import annotations

import json

from attrs import evolve

from reports.counterexample import Counterexample
from reports.github import TOLD, command, step_summary, workflow_commands
from reports.gitlab import code_quality
from reports.place import Place
from reports.verdict import PropertyVerdict, RunSummary, Verdict
from tests.reports import golden_files, samples

PLACE = Place("shop/saga.py", 12)


def replay(row: PropertyVerdict, c: Counterexample) -> str:
    """A command."""
    return f"python -m pytest --saga-replay={row.counterexample}"


def hostile() -> tuple[RunSummary, dict[str, Counterexample]]:
    """A run whose every string is full of commands, of Markdown, and of HTML."""
    bad = "x\n::error::y\r%0A::set-env name=a::b | `c` <b>d</b> [e](http://f) \x1b[31m, g: h\u202e"
    row = PropertyVerdict("MONEY-1", bad, Verdict.VIOLATED, 1, bad, f"reports/{bad}.md")
    unsure = PropertyVerdict("MONEY-2", bad, Verdict.UNKNOWN, 1, bad)
    summary = evolve(samples.summary(), target=bad, properties=(row, unsure), partial="")
    return summary, {"MONEY-1": evolve(samples.hostile(), property_id="MONEY-1")}


def test_annotations() -> None:
    """Pins an error for what is violated, a warning for each reason of what is not known."""
    lines = workflow_commands(samples.summary(), PLACE)
    golden_files.check("annotations.txt", "\n".join(lines) + "\n")


def test_a_shard_gives_no_warnings() -> None:
    """Pins that what a shard cannot know by itself is nothing to be warned of."""
    lines = workflow_commands(evolve(samples.summary(), partial="shard 1 of 2"))
    assert [line.partition(" ")[0] for line in lines] == ["::error"]


def test_a_command_is_one_line_and_one_command() -> None:
    """Pins that no string ends a command, begins another, or adds a property to one."""
    summary, _ = hostile()
    for line in workflow_commands(summary, Place("a,b:c\n.py", 1)):
        assert line.isprintable()
        head, data = line[2:].split("::", 1)
        properties = dict(pair.split("=", 1) for pair in head.partition(" ")[2].split(","))
        assert properties.keys() == {"title", "file", "line"}
        assert properties["file"] == "a%2Cb%3Ac\\n.py"
        assert "%250A" in data


def test_a_long_message_is_cut() -> None:
    """Pins that GitHub is not sent more than it shows."""
    assert len(command("error", "t", "long " * 5_000)) < 3_000


def test_the_summary_of_a_step() -> None:
    """Pins the Markdown of a run, and that of a hostile one."""
    counterexamples = {"MONEY-1": samples.double_charge()}
    golden_files.check("step.md", step_summary(samples.summary(), counterexamples, replay))
    golden_files.check("step-hostile.md", step_summary(*hostile(), replay))


def test_a_summary_has_an_end() -> None:
    """Pins that so many counterexamples are told, and how many are left out."""
    rows = tuple(
        PropertyVerdict(f"P-{n}", "s", Verdict.VIOLATED, 1, "r", "p.md") for n in range(TOLD + 3)
    )
    summary = evolve(samples.summary(), properties=rows)
    text = step_summary(summary, {row.id: samples.double_charge() for row in rows}, replay)
    assert text.count("\n### ") == TOLD
    assert "And 3 more: see the report." in text


def test_code_quality() -> None:
    """Pins GitLab's report, with the place of the target, and with that of a report."""
    golden_files.check("code-quality.json", code_quality(samples.summary(), PLACE))
    (issue, _) = json.loads(code_quality(samples.summary()))
    assert issue["location"] == {"path": "reports/out/MONEY-1.md", "lines": {"begin": 1}}


def test_code_quality_of_a_hostile_run() -> None:
    """Pins that it stays JSON of plain characters, all of its strings printable."""
    text = code_quality(hostile()[0])
    assert text.isascii()
    (issue,) = json.loads(text)
    assert issue["description"].isprintable()
    assert issue["location"]["path"].isprintable()


def test_a_fingerprint_is_that_of_the_violation() -> None:
    """Pins that GitLab knows a violation again, however it was found this time."""
    first = samples.summary()
    again = evolve(
        first, seed=99, properties=tuple(evolve(row, reason="other") for row in first.properties)
    )
    other = evolve(first, delivery="exactly-once-fifo")

    def marks(summary: RunSummary) -> list[str]:
        return [issue["fingerprint"] for issue in json.loads(code_quality(summary))]

    assert marks(first) == marks(again)
    assert not set(marks(first)) & set(marks(other))
    assert len(set(marks(first))) == len(marks(first)) == 2
