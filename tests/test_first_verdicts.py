"""The first verdicts that people see: on targets that are wrong, and of replays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command_line import Outcome, attempt, pickup

#: Reserves whatever is asked for: fails on the first message that comes twice.
OVERSELLS = pickup(
    "def set_aside(self, order, data):\n"
    "    for line in data['lines']:\n"
    "        self.stock[line['sku']] -= line['quantity']\n"
    "    super().set_aside(order, data)"
)
FAILED = pytest.ExitCode.TESTS_FAILED


def test_a_handler_that_always_raises(tmp_path: Path) -> None:
    """Pins that LIVE-0 names the handler's own error, with its file and line."""
    code = pickup("def set_aside(self, order, data):\n    return self.stok[order]")
    outcome = attempt(tmp_path, code, "-k", "paths")
    assert outcome.code == FAILED
    assert outcome.verdict("LIVE-0").startswith("VIOLATED")
    assert "shelf on Paid(o1) has failed" in outcome.joined
    assert "AttributeError: 'Mine' object has no attribute 'stok' (mine.py:6)" in outcome.joined


def test_a_target_that_does_nothing(tmp_path: Path) -> None:
    """Pins that doing nothing is a violation of liveness and of truth, and never green."""
    code = (
        "class Nothing:\n"
        "    subscriptions = {'desk': ['Ordered']}\n"
        "    def place_order(self, order): ...\n"
        "    def handle(self, participant, event): ...\n"
        "    def observe(self): return {'orders': {}, 'stock': {}}\n"
        "def make(world): return Nothing()\n"
    )
    outcome = attempt(tmp_path, code, "-k", "paths or campaign")
    assert outcome.code == FAILED
    for property_id in ("LIVE-0", "LIVE-1", "TRUE-1"):
        assert outcome.verdict(property_id).startswith("VIOLATED")
    assert "HOLDS" not in outcome.text


def test_a_target_that_takes_no_order(tmp_path: Path) -> None:
    """Pins that refusing every order is no way to hold by everything: there is no session at all,
    and one message says which order was refused and what to do."""
    code = pickup("def place_order(self, order):\n    return 'refused'")
    outcome = attempt(tmp_path, code)
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "mine:make: place_order: no order is ever accepted: refused were all" in outcome.joined
    assert 'the first order: {"id": "o1"' in outcome.joined
    assert "HOLDS" not in outcome.text


def test_a_target_that_takes_no_cancel(tmp_path: Path) -> None:
    """Pins that a cancel which never has an effect has never fired, and that the closing table
    says how many were asked for and what became of them."""
    code = pickup("def cancel_order(self, order):\n    raise KeyError(order)")
    outcome = attempt(tmp_path, code, "-k", "sweep")
    assert "\ncancel               0  NEVER FIRED: the customer cancels" in outcome.text
    (said,) = (line for line in outcome.text.splitlines() if "no cancel was ever accepted" in line)
    assert re.search(r": (\d+) of \1 ended in an error; ", said)


def test_a_mistyped_event(tmp_path: Path) -> None:
    """Pins that an event that nobody subscribes to names the nearest one that somebody does."""
    code = pickup(
        "def say(self, type, order, **data):\n"
        "    super().say({'SetAside': 'SetAsid'}.get(type, type), order, **data)\n"
        "    super().say('WeighedByTheScales', order, **data)"
    )
    outcome = attempt(tmp_path, code, "-k", "paths")
    assert outcome.code == FAILED
    lines = outcome.text.splitlines()
    assert "nobody subscribes to SetAsid: did you mean SetAside?" in lines
    assert "nobody subscribes to WeighedByTheScales" in lines


def test_ids_of_its_own_are_no_difference(tmp_path: Path) -> None:
    """Pins that a target with uuid4 for events and payments is not called non-deterministic."""
    code = "from uuid import uuid4\n" + pickup(
        "def __init__(self, world):\n"
        "    super().__init__(world)\n"
        "    self.names = {}\n"
        "def say(self, type, order, **data):\n"
        "    ids = {'id': str(uuid4()), 'subject': order}\n"
        "    self.world.publish(type, {**data, 'ref': uuid4().hex}, **ids)\n"
        "def observe(self):\n"
        "    seen = super().observe()\n"
        "    for row in seen['payments']:\n"
        "        row['id'] = self.names.setdefault(row['order'], str(uuid4()))\n"
        "    return seen"
    )
    outcome = attempt(tmp_path, code, "-k", "paths or sweep")
    assert outcome.code == 0, outcome.text
    assert outcome.verdict("MONEY-1").startswith("HOLDS")
    broken = code.replace(
        "class Mine(Right):", OVERSELLS.partition("\n\n\n")[2].partition("\n\n")[0]
    )
    outcome = attempt(tmp_path, broken, "-k", "paths or sweep")
    assert outcome.code == FAILED
    assert outcome.verdict("STOCK-2").startswith("VIOLATED")


