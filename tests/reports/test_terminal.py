"""Limits of the terminal form; its exact text is pinned by golden files."""

from __future__ import annotations

import pytest
from attrs import evolve

from reports.counterexample import Counterexample
from reports.terminal import COUNTEREXAMPLE_LINES, WIDTH, counterexample_text, summary_text
from reports.verdict import Coverage, FaultCount
from tests.reports import samples

MANY = tuple(range(2, 60, 2))
LONG = (
    samples.long(),
    samples.long(1000),
    samples.long(words=30),
    samples.long(faults=MANY),
    samples.long(faults=MANY, words=30),
    samples.hostile(),
)


@pytest.mark.parametrize("c", LONG, ids=map(str, range(len(LONG))))
def test_at_most_thirty_lines_of_a_hundred_columns(c: Counterexample) -> None:
    """Pins the limits, however long the schedule, the texts and the list of faults are."""
    lines = counterexample_text(c, "replay", "report").splitlines()
    assert len(lines) <= COUNTEREXAMPLE_LINES
    assert max(map(len, lines)) <= WIDTH
    assert [line for line in lines if not line.isprintable()] == []


def test_marked_steps_stay() -> None:
    """Pins that each deviation, each fault and the guilty step is shown, and gaps are counted."""
    c = samples.long(1000, faults=(100, 300, 500, 700))
    text = counterexample_text(c, "replay")
    for number in (100, 300, 500, 700):
        assert f"{number:>5} !  deliver event {number}\n" in text
    assert "  999 >  deliver event 999\n" in text
    shown = sum(f"  deliver event {n}\n" in text for n in range(1, 1001))
    gaps = [int(w[1]) for w in map(str.split, text.splitlines()) if w[0] == "..." and "in" in w]
    assert shown + sum(gaps) == 1000


def test_more_marked_steps_than_lines() -> None:
    """Pins that the guilty step stays even then, and that the hidden marks are counted."""
    text = counterexample_text(samples.long(faults=MANY), "replay")
    assert "   59 >  deliver event 59\n" in text
    assert "of them marked: see the report\n" in text


def test_guilty_entries_stay() -> None:
    """Pins that the entries that the violation rests on are shown, and others are counted."""
    text = counterexample_text(samples.long(), "replay")
    assert "> step  3: o1 entry 3\n" in text
    assert "> step 59: o1 entry 59\n" in text
    assert "more: see the report\n" in text


def test_command_and_path_are_never_cut() -> None:
    """Pins that what is there to be copied stays on one line, longer than any other."""
    command, path = "pytest " + "x" * 200, "out/" + "y" * 200
    lines = counterexample_text(samples.double_charge(), command, path).splitlines()
    assert lines[-2:] == [f"replay       {command}", f"report       {path}"]


def test_how_else_it_fails_is_said() -> None:
    """Pins the line about a run without faults, which no width cuts and no limit leaves out."""
    other = "without any fault, with 2 orders: see " + "y" * 200
    for c in LONG:
        lines = counterexample_text(evolve(c, besides=other), "replay", "report").splitlines()
        assert f"also fails   {other}" in lines
        assert len(lines) <= COUNTEREXAMPLE_LINES


def test_without_the_optional_parts() -> None:
    """Pins that a counterexample without diagnosis and ledger has no empty headings."""
    c = evolve(samples.long(3, ()), safeguard=None, divergence=None, also=(), steps=())
    assert [line.split()[0] for line in counterexample_text(c, "replay").splitlines()] == [
        *("LIVE-1", "target", "found", "schedule", "replay"),
    ]


def test_summary_of_nothing() -> None:
    """Pins that a run without properties, faults and coverage says so instead of failing."""
    empty = evolve(
        samples.summary(),
        properties=(),
        fault_counts=(),
        faults=(),
        coverage=Coverage(0, 0, reason="the target names its events otherwise"),
    )
    text = summary_text(empty)
    assert "faults       none\n" in text
    assert "coverage     none: the target names its events otherwise\n" in text
    assert "verdicts     none" in text


def test_summary_stays_within_its_width() -> None:
    """Pins the width with long reasons of a target's making, and that none steers the terminal."""
    row = evolve(samples.summary().properties[0], reason=samples.HOSTILE * 3)
    text = summary_text(evolve(samples.summary(), properties=(row,), target=samples.HOSTILE))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert all(line.isprintable() for line in text.splitlines())


def test_an_error_of_the_target_is_shown_wherever_it_came_up() -> None:
    """Pins that what a handler raised by itself is not hidden in a step without a mark."""
    c = samples.long(1000)
    notes = {
        300: "stock on job(o1) raised ConnectionError: no broker",
        500: "stock on job(o1) raised ValueError: malformed (services.py:14)",
    }
    steps = [evolve(s, notes=(notes[s.number],) if s.number in notes else ()) for s in c.steps]
    text = counterexample_text(evolve(c, steps=tuple(steps)), "replay")
    assert "error        stock on job(o1) raised ValueError: malformed (services.py:14)\n" in text
    assert "ConnectionError" not in text
    assert "\nerror  " not in counterexample_text(c, "replay")


