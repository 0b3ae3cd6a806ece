"""Where the databases of Django are, and that nothing of them is left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from implementations.adapting.django import places
from implementations.adapting.django.places import databases_for, settings_by_alias
from implementations.errors import TargetError
from tests.needs import needs

URL = "postgresql://postgres@127.0.0.1/test"
NAMED = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "test",
    "USER": "postgres",
    "HOST": "127.0.0.1",
    "OPTIONS": {
        "options": "-c search_path=public -c lock_timeout=5000",
        "pool": True,
        "isolation_level": 2,
    },
}
#: Beside this one no other test makes any.
APART = "postgresql://postgres@127.0.0.1/postgres"
#: A process that makes a database, says which, and is killed.
PROCESS = f"""
import os, signal
from implementations.adapting.django.places import databases_for, settings_by_alias
made, _ = databases_for(settings_by_alias(("default",), {APART!r}, None))
print(made["default"]["NAME"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def admin() -> Iterator[Any]:
    """Looks at the server from outside; what a test makes there is removed."""
    needs("postgresql")
    import psycopg

    with psycopg.connect(APART, autocommit=True) as connection:
        yield connection
    places.server.cache_clear()


def there(admin: Any) -> set[str]:
    """The databases of the kit's own."""
    found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'saga\\_django\\_%'")
    return {name for (name,) in found}


def test_what_a_killed_process_leaves_is_removed_by_the_next(admin: Any) -> None:
    """Pins that the next process clears up after it, not after one that is still there, and leaves
    nothing of its own."""
    alive = places.PostgresqlServer(APART)
    kept = alive.database(NAMED)["NAME"]
    left = subprocess.run(
        [sys.executable, "-c", PROCESS],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    ).stdout.strip()
    number = int(left.split("_")[3])
    # the server lets go of the lock when it has noticed
    admin.execute(f"SELECT pg_advisory_lock(72420, {number}), pg_advisory_unlock(72420, {number})")
    assert {left, kept} <= there(admin)
    following = places.PostgresqlServer(APART)
    assert left not in there(admin)
    assert kept in there(admin)
    for each in (alive, following):
        each.remove()
    assert kept not in there(admin)


def test_settings_of_the_services_own_are_kept(admin: Any) -> None:
    """Pins that all but the name, the pool, cursors and how long to wait is as in production, and
    that a replica is another connection to the same database."""
    replica = {**NAMED, "TEST": {"MIRROR": "default"}}
    given = settings_by_alias((), "", {"default": NAMED, "replica": replica})
    made, (place,) = databases_for(given)
    assert made["replica"] is made["default"]
    assert made["default"] == {
        **NAMED,
        "ENGINE": "implementations.adapting.django.postgresql",
        "NAME": made["default"]["NAME"],
        "OPTIONS": {"options": "-c search_path=public ", "isolation_level": 2},
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    assert made["default"]["NAME"] in there(admin)
    place.remove()  # type: ignore[attr-defined]


def test_who_may_make_no_databases_is_told(admin: Any) -> None:
    """Pins that the message says what to do on the server."""
    admin.execute("DROP ROLE IF EXISTS saga_modest")
    admin.execute("CREATE ROLE saga_modest LOGIN")
    try:
        with pytest.raises(TargetError, match="permission denied to create database") as raised:
            databases_for({"default": {**NAMED, "USER": "saga_modest"}})
        assert "CREATEDB" in raised.value.how_to_fix
    finally:
        places.server.cache_clear()
        admin.execute("DROP ROLE saga_modest")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://root:secret@127.0.0.1/test", "no URL of a PostgreSQL database"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot connect"),
    ],
)
def test_a_wrong_address_is_explained(address: str, said: str) -> None:
    """Pins that it is one message, without the password in it."""
    needs("postgresql")
    with pytest.raises(TargetError, match=said) as raised:
        databases_for(settings_by_alias(("default",), address, None))
    assert "leave it out for SQLite files" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_one_address_is_enough() -> None:
    """Pins that nobody guesses which of two is meant."""
    with pytest.raises(TargetError, match="url and DATABASES are both given"):
        settings_by_alias(("default",), URL, {"default": NAMED})


def test_without_psycopg_there_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a missing driver is no traceback."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(TargetError, match="psycopg 3 is not installed"):
        settings_by_alias(("default",), URL, None)
