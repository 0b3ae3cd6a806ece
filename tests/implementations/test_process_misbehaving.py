"""Processes that misbehave on purpose: one clear message each, and nothing is left of them."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from implementations.errors import TargetError
from implementations.process.connection import Command
from implementations.process.session import Pool
from implementations.process.target import ProcessTarget
from tests.implementations.process_programs import ROOT, groups, left_behind, plain, world

#: What is changed in the plain process, and what the message must say.
BEGINNINGS = {
    "exits at once": (
        "print('no such database', file=sys.stderr); sys.exit(3)",
        ["ended with exit status 3 instead of answering `hello`", "no such database"],
    ),
    "is killed": (
        "os.kill(os.getpid(), 11)",
        ["was ended by signal 11 (SIGSEGV)", "`hello`"],
    ),
    "closes its stdout": (
        "os.close(1); time.sleep(60)",
        ["closed its stdout instead of answering `hello`"],
    ),
    "another version": (
        "hello = lambda line: {'protocol': 2}",
        ["speaks version 2 of the protocol; the kit speaks 1", "copy the client"],
    ),
    "no version": (
        "hello = lambda line: 'hi'",
        ["answered hello with 'hi'", 'return {"protocol": 1'],
    ),
    "an unknown capability": (
        "hello = lambda line: {'protocol': 1, 'capabilities': ['rest']}",
        ["has the capability 'rest'", "did you mean 'reset'?"],
    ),
    "declares nothing": (
        "DECLARED = None",
        ["answered start with None", "subscriptions"],
    ),
    "a misspelt declaration": (
        "DECLARED['role'] = {}",
        ["declared 'role'", "did you mean 'roles'?"],
    ),
    "a misspelt member": (
        "DECLARED['members'] = ['relays']",
        ["has the member 'relays'", "did you mean 'relay'?"],
    ),
    "greets on stdout": (
        "print('listening on port 8080', flush=True)",
        ["wrote 'listening on port 8080' to stdout", "was this meant for stderr?"],
    ),
}

#: The same for a process that has begun well and is asked to relay.
LATER = {
    "hangs": (
        "relay = lambda line: time.sleep(60)",
        ["did not answer `relay` within 0.3 s", "flush stdout"],
    ),
    "hangs and talks": (
        "def relay(line):\n    while True:\n        os.write(2, b'busy\\n'); time.sleep(0.01)",
        ["did not answer `relay` within 0.3 s", "\n    busy"],
    ),
    "an unfinished line": (
        "def relay(line):\n    os.write(1, b'{\"id\":'); time.sleep(60)",
        ["within 0.3 s; it wrote '{\"id\":', but no line's end"],
    ),
    "exits in the middle": (
        'def relay(line):\n    os.write(1, b\'{"id": 3, "ret\'); os._exit(0)',
        ['ended with exit status 0 in the middle of the line \'{"id": 3, "ret\'', "`relay`"],
    ),
    "garbage": (
        "relay = lambda line: os.write(1, b'\\xff\\x00\\n')",
        ["to stdout, which is no JSON; was this meant for stderr?"],
    ),
    "a number": (
        "relay = lambda line: os.write(1, b'42\\n')",
        ["wrote '42' to stdout, which is no JSON object; was this meant for stderr?"],
    ),
    "prints": (
        "relay = lambda line: print('relaying', flush=True)",
        ["wrote 'relaying' to stdout", "was this meant for stderr?", "clients that come with"],
    ),
    "a huge line": (
        "def relay(line):\n    while True:\n        os.write(1, b'x' * 65536)",
        ["wrote a line of more than 1,000,000 bytes to stdout, beginning 'xxx"],
    ),
    "another id": (
        "relay = lambda line: say(**{'id': 99, 'return': 0})",
        ["wrote a line for request 99, and 3 (relay) is to be answered"],
    ),
    "no id": (
        "relay = lambda line: say(**{'return': 0})",
        ["lacks the id of a request", "echo the integer"],
    ),
    "an id in another form": (
        "relay = lambda line: say(**{'id': float(line['id']), 'return': 0})",
        ["which has 3.0 as its id", "1, neither 1.0 nor a text"],
    ),
    "neither call nor return": (
        "relay = lambda line: say(id=line['id'])",
        ["neither a call nor a return nor an error"],
    ),
    "an unknown field": (
        "relay = lambda line: say(**{'id': line['id'], 'return': 0, 'sen': {}})",
        ["nothing is known of 'sen'", "did you mean 'seen'?"],
    ),
    "an unknown port": (
        "relay = lambda line: say(id=line['id'], call='payment.charge')",
        ["called the port 'payment.charge', which there is not", "did you mean 'payments.charge'?"],
    ),
    "an unknown parameter": (
        "relay = lambda line: say(**{'id': line['id'], 'call': 'publish', 'with': {'typ': 'x'}})",
        ["called publish with 'typ', which it does not take", "did you mean 'type'?"],
    ),
    "parameters in a list": (
        "relay = lambda line: say(**{'id': line['id'], 'call': 'publish', 'with': ['x']})",
        ["called publish with ['x']", "by name"],
    ),
    "an error that is none": (
        "relay = lambda line: say(id=line['id'], error='no')",
        ["wrote the error 'no'", '{"type": …, "message": …'],
    ),
    "a fatal error": (
        "relay = lambda line: say(id=line['id'], "
        "error={'type': 'NotAwaited', 'message': 'publish', 'fatal': True})",
        ["answered `relay` with NotAwaited: publish"],
    ),
}

TOLD_AT_START = """
_say = say
def say(**message):
    if message.get("return") is DECLARED:
        message["seen"] = {"orders": {}, "stock": {"book": 1}}
    _say(**message)
