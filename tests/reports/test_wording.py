"""Wording that all forms share: money, marks, the sentence, harmless text."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from model.money import money
from reports.counterexample import Counterexample, Safeguard, StepKind
from reports.kit import this_kit
from reports.markdown import counterexample_markdown
from reports.sequence import sequence_diagram
from reports.terminal import counterexample_text
from reports.wording import (
    DRAIN_LINE,
    clip,
    clip_message,
    count,
    named,
    printable,
    replay_command,
    sentence,
    work_text,
)
from tests.reports import samples


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (0, "EUR", "0.00 EUR"),
        (3000, "JPY", "3000 JPY"),
        (0, "JPY", "0 JPY"),
        (1, "KWD", "0.001 KWD"),
        (-12345, "BHD", "-12.345 BHD"),
        (12345, "CLF", "1.2345 CLF"),
        (100, "eur", "1.00 eur"),
        (100, "no\nsuch", "1.00 no\nsuch"),
        (10**30 + 1, "EUR", "1" + "0" * 27 + "0.01 EUR"),
    ],
)
def test_money(amount: int, currency: str, text: str) -> None:
    """Pins the decimals of each kind of currency, signs, and exactness of large amounts."""
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order → paid, ü, 訂單", "order → paid, ü, 訂單"),
        ("a\nb\r\tc\x00", "a\\nb\\r\\tc\\x00"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e\u2028\ud800", "\\u202e\\u2028\\ud800"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """Pins that letters of any script stay, and that nothing steers a terminal or a line."""
    assert printable(text) == shown


def test_clip() -> None:
    """Pins that clipped text is never longer than was allowed."""
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abc..."
    assert clip("ab defg", 6) == "ab..."


def test_count() -> None:
    """Pins singular, plural and separators."""
    assert [count(n, "step") for n in (0, 1, 1200)] == ["0 steps", "1 step", "1,200 steps"]


def test_sentence_names_deviations_and_faults_alike() -> None:
    """Pins the sentence: each step that is not benign, with its number."""
    assert sentence(samples.long(faults=(2, 3))) == (
        "First in, first out, except: deliver event 2 (step 2); deliver event 3 (step 3)."
    )


def test_sentence_without_deviation() -> None:
    """Pins what is said of a bug that needs no fault at all."""
    c = samples.long(faults=())
    assert all(step.kind is StepKind.DEFAULT for step in c.steps)
    assert sentence(c) == "First in, first out, without any fault."


@pytest.mark.parametrize(
    "form",
    [
        lambda c: counterexample_text(c, "replay"),
        lambda c: counterexample_markdown(c, "replay"),
        sequence_diagram,
    ],
)
def test_a_run_without_deviations_is_told_in_one_piece(
    form: Callable[[Counterexample], str],
) -> None:
    """Pins that where the faults end is said only where something was chosen before."""
    chosen = samples.long(steps=12)
    assert DRAIN_LINE in form(chosen)
    steps = tuple(evolve(step, drained=True) for step in samples.long(12, faults=()).steps)
    assert DRAIN_LINE not in form(evolve(chosen, steps=steps))


def test_replay_command_is_quoted_and_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins that the command survives a shell, works where it is told, and is as short as can be."""
    kit = this_kit().path
    monkeypatch.chdir(kit)
    assert replay_command(Path("/elsewhere/M.json"), "m:f") == (
        "python -m pytest --saga-replay=/elsewhere/M.json --saga-target=m:f"
    )
    monkeypatch.chdir(tmp_path)
    assert replay_command(tmp_path / "out" / "M 1.json", "cmd: node a.js") == (
        f"python -m pytest {shlex.quote(str(kit / 'properties'))} "
        "'--saga-replay=out/M 1.json' '--saga-target=cmd: node a.js'"
    )


def test_a_safeguard_names_the_others_that_would_do() -> None:
    """Pins that where the evidence fits two, both are named, the likelier first."""
    alone, both = Safeguard("inbox", "", ""), Safeguard("inbox", "", "", ("outbox",))
    assert (named(alone), named(both)) == ("inbox", "inbox, or outbox")


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("raised Error: no (shop.py:14)", 40, "raised Error: no (shop.py:14)"),
        ("raised Error: no such row (shop.py:14)", 30, "raised Error:... (shop.py:14)"),
        (
            "raised Error: no such row (Shop.pay(Shop.java:9))",
            45,
            "raised Error: no s... (Shop.pay(Shop.java:9))",
        ),
        ("raised Error: a row (of six) is not there", 31, "raised Error: a row (of six)..."),
        ("raised Error: no (a/very/long/path/to/shop.py:14)", 30, "raised Error: no (a/very/lo..."),
    ],
)
def test_a_message_is_clipped_before_its_place(text: str, width: int, shown: str) -> None:
    """Pins that the place at the end stays whole, unless it leaves nothing of the message."""
    assert clip_message(text, width) == shown
    assert len(shown) <= width


def test_the_work_of_making_minimal_is_told_where_there_was_any() -> None:
    """Pins that runs which are no schedules of the search are counted, and told apart."""
    summary = samples.summary()
    assert work_text(summary).endswith(", and 334 runs to make counterexamples minimal")
    assert work_text(evolve(summary, shrinking=0)) == "1 schedule, 123,456 steps"
