"""SQLite as a server at READ COMMITTED, which is where most services live.

A transaction takes the lock of the database with its first change, or with its first `SELECT …
FOR UPDATE`, which Django would leave out; what it reads before is what was committed last, in
inner blocks too. Who finds the lock taken lets others go first, or, as it has asked for, fails
(`nowait`) or finds nothing (`skip_locked`). Nothing is forced to the disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base, features, operations
from django.db.utils import OperationalError

from implementations.adapting.django.pauses import committing, until_free

_READS = re.compile(r"\s*(SELECT|EXPLAIN|PRAGMA)\b", re.IGNORECASE)
_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\s+(\S+)")
#: What stands where another database has the words; for SQLite it is a comment.
_FOR_UPDATE, _NOWAIT, _SKIP = "/* FOR UPDATE */", "/* FOR UPDATE NOWAIT */", "/* SKIP LOCKED */"


class DatabaseFeatures(features.DatabaseFeatures):  # type: ignore[misc]
    """It takes locks, though not of rows; and it has done what it returns."""

    has_select_for_update = True
    has_select_for_update_nowait = True
    has_select_for_update_skip_locked = True
    has_select_for_update_of = True
    has_select_for_no_key_update = True
    # until its rows are fetched, SQLite has not committed such an INSERT
    can_return_columns_from_insert = False
    can_return_rows_from_bulk_insert = False


class DatabaseOperations(operations.DatabaseOperations):  # type: ignore[misc]
    """Marks what is read to be changed."""

    def for_update_sql(self, nowait: bool = False, skip_locked: bool = False, **_: Any) -> str:
        """What stands at the end of such a SELECT."""
        return _NOWAIT if nowait else _SKIP if skip_locked else _FOR_UPDATE


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """A connection that pauses where it commits."""

    features_class = DatabaseFeatures
    ops_class = DatabaseOperations

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.anew()

    def anew(self) -> DatabaseWrapper:
        """As it was made: for another handler."""
        self._to_begin, self._inner = False, list[str]()
        self._changed = False
        self.execute_wrappers = [self._wrapped]
        self.run_on_commit: list[Any] = []
        return self

    def give_up(self) -> bool:
        """Take back what is not committed, as if the process had gone; whether there was any."""
        self._to_begin, self._inner = False, []
        left = self.connection is not None and self.connection.in_transaction
        if left:
            with suppress(base.Database.Error):
                self.connection.rollback()
        return bool(left)

    def filled(self) -> None:
        """The tables are there; nobody locks them by the clock."""

    def ended(self) -> bool:
        """Take back all that is left of a handler that has ended; whether there was any."""
        return self.give_up()

    @staticmethod
    def is_wait(error: Any) -> bool:
        """Whether the error only says that somebody else holds the lock."""
        return getattr(error, "sqlite_errorname", "") in ("SQLITE_BUSY", "SQLITE_LOCKED")

    @staticmethod
    def deadlock(error: OperationalError) -> OperationalError:
        """SQLite says no more than that it is locked."""
        return error

    def get_new_connection(self, conn_params: Any) -> Any:
        """Nobody waits, since nobody else would move meanwhile."""
        connection = super().get_new_connection(conn_params)
        for pragma in ("busy_timeout = 0", "journal_mode = WAL", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self._to_begin, self._inner, self._changed = True, [], False

    def _wrapped(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement with the lock that it takes; outside of a transaction, it commits."""
        if self._to_begin and (found := _SAVEPOINT.match(sql)):
            return self._note_inner(*found.groups())
        reads = bool(_READS.match(sql))
        locks = not reads or any(each in sql for each in (_FOR_UPDATE, _NOWAIT, _SKIP))
        if self._to_begin and locks:
            try:
                until_free(self, self._begin, waits=_NOWAIT not in sql and _SKIP not in sql)
            except OperationalError:
                if _SKIP not in sql:
                    raise
                sql = f"SELECT * FROM ({sql}) LIMIT 0"
        self._changed = self._changed or not reads
        if self.in_atomic_block or not locks:
            return execute(sql, params, many, context)
        with committing(self):
            return until_free(self, lambda: execute(sql, params, many, context))

    def _note_inner(self, what: str, name: str) -> None:
        """An inner block of a transaction that has not begun: so far there is nothing to keep."""
        if what == "SAVEPOINT":
            self._inner.append(name)
        else:
            kept = self._inner.index(name) + what.startswith("ROLLBACK")
            del self._inner[kept:]

    def _begin(self) -> None:
        with self.wrap_database_errors:
            self.connection.execute("BEGIN IMMEDIATE")
            for name in self._inner:
                self.connection.execute(f"SAVEPOINT {name}")
        self._to_begin, self._inner = False, []

    def _commit(self) -> None:
        if self._to_begin:
            self._to_begin, self._inner = False, []
            return
        if not self._changed:  # it has only read, and has nothing to lose
            super()._commit()
            return
        with committing(self):
            super()._commit()

    def _rollback(self) -> None:
        self._to_begin, self._inner = False, []
        super()._rollback()