"""


def failure(command: Command, hangs: bool) -> str:
    """What is said when the process is started and asked to relay."""
    with pytest.raises(TargetError) as caught:
        relay_in(command, hangs)
    return str(caught.value)


def relay_in(command: Command, hangs: bool = False) -> ProcessTarget:
    """Start the process, and have it relay; soon is too late then for one that hangs."""
    target = ProcessTarget([Pool(command)], world())
    if hangs:
        target.sessions[0].connection.patience = 0.3
    assert target.relay is not None
    target.relay("order")
    return target


@pytest.mark.parametrize("name", [*BEGINNINGS, *LATER])
def test_one_clear_message_and_nothing_is_left(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process does wrong is said once, with its last lines, and it is gone then."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    change, texts = {**BEGINNINGS, **LATER}[name]
    child = "subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL)\n"
    command = plain(tmp_path, child + change)
    message = failure(command, hangs="within 0.3 s" in texts[0])
    assert message.startswith(f"target {command.name}: ")
    assert message.count("to fix:") == 1
    for text in [*texts, "last lines of its stdout:", "last lines of its stderr:"]:
        assert text in message
    assert left_behind(tmp_path) == []
    assert list(tmp_path.glob("saga-state-*")) == []


def test_a_process_that_never_reads(tmp_path: Path) -> None:
    """A line that does not fit into the pipe is not waited for without end."""
    change = "def relay(line):\n    say(**{'id': 3, 'return': 0}); time.sleep(60)"
    target = relay_in(plain(tmp_path, change))
    target.sessions[0].connection.patience = 0.3
    with pytest.raises(TargetError, match=r"did not read its stdin for 0.3 s, with `place` in it"):
        target.place_order({"id": "o" * 300_000})
    assert left_behind(tmp_path) == []


def test_a_line_that_nobody_asked_for(tmp_path: Path) -> None:
    """Two lines where one is due are noticed at the next request."""
    change = "relay = lambda line: (say(**{'id': 3, 'return': 0}), 0)[1]"
    target = relay_in(plain(tmp_path, change))
    with pytest.raises(TargetError, match="wrote a line for request 3, and 4"):
        target.observe()


def test_a_snapshot_that_was_told_once(tmp_path: Path) -> None:
    """Pins that a `seen` which is not told anew is named, rather than observe."""
    target = ProcessTarget([Pool(plain(tmp_path, TOLD_AT_START))], world())
    assert target.observe() == {"orders": {}, "stock": {"book": 1}}
    with pytest.raises(TargetError) as caught:
        target.observe()
    assert "last `seen`, and shows {'orders': {}, 'stock': {}} when" in str(caught.value)
    assert "tell `seen` anew" in caught.value.how_to_fix
    assert left_behind(tmp_path) == []


def test_much_on_stderr_does_not_stop_the_process(tmp_path: Path) -> None:
    """A full pipe would: what is said there is read while the kit waits."""
    change = "relay = lambda line: (os.write(2, b'x' * 500_000 + b'\\n'), 7)[1]"
    target = ProcessTarget([Pool(plain(tmp_path, change))], world())
    assert target.relay is not None
    assert target.relay("order") == 7


def test_what_cannot_be_started(tmp_path: Path) -> None:
    """A program or a folder that is not there."""
    for command, text in (
        (Command(("no-such-program",)), "there is no program 'no-such-program'"),
        (Command(("ls",), tmp_path / "no"), "there is no directory"),
        (Command((str(tmp_path),)), "cannot be started: Permission denied"),
    ):
        with pytest.raises(TargetError, match=text):
            Pool(command).take()


def test_nothing_is_left_of_a_process_that_nobody_knows_any_more(tmp_path: Path) -> None:
    """A target and its pool are dropped, and the process ignores the end of its stdin."""
    mine = plain(tmp_path, "import atexit; atexit.register(time.sleep, 60)")
    target = ProcessTarget([Pool(mine)], world())
    assert len(list(groups(tmp_path))) == 1
    del target
    gc.collect()
    assert left_behind(tmp_path) == []


def test_nothing_is_left_when_the_kit_ends(tmp_path: Path) -> None:
    """A process that ignores the end of its stdin ends with the kit, in a worker of xdist too."""
    mine = plain(tmp_path, "import atexit; atexit.register(time.sleep, 60)")
    words = " ".join(mine.words)
    (tmp_path / "test_it.py").write_text(
        "from implementations.loading import load\n"
        "from tests.implementations.process_programs import world\n"
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        f"def test_one(n):\n    load('cmd: {words}').factory(world())\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "conftest"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path / "test_it.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert len(list(groups(tmp_path))) == 4
    assert left_behind(tmp_path) == []