def test_only_a_fault_that_could_have_struck_never_fired() -> None:
    """Pins that one with no way to strike says why, and that one with a way is an alarm."""
    counts = (
        FaultCount("crash", "a participant dies", True, 0, "VACUOUS"),
        FaultCount("late", "a timer goes off", True, 0, "the target was not seen to set a timer"),
    )
    lines = summary_text(evolve(samples.summary(), fault_counts=counts)).splitlines()
    (crash,) = [line for line in lines if line.startswith("crash ")]
    (late,) = [line for line in lines if line.startswith("late ")]
    assert "NEVER FIRED: a participant dies" in crash
    assert "cannot strike: the target was not seen to set a timer" in late


WHERE = " (Shop$Payment.refund(Shop.java:109))"
RAISED = "stock on job(o1) raised NullPointerException: Cannot invoke it"


def noted(note: str, *more: str) -> str:
    """What is told of a run whose one fault has these notes."""
    c = samples.long(3, (2,))
    steps = [evolve(s, notes=(note, *more)) if s.number == 2 else s for s in c.steps]
    return counterexample_text(evolve(c, steps=tuple(steps)), "replay")


@pytest.mark.parametrize("words", range(30))
def test_the_place_of_an_error_is_never_clipped(words: int) -> None:
    """Pins that only the message gets shorter, however long it is and wherever a line ends."""
    text = noted(f"{RAISED}{', because of it' * words}{WHERE}")
    error = text[text.index("\nerror ") : text.index("\n    1 ")]
    assert WHERE in " ".join(error.split())
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_clipped_text_is_the_text_up_to_there() -> None:
    """Pins that no space comes in where a line ended at a hyphen."""
    text = noted(f"{RAISED} {'order-db-commit-' * 20} {WHERE}")
    told = "".join(line[13:] for line in text.splitlines() if "order-db" in line)
    assert told.startswith(RAISED)
    assert "- " not in told


@pytest.mark.parametrize(
    ("notes", "beside"),
    [
        (("a short one",), " (a short one)"),
        (("a short one", "and another"), " (a short one; and another)"),
        (("a short one", "a long one" * 9), " (a short one)"),
        (("a long one" * 9, "a short one"), ""),
        ((f"o raised Error: {'because ' * 9}(shop.py:14)",), "... (shop.py:14))"),
        ((f"stock on job(o1) raised {'Long' * 20}Error: no (shop.py:14)",), ""),
    ],
)
def test_notes_beside_a_step_are_not_cut_in_two(notes: tuple[str, ...], beside: str) -> None:
    """Pins that a note which does not fit is left out, and that an error keeps its place."""
    (line,) = [line for line in noted(*notes).splitlines() if line.startswith("    2 !")]
    assert line.endswith(beside or "deliver event 2")
    assert len(line) <= WIDTH


def idling(*idle: int, guilty: int = 0) -> Counterexample:
    """A run in which there was nothing to relay in some steps."""
    c = samples.long(12, ())
    steps = [
        evolve(
            step,
            guilty=step.number == guilty,
            entries=(),
            idle=f"who{step.number % 2}" if step.number in idle else "",
        )
        for step in c.steps
    ]
    return evolve(c, steps=tuple(steps))


def test_steps_in_which_nothing_was_relayed_are_left_out() -> None:
    """Pins that the others keep their numbers, and that it is said how many are left out."""
    text = counterexample_text(idling(3, 4, 6), "replay")
    assert [n for n in range(1, 13) if f"\n{n:>5}    deliver event {n}\n" not in text] == [3, 4, 6]
    assert "   -- 3 steps left out, in which nothing was to be relayed: who1, who0 --\n" in text
    assert "left out" not in counterexample_text(idling(), "replay")


def test_what_breaks_a_property_is_told_even_if_nothing_was_relayed() -> None:
    """Pins that a step with a mark stays, and that a gap counts all steps that it stands for."""
    text = counterexample_text(idling(7, guilty=7), "replay")
    assert "\n    7 >  deliver event 7\n" in text
    assert "left out" not in text
    long = samples.long(1000, (500,))
    steps = [evolve(step, idle="order" if step.number % 2 else "") for step in long.steps]
    text = counterexample_text(evolve(long, steps=tuple(steps)), "replay")
    shown = [line for line in text.splitlines() if line[:5].strip().isdigit()]
    gaps = [int(w[1]) for w in map(str.split, text.splitlines()) if w[0] == "..." and "in" in w]
    (out,) = [int(line.split()[1]) for line in text.splitlines() if "left out" in line]
    assert len(shown) + sum(gaps) + out == 1000
    assert len(text.splitlines()) <= COUNTEREXAMPLE_LINES
