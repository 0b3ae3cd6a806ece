"""Where the databases are: files in a directory, or schemas of a PostgreSQL database.

Either way each participant has a database of its own. They live as long as the process, since to
make one takes longer than a run; with the process they go. Should it be killed, the next process
removes what it has left behind.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.schema import CreateSchema, DropSchema

from implementations.claims import Claim
from implementations.errors import TargetError

#: Environment variable: a PostgreSQL database to make schemas in; SQLite files if it is not set.
VARIABLE = "DURABLE_URL"
#: What `implementations.durable:postgresql` connects to if the variable is not set.
POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"

_PREFIX = "durable_saga_"


class Home(Protocol):
    """A place with databases, named as their owners like."""

    def __hash__(self) -> int:
        """Each place is one of its own."""

    def engine(self, name: str) -> Engine:
        """An engine for the database of that name, which is made if it is not there."""

    def outside(self, name: str) -> Engine:
        """Another one, for what is no transaction: to look on, and to clear up."""

    def remove(self) -> None:
        """Remove all that is here."""


def home() -> Home:
    """The place that the environment names.

    Raises:
        TargetError: there is no database there.
    """
    return home_at(os.environ.get(VARIABLE, ""))


@lru_cache
def home_at(address: str) -> Home:
    """The place at a URL; files in a temporary directory if it is empty.

    Raises:
        TargetError: there is no database there.
    """
    place: Home = PostgresqlSchemas(_postgresql(address)) if address else SqliteFiles()
    atexit.register(place.remove)
    return place


def _postgresql(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise TargetError("that is no URL", f"{VARIABLE}={address}", _FIX) from None
    if url.get_backend_name() != "postgresql":
        what = f"{url.get_backend_name()!r} is no database that the durable saga runs on"
        raise TargetError(what, VARIABLE, _FIX)
    return url.set(drivername="postgresql+psycopg") if "+" not in url.drivername else url


_FIX = f"give a URL such as {POSTGRESQL}, or unset {VARIABLE} for SQLite files"


class SqliteFiles:
    """A directory with a file for each database."""

    def __init__(self) -> None:
        _remove_orphans(Path(tempfile.gettempdir()))
        self._directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._claim = _claim(self._directory)

    def engine(self, name: str) -> Engine:
        """An engine for the file of that name."""
        engine = create_engine(f"sqlite:///{self._directory / name}.sqlite")
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begin)
        return engine

    def outside(self, name: str) -> Engine:
        """Another engine, with connections of its own."""
        return self.engine(name).execution_options(isolation_level="AUTOCOMMIT")

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self._directory, ignore_errors=True)
        if self._claim is not None:
            os.close(self._claim)


def _connected(connection: Any, record: Any) -> None:
    """Readers do not wait for the writer; and nothing is forced to the disk.

    What is modelled is the crash of a process: what was committed is safe with the operating
    system. In production, where power can fail, leave `synchronous` as it is.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")


def _begin(connection: Connection) -> None:
    """Lock at the beginning: SQLite has one writer at a time, and no way to become it later.

    A transaction that begins by reading, and writes when another one has written meanwhile, can
    only be given up.
    """
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _claim(directory: Path) -> int | None:
    """Lock a directory for as long as this process lives; None if another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is ever taken for an orphan
        return None
    claim = os.open(directory / "in use", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(claim)
        return None
    return claim


def _remove_orphans(where: Path) -> None:
    """Remove the directories of processes that are gone."""
    for directory in where.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or somebody else removes it too
            if (directory / "in use").exists() and (claim := _claim(directory)) is not None:
                shutil.rmtree(directory, ignore_errors=True)
                os.close(claim)


class PostgresqlSchemas:
    """Schemas of one PostgreSQL database."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._admin = self._connect()
        claim = Claim(self._ask, _PREFIX)
        self._name = claim.name
        self._names: list[str] = []
        found = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
        claim.stake(self._ask(found, (_PREFIX,)), self._drop)

    def engine(self, name: str) -> Engine:
        """An engine whose connections see one schema and nothing else."""
        schema = f"{self._name}_{name}"
        if schema not in self._names:
            self._admin.execute(CreateSchema(schema))
            self._names.append(schema)
        # As with SQLite: the crash of a process is modelled, not that of the server.
        settings = {
            "options": f"-c search_path={schema} -c synchronous_commit=off",
            "application_name": self._name,
        }
        # A server has a hundred connections, and there are others who want some.
        return create_engine(self._url, connect_args=settings, pool_size=2)

    def outside(self, name: str) -> Engine:
        """The connection with the lock, looking into one schema."""
        schema = f"{self._name}_{name}"
        return self._admin.engine.execution_options(schema_translate_map={None: schema})

    def remove(self) -> None:
        """Remove the schemas and what is in them, whoever may still be in a transaction there."""
        with suppress(DBAPIError):  # the server is gone; the next process clears up
            self._admin.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = %s AND pid <> pg_backend_pid()",
                (self._name,),
            )
            self._drop(self._names)
        self._admin.close()
        self._admin.engine.dispose()

    def _connect(self) -> Connection:
        try:
            return create_engine(self._url, isolation_level="AUTOCOMMIT").connect()
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            fix = "pip install 'sqlalchemy>=2' 'psycopg[binary]>=3' (the extra `sql`)"
            raise TargetError(f"there is no driver: {error}", VARIABLE, fix) from None
        except DBAPIError as error:
            what = f"cannot connect: {str(error.orig).strip().splitlines()[0]}"
            where = self._url.render_as_string()
            raise TargetError(what, where, f"start PostgreSQL there; or {_FIX}") from None

    def _ask(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        return list(self._admin.exec_driver_sql(statement, parameters).scalars())

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._admin.execute(DropSchema(name, cascade=True, if_exists=True))
