"""What people meet the first time: each mistake ends in one message that says what, where, how.

All as on the command line, in a folder of the user's, in a process of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from properties.world import watchdog
from tests.command_line import Outcome, attempt, attempt_each, express, pickup

FACTORY: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a module that raises": (
        "mine:make",
        "limit = int('x')\n",
        ("mine.py, line 1 (limit = int('x'))", "fails on import with ValueError: invalid literal"),
    ),
    "no such factory": (
        "mine:mak",
        "def make(world): ...\n",
        ("mine has no 'mak'", "did you mean 'make'?"),
    ),
    "no function": (
        "mine:make",
        "make = 3\n",
        ("'make' is int, which cannot be called", "def make(world)"),
    ),
    "wrong parameters": (
        "mine:make",
        "def make(): ...\n",
        ("make() cannot be called as make(world)", "take exactly one argument"),
    ),
    "a factory that raises": (
        "mine:make",
        "import json\n\ndef make(world):\n    return json.loads('')\n",
        ("mine:make: the factory raised JSONDecodeError", "(mine.py:4)", "called with the world"),
    ),
    "a factory that exits": (
        "mine:make",
        "def make(world):\n    raise SystemExit(3)\n",
        ("the factory raised SystemExit: 3 (mine.py:2)",),
    ),
    "nothing returned": (
        "mine:make",
        "def make(world):\n    pass\n",
        ("the factory returned None", "is the `return` missing?"),
    ),
}


SHAPE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a member is missing": (
        pickup("handle = None\ndef handle_event(self, participant, event): ..."),
        ("(Mine): has no handle(participant, event)", "'handle_event', is that the one?"),
    ),
    "subscriptions": (
        pickup("subscriptions = {'desk': 'Paid'}"),
        ("subscriptions['desk']: is 'Paid', not a list of event types", "give a dict such as"),
    ),
    "parameters of handle": (
        pickup("def handle(self, event): ..."),
        ("handle(event) cannot be called as handle(participant, event)",),
    ),
    "observe returns nothing": (
        pickup("def observe(self): ..."),
        ("observe(): returned None, not a dict", "is the `return` missing?"),
    ),
    "a field is missing": (
        pickup("def observe(self): return {'order': {}, 'stock': {}}"),
        ("observe(): the field 'orders' is missing", "the snapshot has 'order' instead"),
    ),
    "observe raises": (
        pickup("def observe(self):\n    return self.nothing"),
        ("observe(): raised AttributeError", "(mine.py:6)", "must always return a snapshot"),
    ),
    "observe publishes": (
        pickup("def observe(self):\n    self.world.publish('seen', {})"),
        ("published 'seen' before anything was asked", "observe() only reads"),
    ),
    "observe changes": (
        pickup("def observe(self):\n    self.stock['book'] += 1\n    return super().observe()"),
        ("shows something else the second time", "observe() only reads"),
    ),
    "stock of its own": (
        pickup(
            "def __init__(self, world):\n    super().__init__(world)\n    self.stock = {'book': 9}"
        ),
        ("stock begins with 9 book, and the world gave the target 1", "world.stock"),
    ),
}


LATER: dict[str, tuple[str, tuple[str, ...]]] = {
    "a wrong status": (
        pickup(
            "def observe(self):\n    seen = super().observe()\n"
            "    words = {'confirmed': 'CONFIRM'}\n"
            "    orders = {o: words.get(s, s) for o, s in seen['orders'].items()}\n"
            "    return {**seen, 'orders': orders}"
        ),
        ("observe()['orders']['o1']: is 'CONFIRM'", "the nearest is 'confirmed'"),
    ),
    "observe raises once there is an order": (
        pickup(
            "def observe(self):\n    if self.orders:\n        raise KeyError('o1')\n"
            "    return super().observe()"
        ),
        ("observe(): raised KeyError: 'o1' (mine.py:7)",),
    ),
    "observe changes once there is an order": (
        pickup(
            "def observe(self):\n    if self.orders:\n        self.stock['book'] += 1\n"
            "    return super().observe()"
        ),
        ("observe(): shows something else the second time",),
    ),
    "observe charges once there is an order": (
        pickup(
            "def observe(self):\n    if self.orders:\n"
            "        self.world.payments.charge('o1', 1999, 'EUR')\n    return super().observe()"
        ),
        ("observe(): publishes, or has an effect outside", "observe() only reads"),
    ),
    "orders of the run before": (
        pickup(
            "kept = {}\ndef __init__(self, world):\n    super().__init__(world)\n"
            "    self.orders = self.kept"
        ),
        ("the order 'o1' was never placed in this run", "let the factory make everything afresh"),
    ),
    "handle returns something else": (
        pickup(
            "def handle(self, participant, event):\n"
            "    super().handle(participant, event)\n    return True"
        ),
        ("till on Ordered(o1): returned True", 'nothing or "ack", "requeue"'),
    ),
    "handle exits": (
        pickup("def handle(self, participant, event):\n    raise SystemExit(1)"),
        ("till on Ordered(o1): ended the whole process: SystemExit: 1 (mine.py:6)",),
    ),
    "close raises": (
        pickup("def close(self):\n    raise OSError('in use')"),
        ("close(): raised OSError: in use (mine.py:6)", "must end what the run has opened"),
    ),
    "close raises once there is an order": (
        pickup("def close(self):\n    if self.orders:\n        raise OSError('in use')"),
        ("close(): raised OSError: in use (mine.py:7)",),
    ),
    "close awaits": (
        express("async def close(self):\n    await self.world.checkpoint('closing')\n    1 / 0"),
        ("close(): raised ZeroDivisionError",),
    ),
    "close waits": (
        express("async def close(self):\n    await __import__('asyncio').sleep(0)"),
        ("close(): awaits something that is not there at once", "waits for nobody"),
    ),
    "no await": (
        express("async def place_order(self, order):\n    self.world.publish('Ordered', order)"),
        ("place o1: called a port without awaiting it", "write `await world.publish(...)`"),
    ),
    "asyncio.sleep": (
        express(
            "async def handle(self, participant, event):\n    await __import__('asyncio').sleep(1)"
        ),
        ("needs a running asyncio event loop", "world.timer instead of asyncio.sleep"),
    ),
    "asyncio.sleep(0)": (
        express(
            "async def handle(self, participant, event):\n    await __import__('asyncio').sleep(0)"
        ),
        ("back on Ordered(o1): awaits asyncio.sleep(0)", "await only what `world` offers"),
    ),
    "data that is no JSON": (
        pickup("def say(self, type, order, **data):\n    super().say(type, order, at=object())"),
        ("published Ordered with data that cannot be sent: Object of type object", "what JSON can"),
    ),
    "an event without a type": (
        pickup("def say(self, type, order, **data):\n    self.world.publish(None, data)"),
        ("place o1: published an event of type None", "such as 'payment.processed'"),
    ),
    "another run, another behaviour": (
        pickup(
            "runs = []\ndef set_aside(self, order, data):\n    self.runs.append(order)\n"
            "    if len(self.runs) % 2:\n        return super().set_aside(order, data)\n"
            "    self.held[order] = {}\n    self.say('SoldOut', order)"
        ),
        ("the same run twice was not the same: step 7", "take ids and time from world.new_id()"),
    ),
    "a busy loop that swallows its interruption": (
        pickup(
            "def set_aside(self, order, data):\n    while True:\n        try:\n"
            "            while True: pass\n        except BaseException:\n            pass"
        ),
        ("did not come back within 0.3 seconds; it was at", "mine.py:", "in set_aside", "no sleep"),
    ),
    "a crash is swallowed": (
        pickup(
            "def handle(self, participant, event):\n    while True:\n        try:\n"
            "            return super().handle(participant, event)\n"
            "        except BaseException:\n            pass"
        ),
        ("a crash is raised as a BaseException", "swallowed it", "catch Exception rather than"),
    ),
}


CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    **FACTORY,
    **{name: ("mine:make", code, parts) for name, (code, parts) in (SHAPE | LATER).items()},
}
#: Each in a module of its own, since all run in one process.
MODULES = {name: f"mine_{number}" for number, name in enumerate(CASES)}


def said(name: str, text: str) -> str:
    """The text of a case, with the name of its module."""
    return re.sub(r"\bmine\b", MODULES[name], text)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What the kit says to each case."""
    folder = tmp_path_factory.mktemp("user")
    targets = {name: (said(name, spec), code) for name, (spec, code, _) in CASES.items()}
    return attempt_each(folder, targets)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake(outcomes: dict[str, Outcome], name: str) -> None:
    """Pins the one message that each mistake ends in: what, where and how to fix, no traceback."""
    outcome = outcomes[name]
    assert outcome.code == pytest.ExitCode.USAGE_ERROR, outcome.text
    assert outcome.shows_no_traceback()
    assert outcome.text.count("ERROR: ") == 1
    assert "to fix: " in outcome.text
    parts = [said(name, part) for part in CASES[name][2]]
    assert [part for part in parts if part not in outcome.joined] == [], outcome.text


def test_no_such_module(tmp_path: Path) -> None:
    """Pins the plain command line: the nearest module is named, and where it was looked for."""
    outcome = attempt(tmp_path, pickup(), target="mien:make")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    for part in ("target 'mien:make': there is no module 'mien'", "did you mean 'mine'?"):
        assert part in outcome.joined
    assert len(outcome.text.strip().splitlines()) == 2


def test_patience_is_long() -> None:
    """Pins that no target is given up before 20 seconds: the cases above have less, to be quick."""
    assert watchdog.PATIENCE == 20
