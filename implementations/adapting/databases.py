"""Fresh state for each run for services on SQLAlchemy, without making the tables anew.

    sessions = [service.db.session]                                        # once, at the top
    database = Database(sqlite_engine(), Base.metadata, name="stock", sessions=sessions)
    database.fresh(world, {Stock: [{"sku": "book", "count": 3}]})          # in the factory
    database.crash()                                                       # in `restart`
    database.rows(Stock)                                                   # in `observe`

Handlers pause at each commit, as `implementations.adapting.sqlalchemy` has it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    Engine,
    ExceptionContext,
    Integer,
    MetaData,
    Numeric,
    Table,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import scoped_session
from sqlalchemy.schema import conv

from implementations.adapting.sqlalchemy import Checkpoints, checkpoint_at_commits
from implementations.contract import World

#: Directories of this process with database files; they go when it does.
_DIRECTORIES: list[tempfile.TemporaryDirectory[str]] = []


def sqlite_engine(**options: Any) -> Engine:
    """An engine on a new SQLite file, which nothing forces to the disk, and which goes in the end.

    It stands in the place of a service's own: `db.session.configure(bind=engine)`. As the driver
    has it, a transaction begins with the first change: what is read before is what was committed
    last, as at READ COMMITTED, where most services live.

    Once a `Database` has made its tables, a text in a column of numbers is refused there, with the
    error that other databases have for it.
    """
    directory = tempfile.TemporaryDirectory(prefix="saga_adapting_", ignore_cleanup_errors=True)
    _DIRECTORIES.append(directory)
    engine = create_engine(f"sqlite:///{Path(directory.name) / 'data.sqlite'}", **options)
    event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: Any, record: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


@compiles(BigInteger, "sqlite")
def _numbered_by_itself(type_: Any, compiler: Any, **options: Any) -> str:
    """SQLite numbers rows by itself only where the key is an INTEGER, which holds big ones too."""
    return "INTEGER"


#: What the constraints are called that keep texts out of columns of numbers.
_NO_NUMBER = "saga_no_number"


def _keep_texts_out(table: Table) -> None:
    """Have SQLite refuse what any other database refuses: a text where a number belongs.

    A text that reads as a number is one, there as here.
    """
    names = {constraint.name for constraint in table.constraints}
    for column in table.columns:
        name = conv(f"{_NO_NUMBER}_{column.name}")
        if isinstance(column.type, Integer | Numeric) and name not in names:
            check = CheckConstraint(func.typeof(column).not_in(["text", "blob"]), name)
            table.append_constraint(check.ddl_if(dialect="sqlite"))


def _wrong_data(context: ExceptionContext) -> Exception | None:
    """The error that other databases raise for it: who takes an IntegrityError for a copy of a
    message must not take this one for it."""
    error = context.original_exception
    mismatch = getattr(error, "sqlite_errorname", "") == "SQLITE_MISMATCH"  # in a key of numbers
    if mismatch or _NO_NUMBER in str(error):
        return DataError(context.statement, context.parameters, error)
    return None


class Database:
    """A database with the tables of `metadata`: made once, emptied for each run.

    `sessions` are the service's sessionmakers and scoped sessions: they are bound to the engine,
    and what a scoped one has in memory is forgotten when a run begins, or a crash strikes.
    """

    def __init__(
        self, engine: Engine, *metadata: MetaData, name: str = "", sessions: Iterable[Any] = ()
    ) -> None:
        self.engine, self._metadata, self._name = engine, metadata, name
        self._sessions = tuple(sessions)
        for session in self._sessions:
            session.configure(bind=engine)
        self._checkpoints: Checkpoints | None = None
        outside = create_engine(engine.url, execution_options=engine.get_execution_options())
        self._outside = outside.execution_options(isolation_level="AUTOCOMMIT")
        if engine.dialect.name == "sqlite":
            event.listen(engine, "handle_error", _wrong_data, retval=True)
            for table in (table for each in metadata for table in each.sorted_tables):
                _keep_texts_out(table)
        for each in metadata:
            each.drop_all(self._outside)
            each.create_all(self._outside)

    def fresh(self, world: World, rows: Mapping[Any, Iterable[Mapping[str, Any]]] = {}) -> None:
        """Begin a run: no open transactions, empty tables, numbers from one; then insert `rows`, by
        table or class. From now on this run's handlers pause at commits."""
        self.crash()
        if self._checkpoints is None:
            self._checkpoints = checkpoint_at_commits(self.engine, world, self._name)
        self._checkpoints.world = world
        with self._outside.connect() as connection:
            self._empty(connection)
            for table, given in rows.items():
                if listed := [dict(row) for row in given]:
                    connection.execute(getattr(table, "__table__", table).insert(), listed)

    def crash(self, *sessions: scoped_session[Any]) -> None:
        """In `restart`: open transactions are rolled back, what was committed stays.

        Where participants share the database, give the scoped sessions of the one that crashed:
        only they are forgotten, and the transactions of the others go on.
        """
        scoped = [each for each in self._sessions if isinstance(each, scoped_session)]
        for session in sessions or scoped:
            if session.registry.has():
                with suppress(SQLAlchemyError):  # killed in the middle of a commit: rolled back
                    session.registry().invalidate()
            session.registry.clear()
        if not sessions and self._checkpoints is not None and self._checkpoints.busy:
            self._checkpoints.drop_connections()

    def rows(self, statement: Any) -> list[Any]:
        """In `observe`: what is committed, by a select, a table or a class."""
        table = getattr(statement, "__table__", statement)
        chosen: Any = select(table) if isinstance(table, Table) else statement
        with self._outside.connect() as connection:
            found: Any = connection.execute(chosen)
            return list(found)

    def _empty(self, connection: Connection) -> None:
        tables = [table for each in self._metadata for table in each.sorted_tables]
        if connection.dialect.name == "postgresql":
            named = map(connection.dialect.identifier_preparer.format_table, tables)
            connection.exec_driver_sql(f"TRUNCATE {', '.join(named)} RESTART IDENTITY CASCADE")
            return
        for table in reversed(tables):
            connection.execute(table.delete())
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql(_COUNTED).first():
            connection.exec_driver_sql("DELETE FROM sqlite_sequence")


#: SQLite has this table where AUTOINCREMENT was asked for, and goes on counting there.
_COUNTED = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
