"""Workers over sockets, and workers that go down: nothing is lost, and nothing counted twice."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from properties.workers import answers
from tests.command_line import ROOT, Outcome, distribute, write

#: A right shop whose process is killed in the middle of the campaign, as often as there are files
#: left that say so. No clock: it is always the tenth schedule.
MORTAL = """
import os, pathlib, signal
from shop.pickup import Pickup

LIVES = pathlib.Path({folder!r})
made = 0


def make(world):
    global made
    if {part!r} in os.environ.get("PYTEST_CURRENT_TEST", ""):
        made += 1
        for life in LIVES.glob("life-*") if made == 10 else ():
            life.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
    return Pickup(world)
"""
PARTS = ("-k", "paths or directed or campaign", "--saga-faults=none", "--saga-profile=quick")


def mortal(folder: Path, lives: int, part: str = "campaign") -> None:
    """Write a target that brings so many processes down."""
    write(folder, "mine", MORTAL.format(folder=str(folder), part=part))
    for life in range(lives):
        (folder / f"life-{life}").touch()


def search(folder: Path, *workers: str) -> Outcome:
    """A short search by these workers, with a database of its own."""
    database = f"--saga-database={folder / 'database'}"
    return distribute(folder, "--saga-target=mine:make", database, *PARTS, *workers)


def work(outcome: Outcome) -> tuple[str, str]:
    """How much was done and judged: the same, whoever does it, or something was lost or doubled."""
    table = re.search(r"^property .*?^verdicts .*?$", outcome.text, re.MULTILINE | re.DOTALL)
    assert table, outcome.text
    done = re.search(r"^work +(.*)$", table[0], re.MULTILINE)
    assert done
    return done[1], table[0]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A server of execnet's in a folder of its own, as on another machine: where it listens."""
    folder.mkdir()
    script = [sys.executable, "-u", "-m", "execnet.script.socketserver", "127.0.0.1:0"]
    process = subprocess.Popen(script, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port = re.search(r"\('127\.0\.0\.1', (\d+)\)", process.stdout.readline())
        assert port
        yield f"127.0.0.1:{port[1]}"
    finally:
        process.kill()
        process.communicate()


def over_sockets(folder: Path, *places: str) -> list[str]:
    """The options of docs/ci.md: where the workers are, and what is sent to them."""
    send = [ROOT, folder / "mine.py", folder / "shop"]
    ignored = ("docs", "tests", "benchmarks", "out")
    return [
        "--dist=load",
        *(f"--tx=socket={place}" for place in places),
        *(f"--rsyncdir={each}" for each in send),
        *(f"--rsyncignore={each}" for each in ignored),
    ]


def test_a_worker_over_sockets_is_killed(tmp_path: Path) -> None:
    """Pins that two workers over sockets find what one process finds, though one of them is killed.

    It is killed in the middle of a part; the part is done again by another worker, which runs here
    since the place of the first one does not answer any more.
    """
    mortal(tmp_path, 0)
    alone = search(tmp_path, "-n", "0")
    assert alone.code == 0, alone.text
    mortal(tmp_path, 1)
    with server(tmp_path / "one") as one, server(tmp_path / "two") as two:
        outcome = search(tmp_path, *over_sockets(tmp_path, one, two))
    assert outcome.code == 0, outcome.text
    assert work(outcome) == work(alone)
    assert re.search(
        r"^worker gw\d went down while it did campaign-0, which was given to another one$",
        outcome.text,
        re.MULTILINE,
    )
    assert re.search(
        r"^worker gw\d at 127\.0\.0\.1:\d+ does not answer any more", outcome.text, re.M
    )
    assert not [*tmp_path.glob("life-*")], "nobody was killed"


@pytest.mark.parametrize("reset", [False, True])
def test_a_server_that_is_going_down_does_not_answer(reset: bool) -> None:
    """Pins that to be let in is not enough: whoever is being killed closes the door again."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def close() -> None:
            inside, _ = door.accept()
            if reset:  # as the system does it for a process that has died with unread data
                inside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            inside.close()

        dying = threading.Thread(target=close)
        dying.start()
        assert not answers(f"127.0.0.1:{door.getsockname()[1]}")
        dying.join()


def test_a_server_that_waits_answers() -> None:
    """Pins that one which says nothing until it is spoken to is there, and that no place is not."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        place = f"127.0.0.1:{door.getsockname()[1]}"
        assert answers(place)
    assert not answers(place)
    assert not answers("nowhere")


def test_a_part_that_kills_every_worker(tmp_path: Path) -> None:
    """Pins that a part is given to one other worker only, and then is unknown."""
    mortal(tmp_path, 9)
    outcome = search(tmp_path, "-n", "2")
    assert outcome.code == 1
    assert len([*tmp_path.glob("life-*")]) == 7
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    assert outcome.verdict("MONEY-1").endswith("campaign-0 was lost with its worker")
    assert "HOLDS" not in outcome.text


def test_what_nobody_does_is_not_taken_for_done(tmp_path: Path) -> None:
    """Pins that parts which were never run are named, and make the session fail."""
    mortal(tmp_path, 1)
    outcome = search(tmp_path, "-n", "1", "--max-worker-restart=0")
    assert outcome.code == 1
    assert outcome.verdict("MONEY-1").startswith("UNKNOWN")
    assert "was not run" in outcome.verdict("MONEY-1")
    assert "campaign-0 was not run: what it would find is unknown" in outcome.text
