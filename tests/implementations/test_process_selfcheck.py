"""The check of the protocol: what is right passes, and each rule that is broken is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from implementations.process.commands import read_commands
from implementations.process.selfcheck import Step, check
from tests.command_line import verify
from tests.implementations.process_programs import (
    DOCUMENT,
    REFERENCE,
    RIGHT,
    ROUTED,
    left_behind,
    plain,
    python,
)
from tests.needs import needs


@pytest.mark.parametrize(
    "spec",
    [f"cmd: node {RIGHT}", f"cmd: node {DOCUMENT}", python(REFERENCE), str(ROUTED)],
    ids=["right", "document", "python", "routed"],
)
def test_the_clients_are_right(spec: str) -> None:
    """All of it passes for both clients, whether the saga on top is right or wrong."""
    if "python" not in spec:
        needs("node")
    steps = check(read_commands(spec))
    assert [step for step in steps if step.problem] == []
    assert len(steps) == 12 * (4 if spec == str(ROUTED) else 1)


#: A saga of one message over the plain process, with a crash inside the process.
SAGA = """
DECLARED["members"] = ["relay", "restart"]
stock, placed, open_calls = {}, {}, {}
def unknown(line):
    say(id=line["id"], error={"type": "Unsupported", "message": line["do"]})
def answer(line):
    global stock, placed
    do = line["do"]
    if do == "hello":
        return hello(line)
    if do == "start":
        stock, placed = dict(line["stock"]), {}
        return DECLARED
    if do == "observe":
        return {"orders": dict(placed), "stock": dict(stock)}
    if do == "place":
        call(line, "publish", type="x", data={"order": line["order"]["id"]})
        placed[line["order"]["id"]] = "open"
    if do == "handle":
        placed["o1"] = "confirmed"
    return 0 if do == "relay" else None
def call(line, port, **arguments):
    say(**{"id": line["id"], "call": port, "with": arguments})
    while True:
        other = json.loads(sys.stdin.readline())
        if other["id"] == line["id"]:
            return other
        if other["do"] in ("start", "restart"):
            say(**{"id": other["id"], "return": answer(other)})
            raise Exception("crashed")
        say(**{"id": other["id"], "return": answer(other)})
_answer = answer
def loop():
    for text in sys.stdin:
        line = json.loads(text)
        if line.get("do") not in (None, "dance"):
            try:
                say(**{"id": line["id"], "return": answer(line)})
            except Exception:
                pass
        elif "do" in line:
            unknown(line)
"""


#: The saga holds a mutex while its handler waits at a port call, and something else wants it.
HOLDING = """
DECLARED['consumers'] = {{'order': {{'parallel': 2}}}}
held = []
def answer(line):
    if line['do'] == 'start':
        held.clear()
    if line['do'] == '{what}' and held:
        time.sleep(60)
    if line['do'] == 'handle':
        held.append(1)
        call(line, 'checkpoint', name='order commit')
        held.clear()
    return _answer(line)
