"""Where the databases are: files that go with the process, or databases on a PostgreSQL server.

Those on a server are made beside the one that is named, whose tables nobody touches. They go with
the process too; should it be killed, the next one removes what it has left behind.
"""

from __future__ import annotations

import atexit
import importlib
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from attrs import define, field

from implementations.claims import Claim
from implementations.errors import TargetError

WHERE = "implementations.adapting.django"
_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}

Settings = dict[str, Any]
"""Of one database, as Django has them."""


class Place(Protocol):
    """Makes a database."""

    def database(self, given: Mapping[str, Any]) -> Settings:
        """The settings of a new one, in the place of the given one."""

    def filled(self) -> None:
        """The tables are there: from now on handlers use them."""


def settings_by_alias(
    aliases: tuple[str, ...], url: str, databases: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Settings]:
    """The databases that an adapter names: by a URL, as Django does, or files if by neither.

    Raises:
        TargetError: both are given, the URL is none, or there is one in which nobody can pause.
    """
    if url and databases is not None:
        raise TargetError("url and DATABASES are both given", WHERE, "leave one of them out")
    if databases is None:
        given = _of_url(url) if url else {"ENGINE": "django.db.backends.sqlite3"}
        databases = dict.fromkeys(aliases, given)
    for alias, each in databases.items():
        if not str(each.get("ENGINE")).endswith((".sqlite3", ".postgresql")):
            what = f"DATABASES[{alias!r}]: handlers cannot pause in {each.get('ENGINE')!r}"
            fix = "name a PostgreSQL database, or leave DATABASES out for SQLite files"
            raise TargetError(what, WHERE, fix)
    return {alias: dict(each) for alias, each in databases.items()}


def databases_for(given: Mapping[str, Settings]) -> tuple[dict[str, Settings], list[Place]]:
    """A new database in the stead of each, and where they are. What is a replica in production
    (`TEST: {"MIRROR": …}`) is another connection to the same one.

    Raises:
        TargetError: there is no server, or it makes no databases for this user.
    """
    mirrors = {alias: (each.get("TEST") or {}).get("MIRROR") for alias, each in given.items()}
    places = {alias: _place_of(each) for alias, each in given.items() if not mirrors[alias]}
    made = {alias: place.database(given[alias]) for alias, place in places.items()}
    for alias, mirrored in mirrors.items():
        if mirrored:
            made[alias] = made[mirrored]
    return made, list(dict.fromkeys(places.values()))


def _of_url(url: str) -> Settings:
    conninfo = _psycopg().conninfo
    try:
        found = conninfo.conninfo_to_dict(re.sub(r"^postgres(ql)?\+\w+:", "postgresql:", url))
    except _psycopg().Error:
        shown = re.sub(r":[^:/@]*@", ":…@", url)
        raise TargetError("that is no URL of a PostgreSQL database", f"url={shown}", _FIX) from None
    settings = {ours: str(found.pop(theirs, "")) for ours, theirs in _NAMES.items()}
    return {"ENGINE": "django.db.backends.postgresql", **settings, "OPTIONS": found}


_FIX = "give one such as postgresql://postgres@127.0.0.1/test, or leave it out for SQLite files"


def _place_of(given: Mapping[str, Any]) -> Place:
    if str(given["ENGINE"]).endswith(".sqlite3"):
        return files()
    psycopg = _psycopg()
    known = {each.keyword.decode() for each in psycopg.pq.Conninfo.get_defaults()}
    options = {k: v for k, v in (given.get("OPTIONS") or {}).items() if k in known}
    named = {theirs: given[ours] for ours, theirs in _NAMES.items() if given.get(ours)}
    named = {"connect_timeout": 10, **options, **named}
    return server(psycopg.conninfo.make_conninfo("", **named))


@define(eq=False)
class SqliteFiles:
    """A directory with a file for each database."""

    _directory: tempfile.TemporaryDirectory[str] = field(
        factory=lambda: tempfile.TemporaryDirectory("_saga_django", ignore_cleanup_errors=True)
    )
    _made: int = 0

    def database(self, given: Mapping[str, Any]) -> Settings:
        """A new file."""
        self._made += 1
        name = str(Path(self._directory.name) / f"{self._made}.sqlite")
        return {"ENGINE": f"{WHERE}.sqlite", "NAME": name}

    def filled(self) -> None:
        """Nothing is to be done: its connections wait for nobody anyway."""


class PostgresqlServer:
    """Databases beside the one that is named, on its server."""

    def __init__(self, conninfo: str) -> None:
        self._named = _psycopg().conninfo.conninfo_to_dict(conninfo)
        self._admin = self._connect(conninfo)
        oid = self._ask("SELECT oid FROM pg_database WHERE datname = current_database()", ())[0]
        prefix = f"saga_django_{oid}_"  # claims are seen only by who names the same database
        claim = Claim(self._ask, prefix)
        found = self._ask(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,)
        )
        claim.stake(found, self._drop)
        self._name, self._names = claim.name, list[str]()
        atexit.register(self.remove)

    def database(self, given: Mapping[str, Any]) -> Settings:
        """A new database. As everywhere, the crash of a process is modelled, not that of a server:
        nothing is forced to the disk."""
        name = f"{self._name}_{len(self._names)}"
        try:
            self._ask(f"CREATE DATABASE {name}", ())
        except _psycopg().Error as error:
            what = f"cannot make a database beside it: {_in_brief(error)}"
            fix = "let that user make databases (ALTER ROLE … CREATEDB), or name another one"
            raise TargetError(what, self._where(), fix) from None
        self._names.append(name)
        self._ask(f"ALTER DATABASE {name} SET synchronous_commit = off", ())
        options = {k: v for k, v in (given.get("OPTIONS") or {}).items() if k != "pool"}
        if "options" in options:  # how long to wait for locks is said by `filled`
            options["options"] = re.sub(r"-c\s*lock_timeout=\S+", "", options["options"])
        return {
            **given,
            "ENGINE": f"{WHERE}.postgresql",
            "NAME": name,
            "OPTIONS": options,
            # with them, locks are met when rows are fetched: nothing could be tried again there
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }

    def filled(self) -> None:
        """From now on nobody waits for a lock, since nobody else would move meanwhile."""
        for name in self._names:
            self._ask(f"ALTER DATABASE {name} SET lock_timeout = '1ms'", ())
        importlib.import_module(f"{WHERE}.postgresql.base").close_idle()

    def remove(self) -> None:
        """Remove the databases, whoever is still connected."""
        self._drop(self._names)
        self._admin.close()

    def _connect(self, conninfo: str) -> Any:
        try:
            return _psycopg().connect(conninfo, autocommit=True)
        except _psycopg().Error as error:
            fix = f"start PostgreSQL there; or {_FIX}"
            raise TargetError(f"cannot connect: {_in_brief(error)}", self._where(), fix) from None

    def _where(self) -> str:
        named = {**self._named, "password": None}
        return " ".join(f"{k}={v}" for k, v in named.items() if v and k != "connect_timeout")

    def _ask(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        cursor = self._admin.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []

    def _drop(self, names: list[str]) -> None:
        for name in names:
            with suppress(_psycopg().Error):  # another user's; or the server is gone
                self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", ())


files = lru_cache(SqliteFiles)
server = lru_cache(PostgresqlServer)


def _in_brief(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip()


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError:
        fix = (
            "pip install 'psycopg[binary]>=3.1.8' (the extra `sql`), in the environment of the kit"
        )
        raise TargetError("psycopg 3 is not installed", WHERE, fix) from None
    return psycopg
