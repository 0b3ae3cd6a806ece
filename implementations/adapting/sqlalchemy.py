"""Pauses at every commit of SQLAlchemy, and lock waits that do not stop the whole run.

    checkpoint_at_commits(engine, world)  # or a sessionmaker

is all that an adapter needs. From then on a handler can be paused or killed before and after each
commit, the commit can fail, and its answer can be lost. Two handlers that are under way at once
have a transaction each, with the database's own locks: a statement that would have to wait for the
lock of the other one fails at once, and is tried again when the other one has moved on
(`world.blocked`). All handlers run in one thread: whoever really waited would wait for ever.

Where two wait for each other, one of them gets the database's own error. That is a deadlock, and
its handler should do what it does in production: raise, so that the message comes again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import define, field
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from implementations.contract import World


def checkpoint_at_commits(
    bind: Engine | sessionmaker[Any], world: World, name: str = "", statements: bool = False
) -> Checkpoints:
    """Pause at each commit of an engine or a sessionmaker, under `name` (of the participant).

    With `statements`, pause before every statement too: handlers then interleave anywhere, and a
    run takes three times as many steps.

    Raises:
        TypeError: `bind` is no engine, or a sessionmaker without one.
    """
    engine = bind.kw.get("bind") if isinstance(bind, sessionmaker) else bind
    if not isinstance(engine, Engine):
        raise TypeError(f"give an Engine, or a sessionmaker that is bound to one, not {bind!r}")
    checkpoints = Checkpoints(engine, world, name, statements)
    for target, what, listener in checkpoints.listeners:
        event.listen(target, what, listener)
    return checkpoints


@define(eq=False)
class Checkpoints:
    """The pauses of one engine, and what its connections are doing."""

    engine: Engine
    world: World
    """Whose run it is. An engine that lives longer than a run is given the next one here."""
    name: str
    statements: bool
    commits: int = 0
    """How many there were: as long as it stays the same, there is nothing new to observe."""
    _open: set[Connection] = field(factory=set)
    """Connections in the middle of a transaction."""
    _changing: set[Connection] = field(factory=set)
    """Those of them that have done more than read."""
    _locks: Locks = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._locks = _LOCKS.get(self.engine.dialect.name, Locks)()

    @property
    def listeners(self) -> list[tuple[Engine, str, Callable[..., Any]]]:
        """What is listened to on the engine."""
        return [
            (self.engine, "begin", self._begun),
            (self.engine, "commit", self._commit),
            (self.engine, "rollback", self._ended),
            (self.engine, "do_execute", self._execute),
            (self.engine, "before_cursor_execute", self._noted),
        ]

    @property
    def busy(self) -> bool:
        """Whether a transaction is open."""
        return any(not connection.closed for connection in self._open)

    def drop_connections(self) -> None:
        """What a crash does: open transactions are rolled back, and their connections closed."""
        for connection in tuple(self._open):
            self._roll_back(connection)
            if not connection.closed:
                connection.invalidate()
        self.engine.dispose()

    def end(self) -> None:
        """Listen no longer."""
        for target, what, listener in self.listeners:
            event.remove(target, what, listener)

    # -- SQLAlchemy's events -------------------------------------------------------------------

    def _begun(self, connection: Connection) -> None:
        self._open = {other for other in self._open if not other.closed} | {connection}
        self._locks.begun(connection)

    def _ended(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._changing.discard(connection)

    def _noted(self, connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if not _READS.match(statement):
            self._changing.add(connection)

    def _commit(self, connection: Connection) -> None:
        """Commit, with a pause before and one after.

        SQLAlchemy tells of a commit only beforehand. So it is done here; the commit that SQLAlchemy
        does next finds nothing to do, and the rollback after an error, nothing to take back. What
        has only read has nothing to lose, and so no place to crash at.
        """
        if connection not in self._changing:
            self._ended(connection)
            return
        what = f"{self.name} commit".strip()
        self._pause(connection, lambda: self.world.checkpoint(what, may_fail=True))
        self._commit_now(connection)
        self._ended(connection)
        self.commits += 1
        self.world.done(what)

    def _commit_now(self, connection: Connection) -> None:
        """Commit; an error is raised as SQLAlchemy would, which is not there to see it."""
        dialect = connection.dialect
        errors = dialect.loaded_dbapi.Error
        try:
            if self._in_company(connection):
                self._until_free(connection, lambda: self._locks.check(connection))
            commit = partial(dialect.do_commit, connection.connection)
            if self._locks.commit_again:
                self._until_free(connection, commit)
            else:
                commit()
        except errors as error:
            self._roll_back(connection)
            raise DBAPIError.instance("COMMIT", None, error, errors, dialect=dialect) from error

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """Execute a statement; False where SQLAlchemy may do it by itself, since nobody else is
        there to be waited for."""
        connection = context.root_connection
        if _OF_A_SAVEPOINT.match(statement):
            return False
        if self.statements:
            what = f"{self.name} {in_brief(statement)}".strip()
            self._pause(connection, lambda: self.world.checkpoint(what))
        if not self._in_company(connection):
            return False
        execute = partial(cursor.execute, statement, parameters)
        self._until_free(connection, lambda: self._locks.attempt(connection, execute))
        return True

    def _in_company(self, connection: Connection) -> bool:
        """Whether anybody else is in the middle of a transaction, who may hold a lock."""
        return any(other is not connection and not other.closed for other in self._open)

    # -- locks -----------------------------------------------------------------------------------

    def _until_free(self, connection: Connection, attempt: Callable[[], None]) -> None:
        """Attempt it until nobody who is under way holds a lock on what is wanted."""
        while True:
            try:
                attempt()
                return
            except connection.dialect.loaded_dbapi.Error as error:
                if not (self._locks.is_wait(error) and self._others_have_moved(connection)):
                    raise

    def _others_have_moved(self, connection: Connection) -> bool:
        lock = f"a lock in {self.name}" if self.name else "a lock"
        return bool(self._pause(connection, lambda: self.world.blocked(lock)))

    def _pause(self, connection: Connection, port: Callable[[], Any]) -> Any:
        """Call a port; whoever fails or is killed there lets go of its locks at once.

        The server would notice a dropped connection by and by, and the run would not be the same
        twice.
        """
        try:
            return port()
        except BaseException:
            self._roll_back(connection)
            raise

    def _roll_back(self, connection: Connection) -> None:
        self._ended(connection)
        if not connection.closed and not connection.invalidated:
            connection.dialect.do_rollback(connection.connection)


class Locks:
    """How a database says that somebody else holds a lock. By default it does not: it waits."""

    commit_again = True
    """Whether a commit that could not have a lock can be tried again."""

    def begun(self, connection: Connection) -> None:
        """A transaction begins."""

    def attempt(self, connection: Connection, execute: Callable[[], None]) -> None:
        """Execute without waiting for a lock; after a failure, another attempt can follow."""
        execute()

    def check(self, connection: Connection) -> None:
        """Do what a commit would have to wait for, where it cannot be tried again."""

    def is_wait(self, error: Any) -> bool:
        """Whether the error only says that somebody else holds a lock."""
        return False


class SqliteLocks(Locks):
    """One writer at a time, who is told at once; a statement can be tried again as it is."""

    def begun(self, connection: Connection) -> None:
        """Nobody is waited for, or it would be for ever."""
        connection.connection.cursor().execute("PRAGMA busy_timeout = 0")

    def attempt(self, connection: Connection, execute: Callable[[], None]) -> None:
        """Execute. It may be the BEGIN of a listener that was there before."""
        self.begun(connection)
        execute()

    def is_wait(self, error: Any) -> bool:
        """Whether it is just busy. A snapshot that is too old stays so: that is no wait."""
        return getattr(error, "sqlite_errorname", "") in ("SQLITE_BUSY", "SQLITE_LOCKED")


class PostgresqlLocks(Locks):
    """Locks on rows and keys. An error ends the transaction, unless there is a savepoint."""

    commit_again = False

    def attempt(self, connection: Connection, execute: Callable[[], None]) -> None:
        """Execute behind a savepoint, and go back to it if a lock is not to be had."""
        command = connection.connection.cursor().execute
        if getattr(connection.connection.dbapi_connection, "autocommit", False):
            command("SET lock_timeout = '1ms'")  # a transaction of its own: nothing to go back to
            execute()
            return
        command("SET LOCAL lock_timeout = '1ms'; SAVEPOINT checkpoint")
        try:
            execute()
        except Exception:
            command("ROLLBACK TO SAVEPOINT checkpoint")
            raise
        command("RELEASE SAVEPOINT checkpoint")

    def check(self, connection: Connection) -> None:
        """Check the constraints that are deferred: a COMMIT that fails there has rolled all back,
        and another one would commit nothing and say that all is well."""
        execute = connection.connection.cursor().execute
        try:
            self.attempt(connection, lambda: execute("SET CONSTRAINTS ALL IMMEDIATE"))
        except connection.dialect.loaded_dbapi.Error as error:
            if _code(error) != _TRANSACTION_FAILED:  # else the COMMIT will be a rollback
                raise

    def is_wait(self, error: Any) -> bool:
        """Whether it is a lock, whatever the driver calls it. A deadlock is none to wait for."""
        return _code(error) == _LOCK_NOT_AVAILABLE


def _code(error: Any) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None))


_LOCK_NOT_AVAILABLE, _TRANSACTION_FAILED = "55P03", "25P02"
_LOCKS: dict[str, type[Locks]] = {"sqlite": SqliteLocks, "postgresql": PostgresqlLocks}
_READS = re.compile(
    r"\s*(SELECT|PRAGMA|SHOW|EXPLAIN|SET|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE
)
_OF_A_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
_IN_BRIEF = re.compile(r"\s*(\w+)(?:.*?\b(?:FROM|INTO)\b)?\s+(\w+)", re.IGNORECASE | re.DOTALL)


def in_brief(statement: str) -> str:
    """A statement by its verb and its table: `UPDATE stock`."""
    found = _IN_BRIEF.match(statement)
    return f"{found[1].upper()} {found[2]}" if found else statement.strip()