"""


def failing(folder: Path, change: str, end: str = "") -> Step:
    """The check at which the saga with a change fails."""
    run = f"\n{change}\nloop()\n{end}\nsys.exit()\n"
    steps = check([plain(folder, SAGA + run, patience=1.0)])
    assert [step for step in steps[:-1] if step.problem] == []
    assert left_behind(folder) == []
    return steps[-1]


def test_a_process_without_a_client_is_right(tmp_path: Path) -> None:
    """The saga that the next tests break passes as it is."""
    assert failing(tmp_path, "") == Step("ends by itself when its stdin is closed")


@pytest.mark.parametrize(
    ("change", "end", "name", "says"),
    [
        ("sys.exit(1)", "", "starts, answers hello", "ended with exit status 1"),
        ("DECLARED = {'subscriptions': {}}", "", "starts, answers", "names no participant"),
        (
            "def answer(line):\n"
            "    if line['do'] == 'observe':\n"
            "        stock['book'] = stock.get('book', 0) + 1\n"
            "    return _answer(line)",
            "",
            "observe can be read",
            "something else the second time",
        ),
        ("unknown = lambda line: sys.exit(9)", "", "a request that it does not know", "status 9"),
        (
            "unknown = lambda line: say(**{'id': line['id'], 'return': 0})",
            "",
            "a request that it does not know",
            "answered 0 to a request that there is not",
        ),
        (
            "_say = say\n"
            "def say(**message):\n"
            "    if message.get('return') is DECLARED:\n"
            "        message['seen'] = {'orders': {}, 'stock': dict(stock)}\n"
            "    _say(**message)",
            "",
            "an order is placed",
            "with its last `seen`, and shows {'orders': {'o1': 'open'}",
        ),
        (
            "def answer(line):\n"
            "    if line['do'] == 'handle':\n"
            "        raise Exception('silent')\n"
            "    return _answer(line)",
            "",
            "an order is placed",
            "did not answer `handle`",
        ),
        (
            "_call = call\n"
            "def call(line, port, **arguments):\n"
            "    if 'failure' in _call(line, port, **arguments): os._exit(4)",
            "",
            "a port call may fail",
            "exit status 4",
        ),
        (
            "outbox = []\n"
            "def answer(line):\n"
            "    if line['do'] == 'place':\n"
            "        placed['o1'] = 'open'; outbox.append('x'); return None\n"
            "    if line['do'] == 'relay':\n"
            "        waiting = len(outbox)\n"
            "        if outbox: call(line, 'publish', type=outbox.pop(), data={'order': 'o1'})\n"
            "        return waiting\n"
            "    told = {'outbox': {'order': 0}} if line['do'] == 'observe' else {}\n"
            "    return {**_answer(line), **told} if told else _answer(line)",
            "",
            "an order is placed",
            "observe()['outbox']: shows that the outbox of order is empty, and its relay returns 1 "
            "and publishes x",
        ),
        (
            "def answer(line):\n"
            "    if line['do'] == 'handle' and type(line['event']['data']) is str: os._exit(6)\n"
            "    return _answer(line)",
            "",
            "a message that nobody can read",
            "(fault `poison`)",
        ),
        (
            "ill = []\n"
            "def answer(line):\n"
            "    if line['do'] == 'handle' and type(line['event']['data']) is str: ill.append(1)\n"
            "    if line['do'] == 'observe' and ill: os._exit(7)\n"
            "    return _answer(line)",
            "",
            "a message that nobody can read",
            "status 7 instead of answering `observe`",
        ),
        (
            "def call(line, port, **arguments):\n"
            "    say(**{'id': line['id'], 'call': port, 'with': arguments})\n"
            "    other = json.loads(sys.stdin.readline())\n"
            "    if 'do' in other: time.sleep(60)",
            "",
            "another request is answered while one waits",
            "did not answer `observe`",
        ),
        (
            "waiting = []\n"
            "def answer(line):\n"
            "    if line['do'] == 'start': DECLARED['members'] = ['restart']; waiting.clear()\n"
            "    if line['do'] == 'place':\n"
            "        placed['o1'] = 'open'; waiting.append('x'); return None\n"
            "    told = {'outbox': {'order': len(waiting)}} if line['do'] == 'observe' else {}\n"
            "    return {**_answer(line), **told} if told else _answer(line)",
            "",
            "an order is placed",
            "shows that 1 wait in the outbox of order, and nobody relays it",
        ),
        (
            "def answer(line):\n"
            "    told = {'outbox': {'order': len(placed)}} if line['do'] == 'observe' else {}\n"
            "    return {**_answer(line), **told} if told else _answer(line)",
            "",
            "an order is placed",
            "shows that 1 wait in the outbox of order, and its relay returns 0",
        ),
        (HOLDING.format(what="observe"), "", "observe, and another", "did not answer `observe`"),
        (HOLDING.format(what="handle"), "", "observe, and another", "did not answer `handle`"),
        (
            "def answer(line):\n"
            "    if line['do'] == 'handle' and len(placed) > 1: raise LookupError('locked')\n"
            "    return _answer(line)\n"
            "def loop():\n"
            "    for text in sys.stdin:\n"
            "        line = json.loads(text)\n"
            "        try:\n"
            "            if line['do'] == 'dance': raise LookupError(line['do'])\n"
            "            say(**{'id': line['id'], 'return': answer(line)})\n"
            "        except Exception as e:\n"
            "            error = {'type': 'LookupError', 'message': str(e)}\n"
            "            say(id=line['id'], error=error)",
            "",
            "observe, and another",
            "has not come to rest after 200 messages",
        ),
        (
            "known = []\n"
            "_call = call\n"
            "def call(line, port, **arguments):\n"
            "    known.append(port)\n"
            "    return _call(line, port, id=f'm{len(known)}', **arguments)",
            "",
            "the same run twice",
            "in the same run once more",
        ),
        (
            "def answer(line):\n"
            "    if line['do'] == 'restart': os._exit(5)\n"
            "    return _answer(line)",
            "",
            "a participant may crash",
            "exit status 5",
        ),
        (
            "begun = []\n"
            "def answer(line):\n"
            "    answered = _answer(line)\n"
            "    if line['do'] == 'start':\n"
            "        begun.append(1); stock['book'] += len(begun) // 7\n"
            "    return answered",
            "",
            "a second run begins like the first",
            "at the beginning of a second run",
        ),
        ("", "time.sleep(60)", "ends by itself", "had to be killed"),
    ],
)
def test_what_is_broken_is_found(
    change: str, end: str, name: str, says: str, tmp_path: Path
) -> None:
    """Each rule, broken alone, fails its own check and none before it."""
    step = failing(tmp_path, change, end)
    assert step.name.startswith(name), step
    assert says in step.problem


def test_rows_may_be_told_in_any_order(tmp_path: Path) -> None:
    """Pins that `seen` is what observe shows, whichever row, or field of a row, comes first."""
    shown = (
        "rows = [{'id': n, 'order': 'o1', 'status': 'shipped'} for n in 'ab']\n"
        "turned = [dict(reversed(row.items())) for row in reversed(rows)]\n"
        "def snapshot(rows):\n"
        "    known = rows if placed else []\n"
        "    return {'orders': dict(placed), 'stock': dict(stock), 'shipments': known}\n"
        "def answer(line):\n"
        "    return snapshot(rows) if line['do'] == 'observe' else _answer(line)\n"
        "_say = say\n"
        "def say(**message):\n"
        "    _say(**message, seen=snapshot(turned))"
    )
    assert failing(tmp_path, shown) == Step("ends by itself when its stdin is closed")


def test_from_the_command_line(tmp_path: Path) -> None:
    """The check as a user runs it: every rule told, and the first broken one with its message."""
    program = tmp_path / "silent.py"
    program.write_text("print('hello')\n")
    outcome = verify(tmp_path, f"--saga-protocol-check=cmd: {sys.executable} {program}")
    assert outcome.code == 1
    assert "WRONG  starts, answers hello and start" in outcome.text
    assert "was this meant for stderr?" in outcome.joined
    assert outcome.shows_no_traceback()
