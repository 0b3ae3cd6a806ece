"""What is said of a process that hangs or ends: the request in hand, and those that wait."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from implementations.errors import TargetError
from implementations.process.connection import Command
from implementations.process.session import Pool
from implementations.process.target import ProcessTarget
from properties.world.network import UNREADABLE
from tests.implementations.process_programs import left_behind, plain, world

#: A handler makes a port call and is not done; a relay never is.
WAITS = """
DECLARED["members"] = ["relay", "restart"]
_answer = answer
def answer(line):
    if line["do"] == "handle":
        say(**{"id": line["id"], "call": "done", "with": {"name": "commit"}})
        for text in sys.stdin:
            other = json.loads(text)
            if "do" not in other:
                break
            say(**{"id": other["id"], "return": answer(other)})
    return _answer(line)
relay = lambda line: time.sleep(60)
"""
EVENT = {"id": "e1", "type": "PaymentTaken", "subject": "o1", "data": {}}


class Ended(BaseException):
    """The port call at which a participant dies."""


def target_in(command: Command, done: Any = None) -> ProcessTarget:
    """The process, started, with a world whose `done` does that; a hang is soon noticed then."""
    mine = world()
    mine.done = done
    target = ProcessTarget([Pool(command)], mine)
    target.sessions[0].connection.patience = 1.0
    return target


def test_the_request_that_hangs_and_those_that_wait_are_named(tmp_path: Path) -> None:
    """Pins that a hang shows what hangs, which other request holds something, and where it is."""
    command = plain(tmp_path, WAITS)
    targets: list[ProcessTarget] = []
    targets.append(target_in(command, lambda name: targets[0]._relay("order")))
    with pytest.raises(TargetError) as caught:
        targets[0].handle("order", EVENT)
    assert "did not answer `relay` within 1 s\n  in hand: request 4, relay by order\n" in str(
        caught.value
    )
    assert "\n  open besides: request 3, handle by order, PaymentTaken of o1, at done\n" in str(
        caught.value
    )
    assert "another request holds at its port call" in caught.value.how_to_fix
    assert left_behind(tmp_path) == []


def test_what_was_given_up_may_still_hold_something(tmp_path: Path) -> None:
    """Pins that a handler which died where it stood, in a process that lives on, is named too, and
    that nothing of it is left in the next run."""
    command = plain(tmp_path, WAITS)

    def dies(name: str) -> None:
        raise Ended

    target = target_in(command, dies)
    with pytest.raises(Ended):
        target.handle("order", EVENT)
    target.restart("order")
    assert target.relay is not None
    with pytest.raises(TargetError) as caught:
        target.relay("order")
    assert "PaymentTaken of o1, at done, where it was given up (a crash)\n" in str(caught.value)


def test_nothing_of_one_run_is_named_in_the_next(tmp_path: Path) -> None:
    """Pins that what was given up is forgotten when the process begins a new run."""

    def dies(name: str) -> None:
        raise Ended

    target = target_in(plain(tmp_path, WAITS), dies)
    session = target.sessions[0]
    with pytest.raises(Ended):
        target.handle("order", EVENT)
    assert len(session.connection.under_way) == 1
    session.start(session.world)
    assert session.connection.under_way == {}
    session.connection.end()


def test_a_handler_alone_is_told_to_wait_for_nothing(tmp_path: Path) -> None:
    """Pins that where nobody else is under way, nobody else is to blame."""
    command = plain(tmp_path, "relay = lambda line: time.sleep(60)")
    target = target_in(command)
    assert target.relay is not None
    with pytest.raises(TargetError) as caught:
        target.relay("order")
    assert "open besides" not in str(caught.value)
    assert "another request" not in caught.value.how_to_fix


@pytest.mark.parametrize(
    ("event", "says", "fix"),
    [
        (EVENT, "in hand: request 3, handle by order, PaymentTaken of o1\n", "an exception in a"),
        (
            {"id": "e1", "type": "PaymentTaken", "data": UNREADABLE},
            "PaymentTaken, a message that nobody can read (fault `poison`)\n",
            "answer a message that nobody can read with an error line",
        ),
    ],
)
def test_the_request_in_which_it_ended(
    event: dict[str, Any], says: str, fix: str, tmp_path: Path
) -> None:
    """Pins that an exit names the message in hand, and whether it is the kit's own poison."""
    change = """
_answer = answer
answer = lambda line: os._exit(101) if line["do"] == "handle" else _answer(line)
"""
    with pytest.raises(TargetError) as caught:
        target_in(plain(tmp_path, change)).handle("order", event)
    assert "ended with exit status 101 instead of answering `handle`\n" in str(caught.value)
    assert says in str(caught.value)
    assert fix in caught.value.how_to_fix


@pytest.mark.parametrize(
    ("words", "status", "fix"),
    [
        (("env", "no-such-program-here"), 127, "did not find the command"),
        (("sh", "-c", "no-such-program-here"), 127, "did not find the command"),
        (("env", "/"), 126, "may not run it"),
        ((sys.executable, "-c", "exit(1)"), 1, "run the command by hand"),
        ((sys.executable, "-c", "0"), 0, "must read lines until its stdin ends"),
    ],
)
def test_an_end_before_the_first_line_is_about_starting(
    words: tuple[str, ...], status: int, fix: str
) -> None:
    """Pins that no handler is blamed where none was at work, and that a shell's status is known."""
    with pytest.raises(TargetError) as caught:
        Pool(Command(words)).take()
    assert f"ended with exit status {status} instead of answering `hello`" in str(caught.value)
    assert fix in caught.value.how_to_fix
    assert "handler" not in caught.value.how_to_fix


def test_an_end_when_it_is_started_again(tmp_path: Path) -> None:
    """Pins that a process which cannot start on what a crash has left is told of `state`."""
    change = f"""
if os.path.exists({str(tmp_path / "begun")!r}): sys.exit(2)
open({str(tmp_path / "begun")!r}, "w").close()
"""
    target = target_in(plain(tmp_path, change))
    with pytest.raises(TargetError, match="ended with exit status 2") as caught:
        target.restart("order")
    assert "started again after a crash" in caught.value.how_to_fix