def test_chance_is_found_in_the_search(tmp_path: Path) -> None:
    """Pins that a target that is the same at first and not later leaves no verdict but UNKNOWN."""
    code = pickup(
        "runs = []\n"
        "def set_aside(self, order, data):\n"
        "    self.runs.append(order)\n"
        "    if len(self.runs) < 60 or len(self.runs) % 2:\n"
        "        return super().set_aside(order, data)\n"
        "    self.held[order] = {}\n"
        "    self.say('SoldOut', order)"
    )
    outcome = attempt(tmp_path, code, "-k", "sweep")
    assert outcome.code == FAILED
    assert "did not fire" in outcome.joined or "behaved differently" in outcome.joined
    assert "Action(" not in outcome.text
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    assert "HOLDS" not in outcome.text


def test_a_close_that_fails_in_the_search(tmp_path: Path) -> None:
    """Pins that it is one message, wherever in the search, and leaves no verdict but UNKNOWN."""
    code = pickup(
        "runs = []\n"
        "def close(self):\n"
        "    self.runs.append(1)\n"
        "    if len(self.runs) > 60:\n"
        "        raise OSError('in use')"
    )
    outcome = attempt(tmp_path, code, "-k", "sweep")
    assert outcome.code == FAILED
    assert outcome.shows_no_traceback()
    assert "close(): raised OSError: in use (mine.py:" in outcome.joined
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    assert "HOLDS" not in outcome.text


OPTIONS: dict[str, tuple[str, str]] = {
    "profile": ("--saga-profile=quik", "no such profile: 'quik'. Did you mean quick?"),
    "fault": ("--saga-faults=-crsh", "no such fault: '-crsh'. Did you mean -crash?"),
    "property": (
        "--saga-expect-failure=MONY-1=x",
        "no such property: 'MONY-1'. Did you mean MONEY-1?",
    ),
    "replay": ("--saga-replay=nope.json", "no such file"),
}


@pytest.mark.parametrize(("argument", "part"), OPTIONS.values(), ids=OPTIONS.keys())
def test_a_wrong_option(tmp_path: Path, argument: str, part: str) -> None:
    """Pins that a wrong value is one line that names the option and the nearest right value."""
    outcome = attempt(tmp_path, pickup(), argument)
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {argument.partition('=')[0]}: {part}" in outcome.joined


def test_an_expected_failure(tmp_path: Path) -> None:
    """Pins that a known failure is not one, and that it is one again once nothing fails."""
    known = ("--saga-expect-failure=STOCK-1=ticket 7", "--saga-expect-failure=STOCK-2=ticket 7")
    outcome = attempt(tmp_path, OVERSELLS, *known, "-k", "sweep")
    assert outcome.code == 0, outcome.text
    assert "ticket 7" in outcome.verdict("STOCK-2")
    outcome = attempt(tmp_path, pickup(), *known, "-k", "sweep")
    assert outcome.code == FAILED
    assert "expected to fail (ticket 7), and holds: remove expect-failure" in outcome.joined


def replayed(folder: Path, code: str, data: object) -> Outcome:
    """The replay of a file with this content."""
    (folder / "seen.json").write_text(json.dumps(data), encoding="utf-8")
    return attempt(folder, code, "--saga-replay=seen.json")


def test_a_replay(tmp_path: Path) -> None:
    """Pins that a counterexample comes back step by step, and is gone when the bug is.

    And that a file that is none is told as such, with its place; the reader's own tests have more.
    """
    assert attempt(tmp_path, OVERSELLS, "-k", "sweep").code == FAILED
    data = json.loads((tmp_path / "reports" / "STOCK-2.json").read_text(encoding="utf-8"))
    outcome = replayed(tmp_path, OVERSELLS, data)
    assert outcome.code == FAILED
    assert "STOCK-2 VIOLATED" in outcome.text
    assert f"replay: exactly the recorded {len(data['steps'])} steps" in outcome.text
    outcome = replayed(tmp_path, pickup(), data)
    assert outcome.code == 0, outcome.text
    assert "replay: STOCK-2 is no longer violated by this schedule" in outcome.text


BROKEN: dict[str, tuple[object, str]] = {
    "no counterexample": ([], "JSON, but not a counterexample of this kit"),
    "a newer format": ({"format": 99, "schedule": {}}, "Written in format 99"),
    "no such property": (
        {
            **{"format": 1, "kit": "1", "property": "STOK-2", "finding": "", "tier": "", "seed": 1},
            **{"target": "mine:make", "delivery": "at-least-once-unordered"},
            "schedule": {"actions": [], "scope": {}, "delivery": "at-least-once-unordered"},
        },
        "there is no property 'STOK-2'",
    ),
}


@pytest.mark.parametrize(("data", "part"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_replay_file(tmp_path: Path, data: object, part: str) -> None:
    """Pins that a file that cannot be replayed fails with what, where and how to fix."""
    outcome = replayed(tmp_path, pickup(), data)
    assert outcome.code == FAILED
    assert part in outcome.joined
    assert f"where: {tmp_path / 'seen.json'}" in outcome.joined
    assert "fix:" in outcome.text
