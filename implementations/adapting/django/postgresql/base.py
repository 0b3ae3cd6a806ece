"""PostgreSQL with its own locks. All handlers take turns in one thread: who really waited for the
lock of another one would wait for ever.

So a statement that finds a lock taken fails after a millisecond (`places` has the databases say
so), and is tried again when others have moved on. In a transaction a savepoint before it makes that
possible. Connections are kept for the next handler, since to make one takes longer than a run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.utils import OperationalError
from psycopg import Connection, Error, IsolationLevel
from psycopg.errors import DeadlockDetected, LockNotAvailable
from psycopg.pq import TransactionStatus

from implementations.adapting.django.pauses import RUN, committing, until_free
from implementations.adapting.django.postgresql.statements import understood

_BEFORE = "SET LOCAL lock_timeout = '1ms'; SAVEPOINT saga_wait"
_BACK, _AFTER = "ROLLBACK TO SAVEPOINT saga_wait", "RELEASE SAVEPOINT saga_wait"
_ASSIGNED = "SELECT txid_current_if_assigned()"
_CHECK = "SET CONSTRAINTS ALL IMMEDIATE"

#: Connections that nobody uses, by database.
_IDLE: dict[str, list[Connection[Any]]] = {}


def close_idle() -> None:
    """Keep none: the next ones are to begin with other settings."""
    for idle in _IDLE.values():
        for connection in idle:
            connection.close()
    _IDLE.clear()


class DatabaseOperations(operations.DatabaseOperations):  # type: ignore[misc]
    """Empties tables with a few rows, for which TRUNCATE takes eighty times as long."""

    @cached_property
    def _how(self) -> tuple[bool, str | None]:
        with self.connection.cursor() as cursor:
            cursor.execute(_HOW)
            plain, numbers = cursor.fetchone()
            return plain, numbers

    def sql_flush(
        self, style: Any, tables: Any, *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        """One statement: it goes to the server and back once."""
        plain, numbers = self._how
        if plain:
            emptied = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
        else:
            emptied = super().sql_flush(style, tables, allow_cascade=True)
        if reset_sequences and numbers:
            emptied.append(f"SELECT {numbers}")
        return ["; ".join(each.rstrip(";") for each in emptied)] if emptied else []


#: Whether rows can be deleted in any order, and nothing of the user's comes of it; and what makes
#: all sequences begin anew.
_HOW = """
SELECT NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f'
                   AND NOT (condeferred AND confdeltype <> 'r'))
       AND NOT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal),
       (SELECT string_agg(format('setval(%L, %s, false)', format('%I.%I', schemaname,
        sequencename), start_value), ', ') FROM pg_sequences
        WHERE sequencename NOT LIKE 'django_migrations%')
"""


#: To cut a table short, a vacuum keeps all others from it for a moment.
_VACUUM = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LOOP
        EXECUTE 'ALTER TABLE ' || name || ' SET (vacuum_truncate = off)';
    END LOOP;
END $$
"""


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """A connection that pauses where it commits."""

    ops_class = DatabaseOperations
    connection: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers = [self._wrapped]
        self._changed = self._locked = self._lasting = False

    def anew(self) -> DatabaseWrapper:
        """Another one for another handler, of which none of this one's is left."""
        self.close()
        return DatabaseWrapper(self.settings_dict, self.alias)

    def give_up(self) -> bool:
        """Take back what is not committed, as if the process had gone; whether there was any."""
        if self.connection is None or self._status() is TransactionStatus.IDLE:
            return False
        with suppress(Error):
            self.connection.rollback()
        return True

    def ended(self) -> bool:
        """Take back all that is left of a handler that has ended; whether there was any."""
        left = self.give_up() or self._lasting
        if self._lasting and self.connection is not None:
            self.connection.autocommit = True
            self.connection.execute("DISCARD ALL")
            self._lasting = False
        return left

    @staticmethod
    def is_wait(error: Any) -> bool:
        """Whether a lock is taken, and the statement has not asked to fail then (NOWAIT)."""
        if not isinstance(error, LockNotAvailable):
            return False
        return error.diag.source_function == "ProcessInterrupts"

    @staticmethod
    def deadlock(error: OperationalError) -> OperationalError:
        """What the server says a second later to one of those who wait for each other."""
        found = OperationalError("deadlock detected")
        found.__cause__ = DeadlockDetected("deadlock detected")
        return found

    def filled(self) -> None:
        """The tables are there. A vacuum, which comes by the clock, is to lock none of them."""
        with self.cursor() as cursor:
            cursor.execute(_VACUUM)

    # -- connections -------------------------------------------------------------------------------

    def get_new_connection(self, conn_params: Any) -> Any:
        """One that is idle, or a new one."""
        if not _IDLE.get(self.settings_dict["NAME"]):
            return super().get_new_connection(conn_params)
        connection = _IDLE[self.settings_dict["NAME"]].pop()
        self.isolation_level = connection.isolation_level or IsolationLevel.READ_COMMITTED
        return connection

    def _close(self) -> None:
        """Keep it, as it was when it was new."""
        try:
            self.ended()
            self.connection.autocommit = True
        except Error:
            self.connection.close()
        else:
            _IDLE.setdefault(self.settings_dict["NAME"], []).append(self.connection)

    def close(self) -> None:
        """Let go of it; it may be another handler's from now on."""
        super().close()
        self.connection = None

    def _status(self) -> TransactionStatus:
        return TransactionStatus(self.connection.info.transaction_status)

    # -- statements --------------------------------------------------------------------------------

    def _wrapped(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement; outside of a transaction, it commits."""

        def attempt() -> Any:
            return execute(sql, params, many, context)

        said = understood(sql if isinstance(sql, str) else sql.as_string(self.connection))
        if said.limits:  # here nobody waits at all
            return None
        self._lasting = self._lasting or said.lasts
        if not self.get_autocommit():
            self._changed = self._changed or said.changes
            self._locked = self._locked or said.locks
            return self._behind(attempt) if said.waits else attempt()
        if said.changes:
            with committing(self):
                return until_free(self, attempt)
        result = until_free(self, attempt)
        RUN.commits += said.waits  # by a function, perhaps: so it is looked at anew
        return result

    def _behind(self, attempt: Callable[[], Any]) -> Any:
        """Attempt it behind a savepoint, where somebody is there whose lock it may meet."""
        if not RUN.others(self):
            return attempt()
        self._say(_BEFORE)
        result = until_free(self, attempt, again=lambda: self._say(_BACK))
        self._say(_AFTER)
        return result

    def _say(self, command: str) -> Any:
        with self.wrap_database_errors:
            return self.connection.execute(command)

    def _commit(self) -> None:
        """Commit. What is checked at a commit can wait for locks too, so that is done before."""
        if not self._has_changed():
            super()._commit()
            RUN.commits += self._locked  # by a function, perhaps: so it is looked at anew
        else:
            with committing(self):
                if RUN.others(self):
                    check = partial(self._say, f"{_BEFORE}; {_CHECK}; {_AFTER}")
                    until_free(self, check, again=lambda: self._say(_BACK))
                super()._commit()
        self._changed = self._locked = False

    def _rollback(self) -> None:
        super()._rollback()
        self._changed = self._locked = False

    def _has_changed(self) -> bool:
        """Whether there is anything to lose. Of functions and COPY the server knows, which does not
        tell them from locks."""
        if self.connection is None or self._status() is not TransactionStatus.INTRANS:
            return False
        if self._changed or self._locked:
            return self._changed
        return self._say(_ASSIGNED).fetchone()[0] is not None
