"""Fresh state for each run for services on Django, and a pause at each of their commits.

    DATABASE = DjangoDatabase("orders", "billing")   # once, before their models are imported
    DATABASE.fresh(world)                            # in the factory; then the rows to begin with
    DATABASE.shown(read)                             # in `observe`

A crash rolls back what the handler had not committed: `restart` has nothing to do here.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from implementations.adapting.django.connections import OfEachHandler
from implementations.contract import World
from implementations.errors import TargetError

T = TypeVar("T")
_ENGINE = "implementations.adapting.django.sqlite"
_WHERE = "implementations.adapting.django"


class DjangoDatabase:
    """The databases of Django in this process: made once, emptied for each run.

    Each is a SQLite file that goes with the process. There is one settings module in a process, so
    all services share it: give all their apps, and any other setting by its name. Where
    `aliases` names more than one, say with DATABASE_ROUTERS who is where.

    Raises:
        TargetError: Django is not installed, was configured by somebody else, or is to have other
            databases.
    """

    def __init__(
        self, *apps: str, aliases: tuple[str, ...] = ("default",), **settings: Any
    ) -> None:
        if "DATABASES" in settings:
            fix = "leave it out; where there are several, give their names: aliases=(…)"
            raise TargetError("the databases are SQLite files of the kit's own", _WHERE, fix)
        conf = _imported("django.conf")
        if conf.settings.configured:
            raise TargetError(
                "Django is configured already",
                _WHERE,
                "make one DjangoDatabase, with the apps of all services, before anything reads "
                "Django's settings or imports a model; other settings are given by name",
            )
        self._directory = tempfile.TemporaryDirectory("_saga_django", ignore_cleanup_errors=True)
        conf.settings.configure(
            **{
                "INSTALLED_APPS": list(apps),
                "DATABASES": {alias: self._file(alias) for alias in aliases},
                "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
                "USE_TZ": True,
                **settings,
            }
        )
        self._run = _imported("implementations.adapting.django.sqlite.pauses").RUN
        self._connections = OfEachHandler.of(_imported("django.db").connections)
        _imported("django").setup()
        migrate = _imported("django.core.management").call_command
        for alias in aliases:
            migrate("migrate", database=alias, run_syncdb=True, verbosity=0, interactive=False)
        self._seen: tuple[int, Any] | None = None
        self._tables = {alias: self._tables_of(alias) for alias in aliases}

    def _file(self, alias: str) -> dict[str, Any]:
        return {"ENGINE": _ENGINE, "NAME": str(Path(self._directory.name) / f"{alias}.sqlite")}

    @staticmethod
    def _tables_of(alias: str) -> list[str]:
        introspection = _imported("django.db").connections[alias].introspection
        return [
            table
            for table in introspection.django_table_names(only_existing=True)
            if table != "django_migrations"
        ]

    def fresh(self, world: World) -> None:
        """Begin a run: no open transactions, empty tables, numbers from one. From now on this run's
        handlers pause at commits."""
        self._run.world = None
        self._connections.forget()
        no_style = _imported("django.core.management.color").no_style()
        for alias, tables in self._tables.items():
            ops = _imported("django.db").connections[alias].ops
            ops.execute_sql_flush(ops.sql_flush(no_style, tables, reset_sequences=True))
        self._run.world = world
        self._run.commits += 1

    def shown(self, read: Callable[[], T]) -> T:
        """In `observe`: what `read()` returns. It is read anew once something was committed."""
        if self._seen is None or self._seen[0] != self._run.commits:
            self._seen = self._run.commits, read()
        seen: T = self._seen[1]
        return seen


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("django"):
            raise
        fix = "pip install 'django>=4.2' (the extra `django`), in the environment of the kit"
        raise TargetError("Django is not installed", _WHERE, fix) from None
