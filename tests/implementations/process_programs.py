"""Programs that tests run as targets, and what remains of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from implementations.process.connection import Command

ROOT = Path(__file__).resolve().parents[2]
PROCESS = ROOT / "implementations" / "process"
EXAMPLES = PROCESS / "examples"
RIGHT = EXAMPLES / "right" / "saga.js"
DOCUMENT = EXAMPLES / "document" / "saga.js"
ROUTED = EXAMPLES / "routed" / "saga.toml"
REFERENCE = EXAMPLES / "python" / "reference.py"

#: A process that speaks the protocol without any client; each test changes a line or two of it.
PLAIN = """
import json, os, subprocess, sys, time
DECLARED = {"subscriptions": {"order": ["x"]}, "members": ["relay"]}
def say(**message):
    os.write(1, json.dumps(message).encode() + b"\\n")
def hello(line):
    return {"protocol": 1, "capabilities": ["reset"]}
def relay(line):
    return 0
def answer(line):
    if line["do"] == "hello":
        return hello(line)
    if line["do"] == "start":
        return DECLARED
    if line["do"] == "relay":
        return relay(line)
    return {"orders": {}, "stock": {}} if line["do"] == "observe" else None
for text in sys.stdin:
    line = json.loads(text)
    if "do" in line:
        say(**{"id": line["id"], "return": answer(line)})
"""


def plain(folder: Path, change: str = "", name: str = "plain.py", **options: Any) -> Command:
    """The plain process with `change` put before its loop; it notes its pid in `folder`."""
    head, loop, tail = PLAIN.partition("for text in sys.stdin:")
    pid = f"open({str(folder / 'pids')!r}, 'a').write(str(os.getpid()) + '\\n')\n"
    program = folder / name
    program.write_text(head + pid + change + "\n" + loop + tail, encoding="utf-8")
    return Command((sys.executable, "-S", "-E", str(program)), **options)


def world() -> Any:
    """As much of a world as the plain process needs."""
    return SimpleNamespace(stock={"book": 1}, prices={"book": 100}, clock=lambda: 5.0)


def groups(folder: Path) -> Iterator[int]:
    """The process groups that the plain processes of a test were started in."""
    for line in (folder / "pids").read_text(encoding="utf-8").split():
        yield int(line)


def left_behind(folder: Path) -> list[int]:
    """The groups in which something is alive, although the kernel has had its time."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(map(_lives, groups(folder))):
        time.sleep(0.01)
    return [group for group in groups(folder) if _lives(group)]


def _lives(group: int) -> bool:
    """Whether anything in the group is alive; what is dead and not yet reaped is not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                return True
    return False


def python(program: Path) -> str:
    """The target that is a Python program."""
    return f"cmd: {sys.executable} {program}"
